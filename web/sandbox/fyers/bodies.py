"""From Fyers' JSON to the terms of an order, in the exchange's words.

    {"symbol": "NSE:SBIN-EQ", "qty": 10, "type": 1, "side": 1, …} ──▶ Ask
    {"orderType": "2L", "legs": {"leg1": {…}, "leg2": {…}}, …}    ──▶ Ask, Ask

A tag is Fyers' own affair: letters and digits, at most 30, and never "Untagged".
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from attrs import evolve

from web.sandbox.asks import ask_of, listed
from web.sandbox.fyers.codes import PRODUCTS, SIDES, TYPES
from web.sandbox.fyers.names import taken_apart
from web.sandbox.http import json_value
from web.sandbox.orders import Ask, RefusedError
from web.sandbox.symbols import conduct

LEGS_MAX: Final = 10
TAG: Final = re.compile(r"[A-Za-z0-9]{1,30}")
UNTAGGED: Final = "Untagged"
NAMES: Final = {"qty": "quantity", "limitPrice": "price", "stopPrice": "trigger_price"}
"""Fields whose values need no table: Fyers' name to the exchange's."""


COMBINED: Final = {"2L": ("leg1", "leg2"), "3L": ("leg1", "leg2", "leg3")}
COMBINED_PRODUCTS: Final = ("INTRADAY", "MARGIN")
MONTH: Final = "JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC"
CONTRACT: Final = re.compile(rf"(.+?)[0-9]{{2}}({MONTH}|[1-9OND][0-3][0-9])([0-9.]+(CE|PE)|FUT)")


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
    return listed(json_value(body), LEGS_MAX)


def combined_in(account_id: str, body: dict[str, Any]) -> list[Ask]:
    """Give the legs of a multileg order, each with the terms of the whole. Raises RefusedError."""
    names = COMBINED.get(str(body.get("orderType")))
    legs = body.get("legs")
    if names is None:
        raise RefusedError("orderType: is not one of 2L, 3L")
    if not isinstance(legs, dict) or sorted(legs) != list(names):
        raise RefusedError(f"legs: {', '.join(names)} are wanted")
    if body.get("validity") != "IOC":
        raise RefusedError("validity: IOC is wanted")
    if body.get("productType") not in COMBINED_PRODUCTS:
        raise RefusedError("productType: INTRADAY or MARGIN is wanted")
    shared = {name: body.get(name) for name in ("productType", "offlineOrder", "orderTag")}
    asks = []
    for name in names:
        leg = legs[name]
        if not isinstance(leg, dict) or leg.get("type") != 1:
            raise RefusedError(f"{name}: a limit order is wanted")
        asks.append(ask_in(account_id, {**leg, **shared, "validity": "IOC"}))
    if any(ask.exchange != "NFO" for ask in asks):
        raise SymbolError("Each leg is a future or an option of NSE")
    if len({ask.tradingsymbol for ask in asks}) < len(asks):
        raise SymbolError("No symbol may stand twice")
    if len({_underlying(ask.tradingsymbol) for ask in asks} - {None}) > 1:
        raise SymbolError("All legs are of one underlying")
    return asks


def _underlying(symbol: str) -> str | None:
    """Give what a contract is one of; None for a test symbol, which goes with any."""
    if conduct(symbol) is not None:
        return None
    found = CONTRACT.fullmatch(symbol)
    if found is None:
        raise SymbolError("Each leg is a future or an option of NSE")
    return found[1]


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
