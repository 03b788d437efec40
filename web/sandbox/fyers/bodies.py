"""From Fyers' JSON to the terms of an order, in the exchange's words.

    {"symbol": "NSE:SBIN-EQ", "qty": 10, "type": 1, "side": 1, …} ──▶ Ask

A tag is Fyers' own affair: letters and digits, at most 30, and never "Untagged".
"""

import json
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from attrs import evolve

from web.sandbox.asks import ask_of
from web.sandbox.fyers.codes import PRODUCTS, SIDES, TYPES
from web.sandbox.fyers.names import taken_apart
from web.sandbox.orders import Ask, RefusedError

LEGS_MAX: Final = 10
TAG: Final = re.compile(r"[A-Za-z0-9]{1,30}")
UNTAGGED: Final = "Untagged"
NAMES: Final = {"qty": "quantity", "limitPrice": "price", "stopPrice": "trigger_price"}
"""Fields whose values need no table: Fyers' name to the exchange's."""


class SymbolError(RefusedError):
    """There is no such symbol."""


def ask_in(account_id: str, body: dict[str, Any]) -> Ask:
    """One order as asked for. Raises RefusedError: SymbolError when it is the symbol."""
    symbol = body.get("symbol")
    try:
        exchange, tradingsymbol = taken_apart(symbol if isinstance(symbol, str) else "")
    except RefusedError as refusal:
        raise SymbolError(str(refusal)) from None
    terms = {
        **{ours: body.get(theirs) for theirs, ours in NAMES.items()},
        "exchange": exchange,
        "tradingsymbol": tradingsymbol,
        "transaction_type": _word(body, "side", SIDES),
        "order_type": _word(body, "type", TYPES),
        "product": _word(body, "productType", PRODUCTS),
        "validity": body.get("validity"),
        "variety": "amo" if body.get("offlineOrder") is True else "regular",
    }
    return evolve(ask_of(account_id, terms), tag=_tag(body.get("orderTag")))


def changes_in(body: dict[str, Any]) -> dict[str, Any]:
    """Give what a modification changes, in the exchange's words. Raises RefusedError."""
    terms = {ours: body[theirs] for theirs, ours in NAMES.items() if theirs in body}
    if "type" in body:
        terms["order_type"] = _word(body, "type", TYPES)
    return terms


def legs_in(body: bytes) -> list[dict[str, Any]]:
    """Give the orders of a multi-order body. Raises RefusedError for anything but 1 to 10."""
    try:
        legs = json.loads(body, parse_float=Decimal)
    except (ValueError, RecursionError):
        raise RefusedError("The body is not JSON.") from None
    if not isinstance(legs, list) or not 1 <= len(legs) <= LEGS_MAX:
        raise RefusedError(f"An array of 1 to {LEGS_MAX} orders is wanted.")
    if not all(isinstance(leg, dict) for leg in legs):
        raise RefusedError("Each order is an object.")
    return legs


def _word(body: dict[str, Any], name: str, table: Mapping[Any, str]) -> str:
    code = body.get(name)
    # True would be taken for 1, and a list cannot be looked up.
    if type(code) not in {int, str} or code not in table:
        raise RefusedError(f"{name}: is not one of {', '.join(map(str, table))}")
    return table[code]


def _tag(value: Any) -> str | None:
    if value is None or value == "":
        return None
    if not isinstance(value, str) or not TAG.fullmatch(value) or value == UNTAGGED:
        raise RefusedError("orderTag: letters and digits, at most 30, and not Untagged")
    return value
