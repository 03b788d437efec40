"""What a batch's orders become by the facts that come in."""

import pytest
from attrs import evolve

from actors.domain import legs

from .given import a_batch, a_leg, an_order


def test_a_broker_that_cannot_be_asked_makes_the_outcome_unknown():
    """P10: unknown is said, and taken back when it can be asked again."""
    batch = legs.can_ask(a_batch("unknown"), possible=False)
    assert (batch.outcome, batch.ended, batch.status) == ("unknown", False, "running")
    assert legs.can_ask(batch, possible=False) is batch
    assert legs.can_ask(batch, possible=True).outcome is None


def test_a_leg_is_failed_by_two_denials_not_by_one():
    """P9: the broker may not have it yet; the second denial settles it, and it is told why."""
    batch = legs.denied(a_batch("unknown"), "ow0")
    assert (batch.legs[0].state, batch.legs[0].denials) == ("unknown", 1)
    (leg,) = legs.denied(batch, "ow0").legs
    assert leg.state == "rejected"
    assert "asked 2 times" in leg.error


@pytest.mark.parametrize("state", ["accepted", "filled", "rejected"])
def test_a_word_that_comes_late_changes_nothing(state):
    """P9: a refusal, a denial or silence after the order has shown itself means nothing."""
    batch = a_batch(state)
    assert legs.refused(batch, "ow0", "no") == batch
    assert legs.denied(batch, "ow0") == batch
    assert legs.unclear(batch, "ow0", "no answer") == batch


def test_an_id_that_comes_late_is_kept_and_then_stands():
    """P10: a leg that has shown itself learns its id; a second one does not replace it."""
    batch = legs.answered(a_batch("rejected"), "ow0", "7")
    assert (batch.legs[0].order_id, batch.legs[0].state) == ("7", "rejected")
    assert legs.answered(batch, "ow0", "8") == batch


def test_an_answer_without_an_id_is_no_acceptance():
    """P9: the order is then known by its tag, and asked for."""
    (leg,) = legs.answered(a_batch("submitted"), "ow0", None).legs
    assert (leg.state, leg.order_id) == ("unknown", None)
    (leg,) = legs.answered(a_batch("unknown"), "ow0", "7").legs
    assert (leg.state, leg.order_id) == ("submitted", "7")
    assert legs.unclear(evolve(a_batch(), legs=(leg,)), "ow0", "late").legs == (leg,)


@pytest.mark.parametrize(
    ("status", "filled", "state"),
    [
        ("PUT ORDER REQ RECEIVED", 0, "submitted"),
        ("OPEN", 0, "accepted"),
        ("OPEN", 20, "partially_filled"),
        ("TRIGGER PENDING", 0, "accepted"),
        ("COMPLETE", 50, "filled"),
        ("CANCELLED", 0, "cancelled"),
        ("EXPIRED", 0, "cancelled"),
        ("REJECTED", 0, "rejected"),
    ],
)
@pytest.mark.parametrize("before", ["submitted", "unknown"])
def test_a_leg_is_what_its_order_is(status, filled, state, before):
    """A leg is accepted when the broker shows it so: an order id alone is not acceptance."""
    order = an_order(status=status, filled_quantity=filled, broker_tag="ow0")
    (leg,) = legs.learn(a_batch(before), order).legs
    assert (leg.state, leg.filled_quantity, leg.order_id) == (state, filled, order.order_id)
    assert leg.error == ("REJECTED" if status == "REJECTED" else None)


def test_an_order_of_another_teaches_nothing():
    """An order is a leg's by our tag or by its id, and by nothing else."""
    batch = a_batch("submitted")
    assert legs.learn(batch, an_order()) == batch
    known = evolve(batch, legs=(a_leg(0, "submitted", order_id="230405000123456"),))
    assert legs.learn(known, an_order()).legs[0].state == "accepted"
