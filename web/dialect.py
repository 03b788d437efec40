"""The order stream's dialect: our events and rows in another's names and values. Pure.

    order_update, correction              ──▶ OnOrders      status lower-case, avg_price
    trade_update                          ──▶ OnTrades      trade_timestamp
    position_update                       ──▶ OnPositions   avg_price
    message, stream_status, batch_update  ──▶ OnGeneral     {"type", "message", "timestamp", …}

Symbols are written as NSE:SBIN-EQ. What the other has no name for keeps ours, so nothing that is
known is lost. Each thing is made of the JSON that is in the store: frames and lists agree.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeAlias

from actors.domain.frames import Dialect
from actors.domain.ids import AccountId, Epoch
from actors.domain.model import Event, EventType
from actors.domain.symbols import fyers_symbol
from actors.domain.wire import encode, parse, time_text

from .wishes import Words

Fields: TypeAlias = dict[str, Any]

WORDS: Final = Words(
    "event_types",
    {
        "OnOrders": frozenset({"order_update", "correction"}),
        "OnTrades": frozenset({"trade_update"}),
        "OnPositions": frozenset({"position_update"}),
        "OnGeneral": frozenset({"message", "stream_status", "batch_update"}),
    },
)
NAMES: Final = {kind: name for name, kinds in WORDS.takes.items() for kind in kinds}
RENAMED: Final = {"average_price": "avg_price", "traded_at": "trade_timestamp"}


def reworded(kind: EventType, account_id: AccountId, data: bytes) -> bytes:
    """Write in this dialect what `data` says: the JSON of a thing with events of this type."""
    row = parse(data, bytes_max=len(data))
    return encode(_WORDINGS[kind](account_id, row))


def head_of(event: Event, epoch: Epoch) -> str:
    """Write an event's frame up to its `prev`."""
    data = reworded(event.type, event.account_id, event.data)
    return (
        f'{{"type":"{NAMES[event.type]}","data":{data.decode()},'
        f'"account_id":"{event.account_id}","timestamp":"{time_text(event.received_at)}",'
        f'"epoch":"{epoch}","offset":{event.offset}'
    )


DIALECT: Final = Dialect("order-stream", head=head_of, row=reworded)


# ----------------------------------------------------------------------------------- wordings


def _order(account_id: AccountId, row: Fields) -> Fields:
    return {**_thing(account_id, row), "status": row["status"].lower()}


def _thing(_account_id: AccountId, row: Fields) -> Fields:
    """Give a thing of the market its other names, and its symbol the other spelling."""
    symbol = row["tradingsymbol"] and fyers_symbol(row["exchange"], row["tradingsymbol"])
    fields = {RENAMED.get(name, name): value for name, value in row.items()}
    return {**fields, "tradingsymbol": symbol}


def _message(account_id: AccountId, row: Fields) -> Fields:
    rest = {"level": row["level"], "id": row["id"], "order_id": row["order_id"]}
    return _general("system", row["text"], row["at"], account_id, rest)


def _stream(account_id: AccountId, row: Fields) -> Fields:
    said = f"the stream is {row['state']}"
    if row.get("halted"):
        said += "; new orders are refused until the desk resumes the account"
    return _general("stream_status", said, row["since"], account_id, {"stream": row})


def _batch(account_id: AccountId, row: Fields) -> Fields:
    legs = f"{row['succeeded']} of {row['total_orders']} legs stand"
    said = f"batch {row['batch_id']} is {row['outcome'] or row['status']}; {legs}"
    at = row.get("revised_at") or row.get("completed_at") or row["created_at"]
    return _general("batch", said, at, account_id, {"batch": row})


def _general(kind: str, said: str, at: str, account_id: AccountId, rest: Fields) -> Fields:
    return {"type": kind, "message": said, "timestamp": at, "account_id": account_id, **rest}


_WORDINGS: Final[dict[EventType, Callable[[AccountId, Fields], Fields]]] = {
    "order_update": _order,
    "correction": _order,
    "trade_update": _thing,
    "position_update": _thing,
    "message": _message,
    "stream_status": _stream,
    "batch_update": _batch,
}
