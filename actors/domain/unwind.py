"""The way out of a batch that failed: cancel what is open, flatten what filled, say what remains.

    cancel the legs ─▶ all ended ─▶ flatten the shorts ─▶ flatten the longs ─▶ nothing left to try
                                      └─ nearer the price first, at the band's edge last ─┘

A filled leg cannot be cancelled, and a cancel races the fill, so the net is taken only when every
order has ended, and each try of a flatten is an order of its own, cancelled before the next. Shorts
are bought back before longs are sold: a long that hedges a short must not go first. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from decimal import ROUND_DOWN, ROUND_UP, Decimal
from typing import Final

from attrs import evolve, field, frozen

from .batch import Batch, Leg, Residual, RollbackAction, Side
from .books import AccountBook
from .ids import BrokerTag, OrderId
from .instruments import Listing
from .legs import cancel_failed, is_finished, is_given_up, next_index, orders_of
from .model import position_id

FLATTEN_TRIES: Final = 3
FLATTEN_PAUSES_S: Final = (1, 4)  # after a try of which the broker took nothing
FLATTEN_WITHIN: Final = timedelta(seconds=5)  # what one try has to fill, then it is called back
CANCEL_AGAIN: Final = timedelta(seconds=15)  # a cancel that changed nothing is asked for again
CANCEL_PAUSES_S: Final = (1, 2, 4, 8)  # after one that was refused; so there are five tries
CANCELS_MAX: Final = len(CANCEL_PAUSES_S) + 1
ORDERS_MAX: Final = 999  # orders of one batch, its way out included: their tags have three digits
TICK: Final = Decimal("0.05")  # where no instrument says otherwise

Instrument = tuple[str, str]


@frozen
class Prices:
    """What the market is known by: (exchange, symbol) to the last price, and to the tick size."""

    last: Mapping[Instrument, Decimal] = field(factory=dict)
    ticks: Mapping[Instrument, Decimal] = field(factory=dict)


def prices_of(batch: Batch, book: AccountBook, listing: Listing) -> Prices:
    """Give what an account's positions and the list of instruments know of a batch's."""
    last, ticks = {}, {}
    for leg in batch.legs:
        key = (leg.exchange, leg.tradingsymbol)
        held = position_id(leg.exchange, leg.tradingsymbol, leg.product)
        if (row := book.positions.get(held)) is not None and row.value.last_price > 0:
            last[key] = row.value.last_price
        if (listed := listing.get(*key)) is not None and listed.tick_size:
            ticks[key] = listed.tick_size
    return Prices(last, ticks)


# -------------------------------------------------------------------------------- cancelling


def cancels(
    batch: Batch, now: datetime, in_flight: frozenset[str], since: datetime | None = None
) -> tuple[Batch, list[Leg]]:
    """Give the batch with the cancels that are due written down, and the orders to cancel.

    A cancel of before `since` is called again at once: who called it is gone, and perhaps never
    did. To ask for an order's end twice does no harm.
    """
    due = []
    for order in orders_of(batch):
        if is_finished(order) or order.order_id is None or not _is_called_back(batch, order, now):
            continue
        tries = _cancels_of(batch, order.order_id)
        if order.order_id in in_flight:
            continue
        if tries and tries[-1].state != "rejected":
            if since is not None and tries[-1].at < since:
                batch = _dated(batch, tries[-1], now)
                due.append(order)
            elif now - tries[-1].at > CANCEL_AGAIN:
                batch = cancel_failed(batch, order.order_id)
        elif len(tries) < CANCELS_MAX and (not tries or now >= _again_at(tries)):
            action = RollbackAction("cancel", order.index, order.order_id, "submitted", now)
            batch = evolve(batch, rollback=(*batch.rollback, action))
            due.append(order)
    return batch, due


def is_waiting(batch: Batch, now: datetime, in_flight: frozenset[str]) -> bool:
    """Say whether an order may still change: nothing is flattened and nothing ends before.

    A cancel is refused, more often than not, because the order has filled. So after the last try
    there is time to hear of that too.
    """
    return any(
        order.order_id is None  # it is asked for by its tag
        or order.order_id in in_flight
        or not (tries := _cancels_of(batch, order.order_id))
        or tries[-1].state != "rejected"
        or len(tries) < CANCELS_MAX
        or now - tries[-1].at <= CANCEL_AGAIN
        for order in orders_of(batch)
        if not is_finished(order) and not is_given_up(order)
    )


def _again_at(tries: list[RollbackAction]) -> datetime:
    """Give when a cancel that was refused is tried again."""
    return tries[-1].at + timedelta(seconds=CANCEL_PAUSES_S[len(tries) - 1])


def _is_called_back(batch: Batch, order: Leg, now: datetime) -> bool:
    action = action_of(batch, order)
    if action is None or action.action != "flatten":
        return True
    return now - action.at > FLATTEN_WITHIN


def _cancels_of(batch: Batch, order_id: OrderId) -> list[RollbackAction]:
    """Give the tries to cancel an order, since the batch was last taken up again."""
    return [
        action
        for action in _actions(batch)
        if action.action == "cancel" and action.order_id == order_id
    ]


def _dated(batch: Batch, action: RollbackAction, now: datetime) -> Batch:
    """Give the batch with a step that is taken again now."""
    again = evolve(action, at=now)
    return evolve(batch, rollback=tuple(again if a is action else a for a in batch.rollback))


# -------------------------------------------------------------------------------- flattening


def flattens(batch: Batch, now: datetime, prices: Prices) -> Batch:
    """Give the batch with the flattens that are due added as pending; itself when none is.

    While a short is left no long is sold: it may be what hedges it. Nor is anything closed for
    which an order is out that may close it yet, however often its cancel was refused.
    """
    if not batch.way_out.flattens:
        return batch
    net = net_of(batch)
    shorts = [rest for rest in net if rest.quantity < 0]
    side: Side = "BUY" if shorts else "SELL"
    tries = _tries(batch, side)
    if tries >= FLATTEN_TRIES or is_pausing(batch, now):
        return batch
    unsure = {
        _instrument(order)
        for order in orders_of(batch)
        if order.transaction_type == side and not is_finished(order)
    }
    for rest in shorts or net:
        if _instrument(rest) in unsure:
            continue
        of = _leg_of(batch, rest).index
        for order in way_out(batch, rest, tries + 1, prices):
            action = RollbackAction("flatten", of, None, "pending", now, order, tries + 1)
            batch = evolve(batch, rollback=(*batch.rollback, action))
    return batch


def is_pausing(batch: Batch, now: datetime) -> bool:
    """Say whether the next try to flatten is put off: the one before was refused, all of it.

    A broker that cannot be reached for a second, or that wants quiet (429), would else refuse all
    tries in that second, and leave the batch exposed.
    """
    net = net_of(batch) if batch.way_out.flattens else ()
    side: Side = "BUY" if any(rest.quantity < 0 for rest in net) else "SELL"
    tries = _tries(batch, side)
    if not net or not 0 < tries < FLATTEN_TRIES:
        return False
    last = [action for action in _flattens_of(batch, side) if action.attempt == tries]
    pause = timedelta(seconds=FLATTEN_PAUSES_S[tries - 1])
    was_refused = all(action.order and action.order.state == "rejected" for action in last)
    return was_refused and now - last[-1].at < pause


def way_out(batch: Batch, rest: Residual, attempt: int, prices: Prices) -> Iterator[Leg]:
    """Give the orders that close a quantity, none larger than the largest leg that made it.

    What the exchange took in one order before (its freeze quantity) it takes again.
    """
    of = _leg_of(batch, rest)
    most = max(leg.quantity for leg in batch.legs if _instrument(leg) == _instrument(rest))
    side: Side = "SELL" if rest.quantity > 0 else "BUY"
    price = _price(batch, rest, side, attempt, prices)
    left, index = abs(rest.quantity), next_index(batch)
    while left and index < ORDERS_MAX:
        yield Leg(
            index=index,
            broker_tag=tag_for(batch.batch_id, index),
            tradingsymbol=of.tradingsymbol,
            exchange=of.exchange,
            transaction_type=side,
            quantity=min(left, most),
            order_type="MARKET" if price is None else "LIMIT",
            product=of.product,
            price=price,
            trigger_price=None,
            validity="DAY",
            variety="regular",
            tag=of.tag,
        )
        left -= min(left, most)
        index += 1


def limit(
    side: Side, around: Decimal, band_percent: Decimal, attempt: int, tick: Decimal
) -> Decimal:
    """Give the price of one try: a step further each time, the last at the edge of the band.

    It lies on the instrument's ticks, and at least one tick a try away from where it began.
    """
    reach = around * band_percent * attempt / (100 * FLATTEN_TRIES)
    steps = max((reach / tick).to_integral_value(ROUND_DOWN), Decimal(attempt))
    if side == "BUY":
        return (around / tick).to_integral_value(ROUND_DOWN) * tick + steps * tick
    return max(tick, (around / tick).to_integral_value(ROUND_UP) * tick - steps * tick)


def net_of(batch: Batch) -> tuple[Residual, ...]:
    """Add the batch's fills up by instrument, unwinding included; what is zero is left out."""
    net: dict[tuple[str, str, str], int] = {}
    for order in orders_of(batch):
        sign = 1 if order.transaction_type == "BUY" else -1
        key = _instrument(order)
        net[key] = net.get(key, 0) + sign * order.filled_quantity
    return tuple(Residual(*key, quantity) for key, quantity in net.items() if quantity)


