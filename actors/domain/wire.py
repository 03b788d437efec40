"""Our JSON, both ways, strict.

    bytes ──parse──▶ JSON value ──structure(T)──▶ T         (or DecodeError: where, and what)
    T ──encode──▶ bytes                                     (money as numbers, broker's digits)

What the libraries let through and this module refuses: `NaN`, numbers of thousands of digits,
nesting without end, one name twice in an object (of a caller's body), `"7"` for 7, 7.0 for a
whole number, true for 1, null for a required field. Sizes are bounded before anything is parsed.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from types import UnionType
from typing import Any, Final, Literal, TypeVar, Union, get_args, get_origin

import attrs
import msgspec
from cattrs import BaseValidationError, Converter, ForbiddenExtraKeysError, transform_error
from cattrs.cols import homogenous_tuple_structure_factory
from cattrs.gen import make_dict_structure_fn

from .batch import Batch, BatchRequest, LegRequest
from .errors import DecodeError, Fault

T = TypeVar("T")

BODY_BYTES_MAX: Final = 256 * 1024  # a caller's request
FRAME_BYTES_MAX: Final = 1024 * 1024  # one frame of a broker's stream
ANSWER_BYTES_MAX: Final = 64 * 1024 * 1024  # a broker's whole day
DEPTH_MAX: Final = 32
DIGITS_MAX: Final = 30
INT_MAX: Final = 2**63 - 1

_NAME = re.compile(r"\['([^'\]]*)'\]")  # cattrs writes ['name'] where we write .name

_decoder = msgspec.json.Decoder(float_hook=Decimal)
_encoder = msgspec.json.Encoder(decimal_format="number")


def parse(raw: bytes, *, bytes_max: int = FRAME_BYTES_MAX) -> Any:
    """Read JSON syntax into plain values; numbers with a point become Decimal.

    DecodeError with the path `$` when it is no JSON, too large, too deep, or has a number too
    long to mean anything.
    """
    if len(raw) > bytes_max:
        raise _fault(raw, f"{len(raw)} bytes are more than the {bytes_max} allowed")
    try:
        value = _decoder.decode(raw)
    except msgspec.DecodeError as error:
        raise _fault(raw, str(error)) from None
    except RecursionError:
        raise _fault(raw, f"nested deeper than {DEPTH_MAX}") from None
    # A text with few brackets cannot be deep, and most are such.
    if raw.count(b"[") + raw.count(b"{") > DEPTH_MAX and _deeper_than(value, DEPTH_MAX):
        raise _fault(raw, f"nested deeper than {DEPTH_MAX}")
    return value


def parse_body(raw: bytes, *, bytes_max: int = BODY_BYTES_MAX) -> Any:
    """Read a caller's JSON: as `parse`, and no name may stand twice in one object.

    Two quantities in one order are not a thing to choose from.
    """
    value = parse(raw, bytes_max=bytes_max)
    try:
        json.loads(raw, object_pairs_hook=_unique)
    except _DuplicateNameError as error:
        raise _fault(raw, f"the name {error.args[0]!r} stands twice in one object") from None
    return value


def structure(value: Any, kind: type[T], *, raw: bytes = b"") -> T:
    """Make a `kind` of a plain value, exactly, or raise DecodeError naming every fault's path."""
    return structure_with(_converter, value, kind, raw=raw)


def structure_with(converter: Converter, value: Any, kind: type[T], *, raw: bytes = b"") -> T:
    """Do as `structure` does with another converter, such as the configuration's."""
    try:
        return converter.structure(value, kind)
    except Exception as error:  # noqa: BLE001 - whatever a bad value provokes is its fault
        raise DecodeError(_faults(error), length=len(raw), sha256=_digest(raw)) from None


def decode(raw: bytes, kind: type[T], *, bytes_max: int = FRAME_BYTES_MAX) -> T:
    """Read bytes straight into a `kind`."""
    return structure(parse(raw, bytes_max=bytes_max), kind, raw=raw)


def plain(value: Any) -> Any:
    """Give a value of the model as JSON values: times as RFC 3339, batches as their answer."""
    return _converter.unstructure(value)


def encode(value: Any) -> bytes:
    """Write a value of the model, or plain JSON values, as JSON."""
    return _encoder.encode(_converter.unstructure(value))


def time_text(moment: datetime) -> str:
    """Write a time as the contract has it: RFC 3339, UTC, milliseconds, `Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def read_time(value: Any) -> datetime:
    """Read a time as `time_text` writes it; a ValueError says why not."""
    if not isinstance(value, str) or not value.endswith("Z") or len(value) > 32:
        raise ValueError("a time is RFC 3339 in UTC, such as 2026-11-21T09:15:30.123Z")
    return datetime.fromisoformat(value)


def exact_decimal(value: Any) -> Decimal:
    """Take a JSON number as Decimal: finite, at most 30 digits, of no absurd size."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise TypeError("a number is needed")
    number = Decimal(value)
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


