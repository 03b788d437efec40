"""The seams: all that a gateway takes from the world, as arguments.

    now       wall clock            random   jitter, ids
    connect   a websocket           http     one request, one answer
    offload   the thread hop of the store

With the real ones (`real_seams`) it runs on a host; with a virtual clock, memory streams and an
inline `offload` a whole day of it runs in a test, the same each time. Time inside the tree is
`trio.current_time()`, which the virtual clock governs too.
"""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final, Protocol, TypeAlias, TypeVar, TypeVarTuple
from urllib.parse import SplitResult, urlsplit

import httpx2
import trio
import trio_websocket
from attrs import define, field, frozen

from actors.domain.errors import BrokerUnknown, BrokerUnreachable, NeedsLogin, StreamLost
from actors.domain.wire import ANSWER_BYTES_MAX, FRAME_BYTES_MAX
from actors.runtime.mended import EagerSender, HopefulNursery
from actors.runtime.reasons import unopened, unreached
from actors.runtime.threads import offload_to_thread

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

TcpStream: TypeAlias = trio.SocketStream | trio.SSLStream[trio.SocketStream]

CONNECTIONS_MAX: Final = 128  # to all brokers: one is held for as long as a call takes
# How long an idle connection is kept. Many servers close theirs after 5 s (uvicorn, hypercorn); an
# order that is sent just then has an unknown end, which costs more than a handshake.
KEPT_S: Final = 4.0
FRAMES_MAX: Final = 32  # of a websocket, read and not yet taken
READ_BYTES: Final = 64 * 1024
CLOSE_S: Final = 0.2  # what the broker gets to answer our close


@frozen
class HttpRequest:
    """One call to a broker. Headers may carry credentials and are never shown."""

    method: str
    url: str
    headers: Mapping[str, str] = field(factory=dict, repr=False)
    body: bytes = b""


@frozen
class HttpResponse:
    """What came back; header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Socket(Protocol):
    """A websocket to a broker. Both calls raise StreamLost once it has ended."""

    async def send(self, text: str) -> None:
        """Send one text frame."""

    async def receive(self) -> str | bytes:
        """Wait for the next frame. The caller sets the deadline."""


class Connect(Protocol):
    """Open a websocket: NeedsLogin if refused with 401 or 403, StreamLost if it cannot be had."""

    def __call__(
        self, url: str, headers: Mapping[str, str], *, timeout_s: float
    ) -> AbstractAsyncContextManager[Socket]:
        """Give the open socket, which closes at the end of the block."""


class Http(Protocol):
    """Make one HTTP call.

    BrokerUnreachable when it surely did not reach the broker, BrokerUnknown when it may have.
    """

    def __call__(self, request: HttpRequest, *, timeout_s: float) -> Awaitable[HttpResponse]:
        """Give the answer, whatever its status."""


class Offload(Protocol):
    """Run a blocking call of the store where it does not hold up the tree."""

    def __call__(self, call: Callable[[*Ts], T], *args: *Ts) -> Awaitable[T]:
        """Give what the call gives, raise what it raises."""


@frozen
class Seams:
    """The world, as one argument; `use` says how much of its bounded places is in use, of what."""

    now: Callable[[], datetime]
    random: random.Random
    connect: Connect
    http: Http
    offload: Offload
    use: Callable[[], Mapping[str, tuple[int, int]]] = dict


@asynccontextmanager
async def real_seams() -> AsyncIterator[Seams]:
    """Give the world as it is; its HTTP connections close at the end of the block."""
    limits = httpx2.Limits(
        max_connections=CONNECTIONS_MAX,
        max_keepalive_connections=CONNECTIONS_MAX,
        keepalive_expiry=KEPT_S,
    )
    sockets: set[TrioSocket] = set()
    async with httpx2.AsyncClient(limits=limits, follow_redirects=False, trust_env=False) as client:
        http = _HttpxCaller(client)
        yield Seams(
            now=wall_clock,
            random=random.Random(random.SystemRandom().getrandbits(128)),
            connect=partial(connect_websocket, among=sockets),
            http=http,
            offload=offload_to_thread,
            use=lambda: {
                "broker_connections": (http.under_way, CONNECTIONS_MAX),
                "broker_frames": (max((s.waiting for s in sockets), default=0), FRAMES_MAX),
            },
        )


def wall_clock() -> datetime:
    """Give the time in UTC, to the millisecond that the wire can carry."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


async def offload_inline(call: Callable[[*Ts], T], *args: *Ts) -> T:
    """Run a store call here: real threads would make a virtual clock leap."""
    await trio.lowlevel.checkpoint()
    return call(*args)


@asynccontextmanager
async def connect_websocket(
    url: str,
    headers: Mapping[str, str],
    *,
    timeout_s: float,
    among: set[TrioSocket] | None = None,
) -> AsyncIterator[Socket]:
    """Open a real websocket with trio-websocket; see `Connect`. It is `among` those that are open.

    The TCP stream is ours and closed here: after an abnormal end trio-websocket 0.12 leaves it
    open, and each reconnect would leak a descriptor.
    """
    deadline_s = trio.current_time() + timeout_s
    stream = await _open_stream(parts := urlsplit(url), deadline_s)
    failure: Exception | None = None
    among = set() if among is None else among
    try:
        async with trio.open_nursery() as nursery:
            try:
                connection = await _shake_hands(nursery, stream, parts, headers, deadline_s)
                among.add(socket := TrioSocket(connection))
                try:
                    yield socket
                finally:
                    among.discard(socket)
                    with trio.move_on_after(CLOSE_S, shield=True):
                        await connection.aclose()
            except Exception as error:  # noqa: BLE001 - raised again below, outside the group
                failure = error
            nursery.cancel_scope.cancel()
    except* Exception as group:  # noqa: BLE001 - whatever a peer's bytes provoke in the codec
        # A refusal, and an answer that is no HTTP, are raised by the connection's own reader.
        failure = handshake_error(_first(group))
    finally:
        await trio.aclose_forcefully(stream)
    if failure is not None:
        raise failure


