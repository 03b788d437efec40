"""Fyers' symbols, and the exchange's own.

    NSE:SBIN-EQ ◀──▶ NSE, SBIN        NSE:NIFTY25NOVFUT ◀──▶ NFO, NIFTY25NOVFUT

A share has its series behind it (EQ when it is not told); what has none is a derivative: of a
currency when it begins like one, else of a share or an index.
"""

import re
from typing import Final

from web.sandbox.orders import RefusedError

SERIES: Final = re.compile(r"(.+)-([A-Z][A-Z0-9]?)")
CURRENCY: Final = re.compile(r"(USD|EUR|GBP|JPY)(INR|USD|JPY)\d.*")
SHARES: Final = frozenset({"NSE", "BSE"})
BEFORE: Final = {
    "NSE": "NSE", "NFO": "NSE", "CDS": "NSE",
    "BSE": "BSE", "BFO": "BSE", "BCD": "BSE", "MCX": "MCX",
}  # fmt: skip
DERIVATIVES: Final = {"NSE": ("NFO", "CDS"), "BSE": ("BFO", "BCD"), "MCX": ("MCX", "MCX")}


def taken_apart(symbol: str) -> tuple[str, str]:
    """Give exchange and trading symbol. Raises RefusedError for what is no symbol of Fyers'."""
    before, colon, name = symbol.partition(":")
    if not colon or before not in DERIVATIVES or not name:
        raise RefusedError("Please provide a valid symbol")
    share = SERIES.fullmatch(name)
    if before in SHARES and share:
        return before, share[1] if share[2] == "EQ" else name
    plain, currency = DERIVATIVES[before]
    return (currency if CURRENCY.fullmatch(name) else plain), name


def put_together(exchange: str, tradingsymbol: str) -> str:
    """Give the symbol as Fyers writes it."""
    is_bare = exchange in SHARES and not SERIES.fullmatch(tradingsymbol)
    return f"{BEFORE[exchange]}:{tradingsymbol}{'-EQ' if is_bare else ''}"
