"""The saga decides, and every way through it ends in a named outcome that is true."""

from datetime import timedelta

import pytest
from attrs import evolve

from actors.domain import legs, saga
from actors.domain.batch import Residual
from actors.domain.saga import Ask, Cancel, Scene, Send, decide
from actors.domain.unwind import CANCELS_MAX, tag_for

from .given import NINE_FIFTEEN, a_batch, a_leg, after
from .given_saga import Drive, Exchange, drive, ready

TAGS = [tag_for("550e8400", i) for i in range(4)]


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
        (("rest", "refuse"), {"cancels": "unanswered fill"}, "unwound", {}),
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


def test_nothing_is_sent_before_it_is_durable():
    """P9: sending happens only in the step that turns `pending` into `submitted`."""
    step = decide(a_batch("pending", "pending"), Scene(NINE_FIFTEEN))
    assert [type(action) for action in step.actions] == [Send, Send]
    assert [leg.state for leg in step.batch.legs] == ["submitted", "submitted"]
    again = decide(step.batch, Scene(NINE_FIFTEEN))
    assert all(isinstance(action, Ask) for action in again.actions)
    assert [leg.state for leg in again.batch.legs] == ["unknown", "unknown"]


def test_calls_under_way_are_waited_for():
    """P9: while a call may still answer, nobody asks about its order."""
    batch = a_batch("submitted", "submitted")
    assert decide(batch, Scene(NINE_FIFTEEN, frozenset({"ow0", "ow1"}))) == saga.Step(batch)
    step = decide(batch, Scene(NINE_FIFTEEN, frozenset({"ow1"})))
    assert step.actions == (Ask(batch.legs[0].broker_tag),)


def test_an_ended_batch_does_nothing_more():
    """P10: the outcome is final; facts that come late start nothing."""
    batch = a_batch("filled", outcome="complete")
    assert decide(batch, Scene(after(999))) == saga.Step(batch)
    assert legs.can_ask(batch, possible=False) is batch


def test_what_is_not_accepted_in_a_minute_is_called_off():
    """P10: an order that hangs before the market is cancelled like one that failed."""
    leg = a_leg(0, "submitted", order_id="7", sent_at=NINE_FIFTEEN)
    batch = evolve(a_batch(), legs=(leg,))
    assert decide(batch, Scene(after(60))).actions == ()
    assert decide(batch, Scene(after(61))).actions == (Cancel("7", "regular"),)
    kept = decide(evolve(batch, on_failure="keep"), Scene(after(61)))
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
    step = decide(batch, Scene(NINE_FIFTEEN))
    assert step.actions == (Cancel("7", "regular"),)
    assert decide(step.batch, Scene(after(99), frozenset({"7"}))).actions == ()
    failed = legs.cancel_failed(step.batch, "7")
    assert decide(failed, Scene(after(99), frozenset({"7"}))).actions == ()
    assert decide(failed, Scene(after(99))).actions == (Cancel("7", "regular"),)


def test_a_crash_while_unwinding_does_not_unwind_twice():
    """P9: a flatten that was made durable and not answered is asked for, not sent again."""
    given = Drive(Exchange(("fill", "refuse"), flattens="lost fill"), _two_legs(), crash_at=2)
    assert given.run().outcome == "unwound"
    assert given.exchange.net() == {}
    assert len(given.exchange.sent) == 3


def _two_legs():
    batch = a_batch("pending", "pending")
    legs = tuple(evolve(leg, broker_tag=tag_for(batch.batch_id, leg.index)) for leg in batch.legs)
    return evolve(batch, legs=legs)


def test_what_remains_is_told_by_instrument_and_product():
    """P10: the residual names what to close."""
    batch = drive("fill", "refuse", on_failure="cancel_open").batch
    assert batch.cause == "leg 1 (S1) was rejected: refused"
    assert batch.residual == (Residual("S0", "NFO", "NRML", 50),)
    assert batch.completed_at - batch.created_at < timedelta(seconds=60)


def test_one_leg_after_the_other():
    """`sequential`: a leg goes out once the one before it is accepted; `filled`: once it is
    filled.
    """
    batch = ready("SELL", "BUY", "BUY", mode="sequential")
    step = decide(batch, Scene(NINE_FIFTEEN))
    assert [action.leg.index for action in step.actions] == [0]
    assert decide(step.batch, Scene(NINE_FIFTEEN, frozenset({TAGS[0]}))).actions == ()
    accepted = legs.put(step.batch, evolve(step.batch.legs[0], state="accepted", order_id="1"))
    assert [a.leg.index for a in decide(accepted, Scene(NINE_FIFTEEN)).actions] == [1]
    by_fills = evolve(accepted, advance_on="filled")
    assert decide(by_fills, Scene(NINE_FIFTEEN)).actions == ()
    filled = legs.put(by_fills, evolve(accepted.legs[0], state="filled"))
    assert [a.leg.index for a in decide(filled, Scene(NINE_FIFTEEN)).actions] == [1]


