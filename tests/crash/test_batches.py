import pytest

from .batches import run_round
from .points import POINTS

KILLS_ELSEWHERE = 3


@pytest.mark.process
def test_kills_in_the_middle_of_batches_double_and_lose_nothing():
    """P9, P10, P11: kill -9 the gateway once at each named point of running batches: no order of
    the ledger is doubled or unknown, every batch ends as the ledger says, each key made one batch.
    """
    measured = run_round(1, kills=len(POINTS), is_long=False)
    assert measured.kills >= len(POINTS)
    assert sum(measured.running) > 0
    assert sum(measured.outcomes.values()) == measured.batches


@pytest.mark.long
@pytest.mark.process
@pytest.mark.parametrize("upstream", ["fyers", "kite"])
def test_they_double_and_lose_nothing_at_any_broker(upstream):
    """P9, P10, P11: a few such kills over each other wire format."""
    measured = run_round(2, kills=KILLS_ELSEWHERE, upstream=upstream, is_long=False)
    assert measured.kills >= KILLS_ELSEWHERE
    assert sum(measured.outcomes.values()) == measured.batches
