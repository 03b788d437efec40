"""Our JSON, both ways, strict.

    bytes ──parse──▶ JSON value ──structure(T)──▶ T         (or DecodeError: where, and what)
    T ──encode──▶ bytes                                     (money as numbers, broker's digits)

What the libraries let through and this module refuses: `NaN`, numbers of thousands of digits,
nesting without end, one name twice in an object (of a caller's body), `"7"` for 7, 7.0 for a
whole number, true for 1, null for a required field. Sizes are bounded before anything is parsed,
and a hopeless value is given up after its first faults. What `encode` writes, `decode` reads.
"""

from __future__ import annotations

import hashlib
import json
from decimal import Decimal, InvalidOperation
from typing import Any, Final, TypeVar

import attrs
import msgspec
from cattrs import Converter, StructureHandlerNotFoundError

from .batch import Batch, BatchRequest, LegRequest
from .errors import DecodeError, Fault, GatewayBug
from .exact import (
    DIGITS_MAX,
    INT_MAX,
    exact_bool,
    exact_decimal,
    exact_float,
    exact_int,
    exact_str,
    faults_of,
    guarded,
    read_time,
    strict_converter,
    time_text,
)

__all__ = [
    "ANSWER_BYTES_MAX",
    "BODY_BYTES_MAX",
    "DEPTH_MAX",
    "DIGITS_MAX",
    "FRAME_BYTES_MAX",
    "INT_MAX",
    "decode",
    "encode",
    "exact_bool",
    "exact_decimal",
    "exact_float",
    "exact_int",
    "exact_str",
    "guarded",
    "parse",
    "parse_body",
    "plain",
    "read_time",
    "strict_converter",
    "structure",
    "structure_with",
    "time_text",
]

T = TypeVar("T")

BODY_BYTES_MAX: Final = 256 * 1024  # a caller's request
FRAME_BYTES_MAX: Final = 1024 * 1024  # one frame of a broker's stream
ANSWER_BYTES_MAX: Final = 64 * 1024 * 1024  # a broker's whole day
DEPTH_MAX: Final = 32
NUMBER_CHARS_MAX: Final = 100
EXPONENT_MAX: Final = 308  # beyond it other readers of JSON see infinity

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
    except UnicodeDecodeError:
        raise _fault(raw, "it is not UTF-8") from None
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
    except StructureHandlerNotFoundError as error:
        raise GatewayBug(f"no JSON shape is known for a {error.type_}") from None
    except Exception as error:  # noqa: BLE001 - whatever a bad value provokes is its fault
        raise DecodeError(faults_of(error), length=len(raw), sha256=_digest(raw)) from None


def decode(raw: bytes, kind: type[T], *, bytes_max: int = FRAME_BYTES_MAX) -> T:
    """Read bytes straight into a `kind`."""
    return structure(parse(raw, bytes_max=bytes_max), kind, raw=raw)


def plain(value: Any) -> Any:
    """Give a value of the model as JSON values: times as RFC 3339, batches as their answer."""
    return _converter.unstructure(value)


def encode(value: Any) -> bytes:
    """Write a value of the model, or plain JSON values, as JSON.

    GatewayBug for what could not be read again: no such thing may reach the store.
    """
    try:
        return _encoder.encode(_converter.unstructure(value))
    except UnicodeEncodeError:
        raise GatewayBug("a text with half a letter in it") from None


# ---------------------------------------------------------------------------------- helpers


class _DuplicateNameError(ValueError):
    pass


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    seen: dict[str, Any] = {}
    for name, value in pairs:
        if name in seen:
            raise _DuplicateNameError(name[:80])
        seen[name] = value
    return seen


def _deeper_than(value: Any, depth_max: int) -> bool:
    level = _inside([value])
    for _ in range(depth_max):
        if not level:
            return False
        level = [inner for outer in level for inner in _inside(outer)]
    return bool(level)


def _inside(value: Any) -> list[Any]:
    values = value.values() if isinstance(value, dict) else value
    return [inner for inner in values if isinstance(inner, dict | list)]


def _number(text: str) -> Decimal:
    """Read a number with a point or an exponent; msgspec makes a fault of a ValueError."""
    if len(text) > NUMBER_CHARS_MAX:
        raise ValueError("a number too long to mean anything")
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise ValueError("a number without measure") from None
    if abs(number.adjusted()) > EXPONENT_MAX:
        raise ValueError("a number without measure")
    return number


def _digest(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()


def _fault(raw: bytes, message: str) -> DecodeError:
    return DecodeError((Fault("$", message),), length=len(raw), sha256=_digest(raw))


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
_decoder = msgspec.json.Decoder(float_hook=_number)
_converter = strict_converter(lambda kind: kind in (BatchRequest, LegRequest))
_converter.register_unstructure_hook(Batch, _batch_out)
