"""Following a gateway's events over its websocket, through every interruption.

    connect ─▶ frames ─▶ Place.take ─▶ events, each once ─▶ on_event
       ▲                                  │
       └── pause (0.5 s → 10 s) ◀── lost ─┘   and again with `since`

The place is the greatest offset that any frame gave; with it the gateway gives what was missed.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from random import random
from typing import Any, Final
from urllib.parse import urlencode, urlsplit, urlunsplit

import trio
import trio_websocket
from attrs import define, frozen

from .faults import CannotRun, leaves

CONNECT_S: Final = 10.0
QUIET_S: Final = 45.0
"""A gateway speaks every 15 s, if only to say that nothing happens."""
PAUSE_FIRST_S: Final = 0.5
PAUSE_MOST_S: Final = 10.0
FRAME_BYTES_MAX: Final = 4 * 1024 * 1024
DEFAULT_PORTS: Final = {"ws": 80, "wss": 443}
KEY_GONE: Final = 4001

REFUSALS: Final[Mapping[int, str]] = {
    401: "the key is missing or wrong (--key, or ORDERWIRE_KEY)",
    403: "this key, or this way in, is not allowed to read that",
    404: "there is no such account, or no gateway at that address",
}

NOT_EVENTS: Final = frozenset(
    {"connection_established", "heartbeat", "snapshot", "pong", "status", "error"}
)


@define
class Place:
    """Where the follower stands; unknown until the gateway has said so."""

    epoch: str | None = None
    offset: int = 0

    @property
    def since(self) -> str | None:
        """Give it as the gateway reads it."""
        return None if self.epoch is None else f"{self.epoch}:{self.offset}"

    def take(self, frame: Mapping[str, Any]) -> tuple[bool, str | None]:
        """Move with a frame: whether it is an event to show, and what a person should be told."""
        epoch, offset = frame.get("epoch"), frame.get("offset")
        if not isinstance(epoch, str) or type(offset) is not int:
            return False, None
        if frame.get("type") == "connection_established":
            note = self._resumed(frame, f"{epoch}:{offset}")
            self.epoch, self.offset = epoch, offset
            return False, note
        known, note = self.offset, None
        prev = frame.get("prev")
        if type(prev) is int and prev > known:
            note = f"missed: the gateway told of {prev} before {offset}, and {known} was the last"
        self.epoch, self.offset = epoch, max(offset, known)
        is_event = frame.get("type") not in NOT_EVENTS and type(prev) is int
        return is_event and offset > known, note

    def _resumed(self, frame: Mapping[str, Any], here: str) -> str | None:
        if self.epoch is None or frame.get("recovered") is not False:
            return None
        return f"missed: cannot go on from {self.since} ({frame.get('reason')}); from {here} on"


@frozen
class Target:
    """What to follow: the gateway's URL, an account or all, a key or none."""

    url: str
    account: str | None = None
    key: str | None = None

    def socket_url(self, place: Place) -> str:
        """Give the websocket's URL from a place on."""
        parts = urlsplit(self.url)
        scheme = {"http": "ws", "https": "wss"}.get(parts.scheme, parts.scheme)
        path = f"{parts.path.rstrip('/')}/ws/orders"
        if self.account is not None:
            path += f"/{self.account}"
        query = urlencode({"since": place.since}) if place.since else ""
        return urlunsplit((scheme, parts.netloc, path, query, ""))

    def headers(self) -> list[tuple[bytes, bytes]]:
        """Give what the handshake carries: the key, where no log sees it."""
        if self.key is None:
            return []
        return [(b"Authorization", f"Bearer {self.key}".encode())]


