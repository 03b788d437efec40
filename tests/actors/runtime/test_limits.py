"""A gate keeps a broker's second, its minute and its order; whoever waits has a turn or an end."""

from datetime import UTC, datetime, timedelta

import pytest
import trio
from attrs import define, field
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.domain.budget import Budget, BudgetUse, calls_for
from actors.domain.config import LimitsConfig
from actors.domain.errors import Refused, Unavailable
from actors.runtime.limits import SECOND_S, TURN_WITHIN_S, Gate

START = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)


def virtual_now():
    """Give the wall clock that goes with the virtual one."""
    return START + timedelta(seconds=trio.current_time())


def a_gate(second=10, minute=60_000, day=1_000_000):
    """Give a gate for so many calls."""
    limits = LimitsConfig(second, minute, day)
    return Gate(limits, virtual_now, Budget(limits))


@define
class Calls:
    """Calls through a gate: `log` says who came, went through, or left, and when."""

    gate: Gate
    log: list[tuple[str, str, float]] = field(factory=list)

    async def call(self, name, *, urgent=False, owner=None):
        """Make one call."""
        self.log.append(("came", name, trio.current_time()))
        try:
            await self.gate.turn(urgent=urgent, owner=owner)
        except BaseException:
            self.log.append(("left", name, trio.current_time()))
            raise
        self.log.append(("made", name, trio.current_time()))

    @property
    def made(self):
        """Give the names of the calls made, in order."""
        return [name for what, name, _ in self.log if what == "made"]

    @property
    def made_s(self):
        """Give the times of the calls made."""
        return [at for what, _, at in self.log if what == "made"]


async def come(calls, nursery, *names, **how):
    """Have calls come one after the other, at one time."""
    for name in names:
        nursery.start_soon(lambda name=name: calls.call(name, **how))
        await trio.testing.wait_all_tasks_blocked()


async def test_calls_of_one_second_go_at_once_and_the_next_wait(autojump_clock):
    """A burst of as many as a second may hold does not wait; each next one waits for its place."""
    calls = Calls(a_gate(second=3))
    async with trio.open_nursery() as nursery:
        await come(calls, nursery, *"abcdefg")
    assert calls.made == list("abcdefg")
    assert calls.made_s == pytest.approx([0] * 3 + [SECOND_S] * 3 + [2 * SECOND_S])


async def test_urgent_calls_go_first_each_kind_in_its_order(autojump_clock):
    """P10: a cancel that comes last goes before every ordinary call that waits already."""
    calls = Calls(a_gate(second=1))
    async with trio.open_nursery() as nursery:
        await come(calls, nursery, "now", "a", "b")
        await come(calls, nursery, "exit 1", "exit 2", urgent=True)
        await trio.sleep(SECOND_S * 1.5)
        await come(calls, nursery, "exit 3", urgent=True)
    assert calls.made == ["now", "exit 1", "exit 2", "exit 3", "a", "b"]
    assert calls.made_s == pytest.approx([n * SECOND_S for n in range(6)])


async def test_an_ordinary_call_waits_no_longer_than_thirty_seconds(autojump_clock):
    """P20: with exits going first all the time, an ordinary call ends unsent and uncounted."""
    calls = Calls(a_gate(second=1))
    async with trio.open_nursery() as nursery:
        await come(calls, nursery, *range(40), urgent=True)
        with pytest.raises(Unavailable, match="within 30 s; nothing was sent"):
            await calls.call("late")
        assert trio.current_time() == TURN_WITHIN_S
        assert calls.gate.budget.use(virtual_now()).reserved == 0
        assert calls.gate.budget.use(virtual_now()).minute == len(calls.made)
    assert calls.made == list(range(40)), "exits wait as long as it takes"


