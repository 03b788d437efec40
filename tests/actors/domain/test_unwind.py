"""The way out: what is flattened, in which order, at which price, in which sizes."""

from decimal import Decimal

import pytest
from attrs import evolve

from actors.domain import exposure, legs
from actors.domain.batch import WayOut
from actors.domain.saga import Cancel, Scene, Send, decide
from actors.domain.unwind import FLATTEN_TRIES, Prices, limit, net_of, tag_for

from .given import NINE_FIFTEEN, a_batch, a_leg, after
from .given_saga import drive


def _failed(*made, **changes):
    return evolve(a_batch(**changes), legs=(*made, a_leg(len(made), "rejected")))


def _filled(index, symbol, side, quantity=50, **changes):
    return a_leg(
        index,
        "filled",
        filled_quantity=quantity,
        quantity=quantity,
        tradingsymbol=symbol,
        transaction_type=side,
        average_price=Decimal(100),
        **changes,
    )


def _sent(step):
    return [
        (a.leg.tradingsymbol, a.leg.transaction_type, a.leg.quantity)
        for a in step.actions
        if isinstance(a, Send)
    ]


def test_only_the_net_is_flattened_shorts_first():
    """P10: legs of one instrument cancel out; a long is sold once the shorts are bought back."""
    batch = _failed(
        _filled(0, "A", "BUY"),
        _filled(1, "A", "SELL", 20),
        _filled(2, "B", "SELL"),
        _filled(3, "C", "BUY"),
        _filled(4, "C", "SELL"),
    )
    step = decide(batch, Scene(NINE_FIFTEEN))
    assert _sent(step) == [("B", "BUY", 50)]
    order = step.actions[0].leg
    assert decide(step.batch, Scene(NINE_FIFTEEN, frozenset({order.broker_tag}))).actions == ()
    bought = legs.put(step.batch, evolve(order, state="filled", filled_quantity=50))
    after_it = decide(bought, Scene(NINE_FIFTEEN))
    assert _sent(after_it) == [("A", "SELL", 30)]
    tags = [leg.broker_tag for leg in legs.orders_of(after_it.batch)]
    assert len(set(tags)) == 8


def test_a_flatten_is_bounded_by_the_band_and_comes_nearer_to_its_edge():
    """P10: a LIMIT around the last price, a third of the band a try, on the instrument's ticks."""
    prices = Prices({("NFO", "A"): Decimal("200.00")}, {("NFO", "A"): Decimal("0.05")})
    batch = _failed(_filled(0, "A", "BUY"))
    asked = []
    for attempt in range(FLATTEN_TRIES):
        now = after(attempt * 20)
        step = decide(batch, Scene(now, prices=prices))
        (send,) = step.actions
        asked.append((send.leg.order_type, send.leg.price))
        batch = legs.put(step.batch, evolve(send.leg, state="cancelled", order_id=str(attempt)))
    assert asked == [
        ("LIMIT", Decimal("198.00")),
        ("LIMIT", Decimal("196.00")),
        ("LIMIT", Decimal("194.00")),
    ]
    end = decide(batch, Scene(after(99), prices=prices))
    assert (end.batch.outcome, end.actions) == ("exposed", ())
    assert [(a.action, a.attempt) for a in end.batch.rollback] == [
        ("flatten", 1),
        ("flatten", 2),
        ("flatten", 3),
    ]


@pytest.mark.parametrize(
    ("side", "around", "attempt", "price"),
    [
        ("BUY", "200.00", 3, "206.00"),
        ("SELL", "200.00", 3, "194.00"),
        ("BUY", "0.05", 1, "0.10"),
        ("SELL", "0.05", 3, "0.05"),
        ("BUY", "100.03", 1, "101.00"),
        ("SELL", "100.03", 1, "99.05"),
    ],
)
def test_a_price_lies_on_the_ticks_and_at_least_one_off(side, around, attempt, price):
    """P10: small prices still move by a tick a try, and never reach zero."""
    given = limit(side, Decimal(around), Decimal(3), attempt, Decimal("0.05"))
    assert given == Decimal(price)


