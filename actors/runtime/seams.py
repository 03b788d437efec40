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
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime
from typing import Final, Protocol, TypeVar, TypeVarTuple

import httpx2
import trio
import trio_websocket
from attrs import field, frozen

from actors.domain.errors import BrokerUnknown, BrokerUnreachable, NeedsLogin, StreamLost
from actors.domain.wire import ANSWER_BYTES_MAX, FRAME_BYTES_MAX

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

CONNECTIONS_MAX: Final = 32
CLOSE_S: Final = 1.0


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
    """The world, as one argument."""

    now: Callable[[], datetime]
    random: random.Random
    connect: Connect
    http: Http
    offload: Offload


@asynccontextmanager
async def real_seams() -> AsyncIterator[Seams]:
    """Give the world as it is; its HTTP connections close at the end of the block."""
    limits = httpx2.Limits(max_connections=CONNECTIONS_MAX)
    async with httpx2.AsyncClient(limits=limits, follow_redirects=False, trust_env=False) as client:
        yield Seams(
            now=wall_clock,
            random=random.Random(random.SystemRandom().getrandbits(128)),
            connect=connect_websocket,
            http=_HttpxCaller(client),
            offload=offload_to_thread,
        )


def wall_clock() -> datetime:
    """Give the time in UTC, to the millisecond that the wire can carry."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


async def offload_to_thread(call: Callable[[*Ts], T], *args: *Ts) -> T:
    """Run a store call in a worker thread; it is finished even if the caller is cancelled."""
    return await trio.to_thread.run_sync(call, *args)


async def offload_inline(call: Callable[[*Ts], T], *args: *Ts) -> T:
    """Run a store call here: real threads would make a virtual clock leap."""
    await trio.lowlevel.checkpoint()
    return call(*args)


@asynccontextmanager
async def connect_websocket(
    url: str, headers: Mapping[str, str], *, timeout_s: float
) -> AsyncIterator[Socket]:
    """Open a real websocket with trio-websocket; see `Connect`."""
    opening = trio_websocket.open_websocket_url(
        url,
        extra_headers=[(name.encode(), value.encode()) for name, value in headers.items()],
        max_message_size=FRAME_BYTES_MAX,
        connect_timeout=timeout_s,
        disconnect_timeout=CLOSE_S,
    )
    try:
        async with opening as connection:
            yield TrioSocket(connection)
    except (trio_websocket.HandshakeError, OSError) as error:
        raise handshake_error(error) from None


def handshake_error(error: Exception) -> NeedsLogin | StreamLost:
    """Say what a failed handshake means."""
    if isinstance(error, trio_websocket.ConnectionRejected):
        if error.status_code in (401, 403):
            return NeedsLogin(f"the broker refused the stream with {error.status_code}")
        return StreamLost(f"the broker answered the stream's handshake with {error.status_code}")
    reason = error.strerror if isinstance(error, OSError) else None
    return StreamLost(f"the stream cannot be opened: {reason or type(error).__name__}")


@frozen
class TrioSocket:
    """A trio-websocket connection, with its endings as StreamLost."""

    connection: trio_websocket.WebSocketConnection

    async def send(self, text: str) -> None:
        """Send one text frame."""
        try:
            await self.connection.send_message(text)
        except trio_websocket.ConnectionClosed as closed:
            raise self._lost(closed) from None

    async def receive(self) -> str | bytes:
        """Wait for the next frame."""
        try:
            return await self.connection.get_message()
        except trio_websocket.ConnectionClosed as closed:
            raise self._lost(closed) from None

    def _lost(self, closed: trio_websocket.ConnectionClosed) -> StreamLost:
        reason = closed.reason
        if reason is None:
            return StreamLost("the stream ended without a close")
        return StreamLost(f"the broker closed the stream: {reason.code} {reason.reason or ''}")


@frozen
class _HttpxCaller:
    client: httpx2.AsyncClient

    async def __call__(self, request: HttpRequest, *, timeout_s: float) -> HttpResponse:
        try:
            with trio.fail_after(timeout_s):
                return await self._call(request)
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout):
            raise BrokerUnreachable("the broker cannot be reached") from None
        except (httpx2.RequestError, trio.TooSlowError) as error:
            raise BrokerUnknown(f"the broker did not answer: {type(error).__name__}") from None

    async def _call(self, request: HttpRequest) -> HttpResponse:
        async with self.client.stream(
            request.method,
            request.url,
            headers=dict(request.headers),
            content=request.body or None,
            timeout=None,
        ) as answer:
            body = bytearray()
            async for chunk in answer.aiter_bytes():
                body += chunk
                if len(body) > ANSWER_BYTES_MAX:
                    raise BrokerUnknown("the broker's answer is larger than any day's")
            headers = {name.lower(): value for name, value in answer.headers.items()}
            return HttpResponse(answer.status_code, headers, bytes(body))
