"""An account's book: what its events fold into.

    events ──fold──▶ AccountBook: orders, trades, positions, messages, batches, status

The view is these books folded from committed events only, so whoever reads one together with the
last offset has an exact picture. Rows keep the bytes that went to the store and out on sockets;
they are decoded only when someone looks inside, which lets a store of a million events open fast.
"""

from __future__ import annotations

from collections import deque
from typing import Any, Final, Generic, TypeVar

from attrs import define, field, frozen

from .batch import Batch
from .ids import AccountId, BatchId, BrokerTag, Offset, OrderId, PositionId
from .model import AccountStatus, Event, Message, Order, Position, Trade
from .wire import decode

V = TypeVar("V")

MESSAGES_MAX: Final = 1000


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

    def fold(self, event: Event) -> None:
        """Take one committed event, in order."""
        match event.type:
            case "order_update" | "correction":
                _put(self.orders, OrderId(event.subject), Order, event)
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
                self._learn_tags(row.value)

    def _learn_tags(self, batch: Batch) -> None:
        flattens = [action.order for action in batch.rollback if action.order is not None]
        for leg in (*batch.legs, *flattens):
            self.legs[leg.broker_tag] = OurLeg(batch.batch_id, leg.tag)


def _row(kind: type[V], event: Event) -> Row[V]:
    value: Any = event.value
    return Row(kind, event.data, event.offset, event.offset, value)


def _put(rows: dict[Any, Row[V]], key: Any, kind: type[V], event: Event) -> Row[V]:
    row = _row(kind, event)
    if (known := rows.get(key)) is not None:
        row.first = known.first
    rows[key] = row
    return row
