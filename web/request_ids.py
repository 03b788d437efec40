"""Request ids: one name for a request, in its answer, its problem and its lines of the log.

    X-Request-ID ── fit for a log ──▶ the caller's own ─┐
                 └─ none, or unfit ─▶ one of ours ──────┴─▶ log lines, problem, X-Request-ID back

A person who quotes it from an answer finds the lines that were written while it was made.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Final, TypeAlias

import structlog

NAME: Final = b"x-request-id"
FIT: Final = re.compile(rb"[A-Za-z0-9._-]{1,64}")
FRESH_BYTES: Final = 8
# What an app opens an answer with: to a request, to a websocket that it refuses or takes.
OPENINGS: Final = ("http.response.start", "websocket.http.response.start", "websocket.accept")

Send: TypeAlias = Callable[[Any], Awaitable[None]]
Asgi: TypeAlias = Callable[[Any, Any, Send], Awaitable[None]]


class Identified:
    """An ASGI app whose every request has an id: in what it logs and in what it answers."""

    def __init__(self, app: Asgi) -> None:
        self._app = app

    async def __call__(self, scope: Any, receive: Any, send: Send) -> None:
        """Carry a request or a websocket under its id."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        name = request_id_of(scope["headers"])
        # Each has a task of its own. Nothing is unbound: an error that leaves is logged outside.
        structlog.contextvars.bind_contextvars(request_id=name)

        async def send_named(message: Any) -> None:
            if message["type"] in OPENINGS:
                headers = [*message.get("headers", ()), (NAME, name.encode())]
                message = {**message, "headers": headers}
            await send(message)

        await self._app(scope, receive, send_named)


def current_request_id() -> str | None:
    """Give the id of the request that this task serves, if it serves one."""
    found: str | None = structlog.contextvars.get_contextvars().get("request_id")
    return found


def request_id_of(headers: Iterable[tuple[bytes, bytes]]) -> str:
    """Give the caller's own id, when he gave one that is fit to be logged, else a fresh one."""
    given = [value for name, value in headers if name.lower() == NAME]
    if len(given) == 1 and FIT.fullmatch(given[0]):
        return given[0].decode()
    return fresh_request_id()


def fresh_request_id() -> str:
    """Make an id that nobody can guess, and that is short enough to be read out."""
    return secrets.token_hex(FRESH_BYTES)
