"""Following a gateway's events over its websocket, for ever.

    dial ─▶ frames ─▶ Place.take ─▶ Event, Snapshot, Gap ─▶ async for
     ▲                                │
     └── pause (0.5 s → 10 s) ◀─ lost, silent for 40 s, a hole     and again with `since`

The place is the greatest offset that any frame gave; with it the gateway gives what was missed. A
reader who is slow holds up the gateway's socket and not our memory: if he is so slow that he is
cut off, he is resumed.
"""

from __future__ import annotations

import math
from collections.abc import AsyncGenerator, Callable, Sequence
from random import random
from typing import Final
from urllib.parse import quote, urlencode, urlsplit, urlunsplit

import trio

from .line import ClientError, Dial, Refused, open_stream, opened, why_ended
from .place import Event, Hole, Place, Snapshot, chosen

__all__ = ["Away", "ClientError", "Refused", "follow"]

QUIET_S: Final = 40.0  # a gateway speaks every 15 s, if only to say that nothing happens
PAUSE_FIRST_S: Final = 0.5
PAUSE_MOST_S: Final = 10.0
SCHEMES: Final = {"http": "ws", "https": "wss", "ws": "ws", "wss": "wss"}


class Away(ClientError):
    """The gateway could not be reached for longer than one was ready to wait."""


@trio.as_safe_channel
async def follow(
    url: str,
    *,
    key: str | None = None,
    accounts: Sequence[str] = (),
    types: Sequence[str] = (),
    since: str | None = None,
    snapshot: bool = False,
    patience_s: float = math.inf,
    say: Callable[[str], None] = lambda _: None,
    at: Callable[[str], None] = lambda _: None,
    dial: Dial = open_stream,
    chance: Callable[[], float] = random,
) -> AsyncGenerator[Event | Snapshot, None]:
    """Give every event after `since`, or from now on, each once and in order, for ever.

    No `accounts` are all that the key may read, no `types` all that there are. With `snapshot`
    (and no `since`) the first value is a Snapshot; where the record cannot be gone on with, a Gap
    comes with all that stands. `say` is told, in a line, when the gateway is lost; `at` the
    place that a greeting or a heartbeat gives: up to there, all has been given.

    Refused when the gateway will not have it, ValueError for an address, place or list that is
    none; Away when it could not be reached for `patience_s`.
    """
    place = Place.of(since, wants_snapshot=snapshot)
    base, headers = address(url, accounts, types), key_headers(key)
    attempt, heard_s = 0, trio.current_time()
    while True:
        before = place.since
        try:
            async with opened(begun(base, place), headers, dial) as socket:
                while True:
                    with trio.fail_after(QUIET_S):
                        text = await socket.get_message()
                    if (value := place.take(text)) is not None:
                        yield value
                    elif place.is_whole and place.since is not None:
                        at(place.since)
        except Hole as hole:
            reason = str(hole)
        except Exception as error:
            if (said := hole_in(error) or why_ended(error)) is None:
                raise
            reason = said
        if place.since != before:
            attempt, heard_s = 0, trio.current_time()
        if trio.current_time() - heard_s > patience_s:
            raise Away(f"{url}: {reason}; given up after {patience_s:g} s")
        if attempt == 0:
            say(f"{url}: {reason}; trying again")
        await trio.sleep(pause_s(attempt, chance()))
        attempt += 1


def hole_in(error: BaseException) -> str | None:
    """Find a hole among what ended a line."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return str(error) if isinstance(error, Hole) else None


def address(url: str, accounts: Sequence[str], types: Sequence[str]) -> str:
    """Give the websocket's URL; one account has its own path, and is 404 when there is none such.

    ValueError when the URL is none of a gateway.
    """
    parts = urlsplit(url)
    if parts.scheme not in SCHEMES or not parts.hostname or parts.query or parts.fragment:
        raise ValueError(f"{url!r} is not the address of a gateway")
    path = f"{parts.path.rstrip('/')}/ws/orders"
    names = {"accounts": chosen(accounts, "accounts"), "types": chosen(types, "types")}
    if len(accounts) == 1:
        path += f"/{quote(names.pop('accounts'), safe='')}"
    query = urlencode({name: value for name, value in names.items() if value}, safe=",")
    return urlunsplit((SCHEMES[parts.scheme], parts.netloc, path, query, ""))


def begun(base: str, place: Place) -> str:
    """Put into a URL where to begin."""
    if place.wants_snapshot:
        beginning = "snapshot=true"
    elif place.since is not None:
        beginning = urlencode({"since": place.since})
    else:
        return base
    return f"{base}{'&' if '?' in base else '?'}{beginning}"


def key_headers(key: str | None) -> list[tuple[bytes, bytes]]:
    """Give what the handshake carries: the key, where no log sees it."""
    return [] if key is None else [(b"Authorization", f"Bearer {key}".encode())]


def pause_s(attempt: int, chance: float) -> float:
    """Give the pause before an attempt: doubled each time, shortened by chance up to a half."""
    return min(PAUSE_FIRST_S * 2.0 ** min(attempt, 10), PAUSE_MOST_S) * (0.5 + chance / 2)
