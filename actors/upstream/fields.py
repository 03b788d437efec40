"""One field of a broker's row at a time: the exact type within its bounds, or where it is wrong.

    {"quantity": "50"} ──count("quantity")──▶ FieldFault("quantity", "a whole number is needed")

These run some twenty times a row on the hot path, so they build no path and no message until
something is wrong. Absent and null are the same: what the broker did not say. Values never
stand in a fault.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final, TypeAlias, TypeVar

from actors.domain.errors import Fault
from actors.domain.exact import INT_MAX, exact_decimal, exact_str

Row: TypeAlias = dict[str, Any]
R = TypeVar("R")

ID_MAX: Final = 64
WORD_MAX: Final = 64
TEXT_MAX: Final = 500
TIME_MAX: Final = 40
TIMES_KEPT: Final = 4096
IST: Final = timezone(timedelta(hours=5, minutes=30))


class FieldFault(ValueError):
    """A field that is not what it should be; `name` is empty when the row itself is not."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(name, message)
        self.name = name
        self.message = message

    def under(self, name: str) -> FieldFault:
        """Give the same fault, of a row that stands under `name`."""
        return FieldFault(f"{name}.{self.name}" if self.name else name, self.message)

    def at(self, path: str) -> Fault:
        """Give the fault with the path of its row."""
        return Fault(f"{path}.{self.name}" if self.name else path, self.message)


def an_object(value: Any) -> Row:
    """Take a JSON object."""
    if not isinstance(value, dict):
        raise FieldFault("", "an object is needed")
    return value


def read_under(name: str, value: Any, read: Callable[[Row], R]) -> R:
    """Read an object that stands under `name`, whose faults are told with that name."""
    try:
        return read(an_object(value))
    except FieldFault as fault:
        raise fault.under(name) from None


def required_word(row: Row, name: str, length_max: int = WORD_MAX) -> str:
    """Take a string of 1 to `length_max` characters: an id, a symbol, a status."""
    value = row.get(name)
    if value is None or value == "":
        raise FieldFault(name, "required field missing")
    if type(value) is not str or not value.isascii():
        value = _as_string(value, name)
    if len(value) > length_max:
        raise FieldFault(name, f"at most {length_max} characters are allowed")
    return value


def maybe_word(row: Row, name: str, length_max: int = WORD_MAX) -> str | None:
    """Take a string of at most `length_max` characters, or nothing; empty is nothing."""
    value = row.get(name)
    if value is None or value == "":
        return None
    if type(value) is not str or not value.isascii():
        value = _as_string(value, name)
    if len(value) > length_max:
        raise FieldFault(name, f"at most {length_max} characters are allowed")
    return value


def maybe_text(row: Row, name: str) -> str | None:
    """Take a text for people, cut to TEXT_MAX: no row is lost for a long explanation."""
    value = row.get(name)
    if value is None or value == "":
        return None
    return _as_string(value, name)[:TEXT_MAX]


def maybe_count(row: Row, name: str) -> int | None:
    """Take a whole number, 0 or more, that fits 64 bits."""
    value = row.get(name)
    if value is None:
        return None
    if type(value) is not int:
        raise FieldFault(name, "a whole number is needed")
    if not 0 <= value <= INT_MAX:
        raise FieldFault(name, "a whole number from 0 that fits 64 bits is needed")
    return value


def required_count(row: Row, name: str) -> int:
    """Take a whole number, 0 or more; it must be there."""
    value = maybe_count(row, name)
    if value is None:
        raise FieldFault(name, "required field missing")
    return value


def required_signed(row: Row, name: str) -> int:
    """Take a whole number with a sign, as a position's quantity has; it must be there."""
    value = row.get(name)
    if type(value) is not int:
        raise FieldFault(name, "a whole number is needed")
    if abs(value) > INT_MAX:
        raise FieldFault(name, "a whole number that fits 64 bits is needed")
    return value


def maybe_money(row: Row, name: str) -> Decimal | None:
    """Take a finite number with the broker's own digits."""
    value = row.get(name)
    return None if value is None else as_money(value, name)


def required_money(row: Row, name: str) -> Decimal:
    """Take a finite number; it must be there: an unknown amount is not zero."""
    value = row.get(name)
    if value is None:
        raise FieldFault(name, "required field missing")
    return as_money(value, name)


def as_money(value: Any, name: str) -> Decimal:
    """Make a number Decimal, within the digits that our own store can read back."""
    if type(value) is int and abs(value) <= INT_MAX:
        return Decimal(value)
    try:
        return exact_decimal(value)
    except (TypeError, ValueError) as error:
        raise FieldFault(name, str(error)) from None


def maybe_time(row: Row, name: str) -> datetime | None:
    """Take a time as Kite writes it, `YYYY-MM-DD HH:MM:SS` in IST, or ISO 8601; give UTC.

    A text that names its zone is read in that zone.
    """
    value = row.get(name)
    if value is None or value == "":
        return None
    if not isinstance(value, str) or not 19 <= len(value) <= TIME_MAX or value[10] not in " T":
        raise FieldFault(name, "a time such as 2026-11-21 09:15:30 is needed")
    try:
        return _utc(value)
    except (ValueError, OverflowError):
        raise FieldFault(name, "a time such as 2026-11-21 09:15:30 is needed") from None


@lru_cache(maxsize=TIMES_KEPT)
def _utc(text: str) -> datetime:
    """Read a time. A day's rows repeat theirs, so the latest are kept."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=IST)
    return moment.astimezone(UTC)


def _as_string(value: Any, name: str) -> str:
    try:
        return exact_str(value)
    except (TypeError, ValueError) as error:
        raise FieldFault(name, str(error)) from None
