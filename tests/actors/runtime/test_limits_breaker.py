"""A breaker opens after failures in a row, and closes on an answer."""

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
    state_of,
)


def opened(at_s=0.0):
    """Give a circuit that has just opened."""
    circuit = Circuit()
    for _ in range(FAILURES):
        circuit = after_failure(circuit, at_s)
    return circuit


def test_five_failures_in_a_row_open_it():
    """The fifth failure opens."""
    circuit = Circuit()
    for _ in range(FAILURES - 1):
        circuit = after_failure(circuit, 1)
        assert state_of(circuit, 1) == CLOSED
    assert state_of(after_failure(circuit, 1), 1) == OPEN


def test_it_is_half_open_after_its_pause():
    """It opens by itself to whoever tries next."""
    circuit = opened(100)
    assert state_of(circuit, 100 + PAUSE_FIRST_S - 0.1) == OPEN
    assert state_of(circuit, 100 + PAUSE_FIRST_S) == HALF_OPEN


def test_a_failure_while_half_open_doubles_the_pause_to_a_minute():
    """P20: 10, 20, 40, 60, 60 … seconds."""
    circuit, at_s, pauses = opened(), 0.0, []
    for _ in range(6):
        pauses.append(circuit.pause_s)
        at_s += circuit.pause_s
        circuit = after_failure(circuit, at_s)
        assert state_of(circuit, at_s) == OPEN
    assert pauses == [10, 20, 40, PAUSE_MOST_S, PAUSE_MOST_S, PAUSE_MOST_S]


def test_a_failure_while_it_is_open_changes_nothing():
    """Calls that were under way do not lengthen the pause."""
    assert after_failure(opened(), 5) == opened()


async def test_an_answer_closes_it_at_once(autojump_clock):
    """P20: a broker that is back is not spared for one second more; failures count from one again."""
    breaker = Breaker()
    for _ in range(3):
        for _ in range(FAILURES):
            assert not breaker.is_open
            breaker.failed()
        assert breaker.is_open
        breaker.succeeded()
    breaker.failed()
    breaker.succeeded()
    for _ in range(FAILURES - 1):
        breaker.failed()
    assert breaker.state == CLOSED


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
    """P20: after any history a minute's pause at most leads to where something new may be tried."""
    circuit, now_s = Circuit(), 0.0
    for success, pause_s in history:
        now_s += pause_s
        circuit = Circuit() if success else after_failure(circuit, now_s)
        assert PAUSE_FIRST_S <= circuit.pause_s <= PAUSE_MOST_S
        assert (circuit.opened_s is None) == (circuit.failures < FAILURES)
    assert state_of(circuit, now_s + PAUSE_MOST_S) != OPEN
