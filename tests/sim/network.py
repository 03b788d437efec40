"""The network between gateway and broker, in memory: the real codec, seeded faults.

    gateway ── connect ──▶ codec ══ memory streams ══ codec ──▶ PaperBroker.stream
            ── http ─────▶ latency, loss, refusal ────────────▶ PaperBroker.handle

`Network` gives the gateway its seams. While it is `calm` nothing is lost; while it is `down` the
broker cannot be reached at all.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Final
from urllib.parse import parse_qsl, urlsplit

import trio
import trio_websocket
from attrs import define, field
from trio.testing import memory_stream_pair

from actors.domain.errors import BrokerUnknown, BrokerUnreachable, StreamLost
from actors.runtime.seams import (
    HttpRequest,
    HttpResponse,
    Seams,
    Socket,
    TrioSocket,
    handshake_error,
    offload_inline,
)
from web.sandbox.http import Request, Response
from web.sandbox.paper import PaperBroker
from web.sandbox.sockets import SocketClosedError

BEGAN: Final = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)  # a Monday, 09:30 in India


def wall_clock() -> datetime:
    """Give the virtual wall clock, to the millisecond."""
    moment = BEGAN + timedelta(seconds=trio.current_time())
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


@define
class Odds:
    """How likely each fault is, per call or per second of a connection."""

    unreachable: float = 0.0
    lost_answer: float = 0.0
    cut_per_s: float = 0.0
    latency_s: float = 0.02


@define(eq=False)
class Network:
    """One broker's network."""

    broker: PaperBroker
    random: Random
    odds: Odds = field(factory=Odds)
    is_down: bool = False
    calls: int = 0
    _open: dict[trio.CancelScope, None] = field(factory=dict)

    def seams(self, random: Random) -> Seams:
        """Give a gateway its world."""
        return Seams(
            now=wall_clock,
            random=random,
            connect=self.connect,
            http=self.http,
            offload=offload_inline,
        )

    def cut(self) -> None:
        """Break every open connection."""
        for scope in list(self._open):
            scope.cancel()

    async def http(self, request: HttpRequest, *, timeout_s: float) -> HttpResponse:
        """Carry one call to the broker and back, or lose one of the two ways."""
        self.calls += 1
        await trio.sleep(self.odds.latency_s * self.random.random())
        if self.is_down or self.random.random() < self.odds.unreachable:
            raise BrokerUnreachable("the broker cannot be reached")
        parts = urlsplit(request.url)
        asked = Request(
            request.method,
            parts.path,
            dict(parse_qsl(parts.query)),
            {name.lower(): value for name, value in request.headers.items()},
            request.body,
        )
        answer: Response | None = None
        with trio.move_on_after(timeout_s):
            answer = await self.broker.handle(asked)
        if answer is None or self.is_down or self.random.random() < self.odds.lost_answer:
            raise BrokerUnknown("the broker did not answer: ReadTimeout")
        await trio.sleep(self.odds.latency_s * self.random.random())
        return HttpResponse(answer.status, answer.headers, answer.body)

    @asynccontextmanager
    async def connect(
        self, url: str, headers: Mapping[str, str], *, timeout_s: float
    ) -> AsyncIterator[Socket]:
        """Open a websocket to the broker over memory streams, both ends with the real codec."""
        if self.is_down:
            raise StreamLost("the stream cannot be opened: Connection refused")
        near, far = memory_stream_pair()
        failure: Exception | None = None
        told = [(name.encode(), value.encode()) for name, value in headers.items()]
        try:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._serve, far)
                nursery.start_soon(self._break, near, far)
                try:
                    with trio.fail_after(timeout_s):
                        connection = await trio_websocket.wrap_client_stream(
                            nursery,
                            near,
                            urlsplit(url).netloc,
                            _resource(url),
                            extra_headers=told,
                        )
                    yield TrioSocket(connection)
                except (trio_websocket.HandshakeError, trio.TooSlowError, OSError) as error:
                    failure = handshake_error(error)
                except Exception as error:
                    failure = error
                nursery.cancel_scope.cancel()
        except* trio_websocket.HandshakeError as refused:
            # A refusal is raised by the connection's own reader.
            failure = handshake_error(_first(refused))
        if failure is not None:
            raise failure

    async def _break(self, *ends: trio.abc.Stream) -> None:
        """Break a connection when it is told to, or when its luck ends."""
        with trio.CancelScope() as scope:
            self._open[scope] = None
            try:
                while True:
                    await trio.sleep(1)
                    if self.random.random() < self.odds.cut_per_s:
                        break
            finally:
                self._open.pop(scope, None)
        for end in ends:
            await trio.aclose_forcefully(end)

    async def _serve(self, stream: trio.abc.Stream) -> None:
        try:
            async with trio.open_nursery() as nursery:
                asked = await trio_websocket.wrap_server_stream(nursery, stream)
                await self._accept(asked, stream)
                nursery.cancel_scope.cancel()
        except* (trio_websocket.HandshakeError, trio_websocket.ConnectionClosed, OSError):
            pass
        except* (trio.BrokenResourceError, trio.ClosedResourceError):
            pass

    async def _accept(
        self, asked: trio_websocket.WebSocketRequest, stream: trio.abc.Stream
    ) -> None:
        parts = urlsplit(asked.path)
        headers = {name.decode().lower(): value.decode() for name, value in asked.headers}
        admission = self.broker.admit(parts.path or "/", dict(parse_qsl(parts.query)), headers)
        if isinstance(admission, Response):
            await asked.reject(admission.status, body=admission.body or b"no")
            return
        connection = await asked.accept()
        await self.broker.stream(_BrokersEnd(connection, stream), admission)
        await connection.aclose()


@define(eq=False)
class _BrokersEnd:
    connection: trio_websocket.WebSocketConnection
    stream: trio.abc.Stream

    async def receive(self) -> str:
        try:
            message = await self.connection.get_message()
        except trio_websocket.ConnectionClosed:
            raise SocketClosedError from None
        return message if isinstance(message, str) else ""

    async def send(self, text: str) -> None:
        try:
            await self.connection.send_message(text)
        except trio_websocket.ConnectionClosed:
            raise SocketClosedError from None

    async def close(self, code: int, reason: str) -> None:
        await self.connection.aclose(code, reason)

    async def abort(self) -> None:
        await trio.aclose_forcefully(self.stream)


def _first(group: BaseExceptionGroup[Exception]) -> Exception:
    inner = group.exceptions[0]
    return _first(inner) if isinstance(inner, BaseExceptionGroup) else inner


def _resource(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def read_ledger(text: str) -> list[dict[str, object]]:
    """Read a broker's ledger."""
    return [json.loads(line) for line in text.splitlines()]
