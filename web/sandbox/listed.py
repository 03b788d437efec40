"""What the paper market lists: its own instruments, and one of each segment that it has none of.

INSTRUMENTS + a few ──▶ LISTED ──▶ Kite's dump, Fyers' symbol master

The market takes any symbol and any quantity; a list is what a desk checks itself against. The test
symbols are on none.
"""

from decimal import Decimal
from typing import Final

from attrs import frozen

from web.sandbox.prices import INSTRUMENTS, TICK


@frozen
class Listed:
    """One line of a list. `lot` is units, `tick` rupees; `kind` is EQ, FUT, CE or PE."""

    symbol: str
    exchange: str
    lot: int
    tick: Decimal
    kind: str


def kind_of(exchange: str, symbol: str) -> str:
    """Give what a symbol is: the end of a derivative's name says so."""
    if exchange in {"NSE", "BSE"}:
        return "EQ"
    return "FUT" if symbol.endswith("FUT") else symbol[-2:]


LISTED: Final = (
    *(
        Listed(each.symbol, each.exchange, each.lot, TICK, kind_of(each.exchange, each.symbol))
        for each in INSTRUMENTS
    ),
    Listed("RELIANCE", "BSE", 1, TICK, "EQ"),
    Listed("SENSEX25NOVFUT", "BFO", 20, TICK, "FUT"),
    Listed("USDINR25NOVFUT", "CDS", 1, Decimal("0.0025"), "FUT"),
    Listed("CRUDEOIL25NOVFUT", "MCX", 1, Decimal(1), "FUT"),
)
