"""What a websocket's client may wish for, in its URL and in what it sends. Pure.

    ?since= &snapshot= &types= &accounts= &policy=   ──▶ Opening, or 422 naming the parameter
    ping, {"action": …, "types", "accounts", "id"}   ──▶ Wish, or NotUnderstood and its words

What a client names and may not read is, to it, a name like any other that does not exist.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final, Literal, cast, get_args

from attrs import evolve, frozen
from werkzeug.datastructures import MultiDict

from actors.domain.errors import BadRequest, DecodeError, OrderwireError
from actors.domain.ids import AccountId, LogPosition
from actors.domain.model import EventType
from actors.domain.wire import exact_str, parse_body
from actors.feed import Selection

from .query import asked_once, bad_parameter

Action = Literal["ping", "subscribe", "unsubscribe", "get_status", "snapshot"]

EVENT_TYPES: Final[tuple[EventType, ...]] = get_args(EventType)
ALL_TYPES: Final = frozenset(EVENT_TYPES)
ACTIONS: Final = ("subscribe", "unsubscribe", "get_status", "snapshot")
PARAMETERS: Final = ("since", "snapshot", "types", "accounts", "policy")
POLICIES: Final = ("every", "latest")
NAMES_MAX: Final = 1000  # in one list of a client
ID_CHARS_MAX: Final = 200


class NotUnderstood(OrderwireError):
    """A client's frame that means nothing here. Nothing was changed."""

    def __init__(self, message: str, request_id: Any = None) -> None:
        super().__init__(message)
        self.request_id = request_id


@frozen
class Words:
    """How a surface names what one subscribes to: in which field, and what each name takes in."""

    field: str
    takes: Mapping[str, frozenset[EventType]]

    def types(self, names: Iterable[str]) -> frozenset[EventType]:
        """Give all that these names take in."""
        return frozenset(kind for name in names for kind in self.takes[name])

    def names(self, types: frozenset[EventType]) -> list[str]:
        """Name what is wholly among these types."""
        return [name for name, kinds in self.takes.items() if kinds <= types]

    def row(self, selection: Selection) -> dict[str, Any]:
        """Give a selection as an answer shows it."""
        return {self.field: self.names(selection.types), "accounts": sorted(selection.accounts)}


OURS: Final = Words("types", {name: frozenset({name}) for name in sorted(EVENT_TYPES)})


@frozen
class Opening:
    """What a URL asks for. `since` is None for a client that begins anew.

    `latest`: when it is behind it wants only the last state of each order.
    """

    selection: Selection
    since: LogPosition | None
    with_snapshot: bool
    latest: bool = False


@frozen
class Wish:
    """What a frame asks for; `types` and `accounts` are None where it names none."""

    action: Action
    types: frozenset[EventType] | None = None
    accounts: frozenset[AccountId] | None = None
    request_id: str | int | None = None


def read_opening(args: MultiDict[str, str], readable: frozenset[AccountId]) -> Opening:
    """Read a URL's parameters; BadRequest names the one at fault."""
    given = asked_once(args, PARAMETERS)
    selection = read_selection(given, readable)
    since, with_snapshot = read_beginning(given)
    return Opening(selection, since, with_snapshot, latest=read_policy(given) == "latest")


def read_selection(given: Mapping[str, str], readable: frozenset[AccountId]) -> Selection:
    """Read `types` and `accounts`, all if not said; BadRequest names the one at fault."""
    types, accounts = ALL_TYPES, readable
    if "types" in given:
        types = OURS.types(_names(given["types"], "types", EVENT_TYPES))
    if "accounts" in given:
        accounts = frozenset(map(AccountId, _names(given["accounts"], "accounts", readable)))
    return Selection(accounts, types)


def read_policy(given: Mapping[str, str]) -> str:
    """Read `policy`; BadRequest names it."""
    policy = given.get("policy", "every")
    if policy not in POLICIES:
        raise bad_parameter("policy", " or ".join(POLICIES) + " is needed")
    return policy


