"""What an account's book was made of at an earlier event: where to begin folding it again.

    base ─ what stood ─┬──── the day before ────┬── the day's first event ──▶ span, span, span …
                       └ at_base: all of it      └ carried: what went over into that day

Each read is one short look, so that none holds up those who read on: a day of events is a row of
looks. PositionGone when what is asked for has been retired, maybe since the last look.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Final

from attrs import frozen

from actors.domain.books import MESSAGES_MAX, Current
from actors.domain.errors import PositionGone
from actors.domain.ids import AccountId, Offset
from actors.domain.model import Event, EventType, status_subject

from .base import Base
from .retire import stood
from .rows import current_of, event_of, has_ended
from .schema import base_of

PIECE: Final = 500  # things looked up in one look
SCAN: Final = 5000  # ended orders passed over in one look
SLACK_MS: Final = 3_600_000  # how far the wall clock may have been set back
_EVENT: Final = "offset, type, account_id, subject, data, received_at"
_ORDERS: Final[tuple[EventType, ...]] = ("order_update", "correction")
_POSITIONS: Final[tuple[EventType, ...]] = ("position_update",)


@frozen
class SqlitePast:
    """See `PastStore`. `open_look` gives the reading connection for one look."""

    open_look: Callable[[], AbstractContextManager[sqlite3.Connection]]

    def at_base(self, account_id: AccountId) -> tuple[Offset, list[Current]]:
        """Give the base, and what of an account stood there, first heard of first."""
        with self.open_look() as reader:
            base = base_of(reader)
            rows = [row for row in stood(reader, base) if row.account_id == account_id]
            return base.head.offset, rows

    def statuses(self, account_id: AccountId, upto: Offset, limit: int) -> list[Current]:
        """Give at most `limit` of an account's own rows up to an offset, newest first."""
        query = (
            f"SELECT offset, {_EVENT}, 0 FROM events WHERE account_id = ? AND subject = ?"  # noqa: S608
            " AND type = 'stream_status' AND offset > ? AND offset <= ?"
            " ORDER BY offset DESC LIMIT ?"
        )
        subject = status_subject(account_id)
        with self.open_look() as reader:
            base = _base_before(reader, upto)
            values = (account_id, subject, base.head.offset, upto, limit)
            rows = [current_of(row) for row in reader.execute(query, values)]
            if len(rows) < limit:
                rows += _stood_of(reader, base, account_id, subject, ("stream_status",))
            return rows

    def span(self, account_id: AccountId, after: Offset, upto: Offset) -> list[Event]:
        """Give an account's events after an offset and up to another, but for its batches."""
        query = (
            f"SELECT {_EVENT} FROM events NOT INDEXED"  # noqa: S608 - by offset, or it walks all
            " WHERE offset > ? AND offset <= ? AND account_id = ? AND type <> 'batch_update'"
            " ORDER BY offset"
        )
        with self.open_look() as reader:
            _base_before(reader, after)
            return [event_of(row) for row in reader.execute(query, (after, upto, account_id))]

    def moments(self, offsets: Sequence[Offset]) -> list[datetime]:
        """Give when each of these events came. Every offset is after the base."""
        query = "SELECT received_at FROM events WHERE offset = ?"
        with self.open_look() as reader:
            _base_before(reader, Offset(min(offsets, default=1) - 1))
            found = [reader.execute(query, (offset,)).fetchone()[0] for offset in offsets]
        return [datetime.fromtimestamp(value / 1000, UTC) for value in found]

    def carried(self, account_id: AccountId, at: Offset) -> Iterator[list[Current]]:
        """Give what of an account goes over into a day whose first event is the one after `at`.

        Its newest messages, its positions and the orders that were open, in no order; one piece a
        step. An order is found as long as the clock was not set back by an hour since.
        """
        yield self._messages(account_id, at)
        last: str | None = ""
        while last is not None:
            rows, last = self._positions(account_id, at, last)
            yield rows
        done: set[str] = set()
        for subjects in self._maybe_open(account_id, at):
            yield self._open_orders(account_id, at, [s for s in subjects if s[1] not in done])
            done.update(subject for _, subject in subjects)

    def _messages(self, account_id: AccountId, at: Offset) -> list[Current]:
        query = (
            f"SELECT offset, {_EVENT}, 0 FROM events"  # noqa: S608
            " WHERE type = 'message' AND account_id = ? AND offset > ? AND offset <= ?"
            " ORDER BY offset DESC LIMIT ?"
        )
        older = f"""
            SELECT first, {_EVENT}, 0 FROM stood
            WHERE base = ? AND account_id = ? AND type = 'message' ORDER BY first DESC LIMIT ?
        """  # noqa: S608
        with self.open_look() as reader:
            base = _base_before(reader, at).head.offset
            rows = reader.execute(query, (account_id, base, at, MESSAGES_MAX)).fetchall()
            room = MESSAGES_MAX - len(rows)
            rows += reader.execute(older, (base, account_id, room)).fetchall()
            return [current_of(row) for row in rows]

    def _positions(
        self, account_id: AccountId, at: Offset, last: str
    ) -> tuple[list[Current], str | None]:
        query = (
            "SELECT first, subject FROM positions"
            " WHERE account_id = ? AND subject > ? ORDER BY subject LIMIT ?"
        )
        with self.open_look() as reader:
            things = reader.execute(query, (account_id, last, PIECE)).fetchall()
            rows = list(_as_they_stood(reader, account_id, things, _POSITIONS, at=at))
            return rows, things[-1][1] if len(things) == PIECE else None

    def _open_orders(
        self, account_id: AccountId, at: Offset, things: Sequence[tuple[Offset, str]]
    ) -> list[Current]:
        with self.open_look() as reader:
            found = _as_they_stood(reader, account_id, things, _ORDERS, at=at)
            return [row for row in found if not row.is_ended]

    def _maybe_open(self, account_id: AccountId, at: Offset) -> Iterator[list[tuple[Offset, str]]]:
        """Name the orders that were there, and are open still or have ended since.

        One that ends meanwhile goes from the first of these to the end of the second.
        """
        still_open = """
            SELECT first, subject FROM orders INDEXED BY orders_by_end
            WHERE ended = 0 AND account_id = ? AND first <= ?
        """
        with self.open_look() as reader:
            _base_before(reader, at)
            things = reader.execute(still_open, (account_id, at)).fetchall()
            turn = reader.execute("SELECT received_at FROM events WHERE offset = ?", (at + 1,))
            since = (turn.fetchone() or (0,))[0] - SLACK_MS
        for begin in range(0, len(things), PIECE):
            yield things[begin : begin + PIECE]
        ended = """
            SELECT received_at, first, account_id, subject FROM orders INDEXED BY orders_by_end
            WHERE ended = 1 AND (received_at, first) > (?, ?) ORDER BY received_at, first LIMIT ?
        """
        rows, place = [(since, 0, "", "")], (since, 0)
        while rows:
            with self.open_look() as reader:
                rows = reader.execute(ended, (*place, SCAN)).fetchall()
            things = [(row[1], row[3]) for row in rows if row[2] == account_id and row[1] <= at]
            for begin in range(0, len(things), PIECE):
                yield things[begin : begin + PIECE]
            place = rows[-1][:2] if rows else place


