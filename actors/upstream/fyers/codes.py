"""Fyers' codes in Kite's words, and back. Pure.

    status 6 ──▶ OPEN        type 3 ◀──▶ SL-M       side -1 ◀──▶ SELL       INTRADAY ◀──▶ MIS
    status 90 ──▶ "FYERS STATUS 90": a code that nobody documented passes through as a word

The lifecycle takes such a word for a live state that is no acceptance. Sources: Fyers API v3,
"appendix"; segments and exchanges are with the symbols (`actors.domain.symbols`).
"""

from __future__ import annotations

from typing import Final

# 3 is documented as not used. A stop order that waits for its trigger is 6 too, so it reads OPEN:
# Fyers does not tell it from one that rests. There is no code for a partial fill: it is 6 with a
# filled quantity.
STATUSES: Final = {
    1: "CANCELLED",
    2: "COMPLETE",
    4: "PUT ORDER REQ RECEIVED",
    5: "REJECTED",
    6: "OPEN",
    7: "CANCELLED",
}
EXPIRED: Final = 7  # the day's end; the word for it stands in the order's status message
TYPES: Final = {1: "LIMIT", 2: "MARKET", 3: "SL-M", 4: "SL"}
SIDES: Final = {1: "BUY", -1: "SELL"}
PRODUCTS: Final = {
    "CNC": "CNC",
    "INTRADAY": "MIS",
    "MARGIN": "NRML",
    "MTF": "MTF",
    "CO": "CO",
    "BO": "BO",
}
TYPE_CODES: Final = {word: code for code, word in TYPES.items()}
SIDE_CODES: Final = {word: code for code, word in SIDES.items()}
PRODUCT_CODES: Final = {ours: theirs for theirs, ours in PRODUCTS.items()}
# Both have a second and third order of their own behind them, and take no tag.
UNTAGGED_PRODUCTS: Final = ("CO", "BO")


def status_word(code: int) -> str:
    """Give a status in Kite's words."""
    return STATUSES.get(code) or f"FYERS STATUS {code}"


def type_word(code: int) -> str:
    """Give an order's type in Kite's words."""
    return TYPES.get(code) or f"FYERS TYPE {code}"


def side_word(code: int) -> str:
    """Give an order's side in Kite's words."""
    return SIDES.get(code) or f"FYERS SIDE {code}"
