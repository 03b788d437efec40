"""One TCP connection: Hypercorn's HTTP/1.1 and WebSocket states on a socket that we hold.

    bytes ──▶ read, under a deadline ──▶ Http1Protocol ──▶ Quart ──▶ handler
    bytes ◀── write, under a stall deadline ◀──────────────────────────┘
    bytes ◀── ready frames ◀── lane ◀── handler of a websocket, or the fan-out's round

Hypercorn 0.18's states are kept; its hold of the socket is not. What its own connection does wrong
and this one does not:

- an error in one connection ended the process (`run`)
- an answer cancelled half-way wedged the connection and lost its idle timer (`_send_whole`)
- a send after the end never yielded, and a loop of them froze the process (`_send_whole`)
- a peer that stopped reading held its sender, and the shutdown, for ever (`Peer`)
- a websocket's peer that was gone was pinged for ever, and missed by nobody (`_keeps_silent`)
- a handshake that was refused while its handler answered was a defect (`_send_whole`)
"""

from __future__ import annotations

import math
import socket
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from typing import Any, Final, TypeAlias

import h11
import structlog
import trio
from hypercorn.config import Config
from hypercorn.events import Closed, Event, RawData, Updated
from hypercorn.trio.task_group import TaskGroup
from hypercorn.trio.worker_context import WorkerContext
from hypercorn.typing import ConnectionState
from hypercorn.utils import parse_socket_addr

from .http1 import Http1Protocol
from .lane import Lane, lane_of
from .peer import STALL_S, Peer, PeerGoneError, PeerStalledError
from .stacks import LeftError

log = structlog.get_logger()

REQUEST_S: Final = 20.0  # from the opening, or the last answer, to the end of a request's head
PING_S: Final = 20.0  # of silence on a websocket, after which a sign of life is asked for
SILENCE_S: Final = 45.0  # from when on its peer is taken to be gone
FAULTS: Final = ("stalled", "silent", "flooding")  # of a peer, for which it is cut
LINGER_S: Final = 1.0  # what a peer gets to read the last answer and to close
READ_BYTES: Final = 1 << 16

Send: TypeAlias = Callable[[Any], Awaitable[None]]
Asgi: TypeAlias = Callable[[Any, Any, Send], Awaitable[None]]


