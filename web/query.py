"""What a caller may write behind the question mark. Pure.

MultiDict ── asked_once(allowed) ──▶ {name: value}, or 422 naming the parameter
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from attrs import frozen
from werkzeug.datastructures import MultiDict

from actors.domain.errors import BadRequest, Fault
from actors.domain.ids import Epoch, LogPosition

LIMIT: Final = 100
LIMIT_MAX: Final = 1000
DIGITS_MAX: Final = 18


@frozen
class Page:
    """Which rows of a list are asked for: the newest `limit` that began before an offset.

    As they are, or as they were `at` an earlier place.
    """

    limit: int
    before: int | None
    status: str | None
    symbol: str | None
    at: LogPosition | None = None


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


def read_page(
    args: MultiDict[str, str], *, filters: Collection[str], epoch: Epoch | None = None
) -> Page:
    """Read `limit`, `before` and those of `status` and `symbol` that the list has.

    `epoch` is the present one where the list can be had as it was: `at` is read too.
    """
    known = ("limit", "before", *filters)
    given = asked_once(args, known if epoch is None else (*known, "at"))
    return Page(
        limit=read_whole(given, "limit", 1, LIMIT_MAX) or LIMIT,
        before=read_whole(given, "before", 0, 10**DIGITS_MAX),
        status=_word(given, "status"),
        symbol=_word(given, "symbol"),
        at=None if epoch is None else read_at(given, epoch),
    )


def read_at(given: dict[str, str], epoch: Epoch) -> LogPosition | None:
    """Read `at`, an offset of the present epoch or `EPOCH:OFFSET`; None when it is not said."""
    text = given.get("at")
    if text is None:
        return None
    try:
        return LogPosition.parse(text if ":" in text else f"{epoch}:{text}")
    except ValueError:
        raise bad_parameter("at", "OFFSET or EPOCH:OFFSET is needed") from None


def read_whole(given: dict[str, str], name: str, least: int, most: int) -> int | None:
    """Read a whole number, None when it is not said; BadRequest when it is none within bounds."""
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
