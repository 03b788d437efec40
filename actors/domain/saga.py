"""The saga of a batch: from what is durable to what is done next. Pure.

    facts ──legs: learn, answered, denied…──▶ Batch ──decide──▶ Batch (to be made durable)
                                                                └─▶ actions (only after that)

    stage ─▶ stage ─▶ … ─▶ complete
      └─ a leg fails ─▶ cause ─▶ keep ─▶ kept
                             └─▶ unwind: cancel, flatten ─▶ what it came to

`decide` is the whole of it: a batch that runs and one that a restart found half-way go through the
same function. A leg that was submitted and about which nobody is asking any more is *unknown*; the
broker is asked by tag, and nothing is ever sent twice, because sending happens only in the step
that turns `pending` into `submitted`.

A native batch is sent as one and is at the broker whole or not at all. So once the broker has
named it, or shows one of its legs, the others are there too: that they are not shown yet denies
nothing. Those that are not shown in the time that any leg has are given up, and the end is not
called clean.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final, TypeAlias

from attrs import evolve, frozen

from . import unwind
from .batch import FAILED, STANDING, Batch, Leg, Outcome, Residual
from .ids import BrokerTag, OrderId
from .legs import is_finished, is_given_up, is_presumed, orders_of, put, was_sent
from .unwind import Prices, net_of

ACCEPT_WITHIN: Final = timedelta(seconds=60)  # an order that is not accepted by then is called off
SEND_WITHIN: Final = timedelta(seconds=60)  # a stage that could not follow by then never does
NO_PRICES: Final = Prices()


@frozen
class Scene:
    """What a decision needs to know beside the batch.

    `in_flight` holds the tags and order ids of calls under way; `halted` that nothing new may go
    out, while exits and cancels may. `since` is when this run of the batch began: what was called
    before it has nobody left who waits for the answer.
    """

    now: datetime
    in_flight: frozenset[str] = frozenset()
    prices: Prices = NO_PRICES
    halted: bool = False
    since: datetime | None = None


@frozen
class Send:
    """Place this order under its tag, once."""

    leg: Leg

    @property
    def tag(self) -> BrokerTag:
        """Give the tag."""
        return self.leg.broker_tag


@frozen
class SendAsOne:
    """Place these legs as one order, all or none, under the tag that they share, once."""

    legs: tuple[Leg, ...]

    @property
    def tag(self) -> BrokerTag:
        """Give the tag."""
        return self.legs[0].broker_tag


@frozen
class Ask:
    """Ask the broker whether it has an order under this tag."""

    tag: BrokerTag


@frozen
class Cancel:
    """Ask the broker to end this order."""

    order_id: OrderId
    variety: str


Action: TypeAlias = Send | SendAsOne | Ask | Cancel


@frozen
class Step:
    """What to make durable, and what to do once it is."""

    batch: Batch
    actions: tuple[Action, ...] = ()


def decide(batch: Batch, scene: Scene) -> Step:
    """Decide the next step."""
    if batch.ended:
        return Step(batch)
    batch, asks = _ask_for_the_lost(batch, scene)
    if batch.cause is None:
        stage = _next_stage(batch)
        cause = _cause(batch, stage, scene)
        if cause is None:
            return _go_on(batch, stage, asks, scene.now)
        batch = _stop(evolve(batch, cause=cause))
    if batch.on_failure in ("keep", "hold"):
        return _keep(batch, asks, scene.now)
    return _unwind(batch, asks, scene)


def stages(batch: Batch) -> tuple[tuple[Leg, ...], ...]:
    """Give the legs in the order in which they go out, those of one stage side by side."""
    match batch.mode:
        case "sequential":
            return tuple((leg,) for leg in batch.legs)
        case "hedge_first":
            buys = tuple(leg for leg in batch.legs if leg.transaction_type == "BUY")
            sells = tuple(leg for leg in batch.legs if leg.transaction_type == "SELL")
            return tuple(stage for stage in (buys, sells) if stage)
        case _:
            return (batch.legs,)


# ----------------------------------------------------------------------------------- forward


def _ask_for_the_lost(batch: Batch, scene: Scene) -> tuple[Batch, tuple[Action, ...]]:
    """Turn what was submitted, and is on no call's mind, into a question."""
    asks: dict[BrokerTag, Ask] = {}
    for leg in orders_of(batch):
        if leg.state not in ("submitted", "unknown") or leg.order_id is not None:
            continue
        is_there = is_presumed(batch, leg) and not _is_late(leg, scene.now)
        if is_there:
            batch = put(batch, evolve(leg, state="submitted"))
        if leg.broker_tag not in scene.in_flight:
            if not is_there:
                batch = put(batch, evolve(leg, state="unknown"))
            asks[leg.broker_tag] = Ask(leg.broker_tag)
    return batch, tuple(asks.values())


def _next_stage(batch: Batch) -> tuple[Leg, ...]:
    """Give the first stage that is not through; () when all are."""
    through = {"filled"} if batch.advance_on == "filled" else STANDING
    return next(
        (stage for stage in stages(batch) if any(leg.state not in through for leg in stage)), ()
    )


