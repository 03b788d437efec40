"""Fyers' symbol master, one file a segment: as CSV without a line of names, and as JSON. Pure.

    10100000003045,STATE BANK OF INDIA,0,1,0.05,…,NSE:SBIN-EQ,10,10,…  ──▶  NSE SBIN, lot 1, 0.05
    {"NSE:SBIN-EQ": {"minLotSize": 1, "tickSize": 0.05, "segment": 10, "qtyFreeze": "", …}, …}

Symbols become ours (`symbols`); what stands in a segment for which we have no name is passed over.
The CSV has no freeze quantity. Source: Fyers API v3, "symbol master": public.fyers.in/sym_details,
NSE_CM.csv or NSE_CM_sym_master.json and so on, published each trading day.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Final

import msgspec

from .errors import DecodeError, Fault
from .instrument_rows import Instrument, RowReader, WrongFieldError
from .symbols import EXCHANGES, our_symbol

# Where the columns stand; behind them are ten more, more on some days.
TOKEN: Final = 0
LOT: Final = 3
TICK: Final = 4
TICKER: Final = 9
SEGMENT: Final = 11
FIELDS_MIN: Final = 12
SEGMENTS: Final = {str(segment): segment for _, segment in EXCHANGES}


def is_master_line(fields: Sequence[str]) -> bool:
    """Say whether a first line is one of a symbol master: a token, and a ticker with its colon."""
    return len(fields) >= FIELDS_MIN and fields[TOKEN].isdecimal() and ":" in fields[TICKER]


def read_line(fields: Sequence[str], reader: RowReader) -> Instrument | None:
    """Read a line; None for one in a segment that we have no name for."""
    if len(fields) < FIELDS_MIN:
        raise WrongFieldError("", f"{FIELDS_MIN} fields are needed, it has {len(fields)}")
    segment = SEGMENTS.get(fields[SEGMENT].strip())
    names = _names(fields[TICKER].strip(), segment)
    if names is None:
        return None
    return reader.read(*names, fields[LOT].strip(), fields[TICK].strip())


class _Member(msgspec.Struct):
    """What is read of a member; Fyers writes some numbers as texts, and an empty one for none."""

    minLotSize: Decimal  # noqa: N815 - theirs
    tickSize: Decimal  # noqa: N815
    segment: Decimal
    qtyFreeze: str | int | float | None = None  # noqa: N815


def read_members(text: str, reader: RowReader) -> Iterator[Instrument | Fault]:
    """Read the JSON: each member an instrument, or a fault at `$["NSE:SBIN-EQ"].tick_size`.

    DecodeError when it is no JSON object.
    """
    try:
        members = _members.decode(text)
    except (msgspec.MsgspecError, RecursionError, ValueError):
        raise DecodeError((Fault("$", "a JSON object of symbols is needed"),)) from None
    for i, (ticker, raw) in enumerate(members.items(), 1):
        try:
            row = _read_member(ticker, raw, reader)
        except WrongFieldError as error:
            yield Fault(f"member {i}{error.place}", error.message)
        else:
            if row is not None:
                yield row


def _read_member(ticker: str, raw: msgspec.Raw, reader: RowReader) -> Instrument | None:
    try:
        member = _member.decode(raw)
    except (msgspec.MsgspecError, RecursionError, ValueError):
        message = "minLotSize, tickSize and segment are needed, each a number"
        raise WrongFieldError("", message) from None
    segment = SEGMENTS.get(_plain(str(member.segment)))
    names = _names(ticker, segment)
    if names is None:
        return None
    freeze = "" if member.qtyFreeze is None else str(member.qtyFreeze).strip()
    return reader.read(*names, _plain(str(member.minLotSize)), str(member.tickSize), _plain(freeze))


def _names(ticker: str, segment: int | None) -> tuple[str, str] | None:
    before, colon, _ = ticker.partition(":")
    if not colon:
        raise WrongFieldError(".tradingsymbol", "a symbol such as NSE:SBIN-EQ is needed")
    if segment is None or (before, segment) not in EXCHANGES:
        return None
    return our_symbol(ticker, segment)


def _plain(number: str) -> str:
    """Write 75.0 as 75: JSON does not tell a whole number from another."""
    whole, point, rest = number.partition(".")
    return whole if point and not rest.strip("0") else number


_members = msgspec.json.Decoder(dict[str, msgspec.Raw])
_member = msgspec.json.Decoder(_Member)
