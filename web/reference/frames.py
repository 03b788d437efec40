"""Every frame of the streams, in and out, in both dialects. Pure.

OURS      /ws/orders, /ws/orders/{account_id}; /events and /events/stream give the same frames
STREAM    /api/order-stream/stream: the same events in other words
CLOSES    how a websocket ends by the gateway's doing
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, get_args

from attrs import frozen

from actors.domain.batch import Batch
from actors.domain.exact import INT_MAX
from actors.domain.model import AccountStatus, EventType, Message, Order, Position, Trade
from web import conversation
from web.dialect import WORDS
from web.wishes import ID_CHARS_MAX, NAMES_MAX

from .call import Form, Listed, Named, Schema, one_of, whole
from .forms import (
    COUNT,
    EVENT_WORD,
    PLACE,
    STANDING,
    STREAM_GENERAL,
    STREAM_ORDER,
    STREAM_POSITION,
    STREAM_TRADE,
)
from .shapes import TIME

PREV: Final[Schema] = {
    **COUNT,
    "description": "The offset before this one in what this client has subscribed to.",
}
CONFLATED: Final[Schema] = {
    **whole(1, INT_MAX),
    "description": "How many earlier states of the order it stands for (`policy=latest`).",
}
ID: Final[Schema] = {
    "type": ["string", "integer"],
    "maxLength": ID_CHARS_MAX,
    "description": "The client's own; the answer has it too.",
}
REASON: Final = one_of("epoch", "expired", "ahead")
TYPES: Final = one_of(*get_args(EventType))


@frozen(eq=False)
class Dialect:
    """One surface's frames: what a client gets, what it may send, and where."""

    name: str
    title: str
    paths: tuple[str, ...]
    out: tuple[Form, ...]
    taken: tuple[Form, ...]


# How a websocket ends by the gateway's doing, and what a client does then.
CLOSES: Final[Mapping[int, str]] = {
    conversation.RESTARTING.code: "the gateway stops; the reason is the place to resume from",
    conversation.KEY_GONE.code: "the key was revoked or has expired, or its login has ended",
    conversation.TOO_SLOW.code: "too slow; the reason is the place to resume from",
    conversation.FLOODING.code: "too many messages",
    conversation.TOO_LARGE.code: "a message is too large",
    conversation.NOT_TEXT.code: "a message is not text",
    conversation.BROKEN.code: "a fault of the gateway's",
}


def frame(
    name: str, kind: str, about: str, fields: Mapping[str, Any], optional: Iterable[str] = ()
) -> Form:
    """Give a frame that stands at a place in the record."""
    whole_frame = {"type": one_of(kind), **fields, **PLACE}
    return Form(name, about, whole_frame, optional=frozenset(optional))


def event(name: str, kind: str, data: Any, about: str, *, conflates: bool = False) -> Form:
    """Give an event's frame, which says what stood before it."""
    fields = {"account_id": str, "data": data, "timestamp": TIME}
    found = frame(name, kind, about, fields)
    more = {"prev": PREV} | ({"conflated": CONFLATED} if conflates else {})
    return Form(name, about, {**found.fields, **more}, optional=frozenset({"conflated"}))


def answer(name: str, kind: str, about: str, fields: Mapping[str, Any]) -> Form:
    """Give the answer to a client's frame."""
    return frame(name, kind, about, {**fields, "id": ID}, ["id"])