# ---------------------------------------------------------------------------------- helpers


def _base_before(reader: sqlite3.Connection, at: Offset) -> Base:
    base = base_of(reader)
    if at < base.head.offset:
        raise PositionGone("expired")
    return base


def _as_they_stood(
    reader: sqlite3.Connection,
    account_id: AccountId,
    things: Sequence[tuple[Offset, str]],
    types: Sequence[EventType],
    *,
    at: Offset,
) -> Iterator[Current]:
    """Give things (first, subject) as their last event up to an offset left them, if one did."""
    base = _base_before(reader, at)
    query = f"""
        SELECT {_EVENT} FROM events WHERE account_id = ? AND subject = ?
        AND offset > ? AND offset <= ? AND type IN (?, ?) ORDER BY offset DESC LIMIT 1
    """  # noqa: S608
    for first, subject in things:
        values = (account_id, subject, base.head.offset, at, types[0], types[-1])
        row = reader.execute(query, values).fetchone()
        if row is not None:
            yield current_of((first, *row, has_ended(event_of(row))))
        else:
            yield from _stood_of(reader, base, account_id, subject, types)


def _stood_of(
    reader: sqlite3.Connection,
    base: Base,
    account_id: AccountId,
    subject: str,
    types: Sequence[EventType],
) -> list[Current]:
    query = f"""
        SELECT first, {_EVENT}, ended FROM stood INDEXED BY stood_subject
        WHERE base = ? AND account_id = ? AND subject = ? AND type IN (?, ?)
    """  # noqa: S608
    values = (base.head.offset, account_id, subject, types[0], types[-1])
    return [current_of(row) for row in reader.execute(query, values)]
