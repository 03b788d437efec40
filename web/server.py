"""The listener: takes connections, counts them, and says farewell in order.

    listen ──▶ accept ──▶ Connection ──▶ Quart      stop: accept no more, end what is idle,
                 │                                       websockets are closed by their handlers,
                 └ too many, or too many from one        requests end, the rest is cut
                   address: closed

The accept loop is Trio's own, so that stopping is a cancellation and nothing else, and a test may
hold several of these. Signals are the command's business.
"""

from __future__ import annotations

import math
import resource
import socket
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from typing import Any, Final, cast

import structlog
import trio
from attrs import frozen
from hypercorn.config import Config
from hypercorn.logging import Logger
from hypercorn.trio.worker_context import WorkerContext
from quart_trio import QuartTrio

from .addresses import counted_as
from .connection import Asgi, Connection

log = structlog.get_logger()

BACKLOG: Final = 1024
SEND_BUFFER_BYTES: Final = 1 << 18  # the kernel's share of what a slow reader can make us hold
CONNECTIONS_MAX: Final = 10_000  # in all
FILES_KEPT: Final = 256  # descriptors that no connection gets: the store's, the brokers', ours
REFUSALS_TOLD_EACH_S: Final = 1.0
MESSAGE_BYTES_MAX: Final = 1 << 20  # of any websocket; a surface may set itself a smaller bound
HEAD_BYTES_MAX: Final = 1 << 14
PORT: Final = "orderwire.port"  # where an app finds the Port that serves it


@frozen
class Listen:
    """Where to listen and how much to bear. Port 0 takes a free one.

    `grace_s` is what requests and websockets get to end once `stop` is set; then they are cut.
    """

    host: str
    port: int
    grace_s: float = 5.0
    connections_per_address_max: int = 2000


async def serve(
    app: QuartTrio,
    listen: Listen,
    *,
    stop: trio.Event,
    listeners: Sequence[trio.SocketListener] = (),
    task_status: trio.TaskStatus[str] = trio.TASK_STATUS_IGNORED,
) -> None:
    """Serve an app until `stop` is set or the task is cancelled; `task_status` is given the URL.

    `listeners` are the port, where that is open already. The app's own handlers watch `stop` too,
    and close their websockets with 1012. Error handling: OSError when the port cannot be had; no
    error of a connection comes out.
    """
    listeners = listeners or await open_listeners(listen)
    async with trio.open_nursery() as background:
        app.nursery = background
        app.config["BACKGROUND_TASK_SHUTDOWN_TIMEOUT"] = None
        await app.startup()
        port = Port(app, listen.connections_per_address_max, make_room_for_connections())
        app.extensions[PORT] = port
        await port.serve(
            listeners,
            stop=stop,
            grace_s=listen.grace_s,
            ready=partial(task_status.started, url_of(listen.host, listeners[0])),
        )
        await app.shutdown()


async def open_listeners(listen: Listen) -> list[trio.SocketListener]:
    """Open the port on every address of the host; on the first alone when any port will do."""
    listeners = await trio.open_tcp_listeners(listen.port, host=listen.host, backlog=BACKLOG)
    if listen.port == 0:
        # Each address would have a port of its own, and only one can be told.
        listeners, spare = listeners[:1], listeners[1:]
        for listener in spare:
            await listener.aclose()
    for listener in listeners:
        listener.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
    return listeners