async def _open_stream(parts: SplitResult, deadline_s: float) -> TcpStream:
    tls = parts.scheme == "wss"
    port = parts.port or (443 if tls else 80)
    try:
        with trio.fail_at(deadline_s):
            if tls:
                return await trio.open_ssl_over_tcp_stream(parts.hostname or "", port)
            return await trio.open_tcp_stream(parts.hostname or "", port)
    except (OSError, trio.TooSlowError) as error:
        raise handshake_error(error, parts.netloc) from None


async def _shake_hands(
    nursery: trio.Nursery,
    stream: TcpStream,
    parts: SplitResult,
    headers: Mapping[str, str],
    deadline_s: float,
) -> trio_websocket.WebSocketConnection:
    resource = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
    try:
        with trio.fail_at(deadline_s) as hope:
            reading: Any = HopefulNursery(nursery, hope)
            connection = await trio_websocket.wrap_client_stream(
                reading,
                stream,
                parts.netloc,
                resource,
                extra_headers=[(name.encode(), value.encode()) for name, value in headers.items()],
                message_queue_size=FRAMES_MAX,
                max_message_size=FRAME_BYTES_MAX,
                receive_buffer_size=READ_BYTES,
            )
    except (trio_websocket.HandshakeError, trio.BrokenResourceError, trio.TooSlowError) as error:
        if isinstance(error, trio.TooSlowError) and trio.current_time() < deadline_s:
            raise StreamLost("the stream cannot be opened: the handshake got no answer") from None
        raise handshake_error(error) from None
    sender: Any = EagerSender(connection._send_channel)  # noqa: SLF001
    connection._send_channel = sender  # noqa: SLF001
    return connection


def _first(group: BaseExceptionGroup[Exception]) -> Exception:
    inner = group.exceptions[0]
    return _first(inner) if isinstance(inner, BaseExceptionGroup) else inner


def handshake_error(error: Exception, host: str = "") -> NeedsLogin | StreamLost:
    """Say what a failed handshake with a host means."""
    if isinstance(error, trio_websocket.ConnectionRejected):
        if error.status_code in (401, 403):
            return NeedsLogin(f"the broker refused the stream with {error.status_code}")
        return StreamLost(f"the broker answered the stream's handshake with {error.status_code}")
    return StreamLost(unopened(error, host))


@frozen
class TrioSocket:
    """A trio-websocket connection, with its endings as StreamLost."""

    connection: trio_websocket.WebSocketConnection

    @property
    def waiting(self) -> int:
        """Count the frames that were read and not yet taken; trio-websocket tells it nowhere."""
        return self.connection._recv_channel.statistics().current_buffer_used  # noqa: SLF001

    async def send(self, text: str) -> None:
        """Send one text frame."""
        try:
            await self.connection.send_message(text)
        except trio_websocket.ConnectionClosed as closed:
            raise self._lost(closed) from None

    async def receive(self) -> str | bytes:
        """Wait for the next frame; one that is there comes at once, without a checkpoint.

        At most FRAMES_MAX come so in a row: their reader has no turn in between.
        """
        with suppress(trio.WouldBlock, trio.EndOfChannel, trio.ClosedResourceError):
            return self.connection._recv_channel.receive_nowait()  # noqa: SLF001
        try:
            return await self.connection.get_message()
        except trio_websocket.ConnectionClosed as closed:
            raise self._lost(closed) from None

    def _lost(self, closed: trio_websocket.ConnectionClosed) -> StreamLost:
        reason = closed.reason
        if reason is None:
            return StreamLost("the stream ended without a close")
        return StreamLost(f"the broker closed the stream: {reason.code} {reason.reason or ''}")


@define
class _HttpxCaller:
    client: httpx2.AsyncClient
    under_way: int = 0

    async def __call__(self, request: HttpRequest, *, timeout_s: float) -> HttpResponse:
        self.under_way += 1
        try:
            with trio.fail_after(timeout_s):
                # Who got no connection in half the time has surely sent nothing.
                wait = httpx2.Timeout(None, pool=timeout_s / 2, connect=timeout_s / 2)
                return await self._call(request, wait)
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout) as error:
            raise BrokerUnreachable(unreached(error, request.url)) from None
        except (httpx2.RequestError, trio.TooSlowError) as error:
            raise BrokerUnknown(f"the broker did not answer: {type(error).__name__}") from None
        finally:
            self.under_way -= 1

    async def _call(self, request: HttpRequest, wait: httpx2.Timeout) -> HttpResponse:
        async with self.client.stream(
            request.method,
            request.url,
            headers=dict(request.headers),
            content=request.body or None,
            timeout=wait,
        ) as answer:
            body = bytearray()
            async for chunk in answer.aiter_bytes():
                body += chunk
                if len(body) > ANSWER_BYTES_MAX:
                    raise BrokerUnknown("the broker's answer is larger than any day's")
            headers = {name.lower(): value for name, value in answer.headers.items()}
            return HttpResponse(answer.status_code, headers, bytes(body))
