"""A desk's limits on what it sends: how much, of what, in which steps, at what price. Pure.

    leg    lots, price steps, freeze quantity     the instrument's, where a list is there
           quantity, money, products, exchanges   the account's
           price near the last one                the account's band, where a last price is known
    batch  quantity and money together            the account's; with other accounts', the desk's
           no leg that trades with another        everyone's

Each finding is a pair: where in the request (`orders[1].price`), and what is needed there. A leg
whose form is wrong may be judged too; it does no harm.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Context, Decimal
from itertools import combinations
from typing import Final, TypeAlias

from attrs import frozen

from .batch import BatchRequest, Leg, LegRequest
from .config import AccountConfig, DeskLimits, LimitsConfig
from .instrument_rows import Instrument
from .instruments import Listing

Finding: TypeAlias = tuple[str, str]
LastPrices: TypeAlias = Mapping[tuple[str, str], Decimal]  # by exchange and symbol

PRICED: Final = ("LIMIT", "SL")  # rest at a price of their own; the others take any
_EXACT: Final = Context(prec=100)  # a remainder of any price of the wire by any step


@frozen
class Weight:
    """How much a leg or a batch is: units, and money."""

    quantity: int = 0
    notional: Decimal = Decimal(0)

    def __add__(self, other: Weight) -> Weight:
        return Weight(self.quantity + other.quantity, self.notional + other.notional)


def weigh(legs: Iterable[LegRequest | Leg], last_prices: LastPrices) -> Weight:
    """Add legs up. A market order counts at the last price, and as no money where none is known."""
    total = Weight()
    for leg in legs:
        total += Weight(leg.quantity, leg.quantity * _price_of(leg, last_prices))
    return total


def leg_findings(
    leg: LegRequest, account: AccountConfig, last_prices: LastPrices, listed: Listing
) -> Iterator[Finding]:
    """Find what one leg may not be; the first of a pair is the leg's field."""
    if (known := listed.get(leg.exchange, leg.tradingsymbol)) is not None:
        yield from _check_steps(leg, known)
    limits = account.limits
    if limits.products is not None and leg.product not in limits.products:
        yield "product", f"one of {', '.join(limits.products)} is needed"
    if limits.exchanges is not None and leg.exchange not in limits.exchanges:
        yield "exchange", f"one of {', '.join(limits.exchanges)} is needed"
    for text in _too_much(weigh((leg,), last_prices), limits, "the account"):
        yield "quantity", text
    last = last_prices.get((leg.exchange, leg.tradingsymbol))
    band = account.price_band_percent
    if last and leg.price and band is not None and leg.order_type in PRICED:
        off = abs(leg.price - last)
        if off * 100 > last * band:
            yield "price", f"at most {band} % off the last price, {last}, is needed"


def batch_findings(
    request: BatchRequest,
    account: AccountConfig,
    last_prices: LastPrices,
    desk: DeskLimits,
    elsewhere: Weight,
) -> Iterator[Finding]:
    """Find what the legs may not be together. `elsewhere` is what other accounts still place."""
    batch = weigh(request.orders, last_prices)
    if len(request.orders) > 1:  # of one leg all was said
        for text in _too_much(batch, account.limits, "the account"):
            yield "orders", f"the legs together: {text}"
    for text in _too_much(batch + elsewhere, desk, "all accounts"):
        yield "orders", f"with what runs elsewhere: {text}"
    crossed: dict[int, list[int]] = {}
    for (i, one), (j, other) in combinations(enumerate(request.orders), 2):
        if could_trade(one, other):
            crossed.setdefault(i, []).append(j)
            crossed.setdefault(j, []).append(i)
    for i in sorted(crossed):
        others = ", ".join(f"orders[{j}]" for j in crossed[i])
        yield f"orders[{i}].transaction_type", f"it could trade with {others} of the same batch"


def could_trade(one: LegRequest, other: LegRequest) -> bool:
    """Say whether two legs could meet at the exchange: whatever their products are."""
    if (one.exchange, one.tradingsymbol) != (other.exchange, other.tradingsymbol):
        return False
    if one.transaction_type == other.transaction_type:
        return False
    buy, sell = (one, other) if one.transaction_type == "BUY" else (other, one)
    if buy.order_type not in PRICED or sell.order_type not in PRICED:
        return True
    return buy.price is not None and sell.price is not None and buy.price >= sell.price


def _check_steps(leg: LegRequest, known: Instrument) -> Iterator[Finding]:
    if known.lot_size and leg.quantity % known.lot_size:
        yield "quantity", f"a multiple of the lot, {known.lot_size}, is needed"
    if known.freeze_quantity is not None and leg.quantity > known.freeze_quantity:
        yield "quantity", f"at most {known.freeze_quantity}, the freeze quantity, is needed"
    for name, price in (("price", leg.price), ("trigger_price", leg.trigger_price)):
        if price and known.tick_size and _EXACT.remainder(price, known.tick_size):
            yield name, f"a multiple of the price step, {known.tick_size}, is needed"


def _too_much(weight: Weight, limits: LimitsConfig | DeskLimits, whose: str) -> Iterator[str]:
    most = limits.quantity_max
    if most is not None and weight.quantity > most:
        yield f"{weight.quantity} units are more than the {most} allowed to {whose}"
    money = limits.notional_max
    if money is not None and weight.notional > money:
        yield f"a value of {weight.notional:f} is more than the {money:f} allowed to {whose}"


def _price_of(leg: LegRequest | Leg, last_prices: LastPrices) -> Decimal:
    if leg.order_type in PRICED:
        price = leg.price
    elif leg.order_type == "SL-M":
        price = leg.trigger_price
    else:
        price = last_prices.get((leg.exchange, leg.tradingsymbol))
    return price or Decimal(0)
