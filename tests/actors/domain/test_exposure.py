"""What a batch that has ended still comes to, and what a person is told of it."""

from decimal import Decimal

import pytest
from attrs import evolve

from actors.domain import exposure
from actors.domain.batch import Residual
from actors.domain.books import AccountBook, Told
from actors.domain.legs import learn
from actors.domain.saga import Scene, decide

from .given import NINE_FIFTEEN, POSITION, PRIMARY, a_batch, a_leg, after, an_order
from .given_saga import Drive, drive

REST = Residual("SBIN", "NSE", "MIS", 50)


def _exposed(**changes):
    leg = a_leg(0, "filled", filled_quantity=50, order_id="1")
    other = a_leg(1, "rejected")
    fields = {"outcome": "exposed", "residual": (REST,), "cause": "leg 1 was rejected"}
    return evolve(a_batch(), legs=(leg, other), completed_at=after(20), **fields | changes)


@pytest.mark.parametrize(
    ("places", "options", "before", "later", "outcome"),
    [
        (("rest", "gone"), {}, "rolled_back_clean", "rest", "rolled_back_clean"),
        (("rest", "gone"), {}, "rolled_back_clean", "fill", "unwound"),
        (("refuse", "gone"), {}, "rejected_clean", "partial", "unwound"),
        (("fill", "gone"), {}, "unwound", "fill", "unwound"),
        (("fill", "gone"), {"on_failure": "cancel_open"}, "exposed", "fill", "exposed"),
        (("fill", "gone"), {"on_failure": "keep"}, "kept", "rest", "kept"),
    ],
)
def test_a_leg_that_turns_up_after_the_end_is_unwound_too(places, options, before, later, outcome):
    """P9, P10: denied twice, and there after all: the same policy again, told anew, and true."""
    given = drive(*places, **options)
    assert (given.batch.outcome, given.batch.revised_at) == (before, None)
    sent = len(given.exchange.sent)
    given.exchange.take(given.batch.legs[1], later)
    given.seconds += 100
    given.run()
    assert given.batch.outcome == outcome
    assert given.batch.revised_at is not None
    told = {rest.tradingsymbol: rest.quantity for rest in given.batch.residual}
    assert told == ({} if outcome == "kept" else given.exchange.net())
    open_orders = [o for o in given.exchange.orders.values() if o.status == "OPEN"]
    assert len(open_orders) == (1 if outcome == "kept" else 0)
    assert len(given.exchange.sent) - sent <= 1, "nothing but what flattens it"


def test_a_fill_after_the_cancel_is_unwound_too():
    """P10: an exchange that fills what it had called cancelled."""
    given = drive("rest", "refuse")
    order_id = next(iter(given.exchange.orders))
    given.exchange.fill(order_id)
    given.run()
    assert (given.batch.outcome, given.exchange.net()) == ("unwound", {})


def test_complete_is_final():
    """P10: what becomes of an accepted order later is told by the order, not by the batch."""
    batch = evolve(a_batch(), legs=(a_leg(0, "accepted", order_id="1"),), outcome="complete")
    cancelled = learn(batch, an_order(order_id="1", status="CANCELLED"))
    assert exposure.revised(batch, cancelled, after(9)) is batch


def test_of_what_was_kept_only_a_leg_given_up_is_news():
    """P10: a kept order lives on like any other; one that was denied and turns up is told."""
    kept = drive("rest", "gone", on_failure="keep")
    order_id = next(iter(kept.exchange.orders))
    kept.exchange.fill(order_id)
    told = kept.batch
    assert kept.run() == told
    running = a_batch("submitted")
    assert exposure.revised(running, running, after(9)) is running


def test_an_exposure_is_acknowledged_once():
    """The desk takes what remains: the outcome stays, the alarm ends; nothing else is touched."""
    batch = _exposed()
    assert (batch.is_exposing, batch.is_over) == (True, False)
    done = exposure.acknowledged(batch, after(30))
    assert (done.outcome, done.cleared_by, done.is_exposing) == ("exposed", "acknowledged", False)
    assert exposure.acknowledged(done, after(40)) is done
    assert exposure.flatten_again(done, after(40)) is done
    assert exposure.flattened_elsewhere(done, after(40)) is done


