"""A sandbox broker in this process, reached by its wire alone.

http(request)   ──▶ PaperBroker.handle          serve(request) ══ the codec over memory ══ .stream
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import trio

from actors.domain.errors import BrokerUnknown
from actors.runtime.seams import HttpRequest, HttpResponse
from tests.web.sandbox.wire import WireSocket
from web.sandbox.http import Request, Response
from web.sandbox.paper import PaperBroker


def http_of(broker: PaperBroker) -> Callable[..., Awaitable[HttpResponse]]:
    """Give the seam that carries a call to a broker; what it does not answer in time is unknown."""

    async def http(request: HttpRequest, *, timeout_s: float) -> HttpResponse:
        parts = urlsplit(request.url)
        headers = {name.lower(): value for name, value in request.headers.items()}
        query = dict(parse_qsl(parts.query))
        asked = Request(request.method, parts.path, query, headers, request.body)
        with trio.move_on_after(timeout_s):
            told = await broker.handle(asked)
            return HttpResponse(told.status, told.headers, told.body)
        raise BrokerUnknown("the broker did not answer")

    return http


def server_of(
    broker: PaperBroker, headers: Callable[[], Mapping[str, str]] = dict
) -> Callable[[Any], Awaitable[None]]:
    """Give what serves a broker's websockets; `headers` are those of the handshake at hand."""

    async def serve(request: Any) -> None:
        path, _, query = request.path.partition("?")
        admission = broker.admit(path or "/", dict(parse_qsl(query)), dict(headers()))
        if isinstance(admission, Response):
            await request.reject(admission.status)
            return
        connection = await request.accept()
        await broker.stream(WireSocket(connection, connection._stream), admission)

    return serve
