"""An account's book: what its events fold into.

    events ──fold──▶ AccountBook: orders, trades, positions, messages, batches, status

The view is these books folded from committed events only, so whoever reads one together with the
last offset has an exact picture. Rows keep the bytes that went to the store and out on sockets;
they are decoded only when someone looks inside, which lets a store of a million events open fast.
"""

from __future__ import annotations

import re
from collections import deque
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, Generic, NamedTuple, Protocol, TypeVar

from attrs import define, field, frozen

from .batch import Batch
from .days import begin_of, ms_of
from .ids import AccountId, BatchId, BrokerTag, Offset, OrderId, PositionId
from .lifecycle import ENDED, is_ended
from .model import AccountStatus, Event, EventType, Message, Order, Position, Trade
from .wire import decode

V = TypeVar("V")
V_co = TypeVar("V_co", covariant=True)


class Current(NamedTuple):
    """A thing as a store keeps it: its latest event, and the offset of its first.

    `received_ms` is UTC, in milliseconds since 1970.
    """

    first: Offset
    offset: Offset
    type: EventType
    account_id: AccountId
    subject: str
    data: bytes
    received_ms: int
    is_ended: bool

    @classmethod
    def of(cls, event: Event, *, first: Offset, is_ended: bool = False) -> Current:
        """Give a thing whose latest event this is."""
        return cls(
            first,
            event.offset,
            event.type,
            event.account_id,
            event.subject,
            event.data,
            ms_of(event.received_at),
            is_ended,
        )

    @property
    def value(self) -> Any:
        """Give the decoded value, decoded at each call: who needs it again keeps it."""
        return decode(self.data, _VALUES[self.type], bytes_max=len(self.data))


MESSAGES_MAX: Final = 1000
BATCHES_KEPT: Final = timedelta(days=1)  # beyond the day: keys are good for 24 hours

# Told by the bytes, here and below: decoding each of a day's orders would make a start slow. A
# quote inside a JSON string is escaped, so these texts can only be the fields.
_NO_TAG: Final = b'"broker_tag":null'
_VALUES: Final[dict[EventType, type[Any]]] = {
    "order_update": Order,
    "correction": Order,
    "trade_update": Trade,
    "position_update": Position,
    "message": Message,
    "batch_update": Batch,
    "stream_status": AccountStatus,
}
_BROKERS_OWN: Final = ("order_update", "correction", "trade_update", "position_update")
_OUR_TAG: Final = re.compile(rb'"broker_tag":"(\w+)"')
_ENDED: Final = re.compile(b'"status":"(?:%s)"' % "|".join(ENDED).encode())


class Row(Protocol[V_co]):
    """One thing in a book: its bytes, and the offsets of its first and its latest event."""

    @property
    def data(self) -> bytes:
        """Give it as JSON."""

    @property
    def first(self) -> Offset:
        """Give the offset of its first event."""

    @property
    def offset(self) -> Offset:
        """Give the offset of its latest event."""

    @property
    def value(self) -> V_co:
        """Give it decoded."""


@frozen
class Told(Generic[V]):
    """A row as an event of this run left it."""

    data: bytes
    first: Offset
    offset: Offset
    value: V


@frozen
class OurLeg:
    """Which batch's a broker tag of ours is, and the caller's own tag of the leg under it.

    Of legs that share one, `tags` has the caller's by their symbols.
    """

    batch_id: BatchId
    tag: str | None
    tags: tuple[tuple[str, str | None], ...] = ()

    def tag_of(self, tradingsymbol: str) -> str | None:
        """Give the caller's own tag of the leg in this symbol."""
        return dict(self.tags).get(tradingsymbol, self.tag)


