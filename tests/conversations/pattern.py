"""What an answer must look like: JSON with holes. Pure.

    {"status": "success", "order_ids": [$first, *], "legs": [{"state": "filled"}, ...]}

    {…}      an object with at least these fields      *        any value
    […]      these items; `...` is any number of them  $name    any value, and then always that one
    "a*b"    a text with anything in its middle        "a|b"    one of these texts

In a request `$name` is what the name stands for, inside a text too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

Names = Mapping[str, Any]

HOLE: Final = "\ue000"  # no text of a script has it
GAP: Final = f"{HOLE}..."
TOKEN: Final = re.compile(r'("(?:\\.|[^"\\])*")|(\$\w+|\*|\.\.\.)')
IN_TEXT: Final = re.compile(r"(\*|\$\w+)")
SHOWN_MAX: Final = 300


class Mismatch(Exception):
    """What came is not what must come: where, and both."""

    def __init__(self, path: str, expected: str, came: str) -> None:
        super().__init__(f"at {path}: expected {expected}, came {came}")


def parse(text: str) -> Any:
    """Read JSON with holes. ValueError says what is wrong with it."""
    plain = TOKEN.sub(lambda found: found[1] or json.dumps(HOLE + found[2]), text)
    return json.loads(plain, parse_float=Decimal)


def fill(pattern: Any, names: Names) -> Any:
    """Put in what the names stand for. ValueError for a hole that nothing fills."""
    if isinstance(pattern, dict):
        return {name: fill(inner, names) for name, inner in pattern.items()}
    if isinstance(pattern, list):
        return [fill(inner, names) for inner in pattern]
    if not isinstance(pattern, str):
        return pattern
    if pattern.startswith(HOLE):
        return _named(pattern.removeprefix(HOLE), names)
    return fill_text(pattern, names)


def fill_text(text: str, names: Names) -> str:
    """Put into a text what its names stand for; a `$` that begins no name is itself."""
    return re.sub(r"\$\w+", lambda found: str(_named(found[0], names)), text)


def match(pattern: Any, value: Any, names: Names) -> dict[str, Any]:
    """Give the names with those that the pattern adds. Mismatch for the first difference."""
    known = dict(names)
    _match(pattern, value, known, "$")
    return known


def match_text(pattern: str, text: str, names: dict[str, Any], path: str = "$") -> None:
    """Match a text with its `*`, `|` and `$name`; adds the names. Mismatch when it is another."""
    for choice in pattern.split("|"):
        found = re.fullmatch(_expression(choice, names), text, re.DOTALL)
        if found:
            names.update({f"${name}": value for name, value in found.groupdict().items()})
            return
    raise Mismatch(path, show(fill_known(pattern, names)), show(text))


def fill_known(pattern: Any, names: Names) -> Any:
    """Put in what is known by now, to show what is expected."""
    if isinstance(pattern, str):
        bare = pattern.removeprefix(HOLE)
        return names.get(bare, bare)
    return pattern


def show(value: Any) -> str:
    """Give a value as JSON, cut where it is long."""
    text = json.dumps(value, ensure_ascii=False, default=str).replace(HOLE, "")
    return text if len(text) <= SHOWN_MAX else f"{text[:SHOWN_MAX]}…"


def _named(hole: str, names: Names) -> Any:
    if hole not in names:
        raise ValueError(f"nothing is known by the name {hole}")
    return names[hole]


def _match(pattern: Any, value: Any, names: dict[str, Any], path: str) -> None:
    if isinstance(pattern, str) and pattern.startswith(HOLE):
        _match_hole(pattern.removeprefix(HOLE), value, names, path)
    elif isinstance(pattern, dict) and isinstance(value, dict):
        for name, inner in pattern.items():
            if name not in value:
                raise Mismatch(path, f"a field {name!r}", f"only {', '.join(value) or 'nothing'}")
            _match(inner, value[name], names, f"{path}.{name}")
    elif isinstance(pattern, list) and isinstance(value, list):
        _match_items(pattern, value, names, path)
    elif isinstance(pattern, str) and isinstance(value, str):
        match_text(pattern, value, names, path)
    elif not _is_same(pattern, value):
        raise Mismatch(path, show(pattern), show(value))


def _match_hole(hole: str, value: Any, names: dict[str, Any], path: str) -> None:
    if hole == "*":
        return
    if hole == "...":
        raise ValueError("`...` stands only in a list")
    if not _is_same(names.setdefault(hole, value), value):
        raise Mismatch(path, f"{hole}, which is {show(names[hole])}", show(value))


def _match_items(pattern: list[Any], value: list[Any], names: dict[str, Any], path: str) -> None:
    least = sum(inner != GAP for inner in pattern)
    has_gap = least < len(pattern)
    if len(value) < least or (len(value) > least and not has_gap):
        number = f"{least} items{' or more' if has_gap else ''}"
        raise Mismatch(path, number, f"{len(value)}: {show(value)}")
    _match_rest(pattern, value, 0, names, path)


def _match_rest(
    pattern: list[Any], value: list[Any], at: int, names: dict[str, Any], path: str
) -> None:
    """Match items from `at` on; a gap takes as few as will do, and tells of its last try."""
    for i, inner in enumerate(pattern):
        if inner == GAP:
            rest = pattern[i + 1 :]
            _match_after_gap(rest, value, at + i, names, path)
            return
        if at + i >= len(value):
            raise Mismatch(path, f"an item {show(inner)}", show(value))
        _match(inner, value[at + i], names, f"{path}[{at + i}]")
    if at + len(pattern) < len(value):
        raise Mismatch(path, "no more items", show(value))


def _match_after_gap(
    rest: list[Any], value: list[Any], at: int, names: dict[str, Any], path: str
) -> None:
    last = Mismatch(path, f"{show(rest)} after others", show(value))
    for begin in range(at, len(value) + 1):
        tried = dict(names)
        try:
            _match_rest(rest, value, begin, tried, path)
        except Mismatch as error:
            last = error if begin < len(value) else last
        else:
            names.update(tried)
            return
    raise last


def _is_same(one: Any, other: Any) -> bool:
    """Compare as JSON does: 100 is 100.00, and true is not 1."""
    return one == other and isinstance(one, bool) == isinstance(other, bool)


def _expression(choice: str, names: Names) -> str:
    parts = []
    for part in IN_TEXT.split(choice):
        if part == "*":
            parts.append(".*")
        elif IN_TEXT.fullmatch(part):
            known = part in names
            parts.append(re.escape(str(names[part])) if known else rf"(?P<{part[1:]}>[^/?#\s]+)")
        else:
            parts.append(re.escape(part))
    return "".join(parts)