def test_without_a_last_price_the_legs_own_counts_and_without_that_the_market():
    """P10: the average fill stands in; an order is not held back for want of a price."""
    batch = _failed(_filled(0, "A", "SELL"))
    (send,) = decide(batch, Scene(NINE_FIFTEEN)).actions
    assert (send.leg.order_type, send.leg.price) == ("LIMIT", Decimal("101.00"))
    unpriced = evolve(batch, legs=tuple(evolve(x, average_price=Decimal(0)) for x in batch.legs))
    (send,) = decide(unpriced, Scene(NINE_FIFTEEN)).actions
    assert (send.leg.order_type, send.leg.price) == ("MARKET", None)
    at_market = evolve(batch, way_out=WayOut(order_type="MARKET"))
    (send,) = decide(at_market, Scene(NINE_FIFTEEN)).actions
    assert send.leg.order_type == "MARKET"


def test_no_flatten_is_larger_than_what_the_exchange_took_before():
    """P10: two legs at the freeze quantity are unwound by two orders, not by one too large."""
    batch = _failed(_filled(0, "A", "BUY", 1800), _filled(1, "A", "BUY", 1000))
    step = decide(batch, Scene(NINE_FIFTEEN))
    assert _sent(step) == [("A", "SELL", 1800), ("A", "SELL", 1000)]


def test_a_flatten_that_does_not_fill_is_called_back_before_the_next():
    """P10: each try is ended for certain first, so that two tries never fill both."""
    batch = decide(_failed(_filled(0, "A", "BUY")), Scene(NINE_FIFTEEN)).batch
    order = batch.rollback[0].order
    resting = legs.put(batch, evolve(order, state="accepted", order_id="9"))
    assert decide(resting, Scene(after(5))).actions == ()
    step = decide(resting, Scene(after(6)))
    assert step.actions == (Cancel("9", "regular"),)
    assert decide(step.batch, Scene(after(7))).actions == ()
    half = evolve(order, state="cancelled", order_id="9", filled_quantity=20)
    assert _sent(decide(legs.put(step.batch, half), Scene(after(8)))) == [("A", "SELL", 30)]


def test_a_refused_flatten_is_tried_again_ever_later():
    """P10: a broker that is away for a second, or wants quiet, does not use up all tries at once."""
    batch = _failed(_filled(0, "A", "BUY"))
    sent_s = []
    for second in range(12):
        step = decide(batch, Scene(after(second)))
        batch = step.batch
        for send in step.actions:
            sent_s.append(second)
            batch = legs.refused(batch, send.leg.broker_tag, "rate limit")
    assert sent_s == [0, 1, 5]
    assert batch.outcome == "exposed"


def test_a_refused_cancel_is_tried_again_ever_later():
    """P10, P20: after 1, 2, 4 and 8 s; then there are 15 s to hear that the order has filled."""
    batch = evolve(a_batch(), legs=(a_leg(0, "accepted", order_id="7"), a_leg(1, "rejected")))
    tried = []
    for second in range(60):
        step = decide(batch, Scene(after(second)))
        if step.batch.ended:
            break
        batch = step.batch
        if step.actions:
            tried.append(second)
            batch = legs.cancel_failed(batch, "7")
    assert tried == [0, 1, 3, 7, 15]
    assert (second, step.batch.outcome) == (31, "exposed")


