"""The store in one SQLite file: one writer, readers beside it.

    commit(events) ──▶ BEGIN ─ log ─ what stands now ─ head ─ COMMIT + fsync ──▶ durable
    retire(upto)   ──▶ a prefix gives way to a base, in pieces between commits: see `retire`
    load, read     ──▶ the reading connection: what was committed, while a commit runs

SQLite in WAL mode with synchronous=FULL syncs the log at every commit
(https://sqlite.org/pragma.html#pragma_synchronous), so a commit that returned outlives kill -9
and power loss, and one that did not leaves nothing. Where the log stands is read inside each
transaction and never remembered: after any error, the file is right.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import date, datetime, timedelta
from operator import itemgetter
from pathlib import Path
from threading import Lock
from typing import Final

from attrs import define, field

from actors.domain.books import MESSAGES_MAX, Current
from actors.domain.days import ms_of
from actors.domain.errors import StoreDamaged, StoreError
from actors.domain.ids import AccountId, Epoch, Offset
from actors.domain.model import Event, status_subject

from . import Loaded
from .base import Base
from .collector import no_collector
from .lock import take_lock
from .past import SqlitePast
from .retire import older_than, retiring, stood, stood_of_subject
from .rows import TABLES, Changes, changes, current_of, day_start_ms, event_of, link_of
from .schema import (
    base_of,
    check_fit,
    check_identity,
    epoch_of,
    head_at,
    head_of,
    look_at_file,
    migrate,
    migrations,
    transaction,
)

BUSY_S: Final = 1.0  # only a stranger with a tool of his own can hold the file
CHECKPOINT_PAGES: Final = 4000  # 16 MB of log: some 30,000 events between copies into the file
WAL_BYTES_MAX: Final = 64 * 1024 * 1024  # what a burst left behind is given back
CACHE_KIB: Final = 32 * 1024
PROBE_BYTES: Final = 64 * 1024
# SQLITE_ERROR is a statement that does not fit the tables: they are not as we made them.
DAMAGED: Final = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR})

_EVENT: Final = "offset, type, account_id, subject, data, received_at"
_INSERT: Final = f"INSERT INTO events ({_EVENT}, chain) VALUES (?, ?, ?, ?, ?, ?, ?)"  # noqa: S608
_CURRENT: Final = tuple(dict.fromkeys(TABLES.values()))
_UPSERT: Final = {
    table: f"INSERT INTO {table} (first, {_EVENT}, ended) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608
    " ON CONFLICT (account_id, subject) DO UPDATE SET offset = excluded.offset,"
    " type = excluded.type, data = excluded.data, received_at = excluded.received_at,"
    " ended = excluded.ended"
    for table in _CURRENT
}
_UPSERT_LEG: Final = (
    "INSERT INTO legs (account_id, broker_tag, batch_id, order_id) VALUES (?, ?, ?, ?)"
    " ON CONFLICT (account_id, broker_tag) DO UPDATE"
    " SET batch_id = excluded.batch_id, order_id = excluded.order_id"
)


def open_store(path: Path, *, make_epoch: Callable[[], Epoch]) -> SqliteStore:
    """Open the store at `path`, or make one, whose epoch `make_epoch` gives.

    StoreLocked when another process owns it; StoreDamaged when it is not a whole store of ours,
    or one that a newer Orderwire wrote; StoreError when the file cannot be had.
    """
    path = Path(path).resolve()
    with ExitStack() as opened:
        opened.callback(take_lock(path).release)
        look_at_file(path)
        with _told(path, "be opened"):
            writer = opened.enter_context(_connected(path))
            scripts = migrations()
            check_identity(writer, path, newest=len(scripts))
            _prepare(writer)
            migrate(writer, scripts)
            epoch = epoch_of(writer, path, make_epoch)
            check_fit(writer, path)
            reader = opened.enter_context(_connected(path))
            reader.execute("PRAGMA query_only = ON")
        return SqliteStore(epoch, path, writer, reader, opened.pop_all())


@define(eq=False)
class SqliteStore:
    """See `Store`. Every call blocks; each may be made from any thread."""

    epoch: Epoch
    path: Path
    _writer: sqlite3.Connection
    _reader: sqlite3.Connection
    _closing: ExitStack
    _writing: Lock = field(factory=Lock)
    _reading: Lock = field(factory=Lock)

    def commit(self, events: Sequence[Event]) -> None:
        """Write events and the state they make; fsynced on return, or StoreError and nothing.

        GatewayBug when their offsets do not follow the last one.
        """
        if not events:
            return
        with self._writing, _told(self.path, "be written"), transaction(self._writer):
            _write(self._writer, changes(head_of(self._writer), events))

    def load(self, *, today: date, tail_max: int) -> Loaded:
        """Give what a start needs, all from one moment. StoreDamaged when it does not fit."""
        with (
            self._reading,
            no_collector(),
            _told(self.path, "be read"),
            transaction(self._reader),
        ):
            last, base = head_of(self._reader).offset, base_of(self._reader)
            current = sorted(self._current(today, base), key=itemgetter(0))
            tail = tuple(self._tail(max(base.head.offset, last - tail_max)))
            return Loaded(last, tuple(current), tail, base.head.offset)

    def read(
        self,
        after: Offset,
        *,
        limit: int,
        account_id: AccountId | None = None,
        subject: str | None = None,
    ) -> list[Event]:
        """Give at most `limit` events after `after`, in order.

        One subject's history of one account comes by its index, and begins with what it was at
        the base; any other choice looks at every event on the way.
        """
        chosen = "account_id = :account_id AND subject = :subject"
        if account_id is None or subject is None:
            chosen = (
                "(:account_id IS NULL OR account_id = :account_id)"
                " AND (:subject IS NULL OR subject = :subject)"
            )
        query = (
            f"SELECT {_EVENT} FROM events WHERE offset > :after AND {chosen}"  # noqa: S608
            " ORDER BY offset LIMIT :limit"
        )
        values = {"limit": limit, "account_id": account_id, "subject": subject}
        with self._reading, _told(self.path, "be read"), transaction(self._reader):
            base, rows = base_of(self._reader), []
            if account_id is not None and subject is not None and after < base.head.offset:
                stood = stood_of_subject(self._reader, base, account_id, subject)
                rows = [row for row in stood if row[0] > after]
            values["after"] = max(after, base.head.offset)
            return [event_of(row) for row in (*rows, *self._reader.execute(query, values))][:limit]

    def older_than(self, moment: datetime) -> Offset:
        """Give the last event that came before a moment, or where the record begins."""
        with self._reading, _told(self.path, "be read"), transaction(self._reader):
            return older_than(self._reader, ms_of(moment))

    def retire(self, upto: Offset) -> Iterator[Offset]:
        """Retire the events up to an offset: each step is one piece, and gives the base by then.

        StoreError from a step ends it; what it had done holds, and another one goes on from there.
        """
        pieces = retiring(self._writer, upto)
        while True:
            with self._writing, _told(self.path, "be retired"):
                base = next(pieces, None)
            if base is None:
                return
            yield base.head.offset

    @property
    def past(self) -> SqlitePast:
        """Give what looks back at an account's book."""
        return SqlitePast(self._look)

    def stood(self) -> tuple[Current, ...]:
        """Give what stood at the base: all later events, folded onto it, give the books."""
        with self._reading, _told(self.path, "be read"), transaction(self._reader):
            return tuple(stood(self._reader, base_of(self._reader)))

    def probe(self) -> None:
        """Write and sync something of size, and take it back; StoreError when that fails."""
        with self._writing, _told(self.path, "be written"):
            self._writer.execute("INSERT INTO probe VALUES (randomblob(?))", (PROBE_BYTES,))
            self._writer.execute("DELETE FROM probe")

    def close(self) -> None:
        """Close the file, its log copied into it, and let go of the lock. Again does nothing."""
        with self._writing, self._reading:
            self._closing.close()

    @contextmanager
    def _look(self) -> Iterator[sqlite3.Connection]:
        with self._reading, _told(self.path, "be read"), transaction(self._reader):
            yield self._reader

    def _current(self, today: date, base: Base) -> Iterator[Current]:
        for table in _CURRENT:
            since = today - timedelta(days=1) if table == "batches" else today
            select = f"SELECT first, {_EVENT}, ended FROM {table} WHERE ended ="  # noqa: S608
            rows = self._reader.execute(
                f"{select} 0 UNION ALL {select} 1 AND received_at >= ?", (day_start_ms(since),)
            )
            yield from map(current_of, rows)
        told = ("message", "stream_status")  # the others have a table of what stands now
        yield from (row for row in stood(self._reader, base) if row.type in told)
        after = base.head.offset
        for account_id in self._accounts_with_messages():
            rows = self._reader.execute(
                f"SELECT offset, {_EVENT}, 0 FROM events"  # noqa: S608
                " WHERE type = 'message' AND account_id = ? AND offset > ?"
                " ORDER BY offset DESC LIMIT ?",
                (account_id, after, MESSAGES_MAX),
            )
            yield from map(current_of, rows)
        for account_id in self._accounts():
            rows = self._reader.execute(
                f"SELECT offset, {_EVENT}, 0 FROM events"  # noqa: S608
                " WHERE account_id = ? AND subject = ? AND type = 'stream_status' AND offset > ?"
                " ORDER BY offset DESC LIMIT 1",
                (account_id, status_subject(account_id), after),
            )
            yield from map(current_of, rows)

    def _accounts(self) -> Iterator[AccountId]:
        """Step from account to account through the index: each may have a million events."""
        query = "SELECT min(account_id) FROM events WHERE account_id > ?"
        account_id = ""
        while (account_id := self._reader.execute(query, (account_id,)).fetchone()[0]) is not None:
            yield AccountId(account_id)

    def _accounts_with_messages(self) -> Iterator[str]:
        """Step from account to account through the index: there may be a million messages."""
        query = "SELECT min(account_id) FROM events WHERE type = 'message' AND account_id > ?"
        account_id = ""
        while (account_id := self._reader.execute(query, (account_id,)).fetchone()[0]) is not None:
            yield account_id

    def _tail(self, after: int) -> Iterator[Event]:
        """Give the events after an offset, each shown by its link to follow the one before."""
        before = head_at(self._reader, Offset(after))
        offset, link = before.offset, before.link
        query = f"SELECT {_EVENT}, chain FROM events WHERE offset > ? ORDER BY offset"  # noqa: S608
        for row in self._reader.execute(query, (offset,)):
            event = event_of(row)
            offset, link = Offset(offset + 1), link_of(link, row)
            if event.offset != offset or row[6] != link:
                raise StoreDamaged(f"{self.path}: event {offset} is gone or was altered")
            yield event


