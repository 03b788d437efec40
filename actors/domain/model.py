"""The nouns: orders, trades, positions, messages, and the events that tell of them.

    report   what a broker says                          OrderReport, Trade, Position, …
    draft    what the book makes of it                   Draft
    event    a draft that is durable and has an offset   Event

Money is Decimal with the broker's own digits, time is UTC, quantities are whole units of the
instrument (not lots). Statuses are Kite's words whatever the broker is. Field names are the
contract's: what stands here is what a client reads.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Literal, TypeAlias

from attrs import field, frozen

from .batch import Batch
from .errors import DecodeError
from .ids import AccountId, BrokerTag, MessageId, Offset, OrderId, PositionId, TradeId

EventType = Literal[
    "order_update",
    "trade_update",
    "position_update",
    "message",
    "stream_status",
    "batch_update",
    "correction",
]
Side = Literal["long", "short", "flat"]
StreamState = Literal["connecting", "live", "silent", "resyncing", "needs_login", "down", "stopped"]


@frozen
class Order:
    """One order as it stands. `tag` is the caller's; `broker_tag` is ours, when it is ours."""

    order_id: OrderId
    account_id: AccountId
    status: str
    tradingsymbol: str
    exchange: str
    transaction_type: str
    order_type: str
    product: str
    validity: str
    variety: str
    quantity: int
    filled_quantity: int
    pending_quantity: int
    average_price: Decimal
    price: Decimal
    trigger_price: Decimal
    tag: str | None
    broker_tag: BrokerTag | None
    origin: Literal["orderwire", "external"]
    placed_at: datetime | None
    updated_at: datetime | None
    status_message: str | None


@frozen
class OrderReport:
    """What a broker says of one order; None is what it did not say.

    `at` is the broker's own time of the change, to its resolution (a second, usually).
    """

    order_id: OrderId
    status: str
    filled_quantity: int | None = None
    pending_quantity: int | None = None
    average_price: Decimal | None = None
    tradingsymbol: str | None = None
    exchange: str | None = None
    transaction_type: str | None = None
    order_type: str | None = None
    product: str | None = None
    validity: str | None = None
    variety: str | None = None
    quantity: int | None = None
    price: Decimal | None = None
    trigger_price: Decimal | None = None
    tag: str | None = None
    placed_at: datetime | None = None
    at: datetime | None = None
    status_message: str | None = None


@frozen
class Trade:
    """One fill. Known again by exchange, trade id and order id together."""

    trade_id: TradeId
    order_id: OrderId
    account_id: AccountId
    exchange: str
    tradingsymbol: str
    transaction_type: str
    product: str
    quantity: int
    price: Decimal
    value: Decimal
    traded_at: datetime | None


@frozen
class Position:
    """A holding in one instrument and product; `quantity` is signed, `side` says it in words.

    `day_bought` and `day_sold` are what it has of the day's trades, where the broker says so;
    `multiplier` makes money of a quantity times a price. For the rest see `domain.positions`.
    """

    id: PositionId
    account_id: AccountId
    exchange: str
    tradingsymbol: str
    product: str
    quantity: int
    average_price: Decimal
    last_price: Decimal
    realised: Decimal
    unrealised: Decimal
    pnl: Decimal
    side: Side
    day_bought: int | None = None
    day_sold: int | None = None
    multiplier: Decimal = Decimal(1)


@frozen
class Message:
    """Something that a person should read; `order_id` when it is about one order."""

    id: MessageId
    level: Literal["info", "warning", "error"]
    text: str
    order_id: OrderId | None
    at: datetime


@frozen
class TaskReport:
    """What a broker says of a task it queued for us, before there is an order to speak of."""

    task_id: str
    status: str
    order_id: OrderId | None
    error: str | None


@frozen
class Note:
    """A broker's word that is about no order: shown as a message, changes nothing."""

    level: Literal["info", "warning", "error"]
    text: str
    order_id: OrderId | None = None

    @classmethod
    def undecoded(cls, error: DecodeError) -> Note:
        """Say of a frame that could not be read what can be said without keeping it."""
        where = "; ".join(str(fault) for fault in error.faults[:3])
        what = f"a report of {error.length} bytes (SHA-256 {error.sha256[:16]}…)"
        return cls("error", f"{what} cannot be read: {where}")


@frozen
class Snapshot:
    """A broker's whole day as it answered when asked: orders, then trades, then positions.

    `notes` names the rows that could not be read and are therefore missing from it.
    """

    orders: tuple[OrderReport, ...]
    trades: tuple[Trade, ...]
    positions: tuple[Position, ...]
    notes: tuple[Note, ...] = ()


@frozen
class Halt:
    """The desk's stop: no new orders until it is resumed. `deadman`: nobody said not to."""

    since: datetime
    reason: str
    by: Literal["desk", "deadman"]


@frozen
class Deadman:
    """What happens when the desk falls silent: after so many seconds the account is halted."""

    seconds: int
    cancel_open: bool


@frozen
class AccountStatus:
    """One account's row in `/ws/status`, and the data of a `stream_status` event.

    The first fields are the stream's, `halted` and `deadman` the desk's; these outlive a restart.
    `login_expires_at` is when the token in use is due to die, where that is known. `trading_day`
    (`2026-11-20`) is the day that the account's book is of.
    """

    upstream: str
    state: StreamState
    connected: bool
    since: datetime
    reconnects: int
    last_update_at: datetime | None
    last_error: str | None
    halted: Halt | None = None
    deadman: Deadman | None = None
    login_expires_at: datetime | None = None
    trading_day: str | None = None

    @classmethod
    def at_start(cls, upstream: str, since: datetime) -> AccountStatus:
        """Give the row of an account whose stream has not been tried yet."""
        return cls(upstream, "connecting", False, since, 0, None, None)  # noqa: FBT003 - a row


Report: TypeAlias = OrderReport | Trade | Position | TaskReport | Note
Value: TypeAlias = Order | Trade | Position | Message | AccountStatus | Batch


@frozen
class Draft:
    """An event before it is durable. `subject` is the order, position or batch it is about.

    `received_at` is when we heard the report; `received_s` the same on the monotonic clock, for
    latency alone.
    """

    type: EventType
    account_id: AccountId
    subject: str
    value: Value
    received_at: datetime
    received_s: float = 0.0


@frozen
class Event:
    """A committed draft. `data` is the value as JSON, encoded once for store and sockets.

    `value` spares decoding `data` again while the event is young; one read from the store has none.
    """

    offset: Offset
    type: EventType
    account_id: AccountId
    subject: str
    data: bytes
    received_at: datetime
    received_s: float = 0.0
    value: Value | None = field(default=None, eq=False, repr=False)


def trade_key(trade: Trade) -> str:
    """Give what makes a trade the same trade wherever it is heard."""
    return f"{trade.exchange}:{trade.trade_id}:{trade.order_id}"


def status_subject(account_id: AccountId) -> str:
    """Give the subject under which an account's own status is told."""
    return f"stream:{account_id}"


def position_id(exchange: str, tradingsymbol: str, product: str) -> PositionId:
    """Give the id of the holding of one instrument in one product."""
    return PositionId(f"{exchange}:{tradingsymbol}:{product}")
