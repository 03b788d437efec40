import pytest

from tests.sim.checkers import Broken

from . import leaks

ROW = ("wave", 20, 50.0, 100.0)


@pytest.mark.process
def test_connections_leave_nothing_behind():
    """P20: connections in every state, ended in every way, leave descriptors, tasks and memory
    where they were.
    """
    leaks.run(lambda _: None, count=150, waves=3)


@pytest.mark.parametrize(
    "last", [("x", 30, 50.0, 100.0), ("x", 20, 60.0, 100.0), ("x", 20, 50.0, 120.0)]
)
def test_what_is_left_behind_is_noticed(last):
    """P20: more descriptors, tasks or memory than after the first wave is a leak."""
    with pytest.raises(Broken):
        leaks.judge([ROW, ROW, last], 100, print)
    leaks.judge([ROW, ROW, ROW], 100, lambda _: None)
