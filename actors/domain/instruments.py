"""Instruments: in which lots and steps a thing is traded, read from a broker's daily list. Pure.

    exchange,tradingsymbol,lot_size,tick_size,…  ──▶  Instruments
    NFO,NIFTY26NOVFUT,75,0.1,…                            .get("NFO", "NIFTY26NOVFUT")

Columns go by their names in the first line, in any order, and others are passed over, so Kite's
dump (`GET /instruments`, 100,000 lines) is read as it comes. Its indices have zero lots and
steps: zero says that there is no such rule.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from io import StringIO
from typing import Final

from attrs import field, frozen

from .errors import DecodeError, Fault

COLUMNS: Final = ("exchange", "tradingsymbol", "lot_size", "tick_size")
FREEZE: Final = "freeze_quantity"  # the one column that may be missing
WORD_CHARS_MAX: Final = 64
WHOLE_DIGITS_MAX: Final = 12
TICK_MIN: Final = Decimal("0.000001")
TICK_MAX: Final = Decimal(1_000_000)
FAULTS_MAX: Final = 20  # of one list: a wrong column is wrong on every line


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


@frozen(eq=False)
class Instruments:
    """A day's instruments by exchange and symbol."""

    rows: Mapping[tuple[str, str], Instrument] = field(repr=False)

    @classmethod
    def parse(cls, text: str) -> Instruments:
        """Read a CSV whose first line names its columns; of two rows for one thing the last holds.

        DecodeError when it is none; a fault's path is its line: `line 17.tick_size`.
        """
        lines = csv.reader(StringIO(text, newline=""))
        rows: dict[tuple[str, str], Instrument] = {}
        faults: list[Fault] = []
        reader = _Reader()
        try:
            places = _places(next(lines, []))
            for fields in lines:
                if not fields:
                    continue
                try:
                    row = reader.read(fields, places)
                    rows[row.exchange, row.tradingsymbol] = row
                except _WrongFieldError as error:
                    faults.append(Fault(f"line {lines.line_num}{error.place}", error.message))
                if len(faults) == FAULTS_MAX:
                    break
        except csv.Error as error:
            faults.append(Fault(f"line {lines.line_num}", f"not CSV: {error}"))
        if faults:
            raise DecodeError(tuple(faults))
        return cls(rows)

    def get(self, exchange: str, tradingsymbol: str) -> Instrument | None:
        """Find an instrument; None when the list has none of that name."""
        return self.rows.get((exchange, tradingsymbol))

    def __len__(self) -> int:
        return len(self.rows)


class _WrongFieldError(ValueError):
    def __init__(self, place: str, message: str) -> None:
        super().__init__(message)
        self.place = place
        self.message = message


class _Reader:
    """Reads rows, and remembers the few steps that a hundred thousand of them share."""

    def __init__(self) -> None:
        self._ticks: dict[str, Decimal] = {}

    def read(self, fields: list[str], places: tuple[int, ...]) -> Instrument:
        if len(fields) <= max(places):
            raise _WrongFieldError("", f"{max(places) + 1} fields are needed, it has {len(fields)}")
        exchange, symbol, lot, tick = (fields[place].strip() for place in places[:4])
        freeze = fields[places[4]].strip() if len(places) > len(COLUMNS) else ""
        return Instrument(
            _word("exchange", exchange),
            _word("tradingsymbol", symbol),
            _whole("lot_size", lot),
            self._ticks.get(tick) or self._tick(tick),
            _whole(FREEZE, freeze) if freeze else None,
        )

    def _tick(self, text: str) -> Decimal:
        self._ticks[text] = number = _step("tick_size", text)
        return number


def _places(header: list[str]) -> tuple[int, ...]:
    """Find where the needed columns stand, and last the freeze quantity's, where there is one."""
    names = [name.strip().lower() for name in header]
    if missing := [name for name in COLUMNS if name not in names]:
        message = f"it names no column {', '.join(missing)}"
        raise DecodeError((Fault("line 1", message),))
    return tuple(names.index(name) for name in (*COLUMNS, FREEZE) if name in names)


def _word(name: str, text: str) -> str:
    if 0 < len(text) <= WORD_CHARS_MAX and text.isprintable():
        return text
    raise _WrongFieldError(f".{name}", f"1 to {WORD_CHARS_MAX} characters are needed")


def _whole(name: str, text: str) -> int:
    if len(text) <= WHOLE_DIGITS_MAX and text.isascii() and text.isdigit():
        return int(text)
    raise _WrongFieldError(f".{name}", "a whole number of units is needed")


def _step(name: str, text: str) -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal("NaN")
    if number.is_finite() and (number == 0 or TICK_MIN <= number <= TICK_MAX):
        return number
    raise _WrongFieldError(f".{name}", f"0, or from {TICK_MIN} to {TICK_MAX}, is needed")
