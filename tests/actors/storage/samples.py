"""Events to store: any number of them, the same for the same arguments.

log(n)   a short life of two accounts in which every type of event comes up, again and again
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import attrs

from actors.domain.batch import Batch, Leg, Outcome, RollbackAction
from actors.domain.books import AccountBook
from actors.domain.ids import (
    AccountId,
    BatchId,
    BrokerTag,
    Epoch,
    MessageId,
    Offset,
    OrderId,
    PositionId,
    TradeId,
)
from actors.domain.model import (
    AccountStatus,
    Event,
    EventType,
    Message,
    Order,
    Position,
    Trade,
    Value,
    status_subject,
    trade_key,
)
from actors.domain.wire import encode
from actors.storage import Loaded

TODAY = date(2026, 11, 20)
NOON = datetime(2026, 11, 20, 6, 30, tzinfo=UTC)  # in India
EPOCH = Epoch("01TESTEPOCH")
STATUSES = ("OPEN", "CANCEL PENDING", "COMPLETE", "CANCELLED")
OUTCOMES: tuple[Outcome | None, ...] = (None, "unknown", "complete", "unwound")
TYPES: tuple[EventType, ...] = (
    "order_update",
    "trade_update",
    "position_update",
    "message",
    "stream_status",
    "batch_update",
    "correction",
)


def order(account: str, key: int, n: int) -> Order:
    """Give an order; `n` says how far it has come."""
    done = 10 * (n % 8)
    return Order(
        OrderId(f"o{key}"), AccountId(account), STATUSES[n % 4], "NIFTY26NOV26000CE", "NFO", "BUY",
        "LIMIT", "NRML", "DAY", "regular", 75, done, 75 - done, Decimal("101.05"), Decimal("101.10"),
        Decimal(0), None, None, "external", NOON, NOON + timedelta(seconds=n), None,
    )  # fmt: skip


def batch(account: str, key: int, n: int) -> Batch:
    """Give a batch with a leg and a flattening order; `n` says how far it has come."""
    placed = OrderId(f"o{n}") if n % 2 else None
    leg = Leg(
        0, BrokerTag(f"T{key}L0"), "INFY", "NSE", "BUY", 10, "MARKET", "MIS", None, None, "DAY",
        "regular", "desk", order_id=placed,
    )  # fmt: skip
    flatten = attrs.evolve(leg, broker_tag=BrokerTag(f"T{key}F0"), transaction_type="SELL")
    return Batch(
        BatchId(f"b{key}"),
        AccountId(account),
        "parallel",
        "accepted",
        "cancel_and_flatten",
        (leg,),
        NOON,
        rollback=(RollbackAction("flatten", 0, None, "pending", NOON, order=flatten),),
        outcome=OUTCOMES[n % 4],
    )


def thing(kind: EventType, account: str, key: int, n: int) -> tuple[str, Value]:
    """Give a subject and a value of the type."""
    owner = AccountId(account)
    match kind:
        case "order_update" | "correction":
            return f"o{key}", order(account, key, n)
        case "trade_update":
            trade = Trade(
                TradeId(f"t{key}"), OrderId(f"o{key}"), owner, "NFO", "NIFTY26NOV26000CE", "BUY",
                "NRML", 75, Decimal("101.05"), Decimal("7578.75"), NOON,
            )  # fmt: skip
            return trade_key(trade), trade
        case "position_update":
            held = PositionId(f"NFO:S{key}:NRML")
            zero = Decimal(0)
            return held, Position(
                held, owner, "NFO", f"S{key}", "NRML", n, Decimal(100), Decimal(n), zero, zero, zero, "long"
            )  # fmt: skip
        case "message":
            return "", Message(MessageId(f"m{n}"), "info", f"no {n} — “said”", None, NOON)
        case "stream_status":
            return status_subject(owner), AccountStatus(
                "paper",
                "live",
                connected=True,
                since=NOON,
                reconnects=n,
                last_update_at=NOON,
                last_error=None,
            )
        case "batch_update":
            return f"b{key}", batch(account, key, n)


def event(
    offset: int,
    kind: EventType = "order_update",
    *,
    account: str = "primary",
    key: int = 1,
    n: int = 0,
    at: datetime = NOON,
) -> Event:
    """Give an event as the writer would commit it."""
    subject, value = thing(kind, account, key, n)
    return Event(Offset(offset), kind, AccountId(account), subject, encode(value), at, value=value)


def log(count: int, *, after: int = 0) -> list[Event]:
    """Give `count` events after an offset, of every type, for two accounts."""
    return [
        event(
            offset,
            TYPES[offset % 7],
            account=("primary", "hedge")[offset % 3 == 0],
            key=offset % 11,
            n=offset,
            at=NOON + timedelta(milliseconds=offset),
        )
        for offset in range(after + 1, after + count + 1)
    ]


def folded(events: Iterable[Event]) -> dict[str, object]:
    """Fold events into books and give these as plain values."""
    books: dict[AccountId, AccountBook] = {}
    for each in events:
        books.setdefault(each.account_id, AccountBook(each.account_id)).fold(each)
    return plain(books)


def restored(loaded: Loaded) -> dict[str, object]:
    """Do as a start does with what was loaded, and give the same as `folded`."""
    books: dict[AccountId, AccountBook] = {}
    for each in loaded.current:
        books.setdefault(each.account_id, AccountBook(each.account_id)).load(each)
    return plain(books)


def plain(books: dict[AccountId, AccountBook]) -> dict[str, object]:
    """Give books as values that can be compared; rows keep their order."""
    return {
        f"{account} {name}": list(rows)
        for account, book in sorted(books.items())
        for name, rows in (
            ("orders", [(k, r.data, r.first, r.offset) for k, r in book.orders.items()]),
            ("trades", [(k, r.data, r.first, r.offset) for k, r in book.trades.items()]),
            ("positions", [(k, r.data, r.first, r.offset) for k, r in book.positions.items()]),
            ("batches", [(k, r.data, r.first, r.offset) for k, r in book.batches.items()]),
            ("messages", [(r.data, r.first, r.offset) for r in book.messages]),
            ("status", [(r.data, r.first, r.offset) for r in (book.status,) if r is not None]),
            ("legs", sorted(book.legs.items())),
            ("open orders", sorted(book.open_orders)),
            ("updated at", [book.updated_at] if book.updated_at else []),
        )
        if rows
    }
