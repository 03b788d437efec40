"""Prices that wander: a seeded random walk on ticks of five paise.

    base price ──▶ step, step, step … never below one tick, never far from where it began

Instruments are a handful that every Indian desk knows. A symbol that is not among them is taken
all the same: its price starts at the first limit that is asked for it.
"""

from decimal import Decimal
from random import Random
from typing import Final

from attrs import frozen

TICK: Final = Decimal("0.05")


@frozen
class Instrument:
    """What is traded. `lot` is the least quantity, `base` the price at the start, in rupees."""

    symbol: str
    exchange: str
    lot: int
    base: Decimal
    product: str


INSTRUMENTS: Final = (
    Instrument("NIFTY25NOVFUT", "NFO", 75, Decimal("25910.00"), "NRML"),
    Instrument("BANKNIFTY25NOVFUT", "NFO", 35, Decimal("58840.00"), "NRML"),
    Instrument("NIFTY25NOV26000CE", "NFO", 75, Decimal("142.35"), "NRML"),
    Instrument("NIFTY25NOV25800PE", "NFO", 75, Decimal("118.60"), "NRML"),
    Instrument("SBIN", "NSE", 1, Decimal("972.40"), "MIS"),
    Instrument("RELIANCE", "NSE", 1, Decimal("1512.80"), "CNC"),
    Instrument("INFY", "NSE", 1, Decimal("1541.25"), "MIS"),
    Instrument("HDFCBANK", "NSE", 1, Decimal("997.70"), "CNC"),
    Instrument("TCS", "NSE", 1, Decimal("3105.60"), "MIS"),
)


class Prices:
    """The last quote of each symbol, in ticks; moved by `walk`."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._ticks = {each.symbol: int(each.base / TICK) for each in INSTRUMENTS}
        self._base = dict(self._ticks)

    def quote(self, symbol: str, hint: Decimal = Decimal(100)) -> Decimal:
        """Give the price of a symbol now, in rupees; `hint` is where an unknown one begins."""
        if symbol not in self._ticks:
            self._ticks[symbol] = self._base[symbol] = max(1, int(hint / TICK))
        return self._ticks[symbol] * TICK

    def look(self, symbol: str) -> Decimal | None:
        """Give the price of a symbol that has one; to look at others makes none."""
        ticks = self._ticks.get(symbol)
        return None if ticks is None else ticks * TICK

    def set(self, symbol: str, price: Decimal) -> None:
        """Put a symbol's price where it last traded, as after a restart."""
        self.quote(symbol, price)
        self._ticks[symbol] = max(1, int(price / TICK))

    def walk(self) -> str:
        """Move one symbol, chosen at random, by a few ticks; give its name."""
        symbol = self._random.choice(list(self._ticks))
        base, ticks = self._base[symbol], self._ticks[symbol]
        # The pull towards the base keeps an hour of walking within a few per cent of it.
        pull = (base - ticks) * 0.01
        step = round(self._random.gauss(pull, max(1.0, base * 0.0002)))
        self._ticks[symbol] = max(1, ticks + step)
        return symbol


def on_tick(price: Decimal) -> Decimal:
    """Give the nearest price at or below `price` that may be asked, at least one tick."""
    return max(TICK, price // TICK * TICK)
