"""What the sandbox's proofs begin with: an exchange in memory, orders, and a clock that is set."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random

from web.sandbox.exchange import Exchange
from web.sandbox.market import Market
from web.sandbox.orders import Ask
from web.sandbox.prices import Prices

NOON = datetime(2026, 11, 23, 6, 30, 15, 123456, tzinfo=UTC)
"""12:00:15 in India, on a Monday."""


class Clock:
    """A wall clock that stands still until it is moved."""

    def __init__(self, at=NOON):
        self.at = at

    def __call__(self):
        """Say what time it is."""
        return self.at

    def pass_s(self, seconds):
        """Let time pass."""
        self.at += timedelta(seconds=seconds)


class Floor:
    """An exchange with its entries and changes laid open."""

    def __init__(self, accounts=("primary", "hedge"), seed=1, entries=()):
        self.clock = Clock()
        self.entries = []
        self.changes = []
        self.exchange = Exchange(accounts, self.clock, self.entries.extend, self.changes.append)
        self.exchange.restore(entries)
        self.market = Market(self.exchange, Prices(Random(seed)), Random(seed))

    def statuses(self):
        """What the stream said so far."""
        return [change.moment.status for change in self.changes]


def ask(symbol="SBIN", side="BUY", quantity=10, kind="LIMIT", price="100.00", **more):
    """An order of a caller."""
    terms = {"exchange": "NSE", "product": "MIS", "account_id": "primary", **more}
    return Ask(
        tradingsymbol=symbol,
        transaction_type=side,
        quantity=quantity,
        order_type=kind,
        price=Decimal(price),
        **terms,
    )


def body(symbol="SBIN", side="BUY", quantity=10, kind="LIMIT", price=100.0, **more):
    """The same as the body of a placement."""
    return {
        "exchange": "NSE",
        "tradingsymbol": symbol,
        "transaction_type": side,
        "quantity": quantity,
        "product": "MIS",
        "order_type": kind,
        "price": price,
        **more,
    }
