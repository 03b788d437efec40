"""The saga of a batch: from what is durable to what is done next. Pure.

    facts ──learn, answered, refused, denied…──▶ Batch ──decide──▶ Batch (to be made durable)
                                                                └─▶ actions (only after that)

`decide` is the whole of it: a batch that runs and one that a restart found half-way go through the
same function. A leg that was submitted and about which nobody is asking any more is *unknown*; the
broker is asked by tag, and nothing is ever sent twice, because sending happens only in the step
that turns `pending` into `submitted`.

    a leg fails ─▶ cancel what is open ─▶ all settled ─▶ flatten the net fill ─▶ settled ─▶ outcome
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final, Literal, TypeAlias

from attrs import evolve, frozen

from .batch import FAILED, STANDING, Batch, Leg, LegState, Outcome, Residual, RollbackAction
from .ids import BatchId, BrokerTag, OrderId
from .lifecycle import ACCEPTED
from .model import Order

ACCEPT_WITHIN: Final = timedelta(seconds=60)  # an order that is not accepted by then is called off
FLATTEN_WITHIN: Final = timedelta(seconds=15)  # an unwinding that has not filled by then rests
CANCELS_MAX: Final = 5  # tries to cancel one order
DENIALS_MAX: Final = 2  # times the broker must deny an order before it counts as never placed


@frozen
class Send:
    """Place this order under its tag, once."""

    leg: Leg


@frozen
class Ask:
    """Ask the broker whether it has an order under this tag."""

    tag: BrokerTag


@frozen
class Cancel:
    """Ask the broker to end this order."""

    order_id: OrderId
    variety: str


Action: TypeAlias = Send | Ask | Cancel


@frozen
class Step:
    """What to make durable, and what to do once it is."""

    batch: Batch
    actions: tuple[Action, ...] = ()


def decide(batch: Batch, now: datetime, in_flight: Collection[str]) -> Step:
    """Decide the next step. `in_flight` holds the tags and order ids of calls under way."""
    if batch.ended:
        return Step(batch)
    orders = _orders(batch)
    if pending := [leg for leg in orders if leg.state == "pending"]:
        return _submit(batch, pending)
    lost = [
        leg
        for leg in orders
        if leg.state in ("submitted", "unknown")
        and leg.order_id is None
        and leg.broker_tag not in in_flight
    ]
    asks = tuple(Ask(leg.broker_tag) for leg in lost)
    for leg in lost:
        batch = _put(batch, evolve(leg, state="unknown"))
    late = now - batch.created_at > ACCEPT_WITHIN
    failed = [leg for leg in batch.legs if leg.state in FAILED or (late and not _settled(leg))]
    if not failed:
        done = all(leg.state in STANDING for leg in batch.legs)
        return Step(_end(batch, "complete", now) if done else batch, asks)
    if batch.on_failure in ("keep", "hold"):
        return _keep(batch, now, asks)
    return _roll_back(batch, now, in_flight, asks)


def tag_for(batch_id: BatchId, index: int) -> BrokerTag:
    """Give the tag of a batch's n-th order: letters and digits, 20 at most, never twice."""
    return BrokerTag(f"ow{batch_id.replace('-', '')[:15]}{index:03d}")


# ------------------------------------------------------------------------------------- facts


def learn(batch: Batch, order: Order) -> Batch:
    """Take what an order of the batch has become."""
    for leg in _orders(batch):
        if leg.broker_tag == order.broker_tag or (
            leg.order_id is not None and leg.order_id == order.order_id
        ):
            batch = _put(batch, _as_order_stands(leg, order))
    return batch


def answered(batch: Batch, tag: BrokerTag, order_id: OrderId | None) -> Batch:
    """Take the broker's word that it took an order in, under this id if it named one."""
    leg = _find(batch, tag)
    if leg.state not in ("submitted", "unknown"):
        return batch if leg.order_id else _put(batch, evolve(leg, order_id=order_id))
    state: LegState = "submitted" if order_id is not None else "unknown"
    return _put(batch, evolve(leg, order_id=order_id, state=state))


def refused(batch: Batch, tag: BrokerTag, reason: str) -> Batch:
    """Take the broker's certain no."""
    leg = _find(batch, tag)
    if leg.state not in ("submitted", "unknown"):
        return batch
    return _put(batch, evolve(leg, state="rejected", error=reason))


def unclear(batch: Batch, tag: BrokerTag, reason: str) -> Batch:
    """Take that no answer came, or one that proves nothing."""
    leg = _find(batch, tag)
    if leg.state != "submitted" or leg.order_id is not None:
        return batch
    return _put(batch, evolve(leg, state="unknown", error=reason))


def denied(batch: Batch, tag: BrokerTag) -> Batch:
    """Take that the broker, asked, has no such order; the second time settles it."""
    leg = _find(batch, tag)
    if leg.state != "unknown" or leg.order_id is not None:
        return batch
    denials = leg.denials + 1
    if denials < DENIALS_MAX:
        return _put(batch, evolve(leg, denials=denials))
    reason = f"no answer came, and the broker, asked {denials} times, has no such order"
    return _put(batch, evolve(leg, denials=denials, state="rejected", error=reason))


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


# --------------------------------------------------------------------------------- decisions


def _submit(batch: Batch, pending: Iterable[Leg]) -> Step:
    actions = []
    for leg in pending:
        sent = evolve(leg, state="submitted")
        batch = _put(batch, sent)
        actions.append(Send(sent))
    return Step(batch, tuple(actions))


def _keep(batch: Batch, now: datetime, asks: tuple[Action, ...]) -> Step:
    late = now - batch.created_at > ACCEPT_WITHIN
    if not late and not all(_settled(leg) for leg in batch.legs):
        return Step(batch, asks)
    clean = all(leg.state == "rejected" for leg in batch.legs)
    return Step(_end(batch, "rejected_clean" if clean else "kept", now), asks)