def exact_str(value: Any) -> str:
    """Take a JSON string."""
    if not isinstance(value, str):
        raise TypeError("a string is needed")
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
        inner = homogenous_tuple_structure_factory(kind, converter)
        return guarded(list, "a list is needed", inner)

    def optional(value: Any, kind: Any) -> Any:
        (inner,) = [arg for arg in get_args(kind) if arg is not type(None)]
        return None if value is None else converter.structure(value, inner)

    converter.register_structure_hook_factory(attrs.has, make_attrs_hook)
    converter.register_structure_hook_factory(lambda k: _is(k, tuple), make_tuple_hook)
    converter.register_structure_hook_func(_is_optional, optional)
    converter.register_structure_hook_func(lambda k: _is(k, Literal), _one_of)
    for kind, exact in (
        (int, exact_int),
        (str, exact_str),
        (bool, exact_bool),
        (Decimal, exact_decimal),
        (datetime, read_time),
    ):
        converter.register_structure_hook(kind, lambda value, _, exact=exact: exact(value))
    converter.register_unstructure_hook(datetime, time_text)
    converter.register_unstructure_hook(Decimal, lambda value: value)
    return converter


def guarded(shape: type, message: str, inner: Callable[[Any, Any], Any]) -> Any:
    """Let cattrs see only values of the right shape: it would iterate over anything."""

    def hook(value: Any, kind: Any) -> Any:
        if not isinstance(value, shape):
            raise TypeError(message)
        return inner(value, kind)

    return hook


# ---------------------------------------------------------------------------------- helpers


class _DuplicateNameError(ValueError):
    pass


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    seen = dict(pairs)
    if len(seen) != len(pairs):
        names = [name for name, _ in pairs]
        raise _DuplicateNameError(next(name for name in names if names.count(name) > 1)[:80])
    return seen


def _deeper_than(value: Any, depth_max: int) -> bool:
    level = [value]
    for _ in range(depth_max + 1):
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
        if not level:
            return False
    return True


def _digest(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()


def _fault(raw: bytes, message: str) -> DecodeError:
    return DecodeError((Fault("$", message),), length=len(raw), sha256=_digest(raw))


def _faults(error: BaseException) -> tuple[Fault, ...]:
    """Turn cattrs' tree of errors into (path, message) pairs, without the values at fault."""
    if not isinstance(error, BaseValidationError):
        return (Fault("$", _say(error)),)
    lines = transform_error(error, path="$", format_exception=lambda fault, _: _say(fault))
    parts = (line.rpartition(" @ ") for line in lines)
    return tuple(Fault(_NAME.sub(r".\1", path), message) for message, _, path in parts)


def _say(error: BaseException) -> str:
    if isinstance(error, KeyError):
        return "required field missing"
    if isinstance(error, ForbiddenExtraKeysError):
        return "unknown field: " + ", ".join(sorted(map(str, error.extra_fields)))[:200]
    if isinstance(error, TypeError | ValueError) and error.args:
        return str(error.args[0])[:200]
    return "not a valid value"


def _one_of(value: Any, kind: Any) -> Any:
    allowed = get_args(kind)
    if not isinstance(value, str) or value not in allowed:
        raise ValueError("one of " + ", ".join(map(str, allowed)) + " is needed")
    return value


def _is(kind: Any, generic: Any) -> bool:
    return get_origin(kind) is generic


def _is_optional(kind: Any) -> bool:
    return get_origin(kind) in (Union, UnionType) and type(None) in get_args(kind)


def _batch_out(batch: Batch) -> dict[str, Any]:
    """Write a batch as the contract's answer: the brief's fields first, then ours."""
    answer = {
        "status": batch.status,
        "account_id": batch.account_id,
        "batch_id": batch.batch_id,
        "total_orders": len(batch.legs),
        "succeeded": batch.succeeded,
        "failed": batch.failed,
        "pending": batch.pending,
        "order_ids": [leg.order_id for leg in batch.legs if leg.order_id is not None],
    }
    fields = attrs.asdict(batch, recurse=False)
    rest = {name: _converter.unstructure(fields[name]) for name in fields if name not in answer}
    return answer | rest


# A caller's own words are held to the letter: a field that we do not know may be a typo of one
# that moves money.
_converter = strict_converter(lambda kind: kind in (BatchRequest, LegRequest))
_converter.register_unstructure_hook(Batch, _batch_out)
