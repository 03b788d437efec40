"""Calls are counted in a minute and in an Indian day; what is reserved stays reserved."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.domain.budget import RELEASE_WITHIN_S, Budget, BudgetUse, calls_for
from actors.domain.config import LimitsConfig

NOON = datetime(2026, 11, 20, 6, 30, tzinfo=UTC)  # 12:00 in India
MIDNIGHT = datetime(2026, 11, 20, 18, 30, tzinfo=UTC)  # 00:00 of the 21st in India


def after(seconds, start=NOON):
    """Give a time so many seconds later."""
    return start + timedelta(seconds=seconds)


def a_budget(minute=10, day=1000):
    """Give a budget of so many calls a minute and a day."""
    return Budget(LimitsConfig(calls_per_minute=minute, calls_per_day=day))


def test_a_batch_may_need_three_calls_a_leg():
    """P10: a leg is placed, and on the way out it is cancelled and its fill flattened."""
    assert calls_for(10) == 30


def test_a_call_leaves_the_minute_after_sixty_seconds():
    """The minute slides: there is room again exactly when enough calls are a minute old."""
    budget = a_budget()
    for n in range(10):
        budget.spend(after(n))
    assert budget.room(1, after(9)) == 51
    assert budget.room(3, after(9)) == 53
    assert budget.room(3, after(61.9)) == 1
    assert budget.room(3, after(62)) is None
    assert budget.room(4, after(62)) == 1


def test_the_day_ends_at_midnight_in_india():
    """The day's budget is that of the trading day, +05:30; the wait is until its end."""
    budget = a_budget(day=20)
    for n in range(20):
        budget.spend(after(-1000 + n, MIDNIGHT))
    assert budget.room(1, after(-600, MIDNIGHT)) == 600
    assert budget.room(1, after(-0.5, MIDNIGHT)) == 1
    assert budget.room(1, MIDNIGHT) is None
    assert budget.use(MIDNIGHT) == BudgetUse(minute=0, day=0, reserved=0)


def test_what_is_reserved_is_not_free():
    """P10: a reservation counts against both windows, before anything of it is spent."""
    for budget in (a_budget(minute=10), a_budget(minute=100, day=10)):
        assert budget.reserve("a", 6, NOON) is None
        assert budget.room(4, NOON) is None
        assert budget.room(5, NOON) == RELEASE_WITHIN_S
        assert budget.reserve("b", 5, NOON) == RELEASE_WITHIN_S
        assert budget.reserved("b") == 0
        budget.release("a")
        assert budget.reserve("b", 5, NOON) is None


def test_a_call_spends_its_owners_reservation_first():
    """Reserved calls become spent ones; the sum of both does not change until they are old."""
    budget = a_budget()
    budget.reserve("a", 3, NOON)
    for left in (2, 1, 0, 0):
        budget.spend(NOON, "a")
        assert budget.reserved("a") == left
    assert budget.use(NOON) == BudgetUse(minute=4, day=4, reserved=0)
    budget.reserve("b", 2, NOON)
    budget.spend(NOON)
    assert budget.reserved("b") == 2


def test_reservations_of_one_owner_add_up():
    """An owner that needs more reserves more."""
    budget = a_budget()
    assert budget.reserve("a", 3, NOON) is None
    assert budget.reserve("a", 4, NOON) is None
    assert budget.reserved("a") == 7
    assert budget.reserve("a", 4, NOON) == RELEASE_WITHIN_S
    assert budget.reserved("a") == 7


def test_releasing_what_is_not_there_changes_nothing():
    """A release twice, or of a stranger, gives nothing to anyone."""
    budget = a_budget()
    budget.reserve("a", 6, NOON)
    for owner in ("b", "a", "a"):
        budget.release(owner)
    assert budget.use(NOON).reserved == 0


def test_the_way_out_is_never_refused_and_always_counted():
    """P10: exits and cancels go beyond the windows, and nothing else fits until they are old."""
    budget = a_budget(minute=3, day=100)
    for _ in range(5):
        budget.spend(NOON)
    assert budget.use(NOON).minute == 5
    assert budget.room(1, NOON) == 60


