"""A line to the gateway: one websocket, opened under a deadline and closed for sure.

url, headers ──▶ opened ──▶ WebSocketConnection ──▶ what ended it, in words: try again
                                                  └─ Refused: it is of no use to come back
"""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Final, TypeAlias
from urllib.parse import urlsplit, urlunsplit

import trio
import trio_websocket

CONNECT_S: Final = 10.0
FRAME_BYTES_MAX: Final = 4 * 1024 * 1024
DEFAULT_PORTS: Final = {"ws": 80, "wss": 443}
KEY_GONE: Final = 4001
LATER: Final = frozenset({408, 425, 429})  # answers of the caller's kind that pass by themselves

Stream: TypeAlias = trio.SocketStream | trio.SSLStream[trio.SocketStream]
Dial: TypeAlias = Callable[[str, int, bool], Awaitable[Stream]]  # host, port, whether by TLS

REFUSALS: Final[Mapping[int, str]] = {
    401: "the key is missing or wrong",
    403: "this key, or this way in, is not allowed to read that",
    404: "there is no such account, or no gateway at that address",
}


class ClientError(Exception):
    """Why the events cannot be followed any further."""


class Refused(ClientError):
    """The gateway said no, and would say so again. `status` is what it answered."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status


@asynccontextmanager
async def opened(
    url: str, headers: list[tuple[bytes, bytes]], dial: Dial
) -> AsyncIterator[trio_websocket.WebSocketConnection]:
    """Open a websocket. The library (0.12) leaves a socket open whose peer ended; this does not."""
    parts = urlsplit(url)
    port = parts.port or DEFAULT_PORTS[parts.scheme]
    resource = urlunsplit(("", "", parts.path, parts.query, ""))
    with trio.fail_after(CONNECT_S):
        stream = await dial(str(parts.hostname), port, parts.scheme == "wss")
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


async def open_stream(host: str, port: int, is_tls: bool) -> Stream:
    """Open what carries the websocket."""
    if is_tls:
        return await trio.open_ssl_over_tcp_stream(host, port, https_compatible=True)
    return await trio.open_tcp_stream(host, port)


def why_ended(error: BaseException) -> str | None:
    """Say why a line ended; None when that is a defect. Refused when to come back is of no use."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    match error:
        case trio_websocket.ConnectionClosed():
            return _closing(error)
        case trio_websocket.ConnectionRejected():
            return _rejection(error)
        case trio.TooSlowError():
            return "silent for too long"
        case OSError() | trio.BrokenResourceError() | trio_websocket.HandshakeError():
            return f"cannot be reached ({reason_of(error)})"
    return None


def reason_of(error: BaseException) -> str:
    """Give the system's own word for a failure, however deep it stands; else the error's kind."""
    inner: BaseException | None = error
    while inner is not None:
        if isinstance(inner, OSError) and inner.errno is not None:
            return os.strerror(inner.errno) if inner.errno > 0 else str(inner.strerror)
        within = inner.exceptions[0] if isinstance(inner, BaseExceptionGroup) else None
        inner = within or inner.__cause__ or inner.__context__
    return type(error).__name__


def _closing(closed: trio_websocket.ConnectionClosed) -> str:
    if closed.reason is None:
        return "gone without a word"
    said = f"closed with {closed.reason.code} {closed.reason.reason or ''}".rstrip()
    if closed.reason.code == KEY_GONE:
        raise Refused(401, f"the key is revoked or has expired ({said})")
    return said


def _rejection(rejected: trio_websocket.ConnectionRejected) -> str:
    status = rejected.status_code
    if status >= 500 or status in LATER:
        return f"answered with {status}"
    said = REFUSALS.get(status) or f"refused with {status}{_detail(rejected.body)}"
    raise Refused(status, said) from None


def _detail(body: bytes | None) -> str:
    """Give what a problem says beside its status: each fault, or its detail."""
    try:
        told = json.loads(body or b"")
        faults = [f"{fault['path']}: {fault['message']}" for fault in told.get("errors", ())]
        words = "; ".join(faults) or str(told["detail"])
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return ""
    return f" ({words[:500]})"
