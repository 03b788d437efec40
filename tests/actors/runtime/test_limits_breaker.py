"""A breaker opens after failures in a row, and closes on an answer after its pause."""

import pytest
import trio
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.runtime.limits import (
    CLOSED,
    FAILURES,
    HALF_OPEN,
    OPEN,
    PAUSE_FIRST_S,
    PAUSE_MOST_S,
    Breaker,
    Circuit,
    after_failure,
    after_success,
    state_of,
)


def opened(at_s=0.0):
    """Give a circuit that has just opened."""
    circuit = Circuit()
    for _ in range(FAILURES):
        circuit = after_failure(circuit, at_s)
    return circuit


def test_five_failures_in_a_row_open_it():
    """The fifth failure opens; an answer between them makes them no row."""
    circuit = Circuit()
    for _ in range(3):
        for _ in range(FAILURES - 1):
            circuit = after_failure(circuit, 1)
            assert state_of(circuit, 1) == CLOSED
        circuit = after_success(circuit, 1)
    assert state_of(opened(), 0) == OPEN


def test_it_is_half_open_after_its_pause_and_closed_by_an_answer():
    """An answer closes it for good: the next failure is the first again."""
    circuit = opened(100)
    assert state_of(circuit, 100 + PAUSE_FIRST_S - 0.1) == OPEN
    assert state_of(circuit, 100 + PAUSE_FIRST_S) == HALF_OPEN
    circuit = after_success(circuit, 100 + PAUSE_FIRST_S)
    assert circuit == Circuit()


def test_a_failure_while_half_open_doubles_the_pause_to_a_minute():
    """P20: 10, 20, 40, 60, 60 … seconds."""
    circuit, at_s, pauses = opened(), 0.0, []
    for _ in range(6):
        pauses.append(circuit.pause_s)
        at_s += circuit.pause_s
        circuit = after_failure(circuit, at_s)
        assert state_of(circuit, at_s) == OPEN
    assert pauses == [10, 20, 40, PAUSE_MOST_S, PAUSE_MOST_S, PAUSE_MOST_S]


def test_what_comes_while_it_is_open_changes_nothing():
    """Calls that were under way neither lengthen the pause nor end it."""
    circuit = opened()
    assert after_failure(circuit, 5) == after_success(circuit, 5) == circuit


async def test_a_breaker_tells_its_state_in_the_metrics_numbers(autojump_clock):
    """0 closed, 1 half open, 2 open, on the monotonic clock, with the seconds that are left."""
    breaker = Breaker()
    assert (breaker.state, breaker.is_open, breaker.retry_after_s) == (0, False, 0)
    for _ in range(FAILURES):
        breaker.failed()
    assert (breaker.state, breaker.is_open, breaker.retry_after_s) == (2, True, 10)
    await trio.sleep(9.5)
    assert (breaker.state, breaker.is_open, breaker.retry_after_s) == (2, True, 1)
    await trio.sleep(0.5)
    assert (breaker.state, breaker.is_open, breaker.retry_after_s) == (1, False, 0)
    breaker.failed()
    assert (breaker.state, breaker.retry_after_s) == (2, 20)
    await trio.sleep(20)
    breaker.succeeded()
    assert breaker.state == 0


@settings(deadline=None, derandomize=True, database=None)
@given(st.lists(st.tuples(st.booleans(), st.floats(0, 30)), max_size=60))
def test_it_is_never_stuck(history):
    """P20: after any history a minute's pause at most leads to an answer that closes it."""
    circuit, now_s = Circuit(), 0.0
    for success, pause_s in history:
        now_s += pause_s
        circuit = (after_success if success else after_failure)(circuit, now_s)
        assert PAUSE_FIRST_S <= circuit.pause_s <= PAUSE_MOST_S
        assert (circuit.opened_s is None) == (circuit.failures < FAILURES)
    assert state_of(circuit, now_s + PAUSE_MOST_S) != OPEN
    assert after_success(circuit, now_s + PAUSE_MOST_S) == Circuit()


@pytest.mark.parametrize("successes", [0, 1, 10])
def test_successes_alone_change_nothing(successes):
    """A broker that answers leaves its breaker as it was made."""
    circuit = Circuit()
    for n in range(successes):
        circuit = after_success(circuit, n)
    assert circuit == Circuit()
