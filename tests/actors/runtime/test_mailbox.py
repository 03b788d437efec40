"""A mailbox is bounded, keeps its order, and says how full it is."""

import math

import pytest
import trio

from actors.runtime.mailbox import Mailbox, MailboxStatistics, Reply


async def test_items_come_out_in_the_order_they_went_in():
    """P1: what is put first is got first, one by one or drained."""
    mailbox = Mailbox[int]("inbox", 10)
    for item in range(6):
        await mailbox.put(item, timeout_s=1)
    assert await mailbox.get() == 0
    assert mailbox.drain(3) == [1, 2, 3]
    assert mailbox.drain(10) == [4, 5]
    assert mailbox.drain(10) == []


@pytest.mark.parametrize("bound", [0, -1, math.inf])
def test_there_is_no_mailbox_without_a_bound(bound):
    """P20: nothing, less than nothing and infinity are no bounds."""
    with pytest.raises(ValueError, match="bound"):
        Mailbox("inbox", bound)


async def test_a_full_mailbox_makes_the_sender_wait(autojump_clock):
    """P20: beyond the bound the sender waits until there is room; pressure runs back."""
    mailbox = Mailbox[int]("inbox", 1)
    mailbox.put_nowait(1)
    with pytest.raises(trio.WouldBlock):
        mailbox.put_nowait(2)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(lambda: mailbox.put(2, timeout_s=60))
        await trio.sleep(30)
        assert mailbox.statistics() == MailboxStatistics("inbox", 1, 1, 1, 1)
        assert await mailbox.get() == 1
    assert mailbox.statistics() == MailboxStatistics("inbox", 1, 1, 0, 2)


async def test_a_sender_waits_no_longer_than_it_said(autojump_clock):
    """Every wait has a deadline: a put into a mailbox that stays full is given up on time."""
    mailbox = Mailbox[int]("inbox", 1)
    mailbox.put_nowait(1)
    with pytest.raises(trio.TooSlowError):
        await mailbox.put(2, timeout_s=2)
    assert trio.current_time() == 2
    assert mailbox.drain(9) == [1]


async def test_a_put_that_has_room_lets_no_other_task_run():
    """P1: without a wait there is no checkpoint, so two puts of one task stay together."""
    mailbox = Mailbox[str]("inbox", 10)

    async def other():
        await mailbox.put("other", timeout_s=1)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(other)
        await mailbox.put("a", timeout_s=1)
        await mailbox.put("b", timeout_s=1)
    assert mailbox.drain(9) == ["a", "b", "other"]


async def test_a_reply_gives_its_value_or_raises_its_error(autojump_clock):
    """What one task promises reaches the other: the value, the error, or that none came in time."""
    given, failed, silent = Reply[int](), Reply[int](), Reply[int]()
    given.give(7)
    failed.fail(KeyError("no"))
    assert await given.wait(timeout_s=1) == 7
    with pytest.raises(KeyError):
        await failed.wait(timeout_s=1)
    with pytest.raises(trio.TooSlowError):
        await silent.wait(timeout_s=3)
    assert trio.current_time() == 3