ESTABLISHED: Final = frame(
    "ConnectionEstablished",
    "connection_established",
    "The first frame: from its place the others follow. `recovered` answers `since`.",
    {
        "account_id": {
            "type": ["string", "null"],
            "description": "The one that was named in the URL.",
        },
        "recovered": bool,
        "reason": REASON,
        "timestamp": TIME,
    },
    ["recovered", "reason"],
)
HEARTBEAT: Final = frame(
    "Heartbeat",
    "heartbeat",
    "Nothing has happened up to this place; every 15 s of quiet.",
    {"prev": PREV},
)
ERROR: Final = Form(
    "NotUnderstood",
    "What was sent means nothing here, and changed nothing.",
    {"type": one_of("error"), "message": str, "id": ID},
    optional=frozenset({"id"}),
)
EVENTS: Final = (
    event("OrderUpdate", "order_update", Order, "An order has changed.", conflates=True),
    event("TradeUpdate", "trade_update", Trade, "A fill."),
    event("PositionUpdate", "position_update", Position, "A position has changed."),
    event("MessageEvent", "message", Message, "Something that a person should read."),
    event("StreamStatusEvent", "stream_status", AccountStatus, "How the account's stream stands."),
    event("BatchUpdate", "batch_update", Batch, "A batch has changed."),
    event(
        "Correction",
        "correction",
        Order,
        "The broker insists on a state that the order's life does not allow.",
        conflates=True,
    ),
)
STREAM_EVENTS: Final = (
    event("OnOrders", "OnOrders", STREAM_ORDER, "An order has changed.", conflates=True),
    event("OnTrades", "OnTrades", STREAM_TRADE, "A fill."),
    event("OnPositions", "OnPositions", STREAM_POSITION, "A position has changed."),
    event("OnGeneral", "OnGeneral", STREAM_GENERAL, "Messages, streams and batches."),
)
END: Final = frame(
    "End",
    "end",
    "The last event of `/events/stream`; come back with its id.",
    {"reason": one_of("restarting", "key_gone", "expired")},
)


def snapshot(name: str, order: Any, trade: Any, position: Any) -> Form:
    """Give a part of the books, in a dialect."""
    books = Form(
        f"{name}Books",
        "Rows of one account.",
        {"orders": Listed(order), "trades": Listed(trade), "positions": Listed(position)},
    )
    one = whole(1, INT_MAX)
    fields = {"account_id": str, "part": one, "of": one, "data": books}
    return answer(name, "snapshot", "A part of the books; all parts stand at one place.", fields)


def list_of(item: Schema) -> Schema:
    """Give the schema of a client's list."""
    return {"type": "array", "items": item, "maxItems": NAMES_MAX}


def asks(prefix: str, words: str, word: Schema) -> tuple[Form, ...]:
    """Give what a client may send beside the text `ping`; `words` is the field of the types."""
    lists = {
        words: {**list_of(word), "description": "What to hear of."},
        "accounts": {**list_of({"type": "string"}), "description": "Of which accounts."},
    }

    def ask(name: str, action: str, about: str, fields: Mapping[str, Any]) -> Form:
        optional = frozenset({*fields, "id"})
        return Form(
            f"{prefix}{name}",
            about,
            {"action": one_of(action), **fields, "id": ID},
            optional=optional,
        )

    return (
        ask("Subscribe", "subscribe", "Hear of more; one of the two lists is needed.", lists),
        ask("Unsubscribe", "unsubscribe", "Hear of less; one of the two is needed.", lists),
        ask("GetStatus", "get_status", "Ask how the accounts stand.", {}),
        ask("GetSnapshot", "snapshot", "Ask for the books; events go on from their place.", {}),
    )


def answers(prefix: str, words: str, word: Schema, status: Mapping[str, Any]) -> tuple[Form, ...]:
    """Give what a client's frames are answered with."""
    row = {words: Listed(word), "accounts": Listed(str)}
    return (
        answer(f"{prefix}StatusAnswer", "status", "Answers `get_status`.", status),
        answer(f"{prefix}Subscribed", "subscribed", "All that is heard of now.", row),
        answer(f"{prefix}Unsubscribed", "unsubscribed", "All that is still heard of.", row),
    )


SNAPSHOT: Final = snapshot("Snapshot", Order, Trade, Position)
STREAM_SNAPSHOT: Final = snapshot("StreamSnapshot", STREAM_ORDER, STREAM_TRADE, STREAM_POSITION)
OURS: Final = Dialect(
    "orders",
    "The orders' own dialect",
    ("/ws/orders", "/ws/orders/{account_id}"),
    (
        ESTABLISHED,
        *EVENTS,
        HEARTBEAT,
        SNAPSHOT,
        *answers("Socket", "types", TYPES, {"accounts": Named(AccountStatus)}),
        ERROR,
    ),
    asks("", "types", TYPES),
)
STREAM: Final = Dialect(
    "order-stream",
    "The order stream's dialect",
    ("/api/order-stream/stream",),
    (
        ESTABLISHED,
        *STREAM_EVENTS,
        HEARTBEAT,
        STREAM_SNAPSHOT,
        *answers("Stream", WORDS.field, EVENT_WORD, {"data": STANDING}),
        ERROR,
    ),
    asks("Stream", WORDS.field, EVENT_WORD),
)
DIALECTS: Final = (OURS, STREAM)
