"""Whether a file is a whole store of ours, and how an older one becomes today's.

    file ──▶ ours? too new? ──▶ migrations, each in a transaction ──▶ its parts fit? ──▶ a store
                  └── no ──▶ StoreDamaged, the file untouched            └── no ──▶ StoreDamaged

A migration is a numbered SQL file. SQLite's `user_version` counts those that a file has had, and
its `application_id` says that it is ours (https://sqlite.org/pragma.html).
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from typing import Final

from actors.domain.errors import StoreDamaged, StoreError
from actors.domain.ids import Epoch, Offset

from .base import Base
from .rows import START, TABLES, Head, link_of

APPLICATION_ID: Final = 0x4F524457  # "ORDW"
CHECKED_EVENTS: Final = 1000  # how far back an opening looks
NEWEST: Final = Offset(2**63 - 1)
MAGIC: Final = b"SQLite format 3\0"  # https://sqlite.org/fileformat2.html, "Magic Header String"


def migrations() -> tuple[str, ...]:
    """Give the text of every migration, in order."""
    folder = resources.files("actors.storage") / "migrations"
    files = sorted(file.name for file in folder.iterdir() if file.name.endswith(".sql"))
    return tuple((folder / name).read_text("utf-8") for name in files)


def look_at_file(path: Path) -> None:
    """Make the file, for its owner's eyes only, if there is none; refuse one that is not SQLite.

    To be called before SQLite opens it: see `lock` for why.
    """
    wal = path.with_name(path.name + "-wal")
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            head, size = os.pread(descriptor, 18, 0), os.fstat(descriptor).st_size
        finally:
            os.close(descriptor)
        has_log = wal.exists() and wal.stat().st_size > 0
    except OSError as error:
        raise StoreError(f"{path} cannot be opened: {error.strerror}") from error
    if not size and has_log:
        # SQLite would drop the log of an empty file, and with it what was published.
        raise StoreDamaged(f"{path} is empty or gone, but its log {wal.name} is not")
    if size and not head.startswith(MAGIC):
        raise StoreDamaged(f"{path} is not an SQLite file")
    page_bytes = int.from_bytes(head[16:], "big")
    # With a log it may end anywhere: a crash while the log was copied into it mends itself.
    if size and not has_log and page_bytes and size % page_bytes:
        raise StoreDamaged(f"{path} is cut short: its {size} bytes are not whole pages")


def check_identity(connection: sqlite3.Connection, path: Path, *, newest: int) -> None:
    """Refuse a database that is not ours, or of a schema newer than `newest`. Changes nothing."""
    application_id = number(connection, "PRAGMA application_id")
    version = number(connection, "PRAGMA user_version")
    tables = number(connection, "SELECT count(*) FROM sqlite_schema")
    if application_id == 0 and version == 0 and tables == 0:
        return
    if application_id != APPLICATION_ID:
        raise StoreDamaged(f"{path} is an SQLite file of another program")
    if version > newest:
        raise StoreDamaged(
            f"{path} was written by a newer Orderwire: its schema is {version}, "
            f"this one knows {newest}"
        )


def migrate(connection: sqlite3.Connection, scripts: Sequence[str]) -> None:
    """Bring the schema up to date, each step whole or not at all. Raises sqlite3.Error."""
    done = number(connection, "PRAGMA user_version")
    for version, script in enumerate(scripts[done:], start=done + 1):
        try:
            connection.executescript(
                f"BEGIN IMMEDIATE;\n{script}\n;PRAGMA user_version = {version};\nCOMMIT;"
            )
        except sqlite3.Error:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise


def epoch_of(connection: sqlite3.Connection, path: Path, make_epoch: Callable[[], Epoch]) -> Epoch:
    """Give the store's epoch, making it when the store is new."""
    row = connection.execute("SELECT epoch FROM meta").fetchone()
    if row is not None:
        return Epoch(row[0])
    if head_at(connection, NEWEST) != START:
        raise StoreDamaged(f"{path}: there are events, but no word of whose they are")
    epoch = make_epoch()
    connection.execute("INSERT INTO meta VALUES (1, ?, ?, ?)", (epoch, START.offset, START.link))
    return epoch


