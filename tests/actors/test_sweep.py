"""A sweep: bounded in orders, tries and time, and honest about the rest."""

import pytest
import trio

from actors.domain.errors import BrokerRefused, BrokerUnknown, NeedsLogin
from actors.sweep import AT_ONCE_MAX, ORDERS_MAX, SWEEP_S, Sweep

from .fakes import DISK_FULL, a_config, a_row
from .given_controls import Hand, hand_at_work
from .given_stream import Line


async def swept(hand):
    """Run a sweep to its end."""
    sweep = Sweep.plan(hand.orders)
    await sweep.run("stop")
    return sweep


async def test_a_sweep_cancels_all_that_is_open(autojump_clock):
    """Ours or external, each order is asked for once, with a trail, and its end is waited for."""
    ids = [str(n) for n in range(20)]
    async with hand_at_work(None, *ids) as hand:
        hand.line.broker.push(a_row("done", "COMPLETE", filled_quantity=50))
        await trio.sleep(1)
        sweep = await swept(hand)
        assert (sorted(hand.asked), sweep.failures) == (sorted(ids), {})
        assert list(hand.book.open_orders) == []
        assert set(hand.line.texts()) == {"cancel asked: stop"}
        assert len(hand.line.texts()) == 20


async def test_a_sweep_has_some_cancels_under_way_at_once(autojump_clock):
    """P20: as many as its bound, and no more."""
    async with hand_at_work(None, *map(str, range(20))) as hand:
        hand.line.broker.answer_s = 1.0
        begun_s = trio.current_time()
        await swept(hand)
        times = [at - begun_s for at in hand.line.broker.times("cancel")]
        assert [sum(n <= at < n + 1 for at in times) for n in range(3)] == [
            AT_ONCE_MAX, AT_ONCE_MAX, 20 - 2 * AT_ONCE_MAX,
        ]  # fmt: skip


@pytest.mark.parametrize(
    ("error", "tries"),
    [
        (BrokerUnknown("no answer"), 3),
        (BrokerRefused("no"), 1),
        (NeedsLogin("dead"), 1),
    ],
)
async def test_a_failed_cancel_is_tried_again_where_that_may_help(autojump_clock, error, tries):
    """P20: an order's cancel is tried a few times; a certain no is taken for one."""
    async with hand_at_work(None, "1") as hand:
        hand.line.broker.cannot_change = error
        sweep = await swept(hand)
        assert len(hand.asked) == tries
        assert sweep.failures == {"1": str(error)}


async def test_a_cancel_that_worked_though_unanswered_is_not_tried_again(autojump_clock):
    """Between two tries the order's own event may come, and settles it."""
    async with hand_at_work(None, "1") as hand:
        hand.line.broker.loses_answers = True
        await swept(hand)
        assert (hand.asked, hand.status("1")) == (["1"], "CANCELLED")


async def test_a_sweep_has_a_bound_in_count_and_says_so(autojump_clock):
    """P20: what is beyond the bound is named as not tried."""
    ids = [f"{n:04}" for n in range(ORDERS_MAX + 2)]
    async with hand_at_work(None, *ids) as hand:
        sweep = await swept(hand)
        assert len(hand.asked) == ORDERS_MAX
        assert list(sweep.failures) == ids[-2:]
        assert "not tried" in sweep.failures[ids[-1]]


async def test_a_sweep_has_a_bound_in_time_and_says_so(autojump_clock):
    """P20: with a broker that answers nothing it ends all the same, each order accounted for."""
    ids = [f"{n:02}" for n in range(40)]
    async with hand_at_work(None, *ids) as hand:
        hand.line.broker.answer_s = 1000
        begun_s = trio.current_time()
        sweep = await swept(hand)
        assert trio.current_time() - begun_s == pytest.approx(SWEEP_S)
        assert sweep.done.is_set()
        tried = set(hand.asked)
        assert 0 < len(tried) < 40
        untried = {i for i, why in sweep.failures.items() if "not tried" in why}
        assert untried | tried == set(ids)
        assert untried & tried == set()


async def test_a_sweep_in_shadow_mode_sends_nothing(autojump_clock):
    """An account that is only read is swept by nobody, and each order says so."""
    async with hand_at_work(Hand(Line(a_config(mode="shadow"))), "1") as hand:
        sweep = await swept(hand)
        assert (hand.turns, list(sweep.failures)) == ([], ["1"])


async def test_a_sweep_goes_on_when_the_store_takes_nothing(autojump_clock):
    """P15: cancels are sent though their trail cannot be written."""
    async with hand_at_work(None, "1", "2") as hand:
        hand.line.record.store.failing = DISK_FULL
        await swept(hand)
        assert sorted(hand.asked) == ["1", "2"]
