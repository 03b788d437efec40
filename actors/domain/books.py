"""An account's book: what its events fold into.

    events ──fold──▶ AccountBook: orders, trades, positions, messages, batches, status

The view is these books folded from committed events only, so whoever reads one together with the
last offset has an exact picture. Rows keep the bytes that went to the store and out on sockets;
they are decoded only when someone looks inside, which lets a store of a million events open fast.
"""

from __future__ import annotations

import re
from collections import deque
from datetime import datetime
from typing import Any, Final, Generic, TypeVar

from attrs import define, field, frozen

from .batch import Batch
from .ids import AccountId, BatchId, BrokerTag, Offset, OrderId, PositionId
from .lifecycle import ENDED
from .model import AccountStatus, Event, EventType, Message, Order, Position, Trade
from .wire import decode

V = TypeVar("V")

MESSAGES_MAX: Final = 1000

_BROKERS_OWN: Final = ("order_update", "correction", "trade_update", "position_update")
_OUR_TAG: Final = re.compile(rb'"broker_tag":"(\w+)"')
_ENDED: Final = re.compile(b'"status":"(?:%s)"' % "|".join(ENDED).encode())


@define
class Row(Generic[V]):
    """One thing in a book: its bytes, and the offsets of its first and its latest event."""

    kind: type[V]
    data: bytes
    first: Offset
    offset: Offset
    _value: V | None = field(default=None, repr=False)

    @property
    def value(self) -> V:
        """Give the decoded value, decoding it at the first call."""
        if self._value is None:
            self._value = decode(self.data, self.kind, bytes_max=len(self.data))
        return self._value


@frozen
class OurLeg:
    """Which leg of which batch a broker tag of ours stands for, and the caller's own tag."""

    batch_id: BatchId
    tag: str | None


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
    our_orders: dict[BrokerTag, OrderId] = field(factory=dict)
    open_orders: dict[OrderId, None] = field(factory=dict)  # a dict, for its order
    updated_at: datetime | None = None  # when an order, trade or position last changed

    def load(self, first: Offset, event: Event) -> None:
        """Take the latest event about a thing as a store keeps it, first heard of at `first`."""
        self.fold(event)
        rows = self._rows_of(event.type)
        if rows is not None:
            rows[event.subject].first = first

    def fold(self, event: Event) -> None:
        """Take one committed event, in order."""
        if event.type in _BROKERS_OWN:
            self.updated_at = max(self.updated_at or event.received_at, event.received_at)
        match event.type:
            case "order_update" | "correction":
                _put(self.orders, OrderId(event.subject), Order, event)
                self._learn_order(event)
            case "trade_update":
                _put(self.trades, event.subject, Trade, event)
            case "position_update":
                _put(self.positions, PositionId(event.subject), Position, event)
            case "message":
                self.messages.append(_row(Message, event))
            case "stream_status":
                self.status = _row(AccountStatus, event)
            case "batch_update":
                row = _put(self.batches, BatchId(event.subject), Batch, event)
                self._learn_batch(row.value)

    def _rows_of(self, kind: EventType) -> dict[Any, Row[Any]] | None:
        rows: dict[str, dict[Any, Row[Any]]] = {
            "order_update": self.orders,
            "correction": self.orders,
            "trade_update": self.trades,
            "position_update": self.positions,
            "batch_update": self.batches,
        }
        return rows.get(kind)

    def _learn_order(self, event: Event) -> None:
        # Told by the bytes: decoding each of a day's orders would make a start slow. A quote inside
        # a JSON string is escaped, so these texts can only be the fields.
        order_id = OrderId(event.subject)
        if _ENDED.search(event.data):
            self.open_orders.pop(order_id, None)
        else:
            self.open_orders[order_id] = None
        if (tag := _OUR_TAG.search(event.data)) is not None:
            self.our_orders[BrokerTag(tag[1].decode())] = order_id

    def _learn_batch(self, batch: Batch) -> None:
        flattens = [action.order for action in batch.rollback if action.order is not None]
        for leg in (*batch.legs, *flattens):
            self.legs[leg.broker_tag] = OurLeg(batch.batch_id, leg.tag)
        if batch.idempotency is not None:
            self.claims[batch.idempotency.key_sha256] = batch.batch_id


def _row(kind: type[V], event: Event) -> Row[V]:
    value: Any = event.value
    return Row(kind, event.data, event.offset, event.offset, value)


def _put(rows: dict[Any, Row[V]], key: Any, kind: type[V], event: Event) -> Row[V]:
    row = _row(kind, event)
    if (known := rows.get(key)) is not None:
        row.first = known.first
    rows[key] = row
    return row