async def test_no_more_wait_than_could_have_their_turn(autojump_clock):
    """P20: the line of ordinary calls is bounded by what its waits allow; exits always join."""
    calls = Calls(a_gate(second=2))
    gate = calls.gate
    async with trio.open_nursery() as nursery:
        await come(calls, nursery, *range(1 + gate.waiting_max))
        with trio.CancelScope() as scope:
            async with trio.open_nursery() as leaving:
                await come(calls, leaving, "last")
                assert gate.waiting == gate.waiting_max == 2 * int(TURN_WITHIN_S / SECOND_S)
                with pytest.raises(Unavailable, match="too many"):
                    await gate.turn(urgent=False)
                await come(calls, nursery, "exit", urgent=True)
                assert gate.waiting == gate.waiting_max + 1
                scope.cancel()
    assert calls.made == [0, 1, "exit", *range(2, 1 + gate.waiting_max)]


async def test_a_call_that_is_cancelled_gives_its_place_on(autojump_clock):
    """Whoever leaves the line, first in it or not, keeps nobody waiting and is not counted."""
    calls = Calls(a_gate(second=1))
    async with trio.open_nursery() as nursery:
        await come(calls, nursery, "now")
        with trio.CancelScope() as scope:
            async with trio.open_nursery() as leaving:
                await come(calls, leaving, "first", "second", owner="x")
                await come(calls, nursery, "third")
                await trio.sleep(SECOND_S / 2)
                scope.cancel()
        assert calls.gate.waiting == 1
        assert calls.gate.budget.use(virtual_now()) == BudgetUse(1, 1, reserved=1)
    assert calls.made == ["now", "third"]
    assert calls.made_s == pytest.approx([0, SECOND_S])


async def test_nobody_wakes_while_nothing_can_go(autojump_clock):
    """No busy waiting: 20 calls that wait take a few steps of the scheduler each, not thousands."""

    class Steps(trio.abc.Instrument):
        count = 0

        def before_task_step(self, _):
            self.count += 1

    calls, steps = Calls(a_gate(second=1)), Steps()
    trio.lowlevel.add_instrument(steps)
    async with trio.open_nursery() as nursery:
        for n in range(20):
            nursery.start_soon(calls.call, n)
    trio.lowlevel.remove_instrument(steps)
    assert len(calls.made) == 20
    assert steps.count < 20 * 6


async def test_a_reservation_is_refused_with_the_time_to_ask_again(autojump_clock):
    """A batch whose calls and way out do not fit is told 429 and when; what fits is held."""
    gate = a_gate(minute=10)
    gate.reserve("a", 6)
    with pytest.raises(Refused) as caught:
        gate.reserve("b", 6)
    assert (caught.value.status, caught.value.retry_after_s) == (429, 5)
    assert gate.budget.reserved("b") == 0
    gate.release("a")
    gate.reserve("b", 6)


async def test_a_call_nobody_reserved_for_needs_room(autojump_clock):
    """A single order goes through the same budget: 429 when all of it is spent or reserved."""
    gate = a_gate(minute=10)
    gate.reserve("a", 9)
    await gate.turn(urgent=False)
    with pytest.raises(Refused) as caught:
        await gate.turn(urgent=False)
    assert caught.value.status == 429
    for _ in range(9):
        await gate.turn(urgent=False, owner="a")
    with pytest.raises(Refused) as caught:
        await gate.turn(urgent=False, owner="a")
    assert caught.value.retry_after_s == 60
    assert gate.budget.use(virtual_now()) == BudgetUse(minute=10, day=10, reserved=0)


async def test_calls_that_wait_have_their_room_already(autojump_clock):
    """Two calls at once cannot both wait on one reserved call, nor on one free place."""
    gate = a_gate(second=1, minute=3)
    gate.reserve("a", 1)
    calls = Calls(gate)
    async with trio.open_nursery() as nursery:
        await come(calls, nursery, "now")
        await come(calls, nursery, "reserved", "free", owner="a")
        with pytest.raises(Refused):
            await gate.turn(urgent=False, owner="a")
    assert gate.budget.use(virtual_now()) == BudgetUse(minute=3, day=3, reserved=0)


async def test_the_way_out_spends_its_reservation_and_then_goes_beyond(autojump_clock):
    """P10: exits are counted, their owner's reservation first, and never refused."""
    gate = a_gate(minute=4)
    gate.reserve("a", 4)
    for _ in range(7):
        await gate.turn(urgent=True, owner="a")
    assert gate.budget.use(virtual_now()) == BudgetUse(minute=7, day=7, reserved=0)


