"""One account's books: its orders, its trades, its positions.

    fill ──▶ trade
         └─▶ net position (since ever) and day position (since midnight IST)

A position is kept at moving average cost: a fill that adds moves the average, a fill that
reduces realises profit against it, a fill that crosses zero does both.
"""

from datetime import date
from decimal import Decimal

from attrs import Factory, define

from web.sandbox.orders import IST, ZERO, Fill, Order

PositionKey = tuple[str, str, str]
"""Exchange, trading symbol, product."""


@define(eq=False)
class Position:
    """One net line. `quantity` is signed: below zero is short. Values are rupees."""

    key: PositionKey
    quantity: int = 0
    average_price: Decimal = ZERO
    realised: Decimal = ZERO
    buy_quantity: int = 0
    buy_value: Decimal = ZERO
    sell_quantity: int = 0
    sell_value: Decimal = ZERO

    def apply(self, fill: Fill) -> None:
        """Count one fill."""
        signed = fill.quantity if fill.ask.buys else -fill.quantity
        value = fill.quantity * fill.price
        if fill.ask.buys:
            self.buy_quantity += fill.quantity
            self.buy_value += value
        else:
            self.sell_quantity += fill.quantity
            self.sell_value += value
        closed = min(abs(signed), abs(self.quantity)) if signed * self.quantity < 0 else 0
        direction = 1 if self.quantity > 0 else -1
        self.realised += direction * closed * (fill.price - self.average_price)
        opened = fill.quantity - closed
        kept = abs(self.quantity) - closed
        if opened:
            cost = kept * self.average_price + opened * fill.price
            self.average_price = cost / (kept + opened)
        elif not kept:
            self.average_price = ZERO
        self.quantity += signed

    def unrealised(self, last_price: Decimal) -> Decimal:
        """Give the profit of closing it at `last_price`."""
        return self.quantity * (last_price - self.average_price)


@define(eq=False)
class AccountBook:
    """Everything of one account, in the order in which it happened."""

    orders: dict[str, Order] = Factory(dict)
    open: dict[str, Order] = Factory(dict)
    fills: list[Fill] = Factory(list)
    net: dict[PositionKey, Position] = Factory(dict)
    day: dict[PositionKey, Position] = Factory(dict)
    day_is: date = date.min

    def apply(self, fill: Fill) -> None:
        """Count one fill in trades and positions."""
        self.fills.append(fill)
        today = fill.at.astimezone(IST).date()
        if today != self.day_is:
            self.day_is, self.day = today, {}
        key = (fill.ask.exchange, fill.ask.tradingsymbol, fill.ask.product)
        for positions in (self.net, self.day):
            positions.setdefault(key, Position(key)).apply(fill)

    def orders_of(self, today: date) -> list[Order]:
        """Give the orders of the day and those still open, oldest first: what a broker shows."""
        return [
            order
            for order in self.orders.values()
            if not order.last.ended or order.history[0].at.astimezone(IST).date() == today
        ]

    def fills_of(self, today: date) -> list[Fill]:
        """Give the trades of the day, oldest first."""
        return [fill for fill in self.fills if fill.at.astimezone(IST).date() == today]

    def day_of(self, today: date) -> list[Position]:
        """Say what was traded today, as positions of its own."""
        return list(self.day.values()) if self.day_is == today else []