def test_what_may_have_been_closed_is_not_closed_again():
    """P10: a flatten whose cancels are refused has, likely, filled: none is sent beside it, and
    its fill is taken when it is told of.
    """
    batch = decide(_failed(_filled(0, "A", "BUY"), _filled(1, "B", "BUY")), Scene(after(0))).batch
    sold_a, sold_b = (action.order for action in batch.rollback)
    batch = legs.put(batch, evolve(sold_b, state="filled", order_id="9", filled_quantity=50))
    batch = legs.put(batch, evolve(sold_a, state="accepted", order_id="8"))
    for second in range(60):
        batch = decide(batch, Scene(after(second))).batch
        batch = legs.cancel_failed(batch, "8")
    assert [order.index for order in legs.orders_of(batch)] == [0, 1, 2, 3, 4]
    assert (batch.outcome, [rest.quantity for rest in batch.residual]) == ("exposed", [50])
    told = legs.put(batch, evolve(sold_a, state="filled", order_id="8", filled_quantity=50))
    end = decide(exposure.revised(batch, told, after(70)), Scene(after(70))).batch
    assert (end.outcome, end.residual) == ("unwound", ())


def test_no_long_is_sold_while_a_short_is_left():
    """P10: what hedges a short that cannot be bought back is kept, and both are told."""
    given = drive("fill", "fill", "refuse", sides=("BUY", "SELL", "BUY"), flattens="rest")
    assert given.batch.outcome == "exposed"
    assert [(rest.tradingsymbol, rest.quantity) for rest in given.batch.residual] == [
        ("S0", 50),
        ("S1", -50),
    ]
    assert {action.order.transaction_type for action in given.batch.rollback if action.order} == {
        "BUY"
    }


def test_an_order_that_cannot_be_cancelled_is_told_and_does_not_hold_the_rest():
    """P10: five refusals, then the fills are unwound and the batch says that it is exposed."""
    given = drive("fill", "rest", "refuse", cancels=("works", "refused"))
    assert given.batch.outcome == "exposed"
    assert given.batch.residual == ()
    assert given.batch.legs[1].state == "accepted"
    assert given.exchange.net() == {}


def test_a_cancel_that_changes_nothing_is_asked_for_again():
    """P10: taken by the broker and without effect for 15 s: another try, while tries are left."""
    batch = evolve(a_batch(), legs=(a_leg(0, "accepted", order_id="7"), a_leg(1, "rejected")))
    step = decide(batch, Scene(NINE_FIFTEEN))
    assert decide(step.batch, Scene(after(15))).actions == ()
    doubted = decide(step.batch, Scene(after(16))).batch
    assert doubted.rollback[0].state == "rejected"
    assert decide(doubted, Scene(after(16))).actions == (Cancel("7", "regular"),)


def test_a_cancel_of_before_a_restart_is_called_at_once():
    """P10: nobody waits for its answer, and perhaps it never went out; it is no new try, and no
    storm: it is dated anew.
    """
    batch = evolve(a_batch(), legs=(a_leg(0, "accepted", order_id="7"), a_leg(1, "rejected")))
    before = decide(batch, Scene(NINE_FIFTEEN)).batch
    again = decide(before, Scene(after(2), since=after(1)))
    assert again.actions == (Cancel("7", "regular"),)
    assert [(action.at, action.state) for action in again.batch.rollback] == [
        (after(2), "submitted")
    ]
    assert decide(again.batch, Scene(after(3), since=after(1))).actions == ()


def test_the_net_is_told_by_instrument_and_product():
    """P10: the same symbol in two products is two things to close."""
    one = _filled(0, "A", "BUY")
    other = _filled(1, "A", "SELL", product="MIS")
    batch = evolve(a_batch(), legs=(one, other))
    assert [(r.product, r.quantity) for r in net_of(batch)] == [("NRML", 50), ("MIS", -50)]


def test_tags_are_short_plain_and_never_the_same():
    """P9: letters and digits, 20 at most, as brokers take them; one for each order of a batch."""
    tags = [tag_for("550e8400-e29b-41d4-a716-446655440000", n) for n in range(20)]
    assert len(set(tags)) == 20
    assert all(len(tag) <= 20 and tag.isalnum() for tag in tags)