async def test_fifty_batches_at_once_all_have_their_turns(autojump_clock):
    """No batch starves: of fifty over one gate each is placed within its place in the line, while
    others unwind, and the minute holds no more than it may.
    """
    gate = a_gate(second=10, minute=400, day=5000)
    ended = {}

    async def batch(n):
        owner = f"batch {n}"
        gate.reserve(owner, calls_for(2))
        async with trio.open_nursery() as legs:
            for _ in range(2):
                legs.start_soon(lambda: gate.turn(urgent=False, owner=owner))
        if n % 5 == 0:
            await gate.turn(urgent=True, owner=owner)
        gate.release(owner)
        ended[n] = trio.current_time()

    async with trio.open_nursery() as nursery:
        for n in range(50):
            nursery.start_soon(batch, n)
    assert len(ended) == 50
    assert max(ended.values()) == pytest.approx((50 * 2 + 10 - 1) // 10 * SECOND_S)
    assert gate.budget.use(virtual_now()) == BudgetUse(minute=110, day=110, reserved=0)


ARRIVALS = st.lists(
    st.tuples(
        st.integers(1, 400),  # milliseconds after the one before
        st.booleans(),  # urgent
        st.one_of(st.none(), st.integers(0, 4000)),  # milliseconds of patience
    ),
    max_size=40,
)


@settings(deadline=None, derandomize=True, database=None)
@given(st.integers(1, 4), ARRIVALS)
def test_no_second_holds_too_many_and_the_order_is_kept(second, arrivals):
    """P20: whoever comes and leaves, and when: no second holds more calls than it may, none that
    could hold one is lost, urgent calls go first, and each kind goes in the order it came.
    """
    calls = Calls(a_gate(second))

    async def one(name, urgent, patience_ms):
        with trio.move_on_after(1e6 if patience_ms is None else patience_ms / 1000):
            await calls.call(name, urgent=urgent)

    async def main():
        async with trio.open_nursery() as nursery:
            for n, (pause_ms, urgent, patience_ms) in enumerate(arrivals):
                await trio.sleep(pause_ms / 1000)
                nursery.start_soon(one, (urgent, n), urgent, patience_ms)

    trio.run(main, clock=trio.testing.MockClock(autojump_threshold=0))
    waiting, came_s, made_s = {True: [], False: []}, {}, []
    for what, name, at in calls.log:
        urgent, _ = name
        if what == "came":
            waiting[urgent].append(name)
            came_s[name] = at
            continue
        if what == "made":
            assert name == (waiting[True] or waiting[False])[0]
            free_s = made_s[-second] + SECOND_S if len(made_s) >= second else 0
            assert at == pytest.approx(max(free_s, came_s[name], made_s[-1] if made_s else 0))
            made_s.append(at)
        waiting[urgent].remove(name)
    assert waiting == {True: [], False: []}
    assert calls.gate.waiting == 0
    for first_s, beyond_s in zip(made_s, made_s[second:], strict=False):
        assert beyond_s - first_s > 1
    assert calls.gate.budget.use(START).reserved == 0


async def test_a_question_keeps_the_pace_and_uses_nothing_up(autojump_clock):
    """It waits among ordinary calls for its place in the second; the minute and day are orders'."""
    gate = a_gate(second=2)
    for _ in range(4):
        await gate.question()
    assert trio.current_time() == pytest.approx(SECOND_S)
    assert gate.budget.use(virtual_now()) == BudgetUse(0, 0, 0)
    calls = Calls(gate)
    async with trio.open_nursery() as nursery:
        await come(calls, nursery, *range(gate.waiting_max))
        with pytest.raises(Unavailable, match="too many"):
            await gate.question()


async def test_the_calls_of_a_second_are_known(autojump_clock):
    """P20: how many were made in the last second, of those that the broker allows in one."""
    gate = a_gate(second=3)
    assert gate.made_in_second == 0
    for _ in range(2):
        await gate.turn(urgent=True)
    assert gate.made_in_second == 2
    await trio.sleep(SECOND_S)
    assert gate.made_in_second == 0
