"""How a simulated client reaches the gateway: the real web layer over a pair of sockets.

    Client ── trio-websocket ══ socketpair ══ Connection ── Quart ── Sockets ── Subscription

The kernel hands a byte over at once, so a pair of sockets is as exact under a virtual clock as
memory is, and the gateway's own connection code runs as it does behind a port.
"""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import trio
import trio_websocket
from attrs import define, frozen
from hypercorn.trio.worker_context import WorkerContext
from quart_trio import QuartTrio

from actors.system import System
from web.app import make_app
from web.auth import Access
from web.connection import Connection
from web.server import make_hypercorn_config


@frozen
class WebLine:
    """A client's end of a websocket."""

    connection: trio_websocket.WebSocketConnection

    async def receive(self) -> str:
        """Wait for a text; EOFError when the line is dead."""
        try:
            message = await self.connection.get_message()
        except trio_websocket.ConnectionClosed:
            raise EOFError from None
        assert isinstance(message, str)
        return message

    async def send(self, text: str) -> None:
        """Say something; EOFError when the line is dead."""
        try:
            await self.connection.send_message(text)
        except trio_websocket.ConnectionClosed:
            raise EOFError from None


@define(eq=False)
class Front:
    """The web layer over one running system."""

    app: QuartTrio
    nursery: trio.Nursery
    buffer_bytes: int | None = None  # what a socket takes at once, if it is not what it usually is

    @asynccontextmanager
    async def dial(self, query: str) -> AsyncIterator[WebLine]:
        """Open a websocket to every account, with the query of its URL."""
        near, far = trio.socket.socketpair()
        if self.buffer_bytes is not None:
            far.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, self.buffer_bytes)
        config, context = make_hypercorn_config(), WorkerContext(None)
        connection = Connection(self.app, config, context, trio.SocketStream(far))
        self.nursery.start_soon(connection.run)
        failure: Exception | None = None
        try:
            async with trio.open_nursery() as nursery:
                try:
                    client = await trio_websocket.wrap_client_stream(
                        nursery, trio.SocketStream(near), "127.0.0.1", f"/ws/orders?{query}"
                    )
                    yield WebLine(client)
                except (EOFError, trio_websocket.HandshakeError):
                    failure = EOFError()
                except Exception as error:
                    failure = error
                nursery.cancel_scope.cancel()
        finally:
            near.close()
            connection.cut("the client is gone")
        if failure is not None:
            raise failure


@asynccontextmanager
async def open_front(system: System, *, buffer_bytes: int | None = None) -> AsyncIterator[Front]:
    """Put the web layer over a system; its connections are cut at the end of the block."""
    access = Access.open_on_loopback(system.config)
    app = make_app(system, access, stop=trio.Event(), version="0")
    async with trio.open_nursery() as nursery:
        app.nursery = nursery
        await app.startup()
        yield Front(app, nursery, buffer_bytes)
        nursery.cancel_scope.cancel()
