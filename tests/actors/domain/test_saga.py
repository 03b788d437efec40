"""The saga decides, and every way through it ends in a named outcome that is true."""

from datetime import timedelta
from itertools import combinations_with_replacement

import pytest
from attrs import evolve

from actors.domain import legs, saga
from actors.domain.batch import FAILED, STANDING, Residual
from actors.domain.saga import CANCELS_MAX, Ask, Cancel, Send, decide

from .given import NINE_FIFTEEN, a_batch, a_leg, after
from .given_saga import Drive, Exchange, drive

PLACES = ("refuse", "reject", "gone", "lost", "lost fill", "partial", "rest", "fill")
CANCELS = ("works", "unanswered", "refused", "fills")
FLATTENS = ("fill", "rest", "reject", "lost fill")


@pytest.mark.parametrize(
    ("places", "options", "outcome", "residual"),
    [
        (("fill", "rest", "partial"), {}, "complete", {}),
        (("lost", "lost fill"), {}, "complete", {}),
        (("refuse", "reject", "gone"), {}, "rejected_clean", {}),
        (("rest", "refuse"), {}, "rolled_back_clean", {}),
        (("rest", "reject"), {"cancels": "unanswered"}, "rolled_back_clean", {}),
        (("fill", "refuse"), {}, "unwound", {}),
        (("partial", "reject"), {}, "unwound", {}),
        (("rest", "gone"), {"cancels": "fills"}, "unwound", {}),
        (("fill", "refuse"), {"flattens": "lost fill"}, "unwound", {}),
        (("fill", "refuse"), {"flattens": "rest"}, "exposed", {"S0": 50}),
        (("fill", "refuse"), {"flattens": "rest", "cancels": "fills"}, "unwound", {}),
        (("fill", "refuse"), {"flattens": "reject"}, "exposed", {"S0": 50}),
        (("fill", "refuse"), {"on_failure": "cancel_open"}, "exposed", {"S0": 50}),
        (("rest", "refuse"), {"cancels": "refused"}, "exposed", {}),
        (("fill", "rest", "refuse"), {"on_failure": "keep"}, "kept", {}),
        (("fill", "refuse"), {"on_failure": "hold"}, "kept", {}),
        (("refuse", "gone"), {"on_failure": "keep"}, "rejected_clean", {}),
    ],
)
def test_each_way_has_its_outcome(places, options, outcome, residual):
    """P10: what the legs and cancels did decides the outcome and what remains."""
    batch = drive(*places, **options).batch
    assert batch.outcome == outcome
    assert {rest.tradingsymbol: rest.quantity for rest in batch.residual} == residual
    assert batch.completed_at is not None


def _check(given):
    """Hold a batch's word against what the exchange really has."""
    batch, exchange = given.batch, given.exchange
    assert len(exchange.sent) == len(set(exchange.sent)), "P9: sent twice"
    assert all(exchange.cancelled.count(i) <= CANCELS_MAX + 1 for i in exchange.cancelled)
    still_open = any(order.status == "OPEN" for order in exchange.orders.values())
    net = exchange.net()
    match batch.outcome:
        case "complete":
            assert all(leg.state in STANDING for leg in batch.legs)
        case "kept":
            assert any(leg.state in FAILED for leg in batch.legs)
            assert batch.on_failure == "keep"
        case "rejected_clean":
            assert not exchange.ever_open
        case "rolled_back_clean":
            assert exchange.ever_open
            assert not net
            assert not still_open
        case "unwound":
            assert not net
            assert not still_open
            assert any(leg.filled_quantity for leg in batch.legs)
        case "exposed":
            assert net or still_open
        case other:
            raise AssertionError(other)
    told = {rest.tradingsymbol: rest.quantity for rest in batch.residual}
    assert told == ({} if batch.outcome in ("complete", "kept") else net)


@pytest.mark.parametrize("on_failure", ["keep", "cancel_open", "cancel_and_flatten"])
@pytest.mark.parametrize("cancels", CANCELS)
def test_every_small_batch_ends_truly_wherever_it_crashes(on_failure, cancels):
    """P9, P10: 1 and 2 legs by what placing, cancels and flattening do, by a crash
    before and after the acts of each durable step. Nothing is sent twice, every batch ends, and
    the residual is what the exchange has.
    """
    batches = [(place,) for place in PLACES] + list(combinations_with_replacement(PLACES, 2))
    count = 0
    for places in batches:
        for flattens in FLATTENS if on_failure == "cancel_and_flatten" else ("fill",):
            options = {"on_failure": on_failure, "cancels": cancels, "flattens": flattens}
            steps = len(drive(*places, **options).durable)
            for crash_at in (None, *range(steps)):
                for before in (False, True) if crash_at is not None else (False,):
                    given = drive(*places, crash_at=crash_at, before=before, **options)
                    _check(given)
                    count += 1
    assert count > 200


def test_nothing_is_sent_before_it_is_durable():
    """P9: sending happens only in the step that turns `pending` into `submitted`."""
    step = decide(a_batch("pending", "pending"), NINE_FIFTEEN, ())
    assert [type(action) for action in step.actions] == [Send, Send]
    assert [leg.state for leg in step.batch.legs] == ["submitted", "submitted"]
    again = decide(step.batch, NINE_FIFTEEN, ())
    assert all(isinstance(action, Ask) for action in again.actions)
    assert [leg.state for leg in again.batch.legs] == ["unknown", "unknown"]


