"""What becomes of a batch's orders: facts come in, a batch that knows them comes out. Pure.

    learn      how an order stands               answered, refused, unclear   what placing brought
    taken      the same, of all legs as one      cancel_failed, can_ask       what asking brought
    asked      what the broker has under a tag ──▶ answered, or denied

A batch's orders are its legs, the orders that unwind them, and such as the broker's side made twice
of one leg; all live by the same rules. A fact about a tag is one about each leg under it: in a
native batch that is all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

from attrs import evolve

from .batch import FAILED, Batch, Leg, LegState, RollbackAction
from .ids import BrokerTag, OrderId
from .lifecycle import ACCEPTED
from .model import Order, OrderReport

DENIALS_MAX: Final = 2  # times the broker must deny an order before it counts as never placed


def learn(batch: Batch, order: Order) -> Batch:
    """Take what an order of the batch has become; by its id, else by our tag.

    A second order under the tag of one that has its id is a double: ticker_service sends an order
    again when the exchange's answer is late.
    """
    orders = orders_of(batch)
    leg = next((leg for leg in orders if leg.order_id == order.order_id), None)
    if leg is not None:
        return put(batch, _as_order_stands(leg, order))
    under = (leg for leg in orders if leg.broker_tag == order.broker_tag)
    leg = next((leg for leg in under if _may_be(batch, leg, order.tradingsymbol)), None)
    if leg is None:
        return batch
    if leg.order_id is None:
        return put(batch, _as_order_stands(leg, order))
    return _add_double(batch, leg, order)


def answered(batch: Batch, tag: BrokerTag, order_id: OrderId | None) -> Batch:
    """Take the broker's word that it took an order in, under this id if it named one."""
    for leg in _under(batch, tag):
        batch = put(batch, _answered(leg, order_id))
    return batch


def taken(batch: Batch, order_id: OrderId) -> Batch:
    """Take the broker's word that it took all legs in as one order, under this id.

    That is no leg's id: each has its own, by which it is learnt of.
    """
    return evolve(batch, parent_order_id=order_id)


def refused(batch: Batch, tag: BrokerTag, reason: str) -> Batch:
    """Take the broker's certain no."""
    for leg in _under(batch, tag):
        if leg.state in ("submitted", "unknown"):
            batch = put(batch, evolve(leg, state="rejected", error=reason))
    return batch


def unclear(batch: Batch, tag: BrokerTag, reason: str) -> Batch:
    """Take that no answer came, or one that proves nothing."""
    for leg in _under(batch, tag):
        if leg.state == "submitted" and leg.order_id is None:
            batch = put(batch, evolve(leg, state="unknown", error=reason))
    return batch


def asked(batch: Batch, tag: BrokerTag, found: Sequence[OrderReport]) -> Batch:
    """Take what the broker, asked for a tag, has under it: each leg's order, or none.

    A native order is there whole or not at all. Where some legs of it turn up, the others are not
    denied by that: their rows are late, and the saga says for how long that is believed. A leg
    that is denied after that is still not taken for one that failed: see `is_given_up`.
    """
    under = _under(batch, tag)
    orders = {
        leg.index: one
        for leg in under
        for one in reversed(found)
        if _may_be(batch, leg, one.tradingsymbol)
    }
    is_news = bool(orders) and not any(leg.order_id for leg in under)
    for leg in under:
        if leg.order_id is not None:
            continue
        if leg.index in orders:
            batch = put(batch, _answered(leg, orders[leg.index].order_id))
        elif not is_news:
            batch = put(batch, _denied(leg, is_there=is_presumed(batch, leg)))
    return batch


def denied(batch: Batch, tag: BrokerTag) -> Batch:
    """Take that the broker, asked, has no such order; the second time settles it."""
    return asked(batch, tag, ())


def cancel_failed(batch: Batch, order_id: OrderId) -> Batch:
    """Take that a cancel was refused or not answered; it may be tried again."""
    rollback = tuple(
        evolve(action, state="rejected")
        if action.action == "cancel" and action.order_id == order_id and action.state == "submitted"
        else action
        for action in batch.rollback
    )
    return evolve(batch, rollback=rollback)


def can_ask(batch: Batch, *, possible: bool) -> Batch:
    """Say in the outcome whether the broker can be asked at all."""
    if batch.ended:
        return batch
    outcome: Literal["unknown"] | None = None if possible else "unknown"
    return batch if batch.outcome == outcome else evolve(batch, outcome=outcome)


def orders_of(batch: Batch) -> tuple[Leg, ...]:
    """Give all that the batch has or will have at the broker: its legs, then what came after."""
    later = (action.order for action in batch.rollback if action.order is not None)
    return (*batch.legs, *later)


