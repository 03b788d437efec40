import pytest

from . import stops


@pytest.mark.process
def test_a_stop_ends_in_time_and_loses_nothing():
    """P18: SIGTERM among stopped readers, half-open sockets and running requests: exit 0 within
    the grace, healthy clients hear 1012 with their position, and resume from it afterwards.
    """
    stops.run(lambda _: None, count=2, seed=3)
