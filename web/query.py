"""What a caller may write behind the question mark. Pure.

MultiDict ── asked_once(allowed) ──▶ {name: value}, or 422 naming the parameter
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from attrs import frozen
from werkzeug.datastructures import MultiDict

from actors.domain.errors import BadRequest, Fault

LIMIT: Final = 100
LIMIT_MAX: Final = 1000
DIGITS_MAX: Final = 18


@frozen
class Page:
    """Which rows of a list are asked for: the newest `limit` that began before an offset."""

    limit: int
    before: int | None
    status: str | None
    symbol: str | None


def asked_once(args: MultiDict[str, str], allowed: Collection[str]) -> dict[str, str]:
    """Give the parameters; BadRequest names those that are not known or stand twice."""
    faults = []
    for name, values in args.lists():
        if name not in allowed:
            known = ", ".join(allowed) or "none"
            faults.append(Fault(f"?{name[:80]}", f"not a parameter here; known: {known}"))
        elif len(values) > 1:
            faults.append(Fault(f"?{name}", "given more than once"))
    if faults:
        raise BadRequest("the query is not understood", tuple(faults))
    return {name: values[0] for name, values in args.lists()}


def read_page(args: MultiDict[str, str], *, filters: Collection[str]) -> Page:
    """Read `limit`, `before` and those of `status` and `symbol` that the list has."""
    given = asked_once(args, ("limit", "before", *filters))
    return Page(
        limit=_whole(given, "limit", 1, LIMIT_MAX) or LIMIT,
        before=_whole(given, "before", 0, 10**DIGITS_MAX),
        status=_word(given, "status"),
        symbol=_word(given, "symbol"),
    )


def _whole(given: dict[str, str], name: str, least: int, most: int) -> int | None:
    text = given.get(name)
    if text is None:
        return None
    is_whole = text.isascii() and text.isdigit() and len(text) <= DIGITS_MAX
    if not is_whole or not least <= int(text) <= most:
        raise bad_parameter(name, f"a whole number from {least} to {most} is needed")
    return int(text)


def _word(given: dict[str, str], name: str) -> str | None:
    word = given.get(name)
    if word is not None and not (0 < len(word) <= 80 and word.isprintable()):
        raise bad_parameter(name, "1 to 80 characters are needed")
    return word


def bad_parameter(name: str, message: str) -> BadRequest:
    """Make the error for a parameter's value."""
    return BadRequest("the query is not understood", (Fault(f"?{name}", message),))