def test_a_restart_knows_the_calls_of_the_day():
    """P20: what was spent before a restart still counts: the minute's, and the day's alone."""
    budget = a_budget(day=100)
    yesterday = [after(-13 * 3600)] * 50
    budget.load([*[after(-30)] * 4, *[after(-3600)] * 7, *yesterday])
    assert budget.use(NOON) == BudgetUse(minute=4, day=11, reserved=0)


def test_what_a_restart_finds_half_way_keeps_its_way_out():
    """P10: a batch that is taken up is reserved for beyond the windows; new ones wait for it."""
    budget = a_budget()
    budget.load([NOON] * 8)
    budget.hold("a", 6)
    assert budget.reserved("a") == 6
    assert budget.room(1, NOON) == 60
    assert budget.room(1, after(60)) is None


@pytest.mark.parametrize("back_s", [1, 3600, 100_000])
def test_a_clock_that_is_set_back_frees_nothing_and_blocks_nothing_for_long(back_s):
    """Calls from what is now the future count as just made, and are gone a minute later."""
    budget = a_budget(day=15)
    for _ in range(10):
        budget.spend(NOON)
    earlier = after(-back_s)
    assert budget.use(earlier) == BudgetUse(minute=10, day=10, reserved=0)
    assert budget.room(1, earlier) == 60
    assert budget.room(1, after(60, earlier)) is None
    assert budget.room(6, after(60, earlier)) is not None, "today's calls are still counted"
    assert budget.use(after(86400, earlier)).day == 0


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("wait"), st.floats(0, 40)),
        st.tuples(st.just("reserve"), st.sampled_from("abc"), st.integers(1, 8)),
        st.tuples(st.just("spend"), st.sampled_from("abc")),
        st.tuples(st.just("call")),
        st.tuples(st.just("release"), st.sampled_from("abc")),
    ),
    max_size=60,
)


@given(STEPS)
def test_ordinary_calls_never_overflow_a_window_and_no_reservation_is_lost(steps):
    """P10: whatever owners do within the rules, no minute and no day holds more than it may, and
    each owner can spend all that it reserved.
    """
    limits = LimitsConfig(calls_per_minute=10, calls_per_day=40)
    budget, now = Budget(limits), after(-120, MIDNIGHT)
    made, reserved = [], Counter()
    for name, *rest in steps:
        match name, rest:
            case "wait", [seconds]:
                now = after(seconds, now)
            case "reserve", [owner, calls]:
                if budget.reserve(owner, calls, now) is None:
                    reserved[owner] += calls
            case "spend", [owner] if reserved[owner]:
                budget.spend(now, owner)
                reserved[owner] -= 1
                made.append(now)
            case "call", []:
                if budget.room(1, now) is None:
                    budget.spend(now)
                    made.append(now)
            case "release", [owner]:
                budget.release(owner)
                reserved[owner] = 0
        assert {owner: budget.reserved(owner) for owner in "abc"} == {
            owner: reserved[owner] for owner in "abc"
        }
        minute = sum(at > after(-60, now) for at in made)
        day = sum((at >= MIDNIGHT) == (now >= MIDNIGHT) for at in made)
        assert budget.use(now) == BudgetUse(minute, day, reserved.total())
        assert minute + reserved.total() <= limits.calls_per_minute
        assert day + reserved.total() <= limits.calls_per_day


@given(st.lists(st.floats(0, 90), max_size=30), st.integers(1, 12), st.floats(90, 150))
def test_after_the_wait_that_was_told_there_is_room(ages, calls, at):
    """Retry-After is kept: who asks again after so many seconds, with nothing else done, fits."""
    budget = Budget(LimitsConfig(calls_per_minute=12, calls_per_day=10_000))
    budget.load(after(age) for age in ages)
    now = after(at)
    wait_s = budget.room(calls, now)
    if wait_s is not None:
        assert 1 <= wait_s <= 60
        assert budget.room(calls, after(wait_s, now)) is None


def test_native_legs_are_placed_in_one_call():
    """P10: one to send, and for each leg a cancel and a flatten."""
    assert calls_for(2, "native") == 5
    assert calls_for(3, "native") == 7
