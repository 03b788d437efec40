"""A broker in memory: the real websocket codec over trio's memory streams, and HTTP by table.

    client ── TrioSocket ── codec ══ memory ══ codec ── PublishedService (dialect 1 or 2)
    client ── HttpTable ──▶ recorded request ──▶ the answer that the test laid out

`PublishedService` is written from the published service's wire format, with its own frames.
"""

from __future__ import annotations

import json
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import trio
import trio_websocket
from attrs import define, field
from trio.testing import memory_stream_pair

from actors.domain.errors import BrokerError, StreamLost
from actors.runtime.seams import (
    HttpRequest,
    HttpResponse,
    Seams,
    Socket,
    TrioSocket,
    handshake_error,
    offload_inline,
)

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
KEY = "s3cret/key"
Serve = Callable[[trio_websocket.WebSocketRequest], Awaitable[None]]


@define
class MemoryNet:
    """A `Connect` that reaches `serve` over memory streams; `urls` is what was asked for."""

    serve: Serve
    urls: list[str] = field(factory=list)

    @asynccontextmanager
    async def __call__(
        self, url: str, headers: Mapping[str, str], *, timeout_s: float
    ) -> AsyncIterator[Socket]:
        """Open a websocket to `serve`; see `Connect`."""
        assert not headers
        self.urls.append(url)
        parts = urlsplit(url)
        resource = f"{parts.path}?{parts.query}" if parts.query else parts.path
        client_end, server_end = memory_stream_pair()
        failure: Exception | None = None
        try:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._serve, server_end)
                with trio.fail_after(timeout_s):
                    connection = await trio_websocket.wrap_client_stream(
                        nursery, client_end, parts.netloc, resource
                    )
                try:
                    yield TrioSocket(connection)
                except Exception as error:
                    failure = error
                with trio.move_on_after(1):
                    await connection.aclose()
                nursery.cancel_scope.cancel()
        except trio.TooSlowError:
            raise StreamLost("the stream cannot be opened: ConnectionTimeout") from None
        except BaseExceptionGroup as group:
            if (rejected := group.subgroup(trio_websocket.HandshakeError)) is None:
                raise
            raise handshake_error(leaf_of(rejected)) from None
        if failure is not None:
            raise failure

    async def _serve(self, stream: trio.abc.Stream) -> None:
        try:
            async with trio.open_nursery() as nursery:
                await self.serve(await trio_websocket.wrap_server_stream(nursery, stream))
                nursery.cancel_scope.cancel()
        except BaseExceptionGroup as group:
            _, rest = group.split(trio_websocket.ConnectionClosed)
            if rest is not None:
                raise rest from None


def leaf_of(error: BaseException) -> Exception:
    """Give the first exception within nested groups."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    assert isinstance(error, Exception)
    return error


@define
class PublishedService:
    """The stream of the published ticker_service, in one of its dialects.

    `news` are frames sent once the socket is open; `texts` is what it heard, and when.
    """

    dialect: int
    key: str = KEY
    news: list[str | bytes] = field(factory=list)
    welcome: str = "connected"
    welcome_delay_s: float = 0.0
    answers_pings: bool = True
    texts: list[tuple[float, str]] = field(factory=list)
    connections: int = 0

    async def __call__(self, request: trio_websocket.WebSocketRequest) -> None:
        """Serve one connection."""
        self.connections += 1
        parts = urlsplit(request.path)
        account_id = parts.path.rpartition("/")[2]
        assert parts.path == f"/advanced/ws/orders/{account_id}"
        if self.dialect == 1 and parse_qs(parts.query).get("api_key") != [self.key]:
            await request.reject(403)
            return
        socket = await request.accept()
        if self.dialect == 2 and not await self._login(socket, account_id):
            return
        await trio.sleep(self.welcome_delay_s)
        await socket.send_message(
            json.dumps({"type": self.welcome, "account_id": account_id, "timestamp": "…"})
        )
        for frame in self.news:
            await socket.send_message(frame)
        await self._heartbeats(socket)

    async def _login(self, socket: trio_websocket.WebSocketConnection, account_id: str) -> bool:
        reason = "Auth timeout"
        with trio.move_on_after(10):
            text = await socket.get_message()
            self.texts.append((trio.current_time(), text))
            try:
                frame = json.loads(text)
            except ValueError:
                frame, reason = None, "Invalid auth format"
            if frame is not None and frame.get("type") != "auth":
                reason = "Authentication required"
            elif frame is not None and frame.get("api_key") != self.key:
                reason = "Unauthorized"
            elif frame is not None:
                answer = {"type": "authenticated", "account_id": account_id, "message": "ok"}
                await socket.send_message(json.dumps(answer))
                return True
        await socket.send_message(json.dumps({"type": "error", "message": reason}))
        await socket.aclose(1008, reason)
        return False

    async def _heartbeats(self, socket: trio_websocket.WebSocketConnection) -> None:
        last_ping_s = trio.current_time()
        while True:
            with trio.move_on_after(10):
                text = await socket.get_message()
                self.texts.append((trio.current_time(), text))
                if text == "ping":
                    last_ping_s = trio.current_time()
                    if self.answers_pings:
                        await socket.send_message("pong")
                continue
            if trio.current_time() - last_ping_s > 60:
                await socket.aclose(1000, "Heartbeat timeout")
                return


Answer = HttpResponse | BrokerError | Callable[[HttpRequest], HttpResponse]


def answer(value: object, status: int = 200) -> HttpResponse:
    """Give an answer with a JSON body; a str or bytes stands as it is."""
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    return HttpResponse(status, {"content-type": "application/json"}, body)


@define
class HttpTable:
    """An `Http` by table: `METHOD /path` to answers; the last one is given again and again.

    Each answer is `takes_s` on its way.
    """

    answers: dict[str, list[Answer]] = field(factory=dict)
    takes_s: float = 0.0
    requests: list[HttpRequest] = field(factory=list)
    timeouts_s: list[float] = field(factory=list)

    def lay(self, call: str, *answers: Answer) -> None:
        """Lay out what a call is answered."""
        self.answers[call] = list(answers)

    def calls(self) -> list[str]:
        """Give the calls made, without their queries."""
        return [f"{one.method} {urlsplit(one.url).path}" for one in self.requests]

    async def __call__(self, request: HttpRequest, *, timeout_s: float) -> HttpResponse:
        """Give the answer laid out for the call."""
        await trio.sleep(self.takes_s)
        self.requests.append(request)
        self.timeouts_s.append(timeout_s)
        laid = self.answers[self.calls()[-1]]
        told = laid.pop(0) if len(laid) > 1 else laid[0]
        if isinstance(told, BrokerError):
            raise told
        return told if isinstance(told, HttpResponse) else told(request)


def seams(*, connect: object = None, http: object = None) -> Seams:
    """Give the world with a fixed clock and the connections of a test."""
    return Seams(lambda: NOW, random.Random(1), connect, http, offload_inline)