async def follow(
    target: Target,
    place: Place,
    on_event: Callable[[str, dict[str, Any]], Awaitable[None]],
    say: Callable[[str], None],
    *,
    patience_s: float,
) -> None:
    """Give every event from a place on to `on_event(text, frame)`, for ever.

    CannotRun when the gateway refuses, or could not be reached for `patience_s`.
    """
    attempt, heard_s = 0, trio.current_time()
    while True:
        before = place.since
        reason = await connected(target, place, on_event, say)
        if place.since != before:
            attempt, heard_s = 0, trio.current_time()
        if trio.current_time() - heard_s > patience_s:
            raise CannotRun(f"{target.url}: {reason}; given up after {patience_s:g} s")
        if attempt == 0:
            say(f"{target.url}: {reason}; trying again")
        await trio.sleep(pause_s(attempt, random()))
        attempt += 1


async def connected(
    target: Target,
    place: Place,
    on_event: Callable[[str, dict[str, Any]], Awaitable[None]],
    say: Callable[[str], None],
) -> str:
    """Follow over one connection; give the reason why it ended. CannotRun when refused."""
    try:
        async with opened(target.socket_url(place), target.headers()) as socket:
            while True:
                with trio.fail_after(QUIET_S):
                    text = await socket.get_message()
                frame = frame_of(text)
                is_event, note = place.take(frame)
                if note is not None:
                    say(note)
                if is_event:
                    await on_event(str(text), frame)
    except Exception as error:
        if (reason := ending(leaves(error)[0])) is None:
            raise
        return reason


@asynccontextmanager
async def opened(
    url: str, headers: list[tuple[bytes, bytes]]
) -> AsyncIterator[trio_websocket.WebSocketConnection]:
    """Open a websocket. The library (0.12) leaves a socket open whose peer ended; this does not."""
    parts = urlsplit(url)
    port = parts.port or DEFAULT_PORTS[parts.scheme]
    resource = urlunsplit(("", "", parts.path, parts.query, ""))
    with trio.fail_after(CONNECT_S):
        stream = await open_stream(str(parts.hostname), port, is_tls=parts.scheme == "wss")
    try:
        async with trio.open_nursery() as nursery:
            with trio.fail_after(CONNECT_S):
                socket = await trio_websocket.wrap_client_stream(
                    nursery,
                    stream,
                    parts.netloc,
                    resource,
                    extra_headers=headers,
                    max_message_size=FRAME_BYTES_MAX,
                )
            yield socket
            nursery.cancel_scope.cancel()
    finally:
        await trio.aclose_forcefully(stream)


async def open_stream(
    host: str, port: int, *, is_tls: bool
) -> trio.SocketStream | trio.SSLStream[trio.SocketStream]:
    """Open what carries the websocket."""
    if is_tls:
        return await trio.open_ssl_over_tcp_stream(host, port, https_compatible=True)
    return await trio.open_tcp_stream(host, port)


def ending(error: BaseException) -> str | None:
    """Say why a connection ended; None when that is a defect. CannotRun when it was refused."""
    match error:
        case trio_websocket.ConnectionClosed():
            return closing(error)
        case trio_websocket.ConnectionRejected(status_code=status):
            if status >= 500 or status == 429:
                return f"answered with {status}"
            raise CannotRun(REFUSALS.get(status, f"refused with {status}")) from None
        case trio.TooSlowError():
            return "silent for too long"
        case OSError() | trio.BrokenResourceError():
            reason = getattr(error, "strerror", None) or type(error).__name__
            return f"cannot be reached ({reason})"
    return None


def closing(closed: trio_websocket.ConnectionClosed) -> str:
    """Say why a connection was closed; CannotRun when it is of no use to come back."""
    if closed.reason is None:
        return "gone without a word"
    said = f"closed with {closed.reason.code} {closed.reason.reason or ''}".rstrip()
    if closed.reason.code == KEY_GONE:
        raise CannotRun(f"the key is revoked or has expired ({said})")
    return said


def frame_of(text: str | bytes) -> dict[str, Any]:
    """Read a frame; what is not a JSON object has nothing to say."""
    try:
        frame = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return frame if isinstance(frame, dict) else {}


def pause_s(attempt: int, chance: float) -> float:
    """Give the pause before an attempt: doubled each time, shortened by chance up to a half."""
    return min(PAUSE_FIRST_S * 2.0 ** min(attempt, 10), PAUSE_MOST_S) * (0.5 + chance / 2)