def _roll_back(
    batch: Batch, now: datetime, in_flight: Collection[str], asks: tuple[Action, ...]
) -> Step:
    """Cancel, then flatten, then say how it ended."""
    actions: list[Action] = list(asks)
    waiting = False
    for order in _orders(batch):
        if _finished(order):
            continue
        is_flatten = order.index >= len(batch.legs)
        if is_flatten and now - _flatten(batch, order).at <= FLATTEN_WITHIN:
            waiting = True
            continue
        cancels = [
            action
            for action in batch.rollback
            if action.action == "cancel" and action.order_id == order.order_id
        ]
        if order.order_id is None:
            waiting = True  # it is asked for by its tag
        elif not cancels or cancels[-1].state == "rejected":
            if len(cancels) >= CANCELS_MAX or order.order_id in in_flight:
                waiting = waiting or order.order_id in in_flight
                continue
            action = RollbackAction("cancel", order.index, order.order_id, "submitted", now)
            batch = evolve(batch, rollback=(*batch.rollback, action))
            actions.append(Cancel(order.order_id, order.variety))
            waiting = True
        else:
            waiting = True
            if order.order_id not in in_flight and now - cancels[-1].at > FLATTEN_WITHIN:
                batch = cancel_failed(batch, order.order_id)
    if waiting:
        return Step(batch, tuple(actions))
    net = _net(batch)
    if net and batch.on_failure == "cancel_and_flatten" and not _flattens(batch):
        return _submit_flattens(batch, net, now, tuple(actions))
    return Step(_end(batch, _outcome(batch, net), now, net), tuple(actions))


def _submit_flattens(
    batch: Batch, net: tuple[Residual, ...], now: datetime, actions: tuple[Action, ...]
) -> Step:
    """Send the orders that close the net fill, the shorts first: they are the open-ended risk."""
    for n, rest in enumerate(sorted(net, key=lambda rest: rest.quantity > 0)):
        of = next(leg for leg in batch.legs if _instrument(leg) == _instrument(rest))
        index = len(batch.legs) + n
        order = evolve(
            of,
            index=index,
            broker_tag=tag_for(batch.batch_id, index),
            transaction_type="SELL" if rest.quantity > 0 else "BUY",
            quantity=abs(rest.quantity),
            order_type="MARKET",
            price=None,
            trigger_price=None,
            validity="DAY",
            variety="regular",
            order_id=None,
            state="pending",
            filled_quantity=0,
            average_price=Decimal(0),
            error=None,
            denials=0,
        )
        action = RollbackAction("flatten", of.index, None, "pending", now, order)
        batch = evolve(batch, rollback=(*batch.rollback, action))
    step = _submit(batch, _flattens(batch))
    return Step(step.batch, actions + step.actions)


def _outcome(batch: Batch, net: tuple[Residual, ...]) -> Outcome:
    if net or any(not _finished(order) for order in _orders(batch)):
        return "exposed"
    if any(leg.filled_quantity for leg in batch.legs):
        return "unwound"
    if all(leg.state == "rejected" for leg in batch.legs):
        return "rejected_clean"
    return "rolled_back_clean"


def _end(
    batch: Batch, outcome: Outcome, now: datetime, residual: tuple[Residual, ...] = ()
) -> Batch:
    return evolve(batch, outcome=outcome, residual=residual, completed_at=now)


# ----------------------------------------------------------------------------------- helpers


def _orders(batch: Batch) -> tuple[Leg, ...]:
    """Give all that the batch has sent or will send: its legs, then its unwinding orders."""
    return (*batch.legs, *_flattens(batch))


def _flattens(batch: Batch) -> tuple[Leg, ...]:
    return tuple(action.order for action in batch.rollback if action.order is not None)


def _flatten(batch: Batch, order: Leg) -> RollbackAction:
    return next(a for a in batch.rollback if a.order is not None and a.order.index == order.index)


def _find(batch: Batch, tag: BrokerTag) -> Leg:
    return next(leg for leg in _orders(batch) if leg.broker_tag == tag)


def _settled(leg: Leg) -> bool:
    return leg.state in STANDING or leg.state in FAILED


def _finished(leg: Leg) -> bool:
    """Say whether nothing more can happen to an order by itself."""
    return leg.state == "filled" or leg.state in FAILED


def _instrument(of: Leg | Residual) -> tuple[str, str, str]:
    return (of.tradingsymbol, of.exchange, of.product)


def _net(batch: Batch) -> tuple[Residual, ...]:
    """Add the batch's fills up by instrument, unwinding included; what is zero is left out."""
    net: dict[tuple[str, str, str], int] = {}
    for order in _orders(batch):
        sign = 1 if order.transaction_type == "BUY" else -1
        key = _instrument(order)
        net[key] = net.get(key, 0) + sign * order.filled_quantity
    return tuple(Residual(*key, quantity) for key, quantity in net.items() if quantity)


def _put(batch: Batch, leg: Leg) -> Batch:
    """Put a leg, or an unwinding order, back; cancels of it show how it stands."""
    rollback = []
    for action in batch.rollback:
        if action.order is not None and action.order.index == leg.index:
            rollback.append(evolve(action, order=leg, order_id=leg.order_id, state=leg.state))
        elif action.action == "cancel" and action.of == leg.index and _finished(leg):
            rollback.append(evolve(action, state=leg.state))
        else:
            rollback.append(action)
    legs = tuple(leg if leg.index == old.index else old for old in batch.legs)
    return evolve(batch, legs=legs, rollback=tuple(rollback))


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
