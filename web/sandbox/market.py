"""What the market does with an order: the test symbols' conduct, or a match against the price.

    place ──▶ conduct? ──yes──▶ refuse, reject, rest, fill …
                └──no──▶ accept ──▶ crosses the price? fill (at times in two) : rest

`move` walks the prices by one step and lets at most one resting order of a caller feel it, so that
whoever paces the market gets exactly one change a step.
"""

from decimal import Decimal
from random import Random

from attrs import frozen

from web.sandbox.exchange import Exchange
from web.sandbox.orders import Ask, Order, RefusedError
from web.sandbox.prices import Prices
from web.sandbox.symbols import Conduct, Fate, conduct, fill_price


@frozen
class Placed:
    """What became of a placement. No order: it was not placed. Not `answers`: say nothing."""

    order: Order | None
    answers: bool = True


class Market:
    """The callers' way to the exchange. One seeded `random` makes its choices."""

    def __init__(self, exchange: Exchange, prices: Prices, random: Random) -> None:
        self.exchange = exchange
        self.prices = prices
        self._random = random
        for symbol, price in exchange.last_prices.items():
            if conduct(symbol) is None:
                prices.set(symbol, price)

    def place(self, ask: Ask) -> Placed:
        """Place one order and let it meet the market. Raises RefusedError."""
        rule = conduct(ask.tradingsymbol, reduces=self.exchange.reduces(ask))
        if rule is None:
            return Placed(self._place_in_market(ask))
        return self._place_by_rule(ask, rule)

    def modify(self, order_id: str, wanted: Ask) -> None:
        """Change an open order; new terms may meet the market. Raises RefusedError."""
        self.exchange.modify(order_id, wanted)
        if conduct(wanted.tradingsymbol) is None:
            self._meet(self.exchange.order(order_id))

    def cancel(self, order_id: str) -> None:
        """Cancel an open order. Raises RefusedError, for LATE because it has just filled."""
        order = self.exchange.order(order_id)
        rule = conduct(order.ask.tradingsymbol)
        if rule is not None and rule.fills_on_cancel and not order.last.ended:
            self._fill_rest(order)
        self.exchange.cancel(order_id)

    def move(self) -> bool:
        """Walk the prices by one step; True when that changed a caller's order, once."""
        symbol = self.prices.walk()
        for order in self.exchange.resting(symbol):
            if order.ask.source == "api" and self._nudge(order):
                return True
        return False

    def _place_by_rule(self, ask: Ask, rule: Conduct) -> Placed:
        if rule.fate is Fate.REFUSED:
            raise RefusedError(f"{ask.tradingsymbol} is refused at the door.")
        if rule.fate is Fate.GONE:
            return Placed(None, rule.answers)
        if rule.fate is Fate.REJECTED:
            message = f"RMS: {ask.tradingsymbol} is rejected"
            return Placed(self.exchange.accept_and_reject(ask, message), rule.answers)
        fills = rule.fate is Fate.FILLS
        order = self.exchange.accept(ask, waits=ask.waits_for_trigger and not fills)
        if fills:
            self._fill_rest(order)
        elif rule.fate is Fate.HALF and ask.quantity > 1:
            if order.last.book == "TRIGGER PENDING":
                self.exchange.trigger(order.order_id)
            self.exchange.fill(order.order_id, ask.quantity // 2, fill_price(ask))
        return Placed(order, rule.answers)

    def _fill_rest(self, order: Order) -> None:
        if order.last.book == "TRIGGER PENDING":
            self.exchange.trigger(order.order_id)
        self.exchange.fill(order.order_id, order.last.pending, fill_price(order.ask))

    def _place_in_market(self, ask: Ask) -> Order:
        quote = self.prices.quote(ask.tradingsymbol, ask.price or Decimal(100))
        waits = ask.waits_for_trigger and not triggered(ask, quote)
        order = self.exchange.accept(ask, waits=waits)
        self._meet(order)
        if ask.validity == "IOC" and not order.last.ended:
            self.exchange.cancel(order.order_id)
        return order

    def _meet(self, order: Order) -> None:
        # Three nudges at most: a trigger, and a fill in two parts.
        for _ in range(3):
            if order.last.ended or not self._nudge(order):
                return

    def _nudge(self, order: Order) -> bool:
        """Change one order once if the price of its symbol calls for it."""
        ask, last = order.ask, order.last
        quote = self.prices.quote(ask.tradingsymbol)
        if last.book == "TRIGGER PENDING":
            if not triggered(ask, quote):
                return False
            self.exchange.trigger(order.order_id)
            return True
        if not crosses(ask, quote):
            return False
        in_two = last.filled == 0 and last.pending > 1 and self._random.random() < 0.3
        part = self._random.randint(1, last.pending - 1) if in_two else last.pending
        self.exchange.fill(order.order_id, part, quote)
        return True


def triggered(ask: Ask, quote: Decimal) -> bool:
    """Whether the price has reached a stop order's trigger."""
    return quote >= ask.trigger_price if ask.buys else quote <= ask.trigger_price


def crosses(ask: Ask, quote: Decimal) -> bool:
    """Whether an order that is at the market trades at this price."""
    if ask.order_type in {"MARKET", "SL-M"}:
        return True
    return quote <= ask.price if ask.buys else quote >= ask.price
