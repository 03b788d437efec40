"""Instruments: in which lots and steps a thing is traded, read from a broker's daily list. Pure.

    exchange,tradingsymbol,lot_size,tick_size,…  ──▶  Instruments
    NFO,NIFTY26NOVFUT,75,0.1,…                            .get("NFO", "NIFTY26NOVFUT")

A list with a line of names is Kite's (`GET /instruments`, 100,000 lines): its columns may stand in
any order, and others are passed over. Its indices have zero lots and steps: zero says that there
is no such rule. One that begins with a line of values, or is JSON, is Fyers' (`symbol_master`).
"""

from __future__ import annotations

import csv
import re
import zlib
from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Final, Protocol

from attrs import field, frozen

from .errors import DecodeError, Fault
from .instrument_rows import FREEZE, Instrument, RowReader, WrongFieldError
from .symbol_master import is_master_line, read_line, read_members

COLUMNS: Final = ("exchange", "tradingsymbol", "lot_size", "tick_size")
FAULTS_MAX: Final = 20  # of one list: a wrong column is wrong on every line
LIST_BYTES_MAX: Final = 64 * 1024 * 1024  # Kite's list has about 10, Fyers' largest about 20
ROWS_MAX: Final = 500_000  # all that is traded in the country is a third of it
WRONG_SHARE_MAX: Final = 0.01  # of a published list; with more it is another list than we think
LINES: Final = re.compile(r"[^\r\n]*(?:\r\n?|\n)|[^\r\n]+")
GZIP: Final = b"\x1f\x8b"
FIRST_CHARS: Final = 64  # in which a list shows what it is


class Listing(Protocol):
    """Where instruments are looked up."""

    def get(self, exchange: str, tradingsymbol: str) -> Instrument | None:
        """Find an instrument; None where nothing is known of one of that name."""


@frozen(eq=False)
class Instruments:
    """A day's instruments by exchange and symbol; `wrong` are the rows that were passed over."""

    rows: Mapping[tuple[str, str], Instrument] = field(repr=False)
    wrong: int = 0
    faults: tuple[Fault, ...] = ()

    @classmethod
    def parse(cls, text: str, *, wrong_share_max: float = 0) -> Instruments:
        """Read a list, in whichever of the forms; of two rows for one thing the last holds.

        DecodeError when it is none, or when a larger share of its rows is wrong than is allowed; a
        fault's path is its line, `line 17.tick_size`, or its member.
        """
        rows: dict[tuple[str, str], Instrument] = {}
        faults: list[Fault] = []
        wrong = 0
        for row in _rows(text):
            if isinstance(row, Instrument):
                rows[row.exchange, row.tradingsymbol] = row
                if len(rows) > ROWS_MAX:
                    raise DecodeError((Fault("$", f"it has more than {ROWS_MAX} rows"),))
                continue
            wrong += 1
            if wrong <= FAULTS_MAX:
                faults.append(row)
            elif not wrong_share_max:
                break
        if wrong > wrong_share_max * (len(rows) + wrong):
            raise DecodeError(tuple(faults))
        return cls(rows, wrong, tuple(faults))

    def get(self, exchange: str, tradingsymbol: str) -> Instrument | None:
        """Find an instrument; None when the list has none of that name."""
        return self.rows.get((exchange, tradingsymbol))

    def __len__(self) -> int:
        return len(self.rows)


NONE_LISTED: Final = Instruments({})


def read_list(body: bytes) -> Instruments:
    """Read a list as a broker publishes it: maybe packed, maybe with a few rows that are wrong.

    DecodeError when it cannot be unpacked, is no text, lists nothing, or is no list.
    """
    if body.startswith(GZIP):
        body = _unpacked(body)
    if len(body) > LIST_BYTES_MAX:
        raise DecodeError((Fault("$", f"it has more than {LIST_BYTES_MAX} bytes"),))
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DecodeError((Fault(f"byte {error.start}", "it is not UTF-8"),)) from None
    listed = Instruments.parse(text, wrong_share_max=WRONG_SHARE_MAX)
    if not listed:
        raise DecodeError((Fault("$", "it lists nothing"),))
    return listed


def _unpacked(body: bytes) -> bytes:
    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        text = unpacker.decompress(body, LIST_BYTES_MAX + 1)
    except zlib.error:
        raise DecodeError((Fault("$", "it cannot be unpacked"),)) from None
    if len(text) <= LIST_BYTES_MAX and not unpacker.eof:
        raise DecodeError((Fault("$", "it is cut off"),))
    return text


def _rows(text: str) -> Iterator[Instrument | Fault]:
    reader = RowReader()
    if text[:FIRST_CHARS].lstrip()[:1] == "{":
        yield from read_members(text, reader)
        return
    # Cut one by one: a file of it in memory would hold up every other thread while it is made.
    lines = csv.reader(match[0] for match in LINES.finditer(text))
    try:
        first = next(lines, [])
        is_master = is_master_line(first)
        places = () if is_master else _places(first)
        for fields in chain([first], lines) if is_master else lines:
            if not fields:
                continue
            try:
                row = read_line(fields, reader) if is_master else _named(fields, places, reader)
            except WrongFieldError as error:
                yield Fault(f"line {lines.line_num}{error.place}", error.message)
            else:
                if row is not None:
                    yield row
    except csv.Error as error:
        raise DecodeError((Fault(f"line {lines.line_num}", f"not CSV: {error}"),)) from None


def _places(header: list[str]) -> tuple[int, ...]:
    """Find where the needed columns stand, and last the freeze quantity's, where there is one."""
    names = [name.strip().lower() for name in header]
    if missing := [name for name in COLUMNS if name not in names]:
        message = f"it names no column {', '.join(missing)}"
        raise DecodeError((Fault("line 1", message),))
    return tuple(names.index(name) for name in (*COLUMNS, FREEZE) if name in names)


def _named(fields: list[str], places: tuple[int, ...], reader: RowReader) -> Instrument:
    if len(fields) <= max(places):
        raise WrongFieldError("", f"{max(places) + 1} fields are needed, it has {len(fields)}")
    return reader.read(*(fields[place].strip() for place in places))
