"""Fyers' codes for what Kite, and the paper exchange, have words for.

    BUY ──▶ 1     MARKET ──▶ 2     MIS ──▶ INTRADAY     COMPLETE ──▶ 2     NFO ──▶ (10, 11)

From the appendix of the Fyers v3 documentation. There is no code for a part filled: that is a
pending order (6) with a filled quantity; a stop that waits for its trigger is pending too.
"""

from typing import Final

SIDES: Final = {1: "BUY", -1: "SELL"}
TYPES: Final = {1: "LIMIT", 2: "MARKET", 3: "SL-M", 4: "SL"}
PRODUCTS: Final = {"CNC": "CNC", "INTRADAY": "MIS", "MARGIN": "NRML", "CO": "CO", "MTF": "MTF"}

SIDE_CODES: Final = {word: code for code, word in SIDES.items()}
TYPE_CODES: Final = {word: code for code, word in TYPES.items()}
PRODUCT_CODES: Final = {word: code for code, word in PRODUCTS.items()}

CANCELLED: Final = 1
TRADED: Final = 2
TRANSIT: Final = 4
REJECTED: Final = 5
PENDING: Final = 6
STATUS_CODES: Final = {
    "CANCELLED": CANCELLED,
    "COMPLETE": TRADED,
    "REJECTED": REJECTED,
    "OPEN": PENDING,
    "TRIGGER PENDING": PENDING,
}
"""What the book says; any other status is one of an order in transit."""

INTERNAL_CODES: Final = {CANCELLED: 70, TRADED: 90, TRANSIT: 20, REJECTED: 80, PENDING: 30}
"""`ord_status`, which means nothing to a client; 20 and 90 have been seen."""

REPORTS: Final = {
    CANCELLED: "Cancelled",
    TRADED: "Fill",
    TRANSIT: "New Ack",
    REJECTED: "Rejected",
    PENDING: "New",
}

PLACES: Final = {
    "NSE": (10, 10),
    "NFO": (10, 11),
    "CDS": (10, 12),
    "BSE": (12, 10),
    "BFO": (12, 11),
    "BCD": (12, 12),
    "MCX": (11, 20),
}
"""Exchange and segment: NSE 10, MCX 11, BSE 12; shares 10, futures 11, currencies 12, goods 20."""


def status_code(book: str) -> int:
    """Give the code of a status in the book's words."""
    return STATUS_CODES.get(book, TRANSIT)
