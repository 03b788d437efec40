"""What is read of an account: its committed book, at exactly one position.

journal ──▶ View(position, book): orders, trades, positions as they stood there
"""

from __future__ import annotations

from attrs import frozen

from .domain.books import AccountBook
from .domain.ids import LogPosition
from .domain.model import Order, Position, Trade


@frozen
class View:
    """One account's committed book and the position at which it stands."""

    position: LogPosition
    book: AccountBook

    @property
    def orders(self) -> list[Order]:
        """Give the orders as they stand, first heard of first."""
        return [row.value for row in self.book.orders.values()]

    @property
    def trades(self) -> list[Trade]:
        """Give the trades, first heard of first."""
        return [row.value for row in self.book.trades.values()]

    @property
    def positions(self) -> list[Position]:
        """Give the positions, first heard of first."""
        return [row.value for row in self.book.positions.values()]