@define
class AccountBook:
    """One account's book. `fold` is the only way in."""

    account_id: AccountId
    orders: dict[OrderId, Row[Order]] = field(factory=dict)
    trades: dict[str, Row[Trade]] = field(factory=dict)
    positions: dict[PositionId, Row[Position]] = field(factory=dict)
    messages: deque[Row[Message]] = field(factory=lambda: deque(maxlen=MESSAGES_MAX))
    batches: dict[BatchId, Row[Batch]] = field(factory=dict)
    status: Row[AccountStatus] | None = None
    legs: dict[BrokerTag, OurLeg] = field(factory=dict)
    claims: dict[str, BatchId] = field(factory=dict)  # by the digest of the idempotency key
    our_orders: dict[BrokerTag, tuple[OrderId, ...]] = field(factory=dict)  # one, or doubles
    open_orders: dict[OrderId, None] = field(factory=dict)  # a dict, for its order
    _updated_ms: int = 0

    @property
    def updated_at(self) -> datetime | None:
        """Say when an order, trade or position last changed."""
        return datetime.fromtimestamp(self._updated_ms / 1000, UTC) if self._updated_ms else None

    def load(self, row: Current) -> None:
        """Take a thing as a store keeps it: what folding all of its events would have left.

        A start takes hundreds of thousands of these, so a row is kept as it came.
        """
        if row.type == "message":
            self.messages.append(row)
            return
        if row.type == "stream_status":
            self.status = row
            return
        self._rows(row.type)[row.subject] = row
        if row.type == "batch_update":
            self._learn_batch(row.value)
            return
        self._updated_ms = max(self._updated_ms, row.received_ms)
        if row.type in ("order_update", "correction"):
            if not row.is_ended:
                self.open_orders[OrderId(row.subject)] = None
            if (tag := _tag_in(row.data)) is not None:
                self._learn_tag(OrderId(row.subject), tag)

    def fold(self, event: Event) -> None:
        """Take one committed event, in order."""
        if event.type in _BROKERS_OWN:
            self._updated_ms = max(self._updated_ms, ms_of(event.received_at))
        match event.type:
            case "order_update" | "correction":
                _put(self.orders, Order, event)
                self._learn_order(event)
            case "trade_update":
                _put(self.trades, Trade, event)
            case "position_update":
                _put(self.positions, Position, event)
            case "message":
                self.messages.append(_told(Message, event))
            case "stream_status":
                before, self.status = self.status, _told(AccountStatus, event)
                if (day := next_day(before, self.status)) is not None:
                    self._turn_to(day)
            case "batch_update":
                self._learn_batch(_put(self.batches, Batch, event).value)

    def _turn_to(self, day: str) -> None:
        """Drop what was over with the day: trades, orders that ended, batches that are long over.

        Positions are carried over, and so is what is still open.
        """
        begin = begin_of(date.fromisoformat(day))
        self.trades.clear()
        self.orders = {key: row for key, row in self.orders.items() if key in self.open_orders}
        self.batches = {
            key: row
            for key, row in self.batches.items()
            if not row.value.is_over or row.value.created_at >= begin - BATCHES_KEPT
        }
        self.our_orders = {
            tag: kept
            for tag, ids in self.our_orders.items()
            if (kept := tuple(order_id for order_id in ids if order_id in self.orders))
        }
        self.legs.clear()
        self.claims.clear()
        for row in self.batches.values():
            self._learn_batch(row.value)

    def _rows(self, kind: EventType) -> dict[Any, Row[Any]]:
        match kind:
            case "order_update" | "correction":
                return self.orders
            case "trade_update":
                return self.trades
            case "position_update":
                return self.positions
            case _:
                return self.batches

    def _learn_order(self, event: Event) -> None:
        order_id, order = OrderId(event.subject), event.value
        if isinstance(order, Order):
            has_ended, tag = is_ended(order.status), order.broker_tag
        else:
            has_ended, tag = _ENDED.search(event.data) is not None, _tag_in(event.data)
        if has_ended:
            self.open_orders.pop(order_id, None)
        else:
            self.open_orders[order_id] = None
        if tag is not None:
            self._learn_tag(order_id, tag)

    def _learn_tag(self, order_id: OrderId, tag: BrokerTag) -> None:
        known = self.our_orders.get(tag, ())
        if order_id not in known:
            self.our_orders[tag] = (*known, order_id)

    def _learn_batch(self, batch: Batch) -> None:
        flattens = [action.order for action in batch.rollback if action.order is not None]
        for leg in (*batch.legs, *flattens):
            self.legs[leg.broker_tag] = OurLeg(batch.batch_id, leg.tag)
        if batch.mode == "native" and batch.legs:
            tags = tuple((leg.tradingsymbol, leg.tag) for leg in batch.legs)
            self.legs[batch.legs[0].broker_tag] = OurLeg(batch.batch_id, None, tags)
        if batch.idempotency is not None:
            self.claims[batch.idempotency.key_sha256] = batch.batch_id


def next_day(before: Row[AccountStatus] | None, after: Row[AccountStatus]) -> str | None:
    """Give the day that an account's book has come to, when it is a later one than before."""
    known = None if before is None else before.value.trading_day
    day = after.value.trading_day
    return day if known and day and known < day else None


def _tag_in(data: bytes) -> BrokerTag | None:
    if _NO_TAG in data:
        return None
    found = _OUR_TAG.search(data)
    return None if found is None else BrokerTag(found[1].decode())


def _put(rows: dict[Any, Row[V]], kind: type[V], event: Event) -> Row[V]:
    known = rows.get(event.subject)
    row = rows[event.subject] = _told(kind, event, None if known is None else known.first)
    return row


def _told(kind: type[V], event: Event, first: Offset | None = None) -> Row[V]:
    first = event.offset if first is None else first
    if isinstance(event.value, kind):
        return Told(event.data, first, event.offset, event.value)
    return Current.of(event, first=first)