def read_beginning(given: Mapping[str, str]) -> tuple[LogPosition | None, bool]:
    """Read `since` and `snapshot`, which makes it moot; BadRequest names the one at fault."""
    snapshot = given.get("snapshot", "false")
    if snapshot not in ("true", "false"):
        raise bad_parameter("snapshot", "true or false is needed")
    try:
        since = LogPosition.parse(given["since"]) if "since" in given else None
    except ValueError as error:
        raise bad_parameter("since", str(error)) from None
    return (None, True) if snapshot == "true" else (since, False)


def read_wish(text: str, readable: frozenset[AccountId], words: Words = OURS) -> Wish:
    """Read what a client sent; NotUnderstood when it means nothing."""
    if text == "ping":
        return Wish("ping")
    try:
        value = parse_body(text.encode("utf-8", "replace"))
    except DecodeError as error:
        raise NotUnderstood(f"not JSON: {error}") from None
    if not isinstance(value, dict):
        raise NotUnderstood("an object with an `action` is needed, or the text ping")
    request_id = _request_id(value.get("id"))
    action = value.get("action")
    if action not in ACTIONS:
        known = ", ".join(ACTIONS)
        raise NotUnderstood(f"`action` has to be one of {known}", request_id)
    if unknown := sorted(value.keys() - {"action", words.field, "accounts", "id"}):
        raise NotUnderstood(f"unknown field: {', '.join(unknown)[:200]}", request_id)
    names = _list(value, words.field, words.takes, request_id)
    accounts = _list(value, "accounts", readable, request_id)
    if action in ("get_status", "snapshot"):
        if names is not None or accounts is not None:
            raise NotUnderstood(
                f"{action} takes neither `{words.field}` nor `accounts`", request_id
            )
    elif names is None and accounts is None:
        raise NotUnderstood(f"{action} needs `{words.field}` or `accounts`", request_id)
    return Wish(
        cast("Action", action),
        None if names is None else words.types(names),
        cast("frozenset[AccountId] | None", accounts),
        request_id,
    )


def granted(selection: Selection, wish: Wish) -> Selection:
    """Give the selection that a `subscribe` or `unsubscribe` makes of the present one."""
    types, accounts = wish.types or frozenset(), wish.accounts or frozenset()
    if wish.action == "subscribe":
        accounts, types = selection.accounts | accounts, selection.types | types
    else:
        accounts, types = selection.accounts - accounts, selection.types - types
    return evolve(selection, accounts=accounts, types=types)


def _names(text: str, parameter: str, known: Collection[str]) -> list[str]:
    names = text.split(",")
    if unknown := [name for name in names if name not in known]:
        raise bad_parameter(parameter, f"not known here: {', '.join(map(repr, unknown))[:200]}")
    return names


def _list(
    value: dict[str, Any], field: str, known: Collection[str], request_id: Any
) -> frozenset[str] | None:
    if field not in value:
        return None
    names = value[field]
    if not isinstance(names, list) or len(names) > NAMES_MAX:
        raise NotUnderstood(f"`{field}` has to be a list of names", request_id)
    for name in names:
        if not isinstance(name, str) or name not in known:
            raise NotUnderstood(f"`{field}` names what is not known here: {name!r:.80}", request_id)
    return frozenset(names)


def _request_id(value: Any) -> str | int | None:
    """Take an `id` that can be given back as it came."""
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    if isinstance(value, str) and len(value) <= ID_CHARS_MAX:
        return exact_str(value)
    raise NotUnderstood(f"`id` has to be a number or a text of at most {ID_CHARS_MAX} characters")


__all__ = [
    "EVENT_TYPES",
    "OURS",
    "BadRequest",
    "NotUnderstood",
    "Opening",
    "Wish",
    "Words",
    "granted",
    "read_beginning",
    "read_opening",
    "read_selection",
    "read_wish",
]
