"""The base: what is left of the events that were retired. Pure: knows rows, not databases.

    base ──load──▶ Standing ──fold──▶ Standing ──places──▶ the next base's rows, sealed
                                ▲ the events to be retired, each shown by its link to follow

The books decide what still stands, as they do in a running process; the rows of a base are those
of the log. So folding the later events onto a base gives the books, and the chain of links goes on
from the base's own.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any, Final

from attrs import define, field, frozen

from actors.domain.books import AccountBook, Current, Row
from actors.domain.errors import StoreDamaged
from actors.domain.ids import AccountId, Offset

from .rows import START, Head, Sql, event_of, has_ended, link_of


@frozen
class Base:
    """Where the retired events end; `received_ms` is when the last one came, in UTC since 1970."""

    head: Head
    received_ms: int
    seal: bytes


WHOLE: Final = Base(START, 0, START.link)  # nothing has been retired


@define
class Standing:
    """The books of all accounts as they stood after the event at `head`."""

    head: Head
    received_ms: int
    books: dict[AccountId, AccountBook] = field(factory=dict)

    def load(self, row: Current) -> None:
        """Take a thing of the base before."""
        self._book(row.account_id).load(row)

    def fold(self, row: Sql) -> None:
        """Take the next event: offset, type, account_id, subject, data, received_at, chain.

        StoreDamaged when it does not follow, or was altered.
        """
        event = event_of(row)
        link = link_of(self.head.link, row)
        if event.offset != self.head.offset + 1 or link != row[6]:
            raise StoreDamaged(f"event {self.head.offset + 1} is gone or was altered")
        self.head, self.received_ms = Head(event.offset, link), row[5]
        self._book(event.account_id).fold(event)

    def places(self) -> list[tuple[Offset, Offset]]:
        """Give the offsets of each standing thing's first and latest event, in order."""
        found = (_rows_of(book) for book in self.books.values())
        return sorted((row.first, row.offset) for row in chain.from_iterable(found))

    def _book(self, account_id: AccountId) -> AccountBook:
        if (book := self.books.get(account_id)) is None:
            book = self.books[account_id] = AccountBook(account_id)
        return book


def stood_of(first: Offset, row: Sql) -> Sql:
    """Make a base's row of an event's: first, and then the event, and whether it has ended."""
    return (first, *row[:6], has_ended(event_of(row)))


def sealed(seal: bytes, row: Sql) -> bytes:
    """Give the seal of a base with one row more: first, offset, type, …, received_at, ended.

    StoreDamaged when the row's values are not of the kinds that were written.
    """
    try:
        return link_of(seal + b"%d\0%d" % (row[0], row[7]), row[1:])
    except TypeError:
        raise StoreDamaged(f"the base's row of event {row[1]} has values that none has") from None


# ---------------------------------------------------------------------------------- helpers


def _rows_of(book: AccountBook) -> Iterator[Row[Any]]:
    yield from book.orders.values()
    yield from book.trades.values()
    yield from book.positions.values()
    yield from book.batches.values()
    yield from book.messages
    if book.status is not None:
        yield book.status
