"""Examples: requests in the order of a desk's day, and what a real gateway answered. Pure.

    STORY, TALKS ── asked of a real gateway ──▶ told.json ──▶ /docs
                 └─ asked again by a test: what is answered must be what is shown

A `{name}` in a path stands for what an earlier answer gave (`keeps`). `python -m
tests.web.reference` asks anew and writes the answers down.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from attrs import field, frozen

TOLD_AT: Final = Path(__file__).with_name("told.json")


@frozen
class Example:
    """One request. `keeps` names values of the answer, each by its way in: `orders.0.tag`."""

    endpoint: str
    path: str
    title: str = ""
    body: Any = None
    headers: Mapping[str, str] = field(factory=dict)
    keeps: Mapping[str, str] = field(factory=dict)
    is_good: bool = True  # what it sends is as it should be
    is_shown: bool = True  # else it is there for what it keeps


@frozen
class Talk:
    """One websocket: what the client sends, and up to which kind of frame it listens then."""

    dialect: str
    path: str
    title: str
    steps: tuple[tuple[str, str], ...]  # what is sent, or nothing; the kind that is waited for


@frozen
class Told:
    """What was answered: to each example and each talk, in their order."""

    answers: tuple[Mapping[str, Any], ...] = ()
    talks: tuple[tuple[Mapping[str, str], ...], ...] = ()


def leg(symbol: str, side: str, quantity: int = 50, **more: Any) -> dict[str, Any]:
    """Write a leg."""
    order_type = "LIMIT" if "price" in more else "MARKET"
    return {
        "tradingsymbol": symbol,
        "exchange": "NFO",
        "transaction_type": side,
        "quantity": quantity,
        "order_type": order_type,
        "product": "NRML",
        **more,
    }


BATCH: Final = "/accounts/primary/batch-orders"
SPREAD: Final = {
    "orders": [leg("FILL26NOV24500CE", "BUY"), leg("FILL26NOV24700CE", "SELL")],
    "mode": "hedge_first",
    "on_failure": "cancel_and_flatten",
}
FAILING: Final = {
    "orders": [leg("FILL26NOV24500CE", "BUY"), leg("REJECT26NOV24700CE", "SELL")],
    "on_failure": "cancel_and_flatten",
}
EXPOSING: Final = {
    "orders": [leg("FILL26NOV24500CE", "BUY"), leg("REJECT26NOV24700CE", "SELL")],
    "on_failure": "cancel_open",
}
STREAM: Final = "/api/order-stream"
TYPES: Final = "event_types=OnOrders&event_types=OnTrades"

STORY: Final = (
    Example("health", "/health"),
    Example("ready", "/ready"),
    Example("status", "/ws/status", keeps={"epoch": "epoch", "start": "offset"}),
    Example("accounts", "/accounts"),
    Example("place_batch", f"{BATCH}?dry_run=true", "What a spread would send and need", SPREAD),
    Example(
        "place_batch",
        BATCH,
        "A spread, bought before it is sold",
        SPREAD,
        {"Idempotency-Key": "spread-1"},
        {"batch_id": "batch_id", "order_id": "order_ids.0"},
    ),
    Example("place_batch", BATCH, "A leg is rejected: what had filled is closed again", FAILING),
    Example(
        "place_batch",
        BATCH,
        "A leg that breaks a rule",
        {"orders": [leg("FILL26NOV24500CE", "BUY", 0)]},
        is_good=False,
    ),
    Example("batch", f"{BATCH}/{{batch_id}}"),
    Example("batches", f"{BATCH}?limit=1"),
    Example("orders", "/accounts/primary/orders?symbol=FILL26NOV24700CE&limit=1"),
    Example("order", "/accounts/primary/orders/{order_id}"),
    Example("trades", "/accounts/primary/trades?symbol=FILL26NOV24700CE&limit=1"),
    Example("positions", "/accounts/primary/positions?symbol=FILL26NOV24700CE"),
    Example("timeline", "/accounts/primary/timeline?points=0"),
    Example("messages", "/accounts/primary/messages?limit=1"),
    Example(
        "place_batch",
        "/accounts/hedge/batch-orders",
        "What had filled is not to be closed again",
        EXPOSING,
        keeps={"exposed": "batch_id"},
    ),
    Example("flatten_batch", "/accounts/hedge/batch-orders/{exposed}/flatten", body={"wait_s": 60}),
    Example(
        "place_batch",
        "/accounts/hedge/batch-orders",
        "The same again",
        EXPOSING,
        keeps={"left": "batch_id"},
        is_shown=False,
    ),
    Example("acknowledge_batch", "/accounts/hedge/batch-orders/{left}/acknowledge", body={}),
    Example(
        "place_order",
        "/accounts/primary/orders",
        body=leg("REST26NOV24500CE", "BUY", price=100.5, tag="mine"),
        keeps={"resting": "order_id"},
    ),
    Example("modify_order", "/accounts/primary/orders/{resting}", body={"price": 101.25}),
    Example("cancel_order", "/accounts/primary/orders/{resting}"),
    Example("halt", "/accounts/hedge/halt", body={"reason": "lunch", "cancel_open": True}),
    Example("resume", "/accounts/hedge/resume", body={}),
    Example("deadman", "/accounts/hedge/deadman", body={"seconds": 0}),
    Example("halt_all", "/halt", body={"reason": "the day is over"}),
    Example("events", "/events?since={epoch}:{start}&types=order_update&limit=1"),
    Example("event_stream", "/events/stream?since={epoch}:{start}&types=order_update"),
    Example("stream_status", f"{STREAM}/status?account_id=primary"),
    Example("stream_orders", f"{STREAM}/orders?account_id=primary&limit=1"),
    Example("stream_trades", f"{STREAM}/trades?account_id=primary&limit=1"),
    Example("stream_positions", f"{STREAM}/positions?account_id=primary&limit=1"),
    Example("stream_general", f"{STREAM}/general?account_id=primary&limit=1"),
    Example("stream_subscribe", f"{STREAM}/subscribe?{TYPES}"),
    Example("stream_unsubscribe", f"{STREAM}/unsubscribe?event_types=OnTrades"),
    Example("stream_disconnect", f"{STREAM}/disconnect?account_id=hedge"),
    Example("stream_connect", f"{STREAM}/connect?account_id=hedge"),
    Example("disconnect", "/accounts/hedge/disconnect", body={}),
    Example("connect", "/accounts/hedge/connect", body={}),
    Example("login", "/accounts/zer/login"),
    Example("login_back", "/login/back?state=gone&request_token=r", "A state that is not known"),
    Example("token", "/accounts/zer/token", body={"access_token": "today"}),
    Example("log_in", "/login", body={"key": "ow_the_text_that_key_new_printed"}),
    Example("log_out", "/logout"),
    Example("ticket", "/auth/ticket"),
)
TALKS: Final = (
    Talk(
        "orders",
        "/ws/orders/primary?since={epoch}:{start}&types=order_update",
        "Coming back",
        (("", "order_update"),),
    ),
    Talk(
        "orders",
        "/ws/orders/zer?types=order_update",
        "Asking",
        (
            ("", "connection_established"),
            ("ping", "pong"),
            ('{"action":"subscribe","types":["trade_update"],"id":1}', "subscribed"),
            ('{"action":"snapshot","id":"all"}', "snapshot"),
            ('{"action":"sing"}', "error"),
        ),
    ),
    Talk(
        "order-stream",
        f"{STREAM}/stream?account_id=primary&since={{epoch}}:{{start}}&event_types=OnTrades",
        "Trades since a place, and how things stand",
        (("", "OnTrades"), ('{"action":"get_status","id":2}', "status")),
    ),
)


def read_told(path: Path = TOLD_AT) -> Told:
    """Read what was answered; nothing where nobody has asked yet."""
    if not path.is_file():
        return Told()
    found = json.loads(path.read_bytes())
    return Told(tuple(found["answers"]), tuple(map(tuple, found["talks"])))
