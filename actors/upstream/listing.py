"""A day's list in a broker's answer: found, split, and read row by row.

body ──rows_of──▶ [row, row, …] ──read_rows──▶ values, and a Note for each unreadable row
                                    └─ Memory: what the last answer had is not read again
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from hashlib import blake2b
from typing import Any, Final, Generic, TypeVar

import msgspec
from attrs import define, field

from actors.domain.errors import DecodeError, Fault
from actors.domain.model import Note
from actors.domain.wire import ANSWER_BYTES_MAX, parse

from .fields import FieldFault

R = TypeVar("R")

NOTES_MAX: Final = 20

_ERROR: Final = msgspec.Raw(b'"error"')
_object = msgspec.json.Decoder(dict[str, msgspec.Raw])
_list = msgspec.json.Decoder(list[msgspec.Raw])


def rows_of(body: bytes, *names: str) -> tuple[str, list[msgspec.Raw]]:
    """Find the list in an answer; give its path and its rows, each still to be parsed.

    It is bare, or under one of `names` (`{"status": "success", "data": […]}`), which may stand
    inside one another (`{"data": {"net": […]}}`). DecodeError when there is none, or when the
    answer calls itself an error. Splitting takes a fraction of the time that parsing does, so a
    day's answer never holds other tasks up for long.
    """
    if len(body) > ANSWER_BYTES_MAX:
        raise _no_list("$", f"more than {ANSWER_BYTES_MAX} bytes")
    path, rest = "$", body.strip()
    try:
        while rest[:1] == b"{":
            inner = _object.decode(rest)
            if inner.get("status") == _ERROR:
                raise _no_list(f"{path}.status", "the broker answered with an error")
            name = next((name for name in names if name in inner), None)
            if name is None:
                raise _no_list(f"{path}.{names[0]}", "required field missing")
            path, rest = f"{path}.{name}", bytes(inner[name])
        if rest[:1] != b"[":
            raise _no_list(path, "a list is needed")
        return path, _list.decode(rest)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise _no_list(path, "not JSON") from None


@define
class Memory(Generic[R]):
    """What the rows of the last answer were read as, by their digests.

    Most of a day's rows never change again, and are not read again. The rows themselves are not
    kept.
    """

    known: dict[bytes, R] = field(factory=dict)
    now: dict[bytes, R] = field(factory=dict)

    def begin(self) -> None:
        """Begin an answer: what the one before it did not have is forgotten."""
        self.known, self.now = self.now, {}

    def read(self, raw: bytes, read: Callable[[Any], R]) -> R:
        """Give what the row was read as, reading it if it is new."""
        digest = blake2b(raw, digest_size=16).digest()
        value = self.known.get(digest)
        if value is None:
            value = read(parse(raw))
        self.now[digest] = value
        return value


def read_rows(
    raws: list[msgspec.Raw],
    path: str,
    span: range,
    read: Callable[[Any], R],
    memory: Memory[R] | None = None,
) -> Iterator[R | Note]:
    """Read the rows of `span`; a row that cannot be read gives a Note that names the fault."""
    for i in span:
        raw = bytes(raws[i])
        try:
            yield read(parse(raw)) if memory is None else memory.read(raw, read)
        except FieldFault as fault:
            yield _left_out(fault.at(f"{path}[{i}]"))
        except DecodeError as error:
            yield _left_out(Fault(f"{path}[{i}]", error.faults[0].message))


def few(notes: list[Note]) -> tuple[Note, ...]:
    """Keep the first NOTES_MAX notes, and say how many more there were."""
    if len(notes) <= NOTES_MAX:
        return tuple(notes)
    more = f"{len(notes) - NOTES_MAX} more rows of the broker's answer could not be read"
    return (*notes[:NOTES_MAX], Note("error", more))


def _no_list(path: str, message: str) -> DecodeError:
    return DecodeError((Fault(path, message),))


def _left_out(where: Fault) -> Note:
    return Note("error", f"a row of the broker's answer could not be read: {where}")
