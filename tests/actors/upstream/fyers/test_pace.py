"""The pace of questions, and the quiet after a 429; but for that, orders and cancels never wait."""

from functools import partial

import pytest
import trio
import trio.testing

from actors.domain.errors import BrokerRefused
from actors.runtime.seams import HttpRequest, HttpResponse
from actors.upstream.fyers.pace import MARGIN, Paced
from tests.actors.upstream.memory import HttpTable, answer

ASK = HttpRequest("GET", "http://broker/orders")
ACT = HttpRequest("DELETE", "http://broker/orders/sync")


@pytest.fixture
def table():
    made = HttpTable()
    made.lay("GET /orders", answer({"s": "ok"}))
    made.lay("DELETE /orders/sync", answer({"s": "ok"}))
    return made


def told(**headers):
    return HttpResponse(429, {name.replace("_", "-"): text for name, text in headers.items()}, b"")


async def test_an_account_that_is_asked_all_the_time_keeps_half_of_the_limit(table, autojump_clock):
    """P20: Fyers allows 200 calls a minute; whoever asks without a pause asks at most 96 in the
    first minute, 90 in each later one, and never more than six in half a second.
    """
    paced = Paced(table)
    times_s = []
    began_s = trio.current_time()
    with trio.move_on_after(179.9):
        while True:
            await paced(ASK, timeout_s=10)
            times_s.append(trio.current_time() - began_s)
    assert max(sum(at_s <= one < at_s + 60 for one in times_s) for at_s in times_s) <= 96
    assert len(times_s) == pytest.approx(6 + 3 * 90, abs=2)
    assert max(sum(at_s <= one < at_s + 0.5 for one in times_s) for at_s in times_s) == 6


async def test_a_few_questions_do_not_wait(table, autojump_clock):
    """A day asked for and the fills after it go out at once, and again a little later."""
    paced = Paced(table)
    for _ in range(3):
        began_s = trio.current_time()
        for _ in range(6):
            await paced(ASK, timeout_s=10)
        assert trio.current_time() == pytest.approx(began_s)
        await trio.sleep(5)


async def test_orders_and_cancels_never_wait(table, autojump_clock):
    """P15: however many questions there are, the way out is open."""
    paced = Paced(table)
    for _ in range(6):
        await paced(ASK, timeout_s=10)
    began_s = trio.current_time()
    for _ in range(50):
        await paced(ACT, timeout_s=10)
    assert trio.current_time() == began_s


async def test_a_queue_of_questions_is_bounded(table, autojump_clock):
    """P20: a turn further off than 10 s is refused, and nothing is sent for it; who came first is
    asked first.
    """
    paced = Paced(table)
    answered, refused = [], []

    async def ask(i):
        try:
            await paced(ASK, timeout_s=10)
            answered.append(i)
        except BrokerRefused as error:
            assert "too many questions" in str(error)
            refused.append(i)

    began_s = trio.current_time()
    async with trio.open_nursery() as nursery:
        for i in range(60):
            nursery.start_soon(ask, i)
            await trio.testing.wait_all_tasks_blocked()
    assert trio.current_time() - began_s == pytest.approx(10)
    assert answered == list(range(21))
    assert len(refused) == 39
    assert len(table.requests) == 21


async def test_after_a_429_no_question_is_sent_too_soon(table, autojump_clock):
    """P20: the broker's own milliseconds are kept to; a cancel waits for their end, and is sent."""
    table.lay("GET /orders", told(x_retry_after_ms="350", retry_after="1"), answer({"s": "ok"}))
    paced = Paced(table)
    assert (await paced(ASK, timeout_s=10)).status == 429
    await trio.sleep(0.25)
    with pytest.raises(BrokerRefused, match=r"0\.1 s of quiet; not asked"):
        await paced(ASK, timeout_s=10)
    assert table.calls() == ["GET /orders"]
    began_s = trio.current_time()
    assert (await paced(ACT, timeout_s=10)).status == 200
    assert trio.current_time() - began_s == pytest.approx(0.1)
    assert (await paced(ASK, timeout_s=10)).status == 200
    assert table.calls() == ["GET /orders", "DELETE /orders/sync", "GET /orders"]


async def test_nothing_is_sent_into_a_long_quiet(table, autojump_clock):
    """P9, P20: an order that would wait for more than 10 s is refused for certain, and not sent:
    each call that is made too soon counts towards a block for the day.
    """
    table.lay("GET /orders", told(retry_after="60"))
    paced = Paced(table)
    await paced(ASK, timeout_s=10)
    await trio.sleep(49)
    with pytest.raises(BrokerRefused, match=r"11\.0 s of quiet; nothing was sent"):
        await paced(ACT, timeout_s=10)
    assert table.calls() == ["GET /orders"]
    await trio.sleep(2)
    assert (await paced(ACT, timeout_s=10)).status == 200


async def test_a_429_on_an_order_quiets_the_questions_too(table, autojump_clock):
    """P20: questions and orders count against one limit, also for a question that waits already."""
    table.lay("DELETE /orders/sync", told(retry_after="2"))
    paced = Paced(table)
    await paced(ACT, timeout_s=10)
    with pytest.raises(BrokerRefused, match=r"2\.0 s of quiet"):
        await paced(ASK, timeout_s=10)
    await trio.sleep(30)
    for _ in range(6):
        await paced(ASK, timeout_s=10)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(partial(paced, ACT, timeout_s=10))
        with pytest.raises(BrokerRefused, match="of quiet"):
            await paced(ASK, timeout_s=10)


async def test_what_is_asked_of_margins_is_a_question(table, autojump_clock):
    """P20: it is no GET, and keeps the pace all the same."""
    table.lay("POST /multiorder/margin", answer({"s": "ok"}))
    paced = Paced(table)
    began_s = trio.current_time()
    for _ in range(7):
        await paced(HttpRequest("POST", f"http://broker{MARGIN}"), timeout_s=10)
    assert trio.current_time() > began_s