def action_of(batch: Batch, order: Leg) -> RollbackAction | None:
    """Give the step of the way out that an order belongs to; None for a leg."""
    for action in batch.rollback:
        if action.order is not None and action.order.index == order.index:
            return action
    return None


def tag_for(batch_id: str, index: int) -> BrokerTag:
    """Give the tag of a batch's n-th order: letters and digits, 20 at most, never twice."""
    return BrokerTag(f"ow{batch_id.replace('-', '')[:15]}{index:03d}")


# ----------------------------------------------------------------------------------- helpers


def _tries(batch: Batch, side: Side) -> int:
    """Count the tries to flatten on one side."""
    return max((action.attempt for action in _flattens_of(batch, side)), default=0)


def _flattens_of(batch: Batch, side: Side) -> list[RollbackAction]:
    return [
        action
        for action in _actions(batch)
        if action.action == "flatten"
        and action.order is not None
        and action.order.transaction_type == side
    ]


def _actions(batch: Batch) -> list[RollbackAction]:
    since = batch.revised_at
    return [action for action in batch.rollback if since is None or action.at >= since]


def _leg_of(batch: Batch, rest: Residual) -> Leg:
    return next(leg for leg in batch.legs if _instrument(leg) == _instrument(rest))


def _price(
    batch: Batch, rest: Residual, side: Side, attempt: int, prices: Prices
) -> Decimal | None:
    """Give the LIMIT of a try; None, for MARKET, where it is asked for or no price is known."""
    if batch.way_out.order_type == "MARKET":
        return None
    key = (rest.exchange, rest.tradingsymbol)
    paid = [
        order.average_price
        for order in orders_of(batch)
        if _instrument(order) == _instrument(rest) and order.average_price > 0
    ]
    around = prices.last.get(key) or (paid[0] if paid else None)
    if around is None:
        return None
    tick = prices.ticks.get(key, TICK)
    return limit(side, around, batch.way_out.band_percent, attempt, tick)


def _instrument(of: Leg | Residual) -> tuple[str, str, str]:
    return (of.tradingsymbol, of.exchange, of.product)