# ---------------------------------------------------------------------------------- helpers


@contextmanager
def _told(path: Path, wanted: str) -> Iterator[None]:
    """Turn SQLite's errors into ours."""
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the rest of it is detail
        kind = StoreDamaged if code in DAMAGED else StoreError
        raise kind(f"{path} cannot {wanted}: {error}") from error
    except UnicodeDecodeError as error:  # SQLite quoted the damage in its message
        raise StoreDamaged(f"{path} cannot {wanted}: its schema is damaged") from error


@contextmanager
def _connected(path: Path) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(
        path, timeout=BUSY_S, isolation_level=None, check_same_thread=False
    )
    try:
        yield connection
    finally:
        connection.close()


def _prepare(writer: sqlite3.Connection) -> None:
    for pragma in (
        "journal_mode = WAL",
        "synchronous = FULL",
        f"wal_autocheckpoint = {CHECKPOINT_PAGES}",
        f"journal_size_limit = {WAL_BYTES_MAX}",
        f"cache_size = -{CACHE_KIB}",
    ):
        writer.execute(f"PRAGMA {pragma}")


def _write(writer: sqlite3.Connection, rows: Changes) -> None:
    writer.executemany(_INSERT, rows.events)
    for table, current in rows.current.items():
        writer.executemany(_UPSERT[table], current.values())
    writer.executemany(_UPSERT_LEG, rows.legs)
    writer.execute("UPDATE meta SET last = ?, chain = ?", (rows.head.offset, rows.head.link))
