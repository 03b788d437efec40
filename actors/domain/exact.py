"""Values held to the letter: what may stand where a model says int, str, Decimal or a time.

    JSON value ──strict_converter(T)──▶ T       or every fault: its path, and what is needed there
    "7" for 7, 7.0 for a whole number, true for 1, null for a required field, NaN: all refused

cattrs walks the classes; each leaf is read by one of the `exact_` functions here, which take one
JSON type and convert nothing. A hopeless value is given up after its first faults.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from difflib import get_close_matches
from functools import lru_cache
from itertools import islice
from types import UnionType
from typing import Any, Final, Literal, Union, get_args, get_origin

import attrs
from cattrs import (
    ClassValidationError,
    Converter,
    ForbiddenExtraKeysError,
    IterableValidationError,
    IterableValidationNote,
)
from cattrs.gen import make_dict_structure_fn

from .errors import Fault, GatewayBug

DIGITS_MAX: Final = 30
INT_MAX: Final = 2**63 - 1
TIMES_KEPT: Final = 4096
FAULTS_MAX: Final = 20  # of one value: more help nobody, and cost time that an attacker chooses
GUESSES_MAX: Final = 3  # likewise, of the names that were meant
GUESSED_CHARS_MAX: Final = 40
LIKENESS: Final = 0.7  # of two names, from 0 to 1: api_secret is meant by app_secret, not app_id

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z", re.ASCII)


@lru_cache(TIMES_KEPT)
def time_text(moment: datetime) -> str:
    """Write a time as the contract has it: RFC 3339, UTC, milliseconds, `Z`.

    An order is told again and again with the time at which it was placed, and brokers tell of
    whole seconds: most texts were made a moment ago.
    """
    if moment.tzinfo is not UTC:
        if moment.tzinfo is None:
            raise GatewayBug("a time without its zone is no time")
        moment = moment.astimezone(UTC)
    return moment.isoformat(timespec="milliseconds")[: -len("+00:00")] + "Z"


def read_time(value: Any) -> datetime:
    """Read a time as `time_text` writes it, or to the microsecond; a ValueError says why not."""
    if not isinstance(value, str) or not _TIME.fullmatch(value):
        raise ValueError("a time is RFC 3339 in UTC, such as 2026-11-21T09:15:30.123Z")
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        raise ValueError("there is no such day or hour") from None


def exact_decimal(value: Any) -> Decimal:
    """Take a JSON number as Decimal: finite, at most 30 digits, of no absurd size."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise TypeError("a number is needed")
    number = Decimal(value)
    if _is_plain(str(number)):
        return number
    if not number.is_finite():
        raise ValueError("a finite number is needed")
    if len(number.as_tuple().digits) > DIGITS_MAX or abs(number.adjusted()) > DIGITS_MAX:
        raise ValueError(f"a number of at most {DIGITS_MAX} digits is needed")
    return number


def exact_int(value: Any) -> int:
    """Take a JSON whole number that fits 64 bits."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError("a whole number is needed")
    if abs(value) > INT_MAX:
        raise ValueError("a whole number of at most 64 bits is needed")
    return value


def exact_float(value: Any) -> float:
    """Take a finite number as a float: for seconds and the like, never for money."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise TypeError("a number is needed")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise ValueError("a finite number is needed")
    return number


def exact_str(value: Any) -> str:
    """Take a JSON string: one that UTF-8 can carry."""
    if not isinstance(value, str):
        raise TypeError("a string is needed")
    if not value.isascii() and any("\ud800" <= letter <= "\udfff" for letter in value):
        raise ValueError("a string without unpaired surrogates is needed")
    return value


def exact_bool(value: Any) -> bool:
    """Take true or false."""
    if not isinstance(value, bool):
        raise TypeError("true or false is needed")
    return value


