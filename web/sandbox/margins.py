"""What the paper broker would block for orders: a plain model, the same behind every face.

    BUY            its whole value
    SELL           20 % of its value; 5 % of what a bought leg of the list hedges
    a reduction    nothing: it closes a position

`initial` is what the orders need in the order in which they stand: only a buy that goes before it
hedges a sell. `final` is what they need once all are done. A hedge is a contract of the same
underlying and product, unit for unit. Values are at the order's price, else its trigger, else the
market's. Each account has a purse of ten lakh rupees, less what the same model blocks for what it
holds.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from typing import Final

from attrs import frozen

from web.sandbox.market import Market
from web.sandbox.orders import ZERO, Ask
from web.sandbox.symbols import conduct, fill_price

PURSE: Final = Decimal(1_000_000)
NAKED: Final = Decimal("0.20")
HEDGED: Final = Decimal("0.05")
UNDERLYING: Final = re.compile(r"[A-Z&-]+")
PAISA: Final = Decimal("0.01")


@frozen
class Margin:
    """Rupees: needed to place the orders, blocked after them, and there to be used."""

    initial: Decimal
    final: Decimal
    available: Decimal


def margin_of(market: Market, account_id: str, asks: list[Ask]) -> Margin:
    """Say what orders of an account would need."""
    opening = [ask for ask in asks if not market.exchange.reduces(ask)]
    values = [(ask, _price(market, ask)) for ask in opening]
    in_the_end = sorted(values, key=lambda each: not each[0].buys)
    return Margin(
        initial=_blocked(values).quantize(PAISA),
        final=_blocked(in_the_end).quantize(PAISA),
        available=(PURSE - _held(market, account_id)).quantize(PAISA),
    )


def _blocked(values: Iterable[tuple[Ask, Decimal]]) -> Decimal:
    """Add up in order: a buy leaves a hedge behind, a sell uses one up."""
    hedges: defaultdict[tuple[str, str, str], int] = defaultdict(int)
    total = ZERO
    for ask, price in values:
        key = (ask.exchange, _underlying(ask.tradingsymbol), ask.product)
        if ask.buys:
            hedges[key] += ask.quantity
            total += ask.quantity * price
        else:
            hedged = min(hedges[key], ask.quantity)
            hedges[key] -= hedged
            total += price * (hedged * HEDGED + (ask.quantity - hedged) * NAKED)
    return total


def _held(market: Market, account_id: str) -> Decimal:
    total = ZERO
    for position in market.exchange.books[account_id].net.values():
        share = Decimal(1) if position.quantity > 0 else NAKED
        total += abs(position.quantity) * position.average_price * share
    return total


def _price(market: Market, ask: Ask) -> Decimal:
    quote = None if conduct(ask.tradingsymbol) else market.prices.look(ask.tradingsymbol)
    return ask.price or ask.trigger_price or quote or fill_price(ask)


def _underlying(symbol: str) -> str:
    """Give the letters that a contract's symbol begins with; a test symbol's are its kind."""
    found = UNDERLYING.match(symbol)
    return found[0] if found is not None else symbol
