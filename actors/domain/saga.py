"""The saga of a batch: from what is durable to what is done next. Pure.

    facts ──legs: learn, answered, denied…──▶ Batch ──decide──▶ Batch (to be made durable)
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
from typing import Final, TypeAlias

from attrs import evolve, frozen

from .batch import FAILED, STANDING, Batch, Leg, Outcome, Residual, RollbackAction
from .ids import BatchId, BrokerTag, OrderId
from .legs import cancel_failed, flattens_of, is_finished, orders_of, put

ACCEPT_WITHIN: Final = timedelta(seconds=60)  # an order that is not accepted by then is called off
FLATTEN_WITHIN: Final = timedelta(seconds=15)  # an unwinding that has not filled by then rests
CANCELS_MAX: Final = 5  # tries to cancel one order


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
    orders = orders_of(batch)
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
        batch = put(batch, evolve(leg, state="unknown"))
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


# --------------------------------------------------------------------------------- decisions


def _submit(batch: Batch, pending: Iterable[Leg]) -> Step:
    actions = []
    for leg in pending:
        sent = evolve(leg, state="submitted")
        batch = put(batch, sent)
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
    for order in orders_of(batch):
        if is_finished(order):
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
    if net and batch.on_failure == "cancel_and_flatten" and not flattens_of(batch):
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
    step = _submit(batch, flattens_of(batch))
    return Step(step.batch, actions + step.actions)


def _outcome(batch: Batch, net: tuple[Residual, ...]) -> Outcome:
    if net or any(not is_finished(order) for order in orders_of(batch)):
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


def _flatten(batch: Batch, order: Leg) -> RollbackAction:
    return next(a for a in batch.rollback if a.order is not None and a.order.index == order.index)


def _settled(leg: Leg) -> bool:
    return leg.state in STANDING or leg.state in FAILED


def _instrument(of: Leg | Residual) -> tuple[str, str, str]:
    return (of.tradingsymbol, of.exchange, of.product)


def _net(batch: Batch) -> tuple[Residual, ...]:
    """Add the batch's fills up by instrument, unwinding included; what is zero is left out."""
    net: dict[tuple[str, str, str], int] = {}
    for order in orders_of(batch):
        sign = 1 if order.transaction_type == "BUY" else -1
        key = _instrument(order)
        net[key] = net.get(key, 0) + sign * order.filled_quantity
    return tuple(Residual(*key, quantity) for key, quantity in net.items() if quantity)
