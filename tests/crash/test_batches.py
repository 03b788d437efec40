import pytest

from .batches import run_round
from .points import POINTS


@pytest.mark.process
def test_kills_in_the_middle_of_batches_double_and_lose_nothing():
    """P9, P10, P11: kill -9 the gateway once at each named point of running batches: no order of
    the ledger is doubled or unknown, every batch ends as the ledger says, each key made one batch.
    """
    measured = run_round(1, kills=len(POINTS), is_long=False)
    assert measured.kills >= len(POINTS)
    assert sum(measured.running) > 0
    assert sum(measured.outcomes.values()) == measured.batches
