"""One row of a broker's list of instruments: what it gives, and how its fields are read. Pure.

"NFO", "NIFTY26NOVFUT", "75", "0.1", "1800"  ──RowReader──▶  Instrument
└─ or WrongFieldError: which field, and what is needed there
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Final

from attrs import frozen

WORD_CHARS_MAX: Final = 64
WHOLE_DIGITS_MAX: Final = 12
TICK_MIN: Final = Decimal("0.000001")
TICK_MAX: Final = Decimal(1_000_000)
FREEZE: Final = "freeze_quantity"
TICKS_MAX: Final = 10_000  # steps that one reader remembers; a list has a dozen


@frozen
class Instrument:
    """What an exchange trades. `lot_size` and `freeze_quantity` are units, `tick_size` is money.

    A zero lot or step: any will do. The exchange refuses an order above `freeze_quantity`; None
    when that is not known.
    """

    exchange: str
    tradingsymbol: str
    lot_size: int
    tick_size: Decimal
    freeze_quantity: int | None = None


class WrongFieldError(ValueError):
    """A row that cannot be read: `place` in it, such as `.lot_size`, and what is needed there."""

    def __init__(self, place: str, message: str) -> None:
        super().__init__(message)
        self.place = place
        self.message = message


class RowReader:
    """Reads rows, and remembers the few steps that a hundred thousand of them share."""

    def __init__(self) -> None:
        self._ticks: dict[str, Decimal] = {}

    def read(self, exchange: str, symbol: str, lot: str, tick: str, freeze: str = "") -> Instrument:
        """Read a row's fields. An empty or zero freeze quantity says that none is known."""
        return Instrument(
            _word("exchange", exchange),
            _word("tradingsymbol", symbol),
            _whole("lot_size", lot),
            self._ticks.get(tick) or self._tick(tick),
            _whole(FREEZE, freeze) or None if freeze else None,
        )

    def _tick(self, text: str) -> Decimal:
        number = _step("tick_size", text)
        if len(self._ticks) < TICKS_MAX:
            self._ticks[text] = number
        return number


def _word(name: str, text: str) -> str:
    if 0 < len(text) <= WORD_CHARS_MAX and text.isprintable():
        return text
    raise WrongFieldError(f".{name}", f"1 to {WORD_CHARS_MAX} characters are needed")


def _whole(name: str, text: str) -> int:
    if len(text) <= WHOLE_DIGITS_MAX and text.isascii() and text.isdigit():
        return int(text)
    raise WrongFieldError(f".{name}", "a whole number of units is needed")


def _step(name: str, text: str) -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal("NaN")
    if number.is_finite() and (number == 0 or TICK_MIN <= number <= TICK_MAX):
        return number
    raise WrongFieldError(f".{name}", f"0, or from {TICK_MIN} to {TICK_MAX}, is needed")
