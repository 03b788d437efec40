"""From the body of a placement or a modification to an `Ask`, or a refusal that says why.

    {"exchange": "NFO", "tradingsymbol": …, "quantity": 75, …} ──▶ Ask

The words and limits are Kite's: what ticker_service is given, it passes on.
"""

import re
from decimal import Decimal
from typing import Any, Final

from attrs import evolve

from web.sandbox.orders import ZERO, Ask, RefusedError

EXCHANGES: Final = frozenset({"NSE", "BSE", "NFO", "BFO", "CDS", "BCD", "MCX"})
SIDES: Final = frozenset({"BUY", "SELL"})
ORDER_TYPES: Final = frozenset({"MARKET", "LIMIT", "SL", "SL-M"})
PRODUCTS: Final = frozenset({"CNC", "NRML", "MIS", "MTF", "CO"})
VARIETIES: Final = frozenset({"regular", "amo", "co", "iceberg", "auction"})
VALIDITIES: Final = frozenset({"DAY", "IOC", "TTL"})
TAG: Final = re.compile(r"[A-Za-z0-9]{1,20}")
SYMBOL: Final = re.compile(r"[A-Z0-9][A-Z0-9&_ -]{0,39}")
LISTED_MAX: Final = 50
QUANTITY_MAX: Final = 10_000_000
PRICE_MAX: Final = Decimal(100_000_000)


def ask_of(account_id: str, body: dict[str, Any]) -> Ask:
    """One order as asked for. Raises RefusedError naming the field at fault."""
    symbol, tag = body.get("tradingsymbol"), body.get("tag")
    if not isinstance(symbol, str) or not SYMBOL.fullmatch(symbol):
        raise RefusedError("Invalid `tradingsymbol`.")
    if tag is not None and (not isinstance(tag, str) or not TAG.fullmatch(tag)):
        raise RefusedError("Invalid `tag`: letters and digits, at most 20.")
    return _whole(
        Ask(
            account_id=account_id,
            exchange=_one_of(body, "exchange", EXCHANGES),
            tradingsymbol=symbol,
            transaction_type=_one_of(body, "transaction_type", SIDES),
            quantity=_quantity(body.get("quantity")),
            product=_one_of(body, "product", PRODUCTS),
            order_type=_one_of(body, "order_type", ORDER_TYPES),
            price=_price(body, "price"),
            trigger_price=_price(body, "trigger_price"),
            variety=_one_of(body, "variety", VARIETIES, "regular"),
            validity=_one_of(body, "validity", VALIDITIES, "DAY"),
            tag=tag,
        )
    )


def listed(value: Any, most: int = LISTED_MAX) -> list[dict[str, Any]]:
    """Give the orders of a list as it came. Raises RefusedError for anything but 1 to `most`."""
    if not isinstance(value, list) or not 1 <= len(value) <= most:
        raise RefusedError(f"A list of 1 to {most} orders is wanted.")
    if not all(isinstance(order, dict) for order in value):
        raise RefusedError("Each order is an object.")
    return value


def modified(ask: Ask, body: dict[str, Any]) -> Ask:
    """Give an order with the terms that a modification names. Raises RefusedError."""
    quantity = body.get("quantity")
    return _whole(
        evolve(
            ask,
            quantity=ask.quantity if quantity is None else _quantity(quantity),
            order_type=_one_of(body, "order_type", ORDER_TYPES, ask.order_type),
            price=_price(body, "price", ask.price),
            trigger_price=_price(body, "trigger_price", ask.trigger_price),
            validity=_one_of(body, "validity", VALIDITIES, ask.validity),
        )
    )


def _whole(ask: Ask) -> Ask:
    if ask.order_type in {"LIMIT", "SL"} and not ask.price:
        raise RefusedError(f"{ask.order_type} orders require a price")
    if ask.waits_for_trigger and not ask.trigger_price:
        raise RefusedError(f"{ask.order_type} orders require a trigger_price")
    return ask


def _one_of(
    body: dict[str, Any], name: str, allowed: frozenset[str], otherwise: str | None = None
) -> str:
    value = body.get(name)
    if value is None:
        value = otherwise
    if not isinstance(value, str) or value not in allowed:
        raise RefusedError(f"Invalid `{name}`.")
    return value


def _quantity(value: Any) -> int:
    if type(value) is not int or not 0 < value <= QUANTITY_MAX:
        raise RefusedError("Invalid `quantity`.")
    return value


def _price(body: dict[str, Any], name: str, otherwise: Decimal = ZERO) -> Decimal:
    value = body.get(name)
    if value is None:
        return otherwise
    if type(value) is int:
        value = Decimal(value)
    # NaN and Infinity come out of the JSON parser as floats, so they fail here.
    if not isinstance(value, Decimal) or not 0 <= value < PRICE_MAX:
        raise RefusedError(f"Invalid `{name}`.")
    return value