def head_of(connection: sqlite3.Connection) -> Head:
    """Give where the log stands, as the last commit wrote it down."""
    return Head(*connection.execute("SELECT last, chain FROM meta").fetchone())


def base_of(connection: sqlite3.Connection) -> Base:
    """Give where the retired events end; StoreDamaged when that cannot be."""
    row = connection.execute("SELECT offset, chain, received_at, seal FROM base").fetchone()
    if row is None or [value.__class__ for value in row] != [int, bytes, int, bytes]:
        raise StoreDamaged("there is no word of which events were retired")
    return Base(Head(*row[:2]), *row[2:])


def head_at(connection: sqlite3.Connection, offset: Offset) -> Head:
    """Give the newest event at or before an offset; the base when there is none after that."""
    base = base_of(connection).head
    query = (
        "SELECT offset, chain FROM events WHERE offset > ? AND offset <= ?"
        " ORDER BY offset DESC LIMIT 1"
    )
    row = connection.execute(query, (base.offset, offset)).fetchone()
    return base if row is None else Head(*row)


def check_fit(connection: sqlite3.Connection, path: Path) -> None:
    """Refuse a store whose parts tell of different logs, as far as the newest events show."""
    head, newest = head_of(connection), head_at(connection, NEWEST)
    if newest != head:
        raise StoreDamaged(
            f"{path}: the newest event is {newest.offset}, but {head.offset} was written last"
        )
    base = base_of(connection).head
    check_base(connection, path, base)
    since = max(base.offset, head.offset - CHECKED_EVENTS)
    found = number(connection, "SELECT count(*) FROM events WHERE offset > ?", since)
    if found != head.offset - since:
        raise StoreDamaged(
            f"{path}: of the newest {head.offset - since} events there are {found}: not a whole log"
        )
    for table in sorted(set(TABLES.values())):
        types = ", ".join(f"'{kind}'" for kind, place in TABLES.items() if place == table)
        # NOT INDEXED: by offset, or the grouping would tempt SQLite to walk the whole log. Beside
        # max(), `data` is that of the row with the greatest offset (sqlite.org/lang_select.html).
        query = f"""
            WITH newest AS (
                SELECT account_id, subject, data, max(offset) AS offset FROM events NOT INDEXED
                WHERE offset > ? AND type IN ({types}) GROUP BY account_id, subject
            )
            SELECT (
                SELECT count(*) FROM newest LEFT JOIN {table} USING (account_id, subject)
                WHERE {table}.offset IS NOT newest.offset OR {table}.data IS NOT newest.data
            ) + (SELECT count(*) FROM {table} WHERE first > ?)
        """  # noqa: S608
        if wrong := number(connection, query, since, head.offset):
            raise StoreDamaged(f"{path}: {wrong} of the {table} do not fit the newest events")


def check_base(connection: sqlite3.Connection, path: Path, base: Head) -> None:
    """Refuse a base from which the chain does not go on."""
    query = "SELECT offset, type, account_id, subject, data, received_at, chain FROM events"
    row = connection.execute(f"{query} WHERE offset = ?", (base.offset + 1,)).fetchone()
    try:
        follows = row is None or link_of(base.link, row) == row[6]
    except TypeError:
        follows = False
    if not follows:
        raise StoreDamaged(f"{path}: event {base.offset + 1} does not follow what was retired")


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Do all of it or nothing; on a connection that only reads, see one moment of the file."""
    connection.execute("BEGIN")
    try:
        yield
        connection.execute("COMMIT")
    finally:
        # SQLite has ended it by itself after some errors, a full disk among them.
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def number(connection: sqlite3.Connection, query: str, *values: object) -> int:
    """Give the one number that a query answers."""
    return int(connection.execute(query, values).fetchone()[0])
