"""A sample of the planted bugs; all of them are hunted by `tests.sim.mutants`."""

from __future__ import annotations

import pytest

from .mutants import MUTANTS, hunt

SAMPLE = (
    "a cancel counts as done unseen",
    "flattens what was asked",
    "no answer counts as a no",
    "a late leg is ignored",
    "another body under a key is placed",
)
STORIES_MAX = 60
ELSEWHERE = (("no answer counts as a no", "fyers"), ("flattens what was asked", "kite"))


@pytest.mark.parametrize("mutant", [m for m in MUTANTS if m.name in SAMPLE], ids=lambda m: m.name)
def test_a_planted_bug_is_caught(mutant):
    """P9, P10, P11: the judge has teeth: a bug in the batch core is noticed within sixty stories."""
    assert hunt(mutant, STORIES_MAX).by is not None


@pytest.mark.parametrize(("name", "upstream"), ELSEWHERE)
def test_a_planted_bug_is_caught_at_each_broker(name, upstream):
    """P9, P10: the judge has its teeth over each other wire format too."""
    (mutant,) = (one for one in MUTANTS if one.name == name)
    assert hunt(mutant, STORIES_MAX, upstream).by is not None


def test_the_sample_is_of_bugs_that_there_are():
    """P9: each name of the sample is that of a mutant, so none is silently left out."""
    assert set(SAMPLE) <= {mutant.name for mutant in MUTANTS}