def next_index(batch: Batch) -> int:
    """Give the index of the batch's next order."""
    return len(orders_of(batch))


def put(batch: Batch, leg: Leg) -> Batch:
    """Put a leg, or an unwinding order, back; cancels of it show how it stands."""
    rollback = []
    for action in batch.rollback:
        if action.order is not None and action.order.index == leg.index:
            rollback.append(evolve(action, order=leg, order_id=leg.order_id, state=leg.state))
        elif action.action == "cancel" and action.of == leg.index and is_finished(leg):
            rollback.append(evolve(action, state=leg.state))
        else:
            rollback.append(action)
    legs = tuple(leg if leg.index == old.index else old for old in batch.legs)
    return evolve(batch, legs=legs, rollback=tuple(rollback))


def is_finished(leg: Leg) -> bool:
    """Say whether nothing more can happen to an order by itself."""
    return leg.state == "filled" or leg.state in FAILED


def is_presumed(batch: Batch, leg: Leg) -> bool:
    """Say whether a leg must be at the broker, seen or not: the whole that it is of is there."""
    return (
        batch.mode == "native"
        and leg.index < len(batch.legs)
        and (batch.parent_order_id is not None or any(one.order_id for one in batch.legs))
    )


def is_given_up(leg: Leg) -> bool:
    """Say whether nobody waits for an order any more, though it may be there.

    The broker took the whole in and does not show this leg. It is neither finished nor waited for,
    and what its batch comes to is no clean end.
    """
    return leg.state == "unknown" and leg.order_id is None and leg.denials >= DENIALS_MAX


def was_sent(leg: Leg) -> bool:
    """Say whether an order may be at the broker: neither pending, nor given up before it left."""
    return leg.sent_at is not None or leg.order_id is not None


def _add_double(batch: Batch, leg: Leg, order: Order) -> Batch:
    double = evolve(leg, index=next_index(batch), order_id=order.order_id, error=None)
    double = _as_order_stands(double, order)
    at = order.updated_at or order.placed_at or batch.created_at
    action = RollbackAction("double", leg.index, order.order_id, double.state, at, double)
    return evolve(batch, rollback=(*batch.rollback, action))


def _under(batch: Batch, tag: BrokerTag) -> tuple[Leg, ...]:
    """Give the legs under a tag: one, or all of a native batch; else the unwinding order."""
    legs = tuple(leg for leg in batch.legs if leg.broker_tag == tag)
    return legs or tuple(leg for leg in orders_of(batch) if leg.broker_tag == tag)[:1]


def _may_be(batch: Batch, leg: Leg, tradingsymbol: str | None) -> bool:
    """Say whether an order in this symbol, under the leg's tag, may be the leg's."""
    is_shared = batch.mode == "native" and leg.broker_tag in {x.broker_tag for x in batch.legs}
    return not is_shared or leg.tradingsymbol == tradingsymbol


def _answered(leg: Leg, order_id: OrderId | None) -> Leg:
    if leg.state not in ("submitted", "unknown"):
        return leg if leg.order_id else evolve(leg, order_id=order_id)
    state: LegState = "submitted" if order_id is not None else "unknown"
    return evolve(leg, order_id=order_id, state=state)


def _denied(leg: Leg, *, is_there: bool) -> Leg:
    if leg.state != "unknown" or leg.order_id is not None:
        return leg
    denials = leg.denials + 1
    if denials < DENIALS_MAX:
        return evolve(leg, denials=denials)
    if is_there:
        reason = "the broker took the whole in, and does not show this leg of it"
        return evolve(leg, denials=denials, error=reason)
    why = leg.error or "no answer came"
    reason = f"{why}; the broker, asked {denials} times, has no such order"
    return evolve(leg, denials=denials, state="rejected", error=reason)


def _as_order_stands(leg: Leg, order: Order) -> Leg:
    return evolve(
        leg,
        order_id=order.order_id,
        state=_state_of(order, leg.state),
        filled_quantity=order.filled_quantity,
        average_price=order.average_price,
        error=(order.status_message or order.status) if order.status == "REJECTED" else leg.error,
    )


def _state_of(order: Order, before: LegState) -> LegState:
    match order.status:
        case "COMPLETE":
            return "filled"
        case "REJECTED":
            return "rejected"
        case "CANCELLED" | "EXPIRED":
            return "cancelled"
        case status if status in ACCEPTED:
            return "partially_filled" if order.filled_quantity else "accepted"
    # On its way to the exchange still: an order id alone is not acceptance.
    return "submitted" if before == "unknown" else before