def _cause(batch: Batch, stage: tuple[Leg, ...], scene: Scene) -> str | None:
    """Say why the batch has failed, if it has."""
    for leg in batch.legs:
        name = f"leg {leg.index} ({leg.tradingsymbol})"
        if leg.state in FAILED:
            return f"{name} was {leg.state}" + (f": {leg.error}" if leg.error else "")
        if leg.sent_at is None:
            continue
        age = scene.now - leg.sent_at
        if not _is_settled(leg) and _is_late(leg, scene.now):
            return f"{name} was not accepted within {ACCEPT_WITHIN.seconds} s"
        if _is_awaited(batch, leg) and age > timedelta(seconds=batch.fill_wait_s):
            return f"{name} was not filled within {batch.fill_wait_s:g} s"
    for action in batch.rollback:
        if action.action == "double":
            return f"the broker's side placed leg {action.of} twice"
    if any(leg.state == "pending" for leg in stage):
        if scene.halted:
            return "the account was halted"
        if scene.now > _latest_start(batch):
            return "its next leg is overdue: too much may have changed"
    return None


def _is_awaited(batch: Batch, leg: Leg) -> bool:
    return batch.advance_on == "filled" and leg.state in ("accepted", "partially_filled")


def _latest_start(batch: Batch) -> datetime:
    """Say until when the next stage may go out; a gateway that was away does not go on blindly."""
    waits = ACCEPT_WITHIN
    if batch.advance_on == "filled":
        waits += timedelta(seconds=batch.fill_wait_s)
    sent = [leg.sent_at + waits for leg in batch.legs if leg.sent_at is not None]
    return max(sent, default=batch.created_at) + SEND_WITHIN


def _go_on(batch: Batch, stage: tuple[Leg, ...], asks: tuple[Action, ...], now: datetime) -> Step:
    if not stage:
        return Step(_end(batch, "complete", now))
    pending = [leg for leg in stage if leg.state == "pending"]
    return _submit(batch, pending, asks, now)


def _submit(batch: Batch, pending: list[Leg], asks: tuple[Action, ...], now: datetime) -> Step:
    sent = tuple(evolve(leg, state="submitted", sent_at=now) for leg in pending)
    for leg in sent:
        batch = put(batch, leg)
    if batch.mode == "native" and sent and sent[0].index < len(batch.legs):
        return Step(batch, (*asks, SendAsOne(sent)))
    return Step(batch, (*asks, *map(Send, sent)))


# ------------------------------------------------------------------------------- the way out


def _stop(batch: Batch) -> Batch:
    """Give up what has not gone out: after a failure nothing of it follows."""
    for leg in batch.legs:
        if leg.state == "pending":
            batch = put(batch, evolve(leg, state="cancelled", error="not sent: the batch failed"))
    return batch


def _keep(batch: Batch, asks: tuple[Action, ...], now: datetime) -> Step:
    for leg in batch.legs:
        is_young = leg.sent_at is not None and not _is_late(leg, now)
        if _is_settled(leg) or is_given_up(leg):
            continue
        if leg.order_id is None or is_young:
            return Step(batch, asks)
    clean = all(_never_stood(leg) for leg in batch.legs)
    return Step(_end(batch, "rejected_clean" if clean else "kept", now), asks)


def _unwind(batch: Batch, asks: tuple[Action, ...], scene: Scene) -> Step:
    batch, due = unwind.cancels(batch, scene.now, scene.in_flight, scene.since)
    if due:
        calls = (Cancel(order.order_id, order.variety) for order in due if order.order_id)
        return Step(batch, (*asks, *calls))
    if unwind.is_waiting(batch, scene.now, scene.in_flight):
        return Step(batch, asks)
    out = unwind.flattens(batch, scene.now, scene.prices)
    if pending := [order for order in orders_of(out) if order.state == "pending"]:
        return _submit(out, pending, asks, scene.now)
    if unwind.is_pausing(batch, scene.now):
        return Step(batch, asks)
    net = net_of(batch)
    return Step(_end(batch, _outcome(batch, net), scene.now, net), asks)


def _outcome(batch: Batch, net: tuple[Residual, ...]) -> Outcome:
    orders = orders_of(batch)
    if net or any(not is_finished(order) for order in orders):
        return "exposed"
    if any(order.filled_quantity for order in orders):
        return "unwound"
    return "rejected_clean" if all(map(_never_stood, orders)) else "rolled_back_clean"


def _end(
    batch: Batch, outcome: Outcome, now: datetime, residual: tuple[Residual, ...] = ()
) -> Batch:
    return evolve(batch, outcome=outcome, residual=residual, completed_at=now)


# ----------------------------------------------------------------------------------- helpers


def _never_stood(leg: Leg) -> bool:
    return leg.state == "rejected" or (leg.state == "cancelled" and not was_sent(leg))


def _is_late(leg: Leg, now: datetime) -> bool:
    """Say whether a leg has had its time to be accepted."""
    return leg.sent_at is not None and now - leg.sent_at > ACCEPT_WITHIN


def _is_settled(leg: Leg) -> bool:
    return leg.state in STANDING or leg.state in FAILED
