"""The words in which calls are written down. Pure.

    Call ── method, path, right ── query, headers ── body ── answers by status ── faults by status
                                       └ Parameter     └ class, Form    └ Answer       └ words

A class or a `Form` says what an object looks like; `shapes` makes schemas of both.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, Literal, TypeAlias

from attrs import field, frozen

Schema: TypeAlias = dict[str, Any]
Rights = Literal["", "key", "read", "trade", "admin"]

JSON: Final = "application/json"
PROBLEM: Final = "application/problem+json"
IN_PATH: Final = re.compile(r"{(\w+)}")


@frozen(eq=False)
class Form:
    """An object that is put together where it is answered, rather than written from a class.

    `fields` gives each field's type, class or form; those of `base` stand before them. What is
    `optional` may be left out.
    """

    name: str
    about: str
    fields: Mapping[str, Any] = field(factory=dict)
    base: type | None = None
    optional: frozenset[str] = frozenset()


@frozen(eq=False)
class Listed:
    """An array of what a form describes; of a class, `tuple[T, ...]` says the same."""

    item: Any


@frozen(eq=False)
class Named:
    """An object whose names are not known beforehand, and what each of them has."""

    value: Any


@frozen(eq=False)
class OneOf:
    """One of several forms."""

    kinds: tuple[Any, ...]


@frozen(eq=False)
class Parameter:
    """What may stand behind the question mark, or in a header."""

    name: str
    about: str
    schema: Schema
    required: bool = False
    repeats: bool = False  # a list: one parameter for each item, where others have commas


@frozen(eq=False)
class Answer:
    """What a status brings. `kind` is None where there is no body; `headers` have their words."""

    about: str
    kind: Any = None
    media_type: str = JSON
    headers: Mapping[str, str] = field(factory=dict)


@frozen(eq=False)
class Body:
    """What a call takes. `may_be_empty`: none at all is `{}`."""

    kind: Any
    may_be_empty: bool = False
    also: tuple[str, ...] = ()  # other media types that it takes in the same words


@frozen(eq=False)
class Call:
    """One call of HTTP: a method at a path, and what comes of it.

    `right` is what a caller needs: "" nothing, "key" any key or login, else that right over the
    account, or over some account where none is named. `faults` are those beside the common ones.
    """

    endpoint: str
    method: str
    path: str
    title: str
    answers: Mapping[int, Answer]
    right: Rights = "read"
    about: str = ""
    query: tuple[Parameter, ...] = ()
    headers: tuple[Parameter, ...] = ()
    body: Body | None = None
    faults: Mapping[int, str] = field(factory=dict)

    @property
    def names_in_path(self) -> list[str]:
        """Give what the path leaves open."""
        return IN_PATH.findall(self.path)

    @property
    def all_faults(self) -> dict[int, str]:
        """Give every fault of the call with its words, by status."""
        found = dict(self._common_faults()) | dict(self.faults)
        return {status: found[status] for status in sorted(found)}

    def _common_faults(self) -> Mapping[int, str]:
        found = {
            403: "a page of another site asks",
            408: "the body did not come in time",
            413: "the body is too large",
            422: "a parameter is not known, or has no value that fits",
            429: "too many requests; `Retry-After` says when",
        }
        if self.right:
            found[401] = "no key, or one that is not good"
            found[403] = "the right is missing"
        if "account_id" in self.names_in_path:
            found[404] = "there is no such account"
        if self.names_in_path[1:]:
            found[404] = "there is nothing of that id, or the caller may not know of it"
        if self.body is not None:
            found[400] = "the body is not JSON"
            found[422] = "a field is missing, not known or of no value that fits"
        return found


@frozen(eq=False)
class Section:
    """Calls that belong together, and what they have in common."""

    name: str
    about: str
    calls: tuple[Call, ...]


NAMES_IN_PATH: Final = {
    "account_id": "An account, as it is named in the configuration.",
    "order_id": "The broker's id of an order.",
    "batch_id": "The id of a batch, from its answer.",
    "name": "The path of a file below `/static/`; a guide's name.",
}


def whole(least: int, most: int, default: int | None = None) -> Schema:
    """Give the schema of a whole number within bounds."""
    schema: Schema = {"type": "integer", "minimum": least, "maximum": most}
    return schema if default is None else schema | {"default": default}


def word(most: int) -> Schema:
    """Give the schema of a short text."""
    return {"type": "string", "minLength": 1, "maxLength": most}


def one_of(*words: str, default: str | None = None) -> Schema:
    """Give the schema of one of a few words."""
    schema: Schema = {"type": "string", "enum": list(words)}
    return schema if default is None else schema | {"default": default}


def names_of(*words: str) -> Schema:
    """Give the schema of names with commas between."""
    return {"type": "array", "items": {"type": "string", "enum": list(words)}, "minItems": 1}
