"""A position as trades make it, where a broker does not push its own. Pure.

    what the broker listed last ──┐
    a trade that it does not have ┴─▶ added ─▶ the position now

    +50 at 100, then 80 sold at 110:   -30 at 110, realised 500

As Kite has it: one line for an instrument and product, quantities net, at average cost.

- `average_price`: of what is open. A trade that adds to it moves it, one that closes leaves it,
  one that crosses zero begins it anew; 0 when nothing is open. Six decimals.
- `realised`: what closing has made: quantity closed, times its price less the average.
- `pnl`: what selling brought less what buying cost, and what is open at the last price. So a
  trade of n at p adds n x (last - p), whatever the broker counted into it before.
- `unrealised`: `pnl` less `realised`, at the last price. Kite's own rows split `pnl` otherwise.

All money is multiplied as the instrument's contracts are. Without a last price that of the trade
stands in, which was the last when it was made. Sources: Kite Connect v3, "portfolio"; for `pnl`
and its multiplier Kite's staff (forum, discussion 3473).
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Final

from attrs import evolve, frozen

from .exact import exact_decimal, exact_int
from .ids import PositionId
from .model import Position, Side, Trade, position_id

SIGNS: Final = {"BUY": 1, "SELL": -1}
_DECIMALS: Final = 6
_ZERO: Final = Decimal(0)


@frozen
class Traded:
    """What is known to be bought and sold of one thing on a day, in units."""

    bought: int = 0
    sold: int = 0

    def __add__(self, other: Traded) -> Traded:
        return Traded(self.bought + other.bought, self.sold + other.sold)

    def plus(self, trade: Trade) -> Traded:
        """Count a trade; one that is neither bought nor sold changes nothing."""
        sign = SIGNS.get(trade.transaction_type, 0)
        if sign > 0:
            return Traded(self.bought + trade.quantity, self.sold)
        return Traded(self.bought, self.sold + (trade.quantity if sign else 0))


def id_of(trade: Trade) -> PositionId:
    """Give the position that a trade moves."""
    return position_id(trade.exchange, trade.tradingsymbol, trade.product)


def side_of(quantity: int) -> Side:
    """Say a signed quantity in words."""
    if quantity == 0:
        return "flat"
    return "long" if quantity > 0 else "short"


def nothing_of(trade: Trade) -> Position:
    """Give the position before its first trade."""
    return Position(
        id=id_of(trade),
        account_id=trade.account_id,
        exchange=trade.exchange,
        tradingsymbol=trade.tradingsymbol,
        product=trade.product,
        quantity=0,
        average_price=_ZERO,
        last_price=_ZERO,
        realised=_ZERO,
        unrealised=_ZERO,
        pnl=_ZERO,
        side="flat",
        day_bought=0,
        day_sold=0,
    )


def lacking(held: Position, before: Traded, trade: Trade) -> int:
    """Say how much of a trade a position lacks; `before` are the trades known before this one.

    A position may be ahead of the trades that are known, or stand behind some for good (one that
    was converted to another product). Where the broker does not say, it lacks nothing.
    """
    if held.day_bought is None or held.day_sold is None:
        return 0
    after = before.plus(trade)
    bought = max(after.bought, held.day_bought) - max(before.bought, held.day_bought)
    return bought + max(after.sold, held.day_sold) - max(before.sold, held.day_sold)


def is_behind(listed: Position, held: Position, known: Callable[[], Traded]) -> bool:
    """Say whether a listed position lacks trades that are known and that the one held has.

    Of another day's position nothing is known to be traded, so it is never ahead of a listing.
    """
    if listed.day_bought is None or listed.day_sold is None:
        return False
    has_bought, has_sold = held.day_bought or 0, held.day_sold or 0
    if listed.day_bought >= has_bought and listed.day_sold >= has_sold:
        return False
    day = known()
    return listed.day_bought < min(has_bought, day.bought) or listed.day_sold < min(
        has_sold, day.sold
    )


def added(held: Position, trade: Trade, quantity: int) -> Position | None:
    """Lay so much of a trade over a position.

    None when that gives numbers which no store could read back; the broker will list its own.
    """
    bought, sold = (quantity, 0) if SIGNS[trade.transaction_type] > 0 else (0, quantity)
    try:
        after = evolve(
            _moved(held, trade.price, bought - sold),
            day_bought=exact_int((held.day_bought or 0) + bought),
            day_sold=exact_int((held.day_sold or 0) + sold),
        )
        exact_int(after.quantity)
        for money in (after.average_price, after.realised, after.unrealised, after.pnl):
            exact_decimal(money)
    except (ArithmeticError, ValueError):
        return None
    return after


# ---------------------------------------------------------------------------------- helpers


def _moved(held: Position, price: Decimal, signed: int) -> Position:
    last_price, pnl = held.last_price, held.pnl
    if last_price == 0:
        last_price = price
        pnl = held.realised + held.quantity * (price - held.average_price) * held.multiplier
    pnl += signed * (last_price - price) * held.multiplier
    closed = min(abs(signed), abs(held.quantity)) if signed * held.quantity < 0 else 0
    direction = 1 if held.quantity > 0 else -1
    made = direction * closed * (price - held.average_price) * held.multiplier
    realised = held.realised + made
    quantity = held.quantity + signed
    return evolve(
        held,
        quantity=quantity,
        average_price=_average(held, price, abs(signed) - closed, abs(held.quantity) - closed),
        last_price=last_price,
        realised=realised,
        unrealised=pnl - realised,
        pnl=pnl,
        side=side_of(quantity),
    )


def _average(held: Position, price: Decimal, opened: int, kept: int) -> Decimal:
    if not opened:
        return held.average_price if kept else _ZERO
    if not kept:
        return price
    cost = kept * held.average_price + opened * price
    rounded = round(cost / (kept + opened), _DECIMALS)
    whole = rounded.to_integral_value()
    return whole if whole == rounded else rounded.normalize()
