"""Retiring: a prefix of the log gives way to one base, piece by piece between commits.

    sweep leftovers ─▶ load the base ─▶ fold the prefix onto it ─▶ write down what stands
                       └── nothing has changed ──┘   rows of no meaning yet ──┘ │
    sweep: old events, what is over ◀── the one row of `base` is replaced ◀─────┘

Each piece is short, and a transaction of its own. The base changes in one of them, and that is the
retirement: before it, whatever has been written belongs to no base; after it, whatever is still
there up to the base is swept, now or after a crash.

The pages that become free are used again by the events to come, so a file that is kept at so many
days stops growing. None are given back to the system: moving pages so that a file can end earlier
costs every commit (https://sqlite.org/pragma.html#pragma_auto_vacuum), a VACUUM writes all anew.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Generator, Iterator
from typing import Final, TypeAlias

from actors.domain.books import Current
from actors.domain.errors import StoreDamaged
from actors.domain.ids import Offset

from .base import Base, Standing, sealed, stood_of
from .rows import Sql, current_of
from .schema import base_of, head_of, transaction

PIECE: Final = 250  # rows: no longer than a commit of a busy moment
_EVENT: Final = "offset, type, account_id, subject, data, received_at"
_STOOD: Final = f"first, {_EVENT}, ended"
_STAGE: Final = f"INSERT INTO stood (base, {_STOOD}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608

Stage: TypeAlias = Generator[Base, None, bytes]


def older_than(connection: sqlite3.Connection, received_ms: int) -> Offset:
    """Give the last event that came before a moment, or the base.

    Events come in order but for some milliseconds, so halving finds it, or one that is as good.
    """
    low, high = base_of(connection).head.offset, head_of(connection).offset
    while low < high:
        middle = (low + high + 1) // 2
        query = "SELECT received_at < ? FROM events WHERE offset = ?"
        row = connection.execute(query, (received_ms, middle)).fetchone()
        if row is None:
            raise StoreDamaged(f"event {middle} is gone")
        low, high = (Offset(middle), high) if row[0] else (low, Offset(middle - 1))
    return low


def stood(connection: sqlite3.Connection, base: Base) -> Iterator[Current]:
    """Give what stood at the base, in the order to load it.

    StoreDamaged, at the end, when it is not what was sealed.
    """
    seal, rows = base.head.link, [(-1,)]
    while rows := _stood_after(connection, base, rows[-1][0]):
        for row in rows:
            yield current_of(row)
            seal = sealed(seal, row)
    if seal != base.seal:
        raise StoreDamaged(f"the books at event {base.head.offset} were altered")


def stood_of_subject(
    connection: sqlite3.Connection, base: Base, account_id: str, subject: str
) -> list[Sql]:
    """Give the events of one thing that stood at the base: one, or none."""
    query = f"""
        SELECT {_EVENT} FROM stood INDEXED BY stood_subject
        WHERE base = ? AND account_id = ? AND subject = ?
    """  # noqa: S608
    return connection.execute(query, (base.head.offset, account_id, subject)).fetchall()


def retiring(writer: sqlite3.Connection, upto: Offset) -> Iterator[Base]:
    """Retire the events up to an offset: each step does one piece and gives the base as it is.

    Can be left off anywhere; another one begins anew, and sweeps first. Raises sqlite3.Error, and
    StoreDamaged when the prefix is not what was written: then it stays.
    """
    base = base_of(writer)
    yield from _sweep(writer, base)
    upto = min(upto, head_of(writer).offset)
    if upto <= base.head.offset:
        return
    standing = Standing(base.head, base.received_ms)
    for n, thing in enumerate(stood(writer, base), start=1):
        standing.load(thing)
        if n % PIECE == 0:
            yield base
    while standing.head.offset < upto:
        for row in _next_events(writer, standing.head.offset, upto):
            standing.fold(row)
        yield base
    seal = yield from _stage(writer, base, standing)
    base = Base(standing.head, standing.received_ms, seal)
    with transaction(writer):
        writer.execute(
            "UPDATE base SET offset = ?, chain = ?, received_at = ?, seal = ?",
            (base.head.offset, base.head.link, base.received_ms, base.seal),
        )
    yield base
    yield from _sweep(writer, base)


# ---------------------------------------------------------------------------------- helpers


def _stood_after(connection: sqlite3.Connection, base: Base, first: int) -> list[Sql]:
    query = (
        f"SELECT {_STOOD} FROM stood WHERE base = ? AND first > ?"  # noqa: S608
        " ORDER BY first LIMIT ?"
    )
    return connection.execute(query, (base.head.offset, first, PIECE)).fetchall()


def _next_events(writer: sqlite3.Connection, after: Offset, upto: Offset) -> list[Sql]:
    query = (
        f"SELECT {_EVENT}, chain FROM events WHERE offset > ? AND offset <= ?"  # noqa: S608
        " ORDER BY offset LIMIT ?"
    )
    rows = writer.execute(query, (after, upto, PIECE)).fetchall()
    if not rows:
        raise StoreDamaged(f"event {after + 1} is gone")
    return rows


def _stage(writer: sqlite3.Connection, base: Base, standing: Standing) -> Stage:
    """Write down what stands, as rows of a base to come; give their seal."""
    places, seal = standing.places(), standing.head.link
    for begin in range(0, len(places), PIECE):
        rows = [_row_at(writer, base, *place) for place in places[begin : begin + PIECE]]
        with transaction(writer):
            writer.executemany(_STAGE, [(standing.head.offset, *row) for row in rows])
        for row in rows:
            seal = sealed(seal, row)
        yield base
    return seal


def _row_at(writer: sqlite3.Connection, base: Base, first: Offset, offset: Offset) -> Sql:
    if offset <= base.head.offset:
        query = f"SELECT {_STOOD} FROM stood WHERE base = ? AND first = ?"  # noqa: S608
        row: Sql = writer.execute(query, (base.head.offset, first)).fetchone()
        return row
    query = f"SELECT {_EVENT} FROM events WHERE offset = ?"  # noqa: S608
    return stood_of(first, writer.execute(query, (offset,)).fetchone())


def _sweep(writer: sqlite3.Connection, base: Base) -> Iterator[Base]:
    """Take away, oldest first, what is of no more meaning."""
    for sweep in _SWEEPS:
        swept = True
        while swept:
            with transaction(writer):
                swept = sweep(writer, base)
            if swept:
                yield base


def _sweep_stood(writer: sqlite3.Connection, base: Base) -> bool:
    query = """
        DELETE FROM stood WHERE (base, first) IN (
            SELECT base, first FROM stood WHERE base < :base OR base > :base LIMIT :piece
        )
    """
    return _has_deleted(writer, query, base)


def _sweep_events(writer: sqlite3.Connection, base: Base) -> bool:
    query = """
        DELETE FROM events WHERE offset IN (
            SELECT offset FROM events WHERE offset <= :base ORDER BY offset LIMIT :piece
        )
    """
    return _has_deleted(writer, query, base)


def _sweep_over(table: str) -> Callable[[sqlite3.Connection, Base], bool]:
    """Make what takes away the things that had ended by the base and stood no more."""
    query = f"""
        SELECT first, account_id, subject FROM {table} AS thing
        WHERE ended = 1 AND received_at <= :received_ms AND offset <= :base AND NOT EXISTS (
            SELECT 1 FROM stood INDEXED BY stood_subject
            WHERE base = :base AND account_id = thing.account_id
            AND subject = thing.subject AND offset = thing.offset
        )
        ORDER BY received_at LIMIT :piece
    """  # noqa: S608

    def sweep(writer: sqlite3.Connection, base: Base) -> bool:
        rows = writer.execute(query, _values(base)).fetchall()
        writer.executemany(f"DELETE FROM {table} WHERE first = ?", [row[:1] for row in rows])  # noqa: S608
        if table == "batches":
            legs = "DELETE FROM legs WHERE account_id = ? AND batch_id = ?"
            writer.executemany(legs, [row[1:] for row in rows])
        return bool(rows)

    return sweep


def _has_deleted(writer: sqlite3.Connection, query: str, base: Base) -> bool:
    return writer.execute(query, _values(base)).rowcount > 0


def _values(base: Base) -> dict[str, int]:
    return {"base": base.head.offset, "received_ms": base.received_ms, "piece": PIECE}


_SWEEPS: Final = (
    _sweep_stood,
    _sweep_events,
    *(_sweep_over(table) for table in ("orders", "trades", "batches")),
)
