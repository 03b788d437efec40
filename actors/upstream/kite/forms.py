"""Orders in Kite's fields, as they are written; `rows` is how they are read.

    Leg    ──order_fields──▶  {"tradingsymbol": …, "tag": our tag, …}    what is not set is not said
    Change ──change_fields──▶ {"price": …}
    Leg    ──margin_fields──▶ the same, with what a calculator needs and without a tag
    fields ──protected──▶ with market_protection    ──form──▶ b"exchange=NSE&quantity=50&…"

A bridge that passes Kite's rows on takes the same fields as JSON.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final
from urllib.parse import urlencode

from actors.domain.batch import Leg
from actors.upstream import Change
from actors.upstream.fields import Row

# Since April 2026 a MARKET or SL-M order without it, or with 0, is refused; -1 leaves the width
# of the band to Kite, which makes a LIMIT order of it.
MARKET_PROTECTION: Final = -1
PROTECTED: Final = ("MARKET", "SL-M")


def order_fields(leg: Leg) -> Row:
    """Write a leg under our tag; prices only where they are set."""
    order: dict[str, Any] = {
        "exchange": leg.exchange,
        "tradingsymbol": leg.tradingsymbol,
        "transaction_type": leg.transaction_type,
        "quantity": leg.quantity,
        "product": leg.product,
        "order_type": leg.order_type,
        "validity": leg.validity,
        "tag": leg.broker_tag,
        "price": leg.price,
        "trigger_price": leg.trigger_price,
    }
    return _said(order)


def margin_fields(leg: Leg) -> Row:
    """Write a leg for the calculator of margins; a price that is not set is 0."""
    return {
        "exchange": leg.exchange,
        "tradingsymbol": leg.tradingsymbol,
        "transaction_type": leg.transaction_type,
        "variety": leg.variety,
        "product": leg.product,
        "order_type": leg.order_type,
        "quantity": leg.quantity,
        "price": leg.price or 0,
        "trigger_price": leg.trigger_price or 0,
    }


def change_fields(change: Change) -> Row:
    """Write what changes; the rest is left as it is, and not said."""
    wanted = {
        "quantity": change.quantity,
        "price": change.price,
        "trigger_price": change.trigger_price,
        "order_type": change.order_type,
        "validity": change.validity,
    }
    return _said(wanted)


def protected(fields: Row) -> Row:
    """Give an order that has no price of its own the protection that Kite asks for."""
    if fields.get("order_type") not in PROTECTED:
        return fields
    return fields | {"market_protection": MARKET_PROTECTION}


def form(fields: Mapping[str, Any]) -> bytes:
    """Write fields as a form's body; money in plain digits, never with an exponent."""
    return urlencode({name: _plain(value) for name, value in fields.items()}).encode()


def _said(fields: Row) -> Row:
    return {name: value for name, value in fields.items() if value is not None}


def _plain(value: Any) -> str:
    return format(value, "f") if isinstance(value, Decimal) else str(value)