def test_calls_under_way_are_waited_for():
    """P9: while a call may still answer, nobody asks about its order."""
    batch = a_batch("submitted", "submitted")
    assert decide(batch, NINE_FIFTEEN, {"ow0", "ow1"}) == saga.Step(batch)
    step = decide(batch, NINE_FIFTEEN, {"ow1"})
    assert step.actions == (Ask(batch.legs[0].broker_tag),)


def test_an_ended_batch_does_nothing_more():
    """P10: the outcome is final; facts that come late start nothing."""
    batch = a_batch("filled", outcome="complete")
    assert decide(batch, after(999), ()) == saga.Step(batch)
    assert legs.can_ask(batch, possible=False) is batch


def test_what_is_not_accepted_in_a_minute_is_called_off():
    """P10: an order that hangs before the market is cancelled like one that failed."""
    leg = a_leg(0, "submitted", order_id="7")
    batch = evolve(a_batch(), legs=(leg,))
    assert decide(batch, after(60), ()).actions == ()
    assert decide(batch, after(61), ()).actions == (Cancel("7", "regular"),)
    kept = decide(evolve(batch, on_failure="keep"), after(61), ())
    assert kept.batch.outcome == "kept"


def test_a_cancel_that_nobody_answered_is_sent_again_later():
    """P10: a restart finds the cancel as submitted; after 15 s it is tried again, 5 times at most."""
    given = drive("rest", "refuse", cancels="refused")
    assert given.batch.outcome == "exposed"
    assert len(given.exchange.cancelled) == CANCELS_MAX
    lost = drive("rest", "refuse", crash_at=3, before=True)
    assert lost.batch.outcome == "rolled_back_clean"


def test_a_call_under_way_is_not_doubled_by_its_repetition():
    """P9: while a cancel is on its way no other one of the same order goes out."""
    batch = evolve(a_batch(), legs=(a_leg(0, "accepted", order_id="7"), a_leg(1, "rejected")))
    step = decide(batch, NINE_FIFTEEN, ())
    assert step.actions == (Cancel("7", "regular"),)
    assert decide(step.batch, after(99), {"7"}).actions == ()
    failed = legs.cancel_failed(step.batch, "7")
    assert decide(failed, after(99), {"7"}).actions == ()
    assert decide(failed, after(99), ()).actions == (Cancel("7", "regular"),)


def test_only_the_net_is_flattened_shorts_first():
    """P10: two legs of one instrument cancel out; a short is bought back before a long is sold."""
    legs = (
        a_leg(0, "filled", filled_quantity=50, tradingsymbol="A"),
        a_leg(1, "filled", filled_quantity=20, tradingsymbol="A", transaction_type="SELL"),
        a_leg(2, "filled", filled_quantity=50, tradingsymbol="B", transaction_type="SELL"),
        a_leg(3, "filled", filled_quantity=50, tradingsymbol="C"),
        a_leg(4, "filled", filled_quantity=50, tradingsymbol="C", transaction_type="SELL"),
        a_leg(5, "rejected"),
    )
    step = decide(evolve(a_batch(), legs=legs), NINE_FIFTEEN, ())
    sent = [action.leg for action in step.actions]
    assert [(leg.tradingsymbol, leg.transaction_type, leg.quantity) for leg in sent] == [
        ("B", "BUY", 50),
        ("A", "SELL", 30),
    ]
    assert [leg.order_type for leg in sent] == ["MARKET", "MARKET"]
    assert len({leg.broker_tag for leg in (*legs, *sent)}) == 8
    assert [action.state for action in step.batch.rollback] == ["submitted", "submitted"]


def test_a_crash_while_unwinding_does_not_unwind_twice():
    """P9: a flatten that was made durable and not answered is asked for, not sent again."""
    given = Drive(Exchange(("fill", "refuse"), flattens="lost fill"), _two_legs(), crash_at=2)
    assert given.run().outcome == "unwound"
    assert given.exchange.net() == {}
    assert len(given.exchange.sent) == 3


def _two_legs():
    batch = a_batch("pending", "pending")
    legs = tuple(
        evolve(leg, broker_tag=saga.tag_for(batch.batch_id, leg.index)) for leg in batch.legs
    )
    return evolve(batch, legs=legs)


def test_tags_are_short_plain_and_never_the_same():
    """P9: letters and digits, 20 at most, as brokers take them; one for each order of a batch."""
    tags = [saga.tag_for("550e8400-e29b-41d4-a716-446655440000", n) for n in range(20)]
    assert len(set(tags)) == 20
    assert all(len(tag) <= 20 and tag.isalnum() for tag in tags)


def test_what_remains_is_told_by_instrument_and_product():
    """P10: the residual names what to close."""
    batch = drive("fill", "refuse", on_failure="cancel_open").batch
    assert batch.residual == (Residual("S0", "NFO", "NRML", 50),)
    assert batch.completed_at - batch.created_at < timedelta(seconds=60)
