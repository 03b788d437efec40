"""Objects that are put together where they are answered. Pure.

    at(…)       what an answer has, and `epoch` and `offset`: which events it includes
    page(T)     {"status", "count", "data": [T, …], "next", "epoch", "offset"}
    in_other_words(T)   a thing of the market in the order stream's dialect

What is in them comes from the classes that serve: Order, Batch, AccountStatus, …
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final, Literal

from actors.controls import CancelFailure
from actors.domain.batch import Batch
from actors.domain.errors import Fault
from actors.domain.exact import INT_MAX
from actors.domain.model import AccountStatus, Message, Order, Position, Trade
from actors.domain.rehearsal import DryRun
from web.dialect import RENAMED, WORDS

from .call import Form, Listed, Named, OneOf, Schema, one_of, whole
from .shapes import TIME, fields_of

SUCCESS: Final = one_of("success")
PLACE: Final[dict[str, Any]] = {
    "epoch": {"type": "string", "description": "The identity of the store's record."},
    "offset": whole(0, INT_MAX) | {"description": "The last event that this includes."},
}
COUNT: Final = whole(0, INT_MAX)
MAYBE_COUNT: Final[Schema] = {"type": ["integer", "null"], "minimum": 0}
TEXT_OR_NUMBER: Final[Schema] = {"type": ["string", "integer"]}
EVENT_WORD: Final = one_of(*WORDS.takes)


def at(
    name: str,
    about: str,
    fields: dict[str, Any],
    *,
    base: type | None = None,
    optional: Collection[str] = (),
) -> Form:
    """Give an answer that says which events it includes."""
    return Form(name, about, {**fields, **PLACE}, base, frozenset(optional))


def page(name: str, item: Any, about: str) -> Form:
    """Give a page of a list, newest first."""
    fields = {
        "status": SUCCESS,
        "count": COUNT,
        "data": Listed(item),
        "next": {
            **MAYBE_COUNT,
            "description": "For `before`, to get the next page; null: the end.",
        },
    }
    return at(name, about, fields)


def in_other_words(name: str, kind: type, about: str) -> Form:
    """Give a thing of the market as the order stream names its fields."""
    fields = {RENAMED.get(field.name, field.name): field.kind for field in fields_of(kind)}
    return Form(name, about, fields)


PROBLEM: Final = Form(
    "Problem",
    "A fault, as RFC 9457 has it. `title` is of the kind, `detail` of the case.",
    {
        "title": str,
        "status": int,
        "reason": str,
        "detail": str,
        "request_id": str,
        "errors": tuple[Fault, ...],
    },
    optional=frozenset({"reason", "detail", "request_id", "errors"}),
)

# ---------------------------------------------------------------------------------- the books

ACCOUNT: Final = Form(
    "Account",
    "An account, how it is configured, and how its stream stands.",
    {
        "account_id": str,
        "mode": one_of("trade", "shadow"),
        **{field.name: field.kind for field in fields_of(AccountStatus)},
    },
)
ACCOUNTS: Final = at(
    "Accounts",
    "The accounts that the caller may read.",
    {"status": SUCCESS, "count": COUNT, "data": Listed(ACCOUNT)},
)
ORDERS: Final = page("Orders", Order, "A page of orders.")
TRADES: Final = page("Trades", Trade, "A page of trades.")
POSITIONS: Final = page("Positions", Position, "A page of positions.")
MESSAGES: Final = page("Messages", Message, "A page of messages.")
BATCHES: Final = page("Batches", Batch, "A page of batches.")
PAST: Final = Form(
    "OrderEvent",
    "One event of an order's life. `data` is the order as it stood, or what was said of it.",
    {
        "type": one_of("order_update", "correction"),
        "data": Order,
        "timestamp": TIME,
        "offset": COUNT,
    },
)
TIMELINE: Final = at(
    "Timeline",
    "Places of an account's day, in order.",
    {
        "status": SUCCESS,
        "count": COUNT,
        "data": Listed(
            Form("Place", "An event's, and when it came.", {"offset": COUNT, "at": TIME})
        ),
    },
)
ORDER_AT: Final = at("OrderNow", "An order as it stands.", {"status": SUCCESS, "data": Order})
ORDER_LIFE: Final = at(
    "OrderLife",
    "An order, and every event of it, in order.",
    {"status": SUCCESS, "data": Order, "history": Listed(PAST)},
)
BATCH_AT: Final = at("BatchNow", "A batch as it stands.", {}, base=Batch)
ORDER_BATCH: Final = at(
    "OrderPlaced",
    "An order as a batch of one; `order_id` is null until the broker has named it.",
    {"order_id": str | None},
    base=Batch,
)
DRY_RUN: Final = at("DryRunNow", "What a batch would send and need.", {}, base=DryRun)

# ---------------------------------------------------------------------------------- the desk

HELD_FIELDS: Final[dict[str, Any]] = {
    "account_id": str,
    "data": AccountStatus,
    "stored": {"type": "boolean", "description": "Whether it is durable; it acts in any case."},
    "cancelled": Listed(str),
    "asked": Listed(str),
    "failed": tuple[CancelFailure, ...],
}
HELD_ROW: Final = Form("HeldAccount", "What the desk's word came to, in one account.", HELD_FIELDS)
HELD: Final = at(
    "Held",
    "What the desk's word came to: orders `cancelled`, `asked` and `failed`.",
    {"status": SUCCESS, **HELD_FIELDS},
)
HELD_ALL: Final = at(
    "HeldAll",
    "What the desk's word came to, in each account.",
    {"status": SUCCESS, "count": COUNT, "data": Listed(HELD_ROW)},
)
ROW: Final = at(
    "AccountNow",
    "An account's row.",
    {"status": SUCCESS, "account_id": str, "data": AccountStatus},
)
TOKEN: Final = at(
    "TokenSet",
    "An account's row. `stored`: the token is kept for the next start.",
    {"status": SUCCESS, "account_id": str, "data": AccountStatus, "stored": bool},
)
LOGGED_IN: Final = Form(
    "LoggedIn",
    "A session; its token is in the cookie alone.",
    {"status": SUCCESS, "key": str, "expires_at": TIME},
)
DONE: Final = Form("Done", "It is done.", {"status": SUCCESS})
TICKET: Final = Form("Ticket", "Good once.", {"ticket": str, "expires_at": TIME})

# ---------------------------------------------------------------------------------- how it is

HEALTH: Final = Form(
    "Health",
    "`degraded`: an account's stream, or the store, is not well.",
    {
        "status": one_of("ok", "degraded"),
        "version": str,
        "started_at": TIME,
        "timestamp": TIME,
    },
)
READY: Final = Form(
    "Ready",
    "`accounts` to a reader, else how many are `waiting`.",
    {
        "status": one_of("ready", "not_ready"),
        "store": one_of("open", "failing"),
        "accounts": Named(one_of("waiting", "reconciled")),
        "waiting": COUNT,
    },
    optional=frozenset({"accounts", "waiting"}),
)
STATUS: Final = at(
    "Status",
    "Each account's stream.",
    {
        "status": one_of("ok", "degraded"),
        "subscribers": COUNT,
        "accounts": Named(AccountStatus),
    },
)

# ---------------------------------------------------------------------------------- order stream

STREAM_ORDER: Final = in_other_words("StreamOrder", Order, "An order; its status in small letters.")
STREAM_TRADE: Final = in_other_words("StreamTrade", Trade, "A trade.")
STREAM_POSITION: Final = in_other_words("StreamPosition", Position, "A position.")


def general(name: str, kind: str, about: str, rest: dict[str, Any]) -> Form:
    """Give one kind of what is told beside orders, trades and positions."""
    fields = {"type": one_of(kind), "message": str, "timestamp": TIME, "account_id": str}
    return Form(name, about, {**fields, **rest})


STREAM_GENERAL: Final = OneOf(
    (
        general(
            "StreamMessage",
            "system",
            "A message.",
            {"level": Literal["info", "warning", "error"], "id": str, "order_id": str | None},
        ),
        general("StreamStatus", "stream_status", "How a stream stands.", {"stream": AccountStatus}),
        general("StreamBatch", "batch", "How a batch stands.", {"batch": Batch}),
    )
)
STANDING: Final = Form(
    "Standing",
    "How streams stand. `connected`: all of them are.",
    {
        "connected": bool,
        "subscribed_types": Listed(EVENT_WORD),
        "data_counts": Form(
            "Counts",
            "How many rows each list has.",
            dict.fromkeys(("orders", "trades", "positions", "general"), COUNT),
        ),
        "accounts": Named(AccountStatus),
    },
)
STREAM_STANDING: Final = at(
    "StandingNow", "How streams stand.", {"status": SUCCESS, "data": STANDING}
)
SUBSCRIBED: Final = at(
    "SubscribedNow",
    "What the caller's new websockets hear from now on.",
    {
        "status": SUCCESS,
        "message": str,
        "event_types": Listed(EVENT_WORD),
        "subscribed_types": Listed(EVENT_WORD),
    },
)
STREAM_ORDERS: Final = page("StreamOrders", STREAM_ORDER, "A page of orders.")
STREAM_TRADES: Final = page("StreamTrades", STREAM_TRADE, "A page of trades.")
STREAM_POSITIONS: Final = page("StreamPositions", STREAM_POSITION, "A page of positions.")
STREAM_GENERALS: Final = page("StreamGenerals", STREAM_GENERAL, "A page of what else was told.")
