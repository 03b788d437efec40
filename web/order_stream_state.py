"""What the order stream shows of its accounts, and what it remembers of its callers.

URL, caller ──▶ chosen    the accounts that are meant
system ───────▶ standing  {"connected", "subscribed_types", "data_counts", "accounts"}
books ────────▶ page_of_books  rows of all of them, newest first
caller ◀──────▶ Usual     what his websockets hear unless they say otherwise
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, Final, NamedTuple, TypeAlias

from attrs import define, field

from actors import System
from actors.domain.books import AccountBook, Row
from actors.domain.ids import AccountId, Offset
from actors.domain.model import EventType
from actors.domain.wire import plain
from actors.runtime.metrics import Bound

from .auth import Caller
from .dialect import WORDS, reworded
from .query import Page

CALLERS_MAX: Final = 1000  # of whom something is remembered


class Line(NamedTuple):
    """A thing of a book and its place in a list: the offset of its first event."""

    first: Offset
    kind: EventType
    account_id: AccountId
    data: bytes


Lines: TypeAlias = Callable[[AccountBook], Iterator[Line]]


@define
class Usual:
    """The event types of each caller: none, until he subscribes. Open websockets keep theirs.

    Who is logged in is a caller of his own, whoever else came in by the same key.
    """

    _types: dict[tuple[str, str | None], frozenset[EventType]] = field(factory=dict)

    def bounds(self) -> Iterator[Bound]:
        """Give of how many callers something is remembered, beside the most."""
        yield "order_stream_callers", len(self._types), CALLERS_MAX

    def of(self, who: Caller) -> frozenset[EventType]:
        """Give what a websocket of his hears if it does not say."""
        return self._types.get((who.name, who.session), frozenset())

    def put(self, who: Caller, types: frozenset[EventType]) -> None:
        """Remember what he wants; of too many callers, the oldest choice is forgotten."""
        self._types.pop((who.name, who.session), None)
        if len(self._types) >= CALLERS_MAX:
            del self._types[next(iter(self._types))]
        self._types[who.name, who.session] = types


def chosen(who: Caller, args: Mapping[str, str]) -> tuple[AccountId | None, frozenset[AccountId]]:
    """Give the account that a URL names, if it does, and those that are meant.

    Refused: 403 or 404, as for any surface that shows an account.
    """
    if "account_id" in args:
        account = who.require("read", args["account_id"])
        return account, frozenset({account})
    who.require_some_reading()
    return None, who.readable


def standing(
    system: System, accounts: Collection[AccountId], types: frozenset[EventType]
) -> dict[str, Any]:
    """Say how accounts stand and how much there is of them. Connected: the streams of all are."""
    rows = {name: system.status(name) for name in system.accounts if name in accounts}
    books = [system.view(name).book for name in rows]
    return {
        "connected": all(row.connected for row in rows.values()),
        "subscribed_types": WORDS.names(types),
        "data_counts": {name: sum(map(count, books)) for name, (_, count) in TABLES.items()},
        "accounts": {name: plain(row) for name, row in rows.items()},
    }


def page_of_books(
    name: str, books: Iterable[AccountBook], page: Page
) -> tuple[list[bytes], int | None]:
    """Give the rows of a page, newest first over all books, and where the next page begins."""
    lines, _ = TABLES[name]
    merged = heapq.merge(*map(lines, books), reverse=True)
    rest = (line for line in merged if page.before is None or line.first < page.before)
    found = list(islice(rest, page.limit + 1))
    shown = found[: page.limit]
    data = [reworded(line.kind, line.account_id, line.data) for line in shown]
    return data, shown[-1].first if len(found) > page.limit else None


# Books keep their rows in the order in which they began.
def _orders(book: AccountBook) -> Iterator[Line]:
    return _lines("order_update", book, reversed(book.orders.values()))


def _trades(book: AccountBook) -> Iterator[Line]:
    return _lines("trade_update", book, reversed(book.trades.values()))


def _positions(book: AccountBook) -> Iterator[Line]:
    return _lines("position_update", book, reversed(book.positions.values()))


def _general(book: AccountBook) -> Iterator[Line]:
    return heapq.merge(
        _lines("message", book, reversed(book.messages)),
        _lines("batch_update", book, reversed(book.batches.values())),
        _lines("stream_status", book, () if book.status is None else (book.status,)),
        reverse=True,
    )


def _lines(kind: EventType, book: AccountBook, rows: Iterable[Row[Any]]) -> Iterator[Line]:
    return (Line(row.first, kind, book.account_id, row.data) for row in rows)


def _count_general(book: AccountBook) -> int:
    return len(book.messages) + len(book.batches) + (book.status is not None)


TABLES: Final[dict[str, tuple[Lines, Callable[[AccountBook], int]]]] = {
    "orders": (_orders, lambda book: len(book.orders)),
    "trades": (_trades, lambda book: len(book.trades)),
    "positions": (_positions, lambda book: len(book.positions)),
    "general": (_general, _count_general),
}