class Connection:
    """One connection, of which no fault is anyone else's.

    A handler finds it as `scope["state"]["connection"]`. `cut_reason` is `stalled`, `silent` or
    `flooding` when the peer was the cause, `stopping` when we were.
    """

    def __init__(
        self, app: Asgi, config: Config, context: WorkerContext, peer: trio.SocketStream
    ) -> None:
        self._app = app
        self._config = config
        self._context = context
        self._socket = peer.socket
        self._peer = Peer(peer.socket)
        self._protocol: Http1Protocol | None = None
        self._scope = trio.CancelScope()
        self._reading = trio.CancelScope()
        self._due_s = math.inf
        self._heard_s = 0.0
        self._ending = False
        self._is_idle = False

    async def run(self) -> None:
        """Carry it until either side ends it. Nothing but a cancellation comes out of here."""
        try:
            with self._scope:
                await self._carry()
        except* Exception as errors:  # noqa: BLE001 - whatever it is, it ends this connection alone
            request_id = self._protocol.request_id if self._protocol is not None else None
            log.warning(
                "connection broke the protocol", reason=_names(errors), request_id=request_id
            )
        finally:
            self._peer.close()

    def farewell(self) -> None:
        """End it now if it is idle; a request that runs is answered, and then it ends."""
        if self._protocol is None or self._protocol.stream is None:
            self._scope.cancel()

    def cut(self, reason: str) -> None:
        """End it at once, unsent bytes and all; whoever waits on it is woken."""
        self._peer.cut(reason)

    @property
    def gone(self) -> bool:
        """Say whether nothing can be sent any more."""
        return self._peer.gone

    @property
    def cut_reason(self) -> str | None:
        """Give the reason why it was cut, if it was."""
        return self._peer.cut_reason

    @property
    def ended_for(self) -> str | None:
        """Give what its peer did, or did not do, that ended it; None when that was as it should."""
        if self.cut_reason in FAULTS:
            return self.cut_reason
        if self._protocol is not None and self._protocol.is_broken:
            return "broken"
        return "idle" if self._is_idle else None

    @property
    def frames_used(self) -> float:
        """Give how much of its burst of frames a websocket's peer has used up."""
        return 0.0 if self._protocol is None else self._protocol.frames_used

    @property
    def unacknowledged(self) -> int:
        """Count the bytes that the kernel holds for the peer."""
        return self._peer.unacknowledged

    async def _carry(self) -> None:
        family = self._socket.family
        try:
            client = parse_socket_addr(family, self._socket.getpeername())
            server = parse_socket_addr(family, self._socket.getsockname())
        except OSError:
            return  # gone before it was looked at
        async with TaskGroup() as tasks:
            self._protocol = Http1Protocol(
                self._run_app,
                self._config,
                self._context,
                tasks,
                ConnectionState({"connection": self}),
                False,  # noqa: FBT003 - Hypercorn takes it by its place: no TLS
                client,
                server,
                self._take,
            )
            self._expect_within(REQUEST_S)
            await self._read(self._protocol)
            self._peer.gone = True
            with trio.move_on_after(LINGER_S):
                await self._protocol.handle(Closed())
            self._scope.cancel()

    # ------------------------------------------------------------------------------- reading

    async def _read(self, protocol: Http1Protocol) -> None:
        while True:
            with trio.CancelScope(deadline=self._due_s) as self._reading:
                try:
                    data = await self._socket.recv(READ_BYTES)
                except (OSError, trio.ClosedResourceError):
                    return
            if self._reading.cancelled_caught:
                if await self._keeps_silent(protocol):
                    return
                continue
            if not data:
                return
            if self._ending:
                continue  # read only so that the peer gets to read our last answer
            await protocol.handle(RawData(data))
            if protocol.is_websocket:
                self._peer.may_be_told = True
                self._heard_s = trio.current_time()
                self._expect_within(PING_S)
            if protocol.is_flooded:
                self._peer.cut_reason = self._peer.cut_reason or "flooding"
                await protocol.close_flooded()

    async def _keeps_silent(self, protocol: Http1Protocol) -> bool:
        """Judge a peer from which nothing came in time: ping it, or say that it is over."""
        if not protocol.is_websocket:
            self._is_idle = True
            return True
        gone_in_s = self._heard_s + SILENCE_S - trio.current_time()
        if gone_in_s <= 0:
            self.cut("silent")
            return True
        await protocol.ping()
        self._expect_within(min(PING_S, gone_in_s))
        return False

    def _expect_within(self, seconds: float) -> None:
        """Set when the next bytes are due, for the read that is under way too."""
        self._due_s = self._reading.deadline = trio.current_time() + seconds

    # ------------------------------------------------------------------------------- writing

    async def _run_app(
        self,
        scope: Any,
        receive: Any,
        send: Any,
        sync_spawn: Any,  # noqa: ARG002 - Hypercorn's signature
        call_soon: Any,  # noqa: ARG002
    ) -> None:
        with suppress(PeerGoneError):
            try:
                await self._app(scope, receive, partial(self._send_whole, send))
            except* (PeerGoneError, LeftError):
                pass

    async def _send_whole(self, send: Send, message: Any) -> None:
        """Send an ASGI message wholly or not at all: half of one leaves no known state."""
        await trio.lowlevel.checkpoint()
        if self.gone:
            raise PeerGoneError
        if message["type"] == "websocket.close":
            self._end_within(STALL_S + LINGER_S)
        with trio.CancelScope(shield=True):
            try:
                await send(message)
            except h11.LocalProtocolError:
                if not message["type"].startswith("websocket."):
                    raise
                raise PeerGoneError from None  # a frame came too early, and was answered already
        if self._peer.has_stalled and message["type"] == "websocket.send":
            raise PeerStalledError

    def lane(self) -> Lane | None:
        """Give the way of ready frames onto its websocket; None where there is none."""
        return None if self._protocol is None else lane_of(self._protocol.stream, self._peer)

    async def _take(self, event: Event) -> None:
        """Take what the protocol has for the socket."""
        match event:
            case RawData():
                await self._peer.write(event.data)
            case Updated():
                self._expect_within(REQUEST_S if event.idle else math.inf)
            case Closed():
                self._end_within(LINGER_S)
                with suppress(OSError, trio.ClosedResourceError):
                    self._socket.shutdown(socket.SHUT_WR)
                if self._protocol is not None:
                    await self._protocol.handle(Closed())

    def _end_within(self, seconds: float) -> None:
        self._ending = True
        self._scope.deadline = min(self._scope.deadline, trio.current_time() + seconds)


def _names(error: BaseException) -> str:
    """Name the kinds of errors; their texts may quote what the peer sent."""
    inner = error.exceptions if isinstance(error, BaseExceptionGroup) else ()
    names = {name for each in inner for name in _names(each).split(", ")}
    return ", ".join(sorted(names or {type(error).__name__}))
