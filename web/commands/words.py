"""What a line says of an order, a position, a message, a stream, a batch. Pure.

    {"status": "OPEN", "filled_quantity": 20, "quantity": 50, …} ──▶ "20/50", "OPEN", …

Whatever a gateway sends, a person gets text that cannot steer a terminal. What is missing is left
out.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from .paint import Piece, shown

STATUSES: Final = {
    "COMPLETE": "good",
    "REJECTED": "bad",
    "CANCELLED": "warn",
    "CANCELLED AMO": "warn",
    "EXPIRED": "warn",
    "OPEN": "open",
    "TRIGGER PENDING": "waiting",
}
SIDES: Final = {"BUY": "buy", "SELL": "sell"}
LEVELS: Final = {"error": "bad", "warning": "warn"}
OUTCOMES: Final = {
    "complete": "good",
    "kept": "warn",
    "rejected_clean": "warn",
    "rolled_back_clean": "warn",
    "unwound": "warn",
    "exposed": "alarm",
    "unknown": "strange",
}
LEG_STATES: Final = {
    "pending": "quiet",
    "submitted": "quiet",
    "accepted": "open",
    "partially_filled": "waiting",
    "filled": "good",
    "rejected": "bad",
    "cancelled": "warn",
    "unknown": "strange",
}
STREAM_DEAD: Final = frozenset({"down", "needs_login"})
PRICES: Final = ("price", "trigger_price")
DIGITS_SHOWN: Final = 2  # behind the point, at the least

Data = Mapping[str, Any]


def order_cells(data: Data) -> dict[str, str]:
    """Tell an order or a trade: its side, how much of how much, at what price, how it stands."""
    quantity = said(data, "quantity")
    if data.get("filled_quantity") is not None:
        quantity = f"{said(data, 'filled_quantity')}/{quantity}"
    price = average(data.get("average_price")) or next(
        (data[name] for name in PRICES if data.get(name)), None
    )
    elsewhere = "placed elsewhere" if data.get("origin") == "external" else ""
    notes = (said(data, "status_message"), said(data, "tag"), elsewhere)
    return {
        "side": said(data, "transaction_type"),
        "symbol": said(data, "tradingsymbol"),
        "quantity": quantity,
        "price": money(price),
        "status": said(data, "status"),
        "note": ", ".join(filter(None, notes)),
    }


def position_cells(data: Data) -> dict[str, str]:
    """Tell a position: how much is held, and what it has brought."""
    paid, last = average(data.get("average_price")), money(data.get("last_price"))
    pnl = data.get("pnl")
    return {
        "symbol": said(data, "tradingsymbol"),
        "quantity": said(data, "quantity"),
        "price": "" if pnl is None else money(pnl, signed=True),
        "status": said(data, "side"),
        "note": f"at {paid}, last {last}" if paid or last else "",
    }


def message_words(data: Data) -> tuple[Piece, ...]:
    """Tell a message: how grave it is, and its words."""
    return ((said(data, "level"), level_of(data)), ("  " + said(data, "text"), ""))


def stream_words(data: Data) -> tuple[Piece, ...]:
    """Tell how an account's stream is: live, or that what is shown of it is stale, and why."""
    state, error = said(data, "state"), said(data, "last_error")
    if state == "live":
        words = [("● live", "good")]
    else:
        words = [(f"○ stale: {state}", "bad" if state in STREAM_DEAD else "warn")]
        words += [(f"  {error}", "")] if error else []
    halted = data.get("halted")
    if isinstance(halted, dict):
        words.append((f"  halted by the {said(halted, 'by')}: {said(halted, 'reason')}", "bad"))
    if isinstance(deadman := data.get("deadman"), dict):
        words.append((f"  dead man's switch: {said(deadman, 'seconds')} s", "warn"))
    return tuple(words)


def batch_words(data: Data) -> tuple[Piece, ...]:
    """Tell how a batch stands, why it failed, and what it has left behind."""
    outcome, cause = said(data, "outcome"), said(data, "cause")
    word = outcome or ("unwinding" if cause else said(data, "status"))
    counts = f"  {said(data, 'succeeded')} of {said(data, 'total_orders')} legs"
    words = [(word, OUTCOMES.get(word, "open")), (counts, "")]
    words += [
        (f"  left {held(rest)} {said(rest, 'tradingsymbol')}", "bad")
        for rest in rows(data, "residual")
    ]
    return (*words, (f"  {cause}", "quiet")) if cause else tuple(words)


# ---------------------------------------------------------------------------------- helpers


def level_of(data: Data) -> str:
    """Give the colour of a message."""
    return LEVELS.get(said(data, "level"), "")


def money(value: object, *, signed: bool = False) -> str:
    """Give a price with the broker's own digits, two behind the point at the least; none for 0."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal | float):
        return "" if value is None else shown(value)
    if not value and not signed:
        return ""
    try:
        exact = Decimal(str(value))
        digits = -int(exact.normalize().as_tuple().exponent)
        return f"{exact:{'+' if signed and value else ''}.{max(DIGITS_SHOWN, digits)}f}"
    except (InvalidOperation, ValueError, OverflowError):
        return shown(value)


def average(value: object) -> str:
    """Give what was paid on the average, rounded: its digits are reckoned, not a broker's."""
    return f"{value:.{DIGITS_SHOWN}f}" if isinstance(value, int | Decimal) and value else ""


def held(rest: Data) -> str:
    """Give a quantity that may be owed, with its sign."""
    quantity = rest.get("quantity")
    return f"{quantity:+}" if type(quantity) is int else said(rest, "quantity")


def said(document: Data, name: str) -> str:
    """Give a field as text that cannot steer a terminal; what is missing is left out."""
    value = document.get(name)
    return "" if value is None else shown(value)


def rows(document: Data, name: str) -> list[Data]:
    """Give the objects in a list of a document."""
    value = document.get(name)
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []
