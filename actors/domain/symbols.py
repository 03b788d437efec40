"""One symbol at two brokers: Kite's names, which are ours, and Fyers'. Pure.

    ("NSE", "SBIN")          ◀──▶  NSE:SBIN-EQ
    ("NFO", "NIFTY26NOVFUT") ◀──▶  NSE:NIFTY26NOVFUT
    ("MCX", "GOLD26DECFUT")  ◀──▶  MCX:GOLD26DECFUT

Kite names the segment by its exchange (NFO, BFO, CDS), Fyers puts the exchange before the symbol
and the series of a share behind it. Derivatives are spelled alike. Where a share is of another
series than EQ both write that series. Sources: Kite Connect v3, "instruments"; Fyers API v3,
"symbology".
"""

from __future__ import annotations

import re
from typing import Final

# Fyers' segments: 10 shares, 11 futures and options, 12 currencies, 20 commodities.
EXCHANGES: Final = {
    ("NSE", 10): "NSE",
    ("NSE", 11): "NFO",
    ("NSE", 12): "CDS",
    ("BSE", 10): "BSE",
    ("BSE", 11): "BFO",
    ("BSE", 12): "BCD",
    ("MCX", 20): "MCX",
}
BEFORE: Final = {ours: theirs for (theirs, _), ours in EXCHANGES.items()}
SHARES: Final = ("NSE", "BSE")
SERIES: Final = re.compile(r".+-[A-Z][A-Z0-9]?")  # -EQ, -BE, -A, -SM …
DERIVATIVE: Final = re.compile(r"[A-Z&-]+\d{2}.*(?:FUT|CE|PE)")


def fyers_symbol(exchange: str, tradingsymbol: str) -> str:
    """Write a symbol of ours as Fyers does; a share without a series is of series EQ."""
    before = BEFORE.get(exchange, exchange)
    is_bare_share = exchange in SHARES and not SERIES.fullmatch(tradingsymbol)
    return f"{before}:{tradingsymbol}-EQ" if is_bare_share else f"{before}:{tradingsymbol}"


def our_symbol(symbol: str, segment: int | None = None) -> tuple[str, str]:
    """Give exchange and symbol as Kite names them; a segment that is not told is guessed.

    What is no symbol of Fyers' is given back as it is, with no exchange.
    """
    before, colon, name = symbol.partition(":")
    if not colon:
        return "", symbol
    if segment is None:
        segment = 20 if before == "MCX" else 11 if DERIVATIVE.fullmatch(name) else 10
    exchange = EXCHANGES.get((before, segment), before)
    return exchange, name.removesuffix("-EQ") if exchange in SHARES else name
