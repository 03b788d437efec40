"""The sandbox broker behind real sockets: Quart on Trio, carried by Hypercorn's protocols.

    TCP ──▶ Connection (Hypercorn) ──▶ Quart ──▶ PaperBroker.handle / .stream

The accept loop is Trio's own, so that stopping is a cancellation and nothing else, and a test's
process may hold another server beside this one. What Hypercorn 0.18 and Quart-Trio do wrong, and
is put right here: one bad packet ended the process; a peer that stopped reading held up the stop;
an answer that raced its request's end wedged the connection; a send after the end never yielded.
"""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextvars import ContextVar
from typing import Any, Final, cast

import trio
from hypercorn.app_wrappers import ASGIWrapper
from hypercorn.config import Config
from hypercorn.events import Event, RawData
from hypercorn.trio.tcp_server import TCPServer
from hypercorn.trio.worker_context import WorkerContext
from hypercorn.typing import ConnectionState
from quart import Response as QuartResponse
from quart import request, websocket
from quart_trio import QuartTrio

from web.sandbox.faults import Fault
from web.sandbox.http import Request, Response
from web.sandbox.orders import Now
from web.sandbox.paper import PaperBroker, PaperOptions, open_paper, utc_now
from web.sandbox.sockets import SocketClosedError
from web.stacks import App, LeftError

STALL_S: Final = 10.0
"""A peer that takes no byte for so long is cut."""
UNSENT_MAX_BYTES: Final = 1 << 16
BODY_MAX_BYTES: Final = 1 << 20
MESSAGE_MAX_BYTES: Final = 1 << 16
METHODS: Final = ("GET", "POST", "PUT", "DELETE", "PATCH")

log = logging.getLogger(__name__)
_connection: ContextVar["Connection"] = ContextVar("connection")


async def serve_paper(
    options: PaperOptions,
    host: str = "127.0.0.1",
    port: int = 8080,
    *,
    now: Now = utc_now,
    faults: AsyncIterator[Sequence[Fault]] | None = None,
    task_status: trio.TaskStatus[str] = trio.TASK_STATUS_IGNORED,
) -> None:
    """Serve a broker until cancelled; `task_status` is given its URL when it can be reached.

    Port 0 takes a free one. Each item of `faults` is in force in place of those before.
    Error handling: OSError when the port cannot be had, and what `open_paper` raises.
    """
    async with open_paper(options, now=now) as broker:
        listeners = await trio.open_tcp_listeners(port, host=host)
        if port == 0:
            # Each address would have a port of its own, and only one can be told.
            listeners, spare = listeners[:1], listeners[1:]
            for listener in spare:
                await listener.aclose()
        app = paper_app(broker)
        await app.startup()
        connections: set[Connection] = set()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(_cut_at_the_end, connections)
            if faults is not None:
                nursery.start_soon(_meet, broker, faults)
            nursery.start_soon(trio.serve_listeners, _carrier(app, connections), listeners)
            task_status.started(_url(host, listeners[0]))


