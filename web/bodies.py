"""A caller's JSON body, held to the letter.

bytes ──read_body──────▶ a JSON value, or 400
value ──read_fields(T)─▶ T, or 422 naming each field at fault; one that is not known is a fault
request ──read_wish(T)─▶ both, of a call that takes nothing behind the question mark
"""

from __future__ import annotations

from typing import Any, Final, TypeVar

from attrs import frozen
from quart import request

from actors.domain.errors import BadRequest, DecodeError
from actors.domain.wire import parse_body, strict_converter, structure_with

from .query import asked_once

T = TypeVar("T")

# A field that we do not know may be a typo of one that moves money.
_closed: Final = strict_converter(lambda _: True)


@frozen
class NoFields:
    """The body of a call that takes nothing: `{}`, or none at all."""


async def read_wish(kind: type[T], detail: str, *, may_be_empty: bool = True) -> T:
    """Read the body of the request at hand as a `kind`; BadRequest says what is wrong with it."""
    asked_once(request.args, ())
    value = read_body(await request.get_data(), may_be_empty=may_be_empty)
    return read_fields(value, kind, detail)


def read_body(raw: Any, *, may_be_empty: bool = False) -> Any:
    """Read JSON; BadRequest with 400 when it is none. An empty body that may be one is `{}`."""
    if may_be_empty and not raw:
        return {}
    try:
        return parse_body(raw)
    except DecodeError as error:
        raise BadRequest("the body is not JSON", error.faults, status=400) from None


def read_fields(value: Any, kind: type[T], detail: str) -> T:
    """Make a `kind` of a body; BadRequest with 422, saying `detail`, names each field at fault."""
    try:
        return structure_with(_closed, value, kind)
    except DecodeError as error:
        raise BadRequest(detail, error.faults) from None
