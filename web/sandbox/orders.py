"""An order's life in the paper exchange, as facts.

    Ask (what is wanted) ──▶ Order ── Moment, Moment, Moment … ──▶ COMPLETE | CANCELLED | REJECTED
                               └───── Fill, Fill …

A `Moment` is the order just after one change. The list of them is its history, as Kite's
`GET /orders/{id}` tells it: every status that the order passed through.
"""

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Final

from attrs import Factory, define, frozen

IST: Final = timezone(timedelta(hours=5, minutes=30))
"""The exchange's clock. India has no summer time."""

ENDED: Final = frozenset({"COMPLETE", "CANCELLED", "REJECTED"})
ZERO: Final = Decimal(0)

Now = Callable[[], datetime]
"""The wall clock: aware UTC."""


class RefusedError(Exception):
    """The exchange or the door says no, and nothing has changed. The fault is the caller's."""


@frozen
class Ask:
    """What a caller wants. Prices are rupees; zero is none, as on Kite's wire.

    `source` is `api` for an order that came through REST and `terminal` for one placed
    elsewhere, by the paper market's own traders. `parent` is the id of the whole that it is a leg
    of.
    """

    account_id: str
    exchange: str
    tradingsymbol: str
    transaction_type: str
    quantity: int
    product: str
    order_type: str
    price: Decimal = ZERO
    trigger_price: Decimal = ZERO
    variety: str = "regular"
    validity: str = "DAY"
    disclosed_quantity: int = 0
    tag: str | None = None
    source: str = "api"
    parent: str | None = None

    @property
    def buys(self) -> bool:
        """Whether it adds to the position."""
        return self.transaction_type == "BUY"

    @property
    def waits_for_trigger(self) -> bool:
        """Whether it is one of Kite's stop orders."""
        return self.order_type in {"SL", "SL-M"}


@frozen
class Moment:
    """An order just after one change.

    `status` is what the stream and the history say, `book` what `GET /orders` says: after a
    partial fill or a modification the stream says UPDATE and the book OPEN.
    """

    status: str
    book: str
    at: datetime
    ask: Ask
    filled: int = 0
    value: Decimal = ZERO
    message: str | None = None
    modified: bool = False

    @property
    def ended(self) -> bool:
        """Whether nothing more can happen to it."""
        return self.book in ENDED

    @property
    def pending(self) -> int:
        """The quantity not filled."""
        return self.ask.quantity - self.filled

    @property
    def average_price(self) -> Decimal:
        """The mean price of what was filled, in rupees; zero before the first fill."""
        return (self.value / self.filled).quantize(Decimal("0.0001")) if self.filled else ZERO


@frozen
class Fill:
    """One trade of one order."""

    trade_id: str
    order_id: str
    ask: Ask
    quantity: int
    price: Decimal
    at: datetime


@define(eq=False)
class Order:
    """One order: who it is, and everything that happened to it, oldest first."""

    order_id: str
    number: int
    history: list[Moment] = Factory(list)
    fills: list[Fill] = Factory(list)

    @property
    def last(self) -> Moment:
        """The order as it is."""
        return self.history[-1]

    @property
    def ask(self) -> Ask:
        """What is wanted, modifications included."""
        return self.history[-1].ask