def make_room_for_connections() -> int:
    """Have as many descriptors as are ever used, if the system lets us; give how many are for them.

    Without a bound below the system's own, a crowd would keep us from our brokers and our store.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = CONNECTIONS_MAX + FILES_KEPT
    if 0 <= soft < wanted:
        more = wanted if hard < 0 else min(hard, wanted)
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (more, hard))
            soft = more
    return CONNECTIONS_MAX if soft < 0 else max(1, min(CONNECTIONS_MAX, soft - FILES_KEPT))


class Port:
    """The connections of one app, counted by the address they come from.

    `refused` is how many were closed at once, because there were too many; `ended_for`, how many
    were ended for what their peer did or did not do.
    """

    def __init__(
        self, app: Asgi, per_address_max: int, connections_max: int = CONNECTIONS_MAX
    ) -> None:
        self.per_address_max = per_address_max
        self.connections_max = connections_max
        self.unacknowledged_max = 2 * SEND_BUFFER_BYTES  # the kernel takes twice what it is told
        self.connections: set[Connection] = set()
        self.refused = 0
        self.ended_for: Counter[str] = Counter()
        self._told_s = -math.inf
        self._app = app
        self._config = make_hypercorn_config()
        self._context = WorkerContext(None)
        self._by_address: Counter[str] = Counter()
        self._one_left = trio.Event()

    @property
    def most_from_one_address(self) -> int:
        """Count the connections of the address that has most."""
        return max(self._by_address.values(), default=0)

    async def serve(
        self,
        listeners: Sequence[trio.SocketListener],
        *,
        stop: trio.Event,
        grace_s: float,
        ready: Any = lambda: None,
    ) -> None:
        """Accept until `stop`, then let what runs end, for so long, and cut the rest."""
        async with trio.open_nursery() as handlers:
            try:
                async with trio.open_nursery() as accepting:
                    accepting.start_soon(
                        partial(
                            trio.serve_listeners,
                            self._carry,
                            list(listeners),
                            handler_nursery=handlers,
                        )
                    )
                    ready()
                    await stop.wait()
                    accepting.cancel_scope.cancel()
                await self._drain(grace_s)
            finally:
                # A send that may not be torn would outlive its cancellation.
                for connection in list(self.connections):
                    connection.cut("stopping")
                handlers.cancel_scope.cancel()

    async def _drain(self, grace_s: float) -> None:
        await self._context.terminated.set()
        for connection in list(self.connections):
            connection.farewell()
        with trio.move_on_after(grace_s):
            while self.connections:
                self._one_left = trio.Event()
                await self._one_left.wait()

    async def _carry(self, stream: trio.SocketStream) -> None:
        try:
            address = counted_as(str(stream.socket.getpeername()[0]))
        except OSError:
            stream.socket.close()
            return
        if (
            len(self.connections) >= self.connections_max
            or self._by_address[address] >= self.per_address_max
        ):
            stream.socket.close()
            self._count_refusal(address)
            return
        connection = Connection(self._app, self._config, self._context, stream)
        self._by_address[address] += 1
        self.connections.add(connection)
        try:
            await connection.run()
        finally:
            self.connections.discard(connection)
            if (reason := connection.ended_for) is not None:
                self.ended_for[reason] += 1
            self._by_address[address] -= 1
            self._by_address += Counter()  # forget an address of which nobody is left
            self._one_left.set()

    def _count_refusal(self, address: str) -> None:
        """Count a connection that was one too many; tell of it, but not of each in a storm."""
        self.refused += 1
        if trio.current_time() - self._told_s >= REFUSALS_TOLD_EACH_S:
            self._told_s = trio.current_time()
            log.warning(
                "too many connections",
                address=address,
                from_address=self._by_address[address],
                in_all=len(self.connections),
                refused=self.refused,
            )


class HypercornLog(Logger):
    """Hypercorn's words, in our log; it has none of its own."""

    async def exception(self, message: str, *_args: Any, **_more: Any) -> None:
        """Log the error that is being handled."""
        log.exception(message)  # noqa: LOG004 - Hypercorn calls it while handling one


def make_hypercorn_config() -> Config:
    """Give the settings of Hypercorn's states."""
    config = Config()
    config.accesslog = config.errorlog = None
    config.logger_class = HypercornLog
    config.include_server_header = False
    config.h11_max_incomplete_size = HEAD_BYTES_MAX
    config.websocket_max_message_size = MESSAGE_BYTES_MAX
    return config


def url_of(host: str, listener: trio.SocketListener) -> str:
    """Give the address under which a listener can be reached."""
    port = cast("int", listener.socket.getsockname()[1])
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
