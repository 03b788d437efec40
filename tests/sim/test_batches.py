"""Random batches with random faults, in the short form; the long one is `tests.sim.batches`."""

from __future__ import annotations

import pytest

from . import batches
from .batch_judge import play
from .script import Act, LegWish, Place, Script, Trouble, Weather, told

STORIES = 80
STORIES_ELSEWHERE = 30


def test_random_batches_with_random_faults():
    """P9, P10, P11: eighty stories, always the same, of batches at once with kills, outages, a broken
    disk and lost answers: no order is placed twice, each batch ends as the ledger says, and a key
    stands for one batch.
    """
    tally = batches.run(STORIES)
    assert tally.stories >= STORIES
    assert len(tally.outcomes) >= 5
    assert tally.kills > 0
    assert tally.strays > 0


@pytest.mark.parametrize("upstream", ["fyers", "kite"])
def test_they_hold_at_each_broker(upstream):
    """P9, P10, P11: thirty of the same stories over each other wire format, others at each."""
    seed = 1 + batches.UPSTREAMS.index(upstream)
    tally = batches.run(STORIES_ELSEWHERE, seed=seed, upstream=upstream)
    assert tally.stories >= STORIES_ELSEWHERE
    assert len(tally.outcomes) >= 4
    assert tally.kills > 0


def test_the_same_story_is_the_same_again():
    """P9: what happens depends on the story alone, so one that fails can be looked at again."""
    legs = (
        LegWish("PARTIALA", "BUY", 10),
        LegWish("STUCKA", "SELL", 3),
        LegWish("LOSTA", "BUY", 1),
    )
    weather = Weather(latency_s=0.05, disk_s=0.1, lost_answer=0.3, stray=0.2, silent=0.3)
    places = (Place(0, legs, advance_on="filled"), Place(40, legs[:2], "hedge", "hedge_first"))
    troubles = (Trouble(900, "kill"), Trouble(3_000, "away", 2_000))
    script = Script(7, places, (Act(1_500, "other", 0),), troubles, weather)
    one, again = play(script), play(script)
    assert (one.log.events, one.ledger) == (again.log.events, again.ledger)
    assert "kill" in told(script)
