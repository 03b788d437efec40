"""Days of trading to retire: events over several days, each begun by the account's own word.

days(n)   for two accounts: the turn of the day, then orders, trades, batches, messages, positions
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import attrs

from actors.domain.books import AccountBook, Current
from actors.domain.days import trading_day
from actors.domain.ids import AccountId
from actors.domain.model import AccountStatus, Event
from actors.domain.wire import encode
from tests.actors.storage import samples
from tests.actors.storage.samples import TYPES, event, plain

BEGIN = datetime(2026, 11, 16, 4, 0, tzinfo=UTC)  # Monday, half past nine in India
ACCOUNTS = ("primary", "hedge")
PER_DAY = 60


def days(count: int, *, per_day: int = PER_DAY) -> list[Event]:
    """Give the events of so many days; keys come up again on later days, or live through them."""
    events: list[Event] = []
    for day in range(count):
        begin = BEGIN + timedelta(days=day)
        for n in range(per_day):
            offset = len(events) + 1
            account = ACCOUNTS[n % 2]
            at = begin + timedelta(seconds=n)
            kind = TYPES[n % 7]
            key = day * 7 + n % 5 if n % 3 else n % 4
            if n < len(ACCOUNTS) or kind == "stream_status":
                events.append(turn(offset, account, at))
            elif kind == "batch_update":
                batch = attrs.evolve(samples.batch(account, key, offset // 3), created_at=at)
                made = event(offset, kind, account=account, key=key, at=at)
                events.append(attrs.evolve(made, data=encode(batch), value=batch))
            else:
                events.append(event(offset, kind, account=account, key=key, n=offset // 3, at=at))
    return events


def turn(offset: int, account: str, at: datetime) -> Event:
    """Give an account's word that it stands in the day of a moment."""
    told = event(offset, "stream_status", account=account, n=offset, at=at)
    assert isinstance(told.value, AccountStatus)
    value = attrs.evolve(told.value, trading_day=trading_day(at).isoformat())
    return attrs.evolve(told, data=encode(value), value=value)


def books_of(stood: Iterable[Current], events: Iterable[Event]) -> dict[str, object]:
    """Fold events onto what stood, and give the books as `whole` does."""
    books: dict[AccountId, AccountBook] = {}
    for row in stood:
        books.setdefault(row.account_id, AccountBook(row.account_id)).load(row)
    for each in events:
        books.setdefault(each.account_id, AccountBook(each.account_id)).fold(each)
    return whole(books)


def whole(books: dict[AccountId, AccountBook]) -> dict[str, object]:
    """Give books as values that can be compared, with all that they know.

    An order that opened again stands last among those that the day's turn left: their order apart.
    """
    found = plain(books) | dict(_known(books))
    return {
        name: sorted(rows) if name.endswith(" orders") else rows
        for name, rows in found.items()
        if rows and not name.endswith("updated at")
    }


def _known(books: dict[AccountId, AccountBook]) -> Iterator[tuple[str, list[Any]]]:
    for account, book in books.items():
        yield f"{account} ours", sorted(book.our_orders.items())
        yield f"{account} claims", sorted(book.claims.items())