def strict_converter(is_closed: Callable[[type], bool]) -> Converter:
    """Make a converter that takes exact types only; a closed class refuses unknown fields."""
    converter = Converter(detailed_validation=True)

    def make_attrs_hook(kind: Any) -> Any:
        inner = make_dict_structure_fn(kind, converter, _cattrs_forbid_extra_keys=is_closed(kind))
        return guarded(dict, "an object is needed", inner)

    def make_tuple_hook(kind: Any) -> Any:
        item, _ = get_args(kind)
        take = converter.get_structure_hook(item)
        return guarded(list, "a list is needed", lambda value, _: _take_all(value, item, take))

    def optional(value: Any, kind: Any) -> Any:
        (inner,) = [arg for arg in get_args(kind) if arg is not type(None)]
        return None if value is None else converter.structure(value, inner)

    converter.register_structure_hook_factory(attrs.has, make_attrs_hook)
    converter.register_structure_hook_factory(lambda k: _is(k, tuple), make_tuple_hook)
    converter.register_structure_hook_func(_is_optional, optional)
    converter.register_structure_hook_func(lambda k: _is(k, Literal), _one_of)
    for kind, exact in (
        (int, exact_int),
        (float, exact_float),
        (str, exact_str),
        (bool, exact_bool),
        (Decimal, exact_decimal),
        (datetime, read_time),
    ):
        converter.register_structure_hook(kind, lambda value, _, exact=exact: exact(value))
    converter.register_unstructure_hook(datetime, time_text)
    converter.register_unstructure_hook(Decimal, _decimal_out)
    return converter


def guarded(shape: type, message: str, inner: Callable[[Any, Any], Any]) -> Any:
    """Let cattrs see only values of the right shape: it would iterate over anything."""

    def hook(value: Any, kind: Any) -> Any:
        if not isinstance(value, shape):
            raise TypeError(message)
        return inner(value, kind)

    return hook


def faults_of(error: Exception) -> tuple[Fault, ...]:
    """Give what a converter found wrong, each with its path; none with the value at fault."""
    return tuple(islice(_faults(error, "$"), FAULTS_MAX))


# ---------------------------------------------------------------------------------- helpers


def _decimal_out(value: Decimal) -> Decimal:
    if _is_plain(str(value)):
        return value
    try:
        return exact_decimal(value)
    except ValueError as error:
        raise GatewayBug(f"money that could not be read again: {error}") from None


def _is_plain(text: str) -> bool:
    """Say whether a number is as nearly all are: to look closer takes three times as long."""
    return len(text) <= DIGITS_MAX and text.replace(".", "", 1).isdigit()


def _take_all(values: list[Any], item: Any, take: Callable[[Any, Any], Any]) -> tuple[Any, ...]:
    """Take each value of a list, and say of each that fails where it stood, up to a bound."""
    taken: list[Any] = []
    failed: list[Exception] = []
    for index, value in enumerate(values):
        try:
            taken.append(take(value, item))
        except Exception as error:  # noqa: BLE001 - whatever a bad value provokes is its fault
            error.add_note(IterableValidationNote("", index, item))
            failed.append(error)
            if len(failed) == FAULTS_MAX:
                break
    if failed:
        raise IterableValidationError("", failed, item)
    return tuple(taken)


def _faults(error: Exception, path: str) -> Iterator[Fault]:
    if not isinstance(error, ClassValidationError | IterableValidationError):
        yield Fault(path, _say(error))
        return
    placed, others = error.group_exceptions()
    for inner in others:
        yield from _faults(inner, path)
    for inner, note in placed:
        name = note.index if isinstance(note, IterableValidationNote) else note.name
        step = f"[{name}]" if isinstance(name, int) else f".{name[:80]}"
        yield from _faults(inner, path + step)


def _say(error: BaseException) -> str:
    if isinstance(error, KeyError):
        return "required field missing"
    if isinstance(error, ForbiddenExtraKeysError):
        return "unknown field: " + ", ".join(_unknown(error))[:200]
    if isinstance(error, TypeError | ValueError) and error.args:
        return str(error.args[0])[:200]
    return "not a valid value"


def _unknown(error: ForbiddenExtraKeysError) -> Iterator[str]:
    """Name the unknown fields; beside the first few, the known one that may have been meant."""
    known = [field.name for field in attrs.fields(error.cl)]
    for place, name in enumerate(sorted(map(str, error.extra_fields))):
        is_looked_at = place < GUESSES_MAX and len(name) <= GUESSED_CHARS_MAX
        likely = get_close_matches(name, known, 1, LIKENESS) if is_looked_at else []
        yield f"{name} (is {likely[0]} meant?)" if likely else name


def _one_of(value: Any, kind: Any) -> Any:
    allowed = get_args(kind)
    if not isinstance(value, str) or value not in allowed:
        raise ValueError("one of " + ", ".join(map(str, allowed)) + " is needed")
    return value


def _is(kind: Any, generic: Any) -> bool:
    return get_origin(kind) is generic


def _is_optional(kind: Any) -> bool:
    return get_origin(kind) in (Union, UnionType) and type(None) in get_args(kind)
