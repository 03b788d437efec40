"""A batch counts its legs, and says in one word how it stands."""

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.domain.batch import FAILED, STANDING, LegState, Outcome

from .given import a_batch

STATES = get_args(LegState)
OUTCOMES = get_args(Outcome)


@given(st.lists(st.sampled_from(STATES), max_size=10))
def test_succeeded_failed_and_pending_are_all_the_legs(states):
    """P10: every leg is counted, and counted once."""
    batch = a_batch(*states)
    assert batch.succeeded + batch.failed + batch.pending == len(states)
    assert min(batch.succeeded, batch.failed, batch.pending) >= 0


@pytest.mark.parametrize(
    ("state", "counted"),
    [
        ("pending", (0, 0, 1)),
        ("submitted", (0, 0, 1)),
        ("unknown", (0, 0, 1)),
        ("accepted", (1, 0, 0)),
        ("partially_filled", (1, 0, 0)),
        ("filled", (1, 0, 0)),
        ("rejected", (0, 1, 0)),
        ("cancelled", (0, 1, 0)),
    ],
)
def test_each_state_of_a_leg_counts_as_the_contract_says(state, counted):
    """P10: a leg that stands succeeded, one that is refused or cancelled failed, else it pends."""
    batch = a_batch(state)
    assert (batch.succeeded, batch.failed, batch.pending) == counted


def test_the_sets_of_states_do_not_overlap():
    """A leg cannot both stand and have failed."""
    assert not STANDING & FAILED
    assert set(STATES) == STANDING | FAILED | {"pending", "submitted", "unknown"}


@pytest.mark.parametrize("outcome", [None, *OUTCOMES])
def test_status_is_success_for_complete_alone(outcome):
    """P10: running until a named outcome, success only for complete; unknown is no end."""
    batch = a_batch("filled", outcome=outcome)
    if outcome in (None, "unknown"):
        assert (batch.status, batch.ended) == ("running", False)
    else:
        assert batch.ended
        assert batch.status == ("success" if outcome == "complete" else "failed")


def test_the_outcomes_are_those_that_are_promised():
    """P10: the six named ends, and the one word for not knowing."""
    assert set(OUTCOMES) == {
        "complete", "kept", "rejected_clean", "rolled_back_clean", "unwound", "exposed", "unknown",
    }  # fmt: skip