def test_the_hedge_goes_first():
    """`hedge_first`: all that is bought goes out together, and what is sold only after it."""
    batch = ready("SELL", "BUY", "SELL", "BUY", mode="hedge_first")
    given = Drive(Exchange(("fill", "rest", "rest", "fill")), batch)
    assert given.run().outcome == "complete"
    assert given.exchange.sides == ["BUY", "BUY", "SELL", "SELL"]
    failed = Drive(Exchange(("fill", "refuse", "fill", "fill")), batch)
    assert failed.run().outcome == "unwound"
    assert failed.exchange.sides == ["BUY", "BUY", "SELL"], "the last one unwinds the hedge"
    assert [leg.state for leg in failed.batch.legs] == [
        "cancelled",
        "rejected",
        "cancelled",
        "filled",
    ]
    assert failed.batch.legs[0].error == "not sent: the batch failed"
    assert failed.batch.failed == 3


def test_only_buys_or_only_sells_are_one_stage():
    """`hedge_first` with one side alone has nothing to wait for."""
    assert len(saga.stages(ready("BUY", "BUY", mode="hedge_first"))) == 1
    assert len(saga.stages(ready("SELL", "SELL", mode="hedge_first"))) == 1


@pytest.mark.parametrize("mode", ["parallel", "sequential", "hedge_first"])
def test_a_fill_is_waited_for_as_long_as_was_said(mode):
    """P10: `advance_on: filled`: what has not filled within `fill_wait_s` fails the batch, and
    what lost that race is unwound too.
    """
    options = {"mode": mode, "advance_on": "filled", "fill_wait_s": 5}
    assert drive("fill", "fill", options=options).batch.outcome == "complete"
    given = drive("fill", "rest", options=options)
    assert given.batch.cause == "leg 1 (S1) was not filled within 5 s"
    assert given.batch.outcome == "unwound"
    raced = drive("fill", "rest", options=options, cancels="fills")
    assert (raced.batch.outcome, raced.exchange.net()) == ("unwound", {})
    kept = drive("fill", "rest", options=options, on_failure="keep")
    assert kept.batch.outcome == "kept"


def test_a_halt_stops_what_has_not_gone_out():
    """A halted account sends no next leg; what is out is unwound, since exits still pass."""
    batch = ready("BUY", "BUY", mode="sequential")
    sent = decide(batch, Scene(NINE_FIFTEEN)).batch
    filled = legs.put(sent, evolve(sent.legs[0], state="filled", filled_quantity=50))
    step = decide(filled, Scene(NINE_FIFTEEN, halted=True))
    assert step.batch.cause == "the account was halted"
    assert [a.leg.transaction_type for a in step.actions] == ["SELL"]
    clean = decide(batch, Scene(NINE_FIFTEEN, halted=True))
    assert clean.batch.outcome == "rejected_clean"


def test_a_gateway_that_was_away_does_not_go_on_blindly():
    """P10: a stage whose time is over is not sent after a restart: the market is another one."""
    batch = ready("BUY", "BUY", mode="sequential")
    assert decide(batch, Scene(after(61))).batch.cause.startswith("its next leg is overdue")
    sent = decide(batch, Scene(NINE_FIFTEEN)).batch
    accepted = legs.put(sent, evolve(sent.legs[0], state="accepted", order_id="1"))
    assert decide(accepted, Scene(after(120))).batch.cause is None
    late = decide(accepted, Scene(after(121)))
    assert late.actions == (Cancel("1", "regular"),)


def test_a_leg_that_the_brokers_side_doubled_is_undone():
    """P9: a second order under one tag, which we did not send, fails the batch; it is cancelled
    and its fill is unwound with the rest.
    """
    exchange = Exchange(("rest", "lost"))
    batch = decide(ready("BUY", "BUY"), Scene(NINE_FIFTEEN)).batch
    exchange.take(batch.legs[0], "rest")
    exchange.take(batch.legs[0], "partial")
    given = Drive(exchange, batch)
    assert given.run().outcome == "unwound"
    assert given.batch.cause == "the broker's side placed leg 0 twice"
    assert given.batch.rollback[0].action == "double"
    assert (len(exchange.cancelled), exchange.net()) == (2, {})


def test_what_was_failed_once_stays_failed():
    """P10: the cause is never taken back, though the leg it names comes through after all."""
    leg = a_leg(0, "submitted", order_id="7", sent_at=NINE_FIFTEEN)
    batch = decide(evolve(a_batch(), legs=(leg,)), Scene(after(61))).batch
    filled = legs.put(batch, evolve(batch.legs[0], state="filled", filled_quantity=50))
    step = decide(filled, Scene(after(62)))
    assert [type(action) for action in step.actions] == [Send]
    assert "not accepted within 60 s" in step.batch.cause


def test_keeping_waits_for_what_is_unknown():
    """P10: a batch is not told as kept while an order of it may or may not be there."""
    batch = evolve(a_batch("rejected", "unknown", on_failure="keep"))
    assert decide(batch, Scene(after(999))).actions == (Ask("ow1"),)
    assert not decide(batch, Scene(after(999))).batch.ended