def paper_app(broker: PaperBroker) -> QuartTrio:
    """Wrap a broker in a web app: every path and method goes to it as it came."""
    app = App(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = BODY_MAX_BYTES
    # A broker may answer late, and never answers some; it is the caller who gives up.
    app.config["RESPONSE_TIMEOUT"] = None

    async def http(path: str) -> QuartResponse:
        # The whole body is read first: an answer before its end would wedge the connection.
        body = cast("bytes", await request.get_data(as_text=False))
        headers = {name.lower(): value for name, value in request.headers.items()}
        query = request.args.to_dict()
        asked = Request(request.method, f"/{path}", query, headers, body)
        return _as_quart(await broker.handle(asked))

    async def socket(path: str) -> QuartResponse | None:
        headers = {name.lower(): value for name, value in websocket.headers.items()}
        admission = broker.admit(f"/{path}", websocket.args.to_dict(), headers)
        if isinstance(admission, Response):
            return _as_quart(admission)
        await websocket.accept()
        await broker.stream(_QuartSocket(), admission)
        return None

    for rule in ("/", "/<path:path>"):
        defaults = {"path": ""} if rule == "/" else None
        app.add_url_rule(rule, "http", http, defaults=defaults, methods=METHODS)
        app.add_websocket(rule, "socket", socket, defaults=defaults)
    return app


class _QuartSocket:
    """The websocket of the current context, as the stream wants it."""

    async def receive(self) -> str:
        message = await websocket.receive()
        return message if isinstance(message, str) else ""

    async def send(self, frame: str | bytes) -> None:
        if _connection.get().ended:
            # Quart's own send would return at once, and a loop of them would never yield.
            raise SocketClosedError
        try:
            await websocket.send(frame)
        except LeftError:
            raise SocketClosedError from None

    async def close(self, code: int, reason: str) -> None:
        await websocket.close(code, reason)

    async def abort(self) -> None:
        _connection.get().cut()
        await trio.lowlevel.checkpoint()


class Connection(TCPServer):
    """One TCP connection, of which no fault is anyone else's."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.ended = False
        self._unsent = bytearray()
        self._flushing = False

    async def run(self) -> None:
        """Carry it until either side ends it."""
        _connection.set(self)
        try:
            await super().run()
        except Exception:
            log.warning("a connection broke the protocol and was cut", exc_info=True)
            self.cut()

    async def protocol_send(self, event: Event) -> None:
        """Send bytes, all that come in one turn together; all else is Hypercorn's."""
        if not isinstance(event, RawData):
            await super().protocol_send(event)
            return
        self._unsent += event.data
        if len(self._unsent) > UNSENT_MAX_BYTES:
            await self._flush()
        elif not self._flushing:
            # A call of the system for each frame is what limits frames a second, not their making.
            self._flushing = True
            self._task_group.spawn(self._flush_soon)

    async def _flush_soon(self) -> None:
        try:
            await self._flush()
        finally:
            self._flushing = False

    async def _flush(self) -> None:
        """Send what is unsent, or cut a peer that does not take it."""
        with trio.move_on_after(STALL_S, shield=True) as patience:
            async with self.send_lock:
                while self._unsent and not self.ended:
                    data, self._unsent = self._unsent, bytearray()
                    try:
                        await self.stream.send_all(data)
                    except (trio.BrokenResourceError, trio.ClosedResourceError):
                        self.cut()
        if patience.cancelled_caught:
            self.cut()

    async def _close(self) -> None:
        await self._flush()
        await super()._close()

    def cut(self) -> None:
        """End it at once; whoever waits on it is woken."""
        self.ended = True
        cast("trio.SocketStream", self.stream).socket.close()


def _carrier(
    app: QuartTrio, connections: set[Connection]
) -> Callable[[trio.SocketStream], Awaitable[None]]:
    config = Config()
    config.websocket_max_message_size = MESSAGE_MAX_BYTES
    context = WorkerContext(None)

    async def shielded(scope: Any, receive: Any, send: Any) -> None:
        async def whole(message: Any) -> None:
            # A send that is cancelled half-way leaves the connection in no known state.
            with trio.CancelScope(shield=True):
                await send(message)

        await app(scope, receive, whole)

    wrapped = ASGIWrapper(shielded)

    async def carry(stream: trio.SocketStream) -> None:
        # Hypercorn's annotation names TLS streams only; it takes both.
        either = cast("trio.SSLStream[trio.SocketStream]", stream)
        connection = Connection(wrapped, config, context, ConnectionState({}), either)
        connections.add(connection)
        try:
            await connection.run()
        finally:
            connections.discard(connection)

    return carry


async def _meet(broker: PaperBroker, faults: AsyncIterator[Sequence[Fault]]) -> None:
    async for each in faults:
        broker.meet(each)
        log.info("other faults are in force: %d", len(each))


async def _cut_at_the_end(connections: set[Connection]) -> None:
    try:
        await trio.sleep_forever()
    finally:
        # Shielded sends to peers that do not read would outlive the stop.
        for connection in connections:
            connection.cut()


def _as_quart(response: Response) -> QuartResponse:
    return QuartResponse(response.body, response.status, response.headers)


def _url(host: str, listener: trio.SocketListener) -> str:
    port = listener.socket.getsockname()[1]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