def test_flattening_again_begins_the_tries_anew():
    """P10: also for a batch that had been told only to cancel; it ends unwound, told anew."""
    given = drive("fill", "refuse", on_failure="cancel_open")
    again = exposure.flatten_again(given.batch, after(100))
    assert (again.ended, again.residual, again.revised_at) == (False, (), after(100))
    second = Drive(given.exchange, again, seconds=100)
    assert second.run().outcome == "unwound"
    assert given.exchange.net() == {}


def test_tries_are_counted_from_the_last_time_it_was_taken_up():
    """P10: three tries came to nothing; asked again, there are three more."""
    given = drive("fill", "refuse", flattens="rest")
    assert [a.attempt for a in given.batch.rollback if a.action == "flatten"] == [1, 2, 3]
    again = exposure.flatten_again(given.batch, after(200))
    step = decide(again, Scene(after(200)))
    assert step.batch.rollback[-1].attempt == 1


def _book(quantity, offset):
    book = AccountBook(PRIMARY)
    held = evolve(POSITION, quantity=quantity)
    book.positions[held.id] = Told(b"", 1, offset, held)
    return book


def test_an_account_that_holds_nothing_any_more_clears_it():
    """P10: seen flat after the batch ended; a position told before the end says nothing."""
    batch = _exposed()
    assert exposure.is_flat(batch, 10, _book(0, 11))
    assert not exposure.is_flat(batch, 10, _book(0, 9))
    assert not exposure.is_flat(batch, 10, _book(50, 11))
    assert not exposure.is_flat(batch, 10, AccountBook(PRIMARY))
    assert not exposure.is_flat(evolve(batch, residual=()), 10, _book(0, 11))
    cleared = exposure.flattened_elsewhere(batch, after(60))
    assert (cleared.cleared_at, cleared.cleared_by) == (after(60), "flat")


def test_an_open_order_is_an_exposure_that_no_position_clears():
    """P10: what rests may still fill."""
    batch = _exposed()
    resting = evolve(batch, legs=(*batch.legs, a_leg(2, "accepted", order_id="3")))
    assert not exposure.is_flat(resting, 10, _book(0, 11))


def test_a_person_is_told_of_an_exposure_its_end_and_a_hold():
    """P10: an error with what is left, word when it is over, a warning for what is held."""
    running = evolve(_exposed(), outcome=None, residual=(), completed_at=None)
    level, text = exposure.words(running, _exposed())
    assert level == "error"
    assert text == "batch 550e8400 leaves +50 SBIN MIS: leg 1 was rejected"
    resting = evolve(_exposed(), residual=())
    assert "leaves an order open" in exposure.words(running, resting)[1]
    cleared = exposure.acknowledged(_exposed(), after(30))
    assert exposure.words(_exposed(), cleared) == (
        "info",
        "the exposure of batch 550e8400 ended: acknowledged",
    )
    again = exposure.flatten_again(_exposed(), after(30))
    assert exposure.words(_exposed(), again)[0] == "info"
    held = evolve(running, on_failure="hold")
    level, text = exposure.words(held, evolve(held, outcome="kept"))
    assert (level, "on hold with 1 legs standing" in text) == ("warning", True)
    kept = evolve(running, on_failure="keep")
    assert exposure.words(kept, evolve(kept, outcome="kept")) is None
    assert exposure.words(running, evolve(running, outcome="unwound")) is None


def test_looking_finds_orders_by_id_and_by_tag_and_doubles():
    """P9: an order is a leg's by its id; under the tag of one that has an id it is a double."""
    book = AccountBook(PRIMARY)
    for n, tag in (("1", None), ("2", "ow1"), ("3", "ow1")):
        order = an_order(order_id=n, broker_tag=tag, filled_quantity=20, average_price=Decimal(9))
        book.orders[n] = Told(b"", 1, 1, order)
    book.our_orders["ow1"] = ("2", "3")
    batch = evolve(a_batch(), legs=(a_leg(0, "submitted", order_id="1"), a_leg(1, "unknown")))
    found = exposure.look(batch, book)
    assert [leg.order_id for leg in found.legs] == ["1", "2"]
    assert [(a.action, a.order_id, a.of) for a in found.rollback] == [("double", "3", 1)]
    assert exposure.look(found, book) == found
    assert found.created_at == NINE_FIFTEEN
