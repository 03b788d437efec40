"""How events become rows, and rows events again. Pure: knows tables, not databases.

    events ──changes──▶ rows of the log, of what stands now, of the batches' legs
    rows   ──event_of─▶ events, their data undecoded

Each event's row carries a link: the digest of the row together with the link before it. So a row
that was altered, lost or moved shows, and one link vouches for all that came before it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from hashlib import blake2b
from sys import intern
from typing import Any, Final, TypeAlias, TypeVar

from attrs import field, frozen

from actors.domain.batch import Batch
from actors.domain.books import Current
from actors.domain.days import IST, ms_of
from actors.domain.errors import DecodeError, GatewayBug, StoreDamaged
from actors.domain.ids import Offset
from actors.domain.lifecycle import is_ended
from actors.domain.model import Event, EventType, Order
from actors.domain.wire import decode

V = TypeVar("V")
Sql: TypeAlias = tuple[Any, ...]

LINK_BYTES: Final = 16

# Which table keeps the latest event of a thing. A message is its own latest, and of an account's
# status the log knows the latest by its subject: the log alone keeps those.
TABLES: Final[dict[EventType, str]] = {
    "order_update": "orders",
    "correction": "orders",
    "trade_update": "trades",
    "position_update": "positions",
    "batch_update": "batches",
}


@frozen
class Head:
    """Where the log stands: its newest event's offset and link."""

    offset: Offset
    link: bytes


START: Final = Head(Offset(0), b"")


@frozen
class Changes:
    """The rows that a group of events adds or replaces, by table, and where the log then stands.

    events     offset, type, account_id, subject, data, received_at, link
    current    first, offset, type, account_id, subject, data, received_at, ended: one row a thing
    legs       account_id, broker_tag, batch_id, order_id
    """

    head: Head
    events: list[Sql] = field(factory=list)
    current: dict[str, dict[Sql, Sql]] = field(factory=dict)
    legs: list[Sql] = field(factory=list)


def changes(head: Head, events: Sequence[Event]) -> Changes:
    """Make the rows of events that follow `head`; GatewayBug when they do not follow."""
    offset, link = head.offset, head.link
    log: list[Sql] = []
    current: dict[str, dict[Sql, Sql]] = {}
    legs: list[Sql] = []
    for event in events:
        if event.offset != offset + 1:
            raise GatewayBug(f"event {event.offset} cannot follow event {offset} in the store")
        offset = event.offset
        common = (
            offset,
            event.type,
            event.account_id,
            event.subject,
            event.data,
            ms_of(event.received_at),
        )
        link = link_of(link, common)
        log.append((*common, link))
        if (table := TABLES.get(event.type)) is not None:
            things = current.setdefault(table, {})
            thing = (event.account_id, event.subject)
            first = things[thing][0] if thing in things else offset
            things[thing] = (first, *common, has_ended(event))
        if event.type == "batch_update":
            legs += _legs(event)
    return Changes(Head(offset, link), log, current, legs)


def link_of(before: bytes, row: Sql) -> bytes:
    """Give the link of a row: offset, type, account_id, subject, data, received_at (, …)."""
    digest = blake2b(before, digest_size=LINK_BYTES)
    digest.update(b"%d\0%b\0%d\0" % (row[0], "\0".join(row[1:4]).encode(), row[5]))
    digest.update(row[4])
    return digest.digest()


def event_of(row: Sql) -> Event:
    """Read an event from its row: offset, type, account_id, subject, data, received_at (, …).

    StoreDamaged when the row's values are not of the kinds that were written.
    """
    # A start makes hundreds of thousands of these: names that repeat are kept once.
    try:
        kind: Any = intern(row[1])
        account_id: Any = intern(row[2])
        received_at = datetime.fromtimestamp(row[5] / 1000, UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        raise _no_event(row) from None
    subject, data = row[3], row[4]
    if subject.__class__ is not str or data.__class__ is not bytes:
        raise _no_event(row)
    return Event(row[0], kind, account_id, subject, data, received_at)


def current_of(row: Sql) -> Current:
    """Read a thing from its row, whose values stand in the order of `Current`.

    StoreDamaged when the row's values are not of the kinds that were written.
    """
    current = Current._make(row)
    if (
        current.data.__class__ is not bytes
        or current.subject.__class__ is not str
        or current.received_ms.__class__ is not int
    ):
        raise _no_event(row[1:])
    return current


def has_ended(event: Event) -> bool:
    """Say whether a thing needs no more loading once its day is over."""
    match event.type:
        case "order_update" | "correction":
            return is_ended(_value(event, Order).status)
        case "batch_update":
            return _value(event, Batch).is_over
        case _:
            return event.type != "position_update"


def day_start_ms(day: date) -> int:
    """Give when a trading day begins: midnight in India, as milliseconds since 1970."""
    return ms_of(datetime.combine(day, time.min, IST))


# ---------------------------------------------------------------------------------- helpers


def _no_event(row: Sql) -> StoreDamaged:
    return StoreDamaged(f"event {row[0]} in the store has values that no event has")


def _legs(event: Event) -> list[Sql]:
    batch = _value(event, Batch)
    flattens = [action.order for action in batch.rollback if action.order is not None]
    return [
        (event.account_id, leg.broker_tag, batch.batch_id, leg.order_id)
        for leg in (*batch.legs, *flattens)
    ]


def _value(event: Event, kind: type[V]) -> V:
    if isinstance(event.value, kind):
        return event.value
    try:
        return decode(event.data, kind, bytes_max=len(event.data))
    except DecodeError as error:
        raise GatewayBug(f"event {event.offset}, {event.type}, has bad data: {error}") from error
