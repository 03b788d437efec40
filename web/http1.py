"""HTTP/1.1 and its websockets as Hypercorn 0.18 speaks them, without what nobody here needs.

    bytes ──▶ Http1Protocol ──▶ HTTPStream or WSStream ──▶ app        all of it Hypercorn's, but for

- HTTP/2 is not spoken: its stream table could end the process, by data for an answered stream
- a handshake that was refused left its connection open: it ends here
- an answer before its request's end closed the connection, and did not say so: it does
- a Host that is no name was a defect of the app: 400
- bytes after a connection's last request tore its answer: they are nobody's
- a broken frame ended its websocket without a word: 1002 says why
- compression was taken up whenever a browser offered it: the offer is not passed on
- a status has its words beside it, and an id of its request
- an answer that no app has seen had none of what guards a browser
- a websocket's frames had no bound but those that an app takes (`flood`)

This reaches inside: the version is pinned, and a test fails when the inside moves.
"""

from __future__ import annotations

import re
from typing import Any, Final, TypeAlias

import h11
from hypercorn.events import Closed, RawData
from hypercorn.events import Event as ServerEvent
from hypercorn.protocol.events import EndBody, StreamClosed
from hypercorn.protocol.events import Event as StreamEvent
from hypercorn.protocol.h11 import H11Protocol
from hypercorn.protocol.ws_stream import ASGIWebsocketState, WSStream
from wsproto.connection import ConnectionState
from wsproto.events import CloseConnection, Ping

from .flood import Frames
from .guards import BARE
from .request_ids import NAME, fresh_request_id, request_id_of
from .stacks import PHRASES

HOST: Final = re.compile(
    rb"(\[[\dA-Fa-f:.]{2,45}\]|[\w-]{1,63}(\.[\w-]{1,63}){0,9}\.?)?(:\d{1,5})?"
)
VERSIONS: Final = (b"1.0", b"1.1")
CLOSE: Final = (b"connection", b"close")
BROKEN: Final = CloseConnection(code=1002, reason="a broken frame")
FLOODING: Final = CloseConnection(code=4009, reason="too many frames")
EXTENSIONS: Final = b"sec-websocket-extensions"
REWRITTEN: Final = (EXTENSIONS, NAME)

Headers: TypeAlias = list[tuple[bytes, bytes]]


class Requests(h11.Connection):
    """Requests as h11 reads them; what comes after the last one is dropped, not a fault."""

    def receive_data(self, data: bytes) -> None:
        """Take bytes, while there may be more requests."""
        if self.their_state is not h11.MUST_CLOSE:
            super().receive_data(data)

    def next_event(self) -> type[h11.NEED_DATA | h11.PAUSED] | h11.Event:
        """Give what comes next; after the last request there is nothing."""
        return h11.NEED_DATA if self.their_state is h11.MUST_CLOSE else super().next_event()


class Http1Protocol(H11Protocol):
    """Hypercorn's HTTP/1.1; `stream` is the request or the websocket that is under way.

    `request_id` is its id, from its head until it is answered. `is_broken` says whether the peer
    sent what is no HTTP, or no websocket's frame, and was told so here: no app has seen that.
    """

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.request_id: str | None = None
        self.is_broken = False
        self._frames: Frames | None = None
        self.connection = Requests(h11.SERVER, self.config.h11_max_incomplete_size)

    @property
    def is_websocket(self) -> bool:
        """Say whether a websocket is under way, accepted or not."""
        return isinstance(self.stream, WSStream)

    @property
    def is_flooded(self) -> bool:
        """Say whether a websocket's peer has sent more frames than it may."""
        return self._frames is not None and self._frames.too_many

    @property
    def frames_used(self) -> float:
        """Give how much of its burst of frames a websocket's peer has used up."""
        return 0.0 if self._frames is None else self._frames.used

    async def handle(self, event: ServerEvent) -> None:
        """Take bytes, or the end; of an accepted websocket each frame is counted."""
        if isinstance(event, RawData) and self._frames is None and (stream := self._accepted()):
            self._frames = Frames(stream.connection)
        await super().handle(event)

    async def close_flooded(self) -> None:
        """Tell a websocket's peer that it floods, unless its handler has ended it already."""
        if stream := self._accepted():
            await stream._send_wsproto_event(FLOODING)  # noqa: SLF001 - as with a ping
            await stream.send(StreamClosed(stream_id=stream.stream_id))

    async def ping(self) -> None:
        """Ask a websocket's peer for a sign of life, if it is accepted and not closing."""
        if stream := self._accepted():
            await stream._send_wsproto_event(Ping())  # noqa: SLF001 - Hypercorn has no door for it

    async def stream_send(self, event: StreamEvent) -> None:
        """Close after a handshake that was answered in plain HTTP: nothing can follow it."""
        if isinstance(event, StreamClosed) and self._is_torn():
            self.is_broken = True
            await self.stream._send_wsproto_event(BROKEN)  # type: ignore[union-attr]  # noqa: SLF001
        await super().stream_send(event)
        if isinstance(event, EndBody) and self.is_websocket:
            await self.send(Closed())

    async def _send_error_response(self, status_code: int) -> None:
        self.is_broken = True
        await super()._send_error_response(status_code)

    async def _send_h11_event(self, event: Any) -> None:
        """Complete an answer: its words, which a person with curl reads; what no app has put on.

        A connection ends after an answer that came before its request's end, or while we stop:
        then it says so.
        """
        if isinstance(event, h11.Response):
            headers = completed(list(event.headers), self.request_id)
            self.request_id = None
            is_early = self.connection.their_state is h11.SEND_BODY
            if (is_early or self.context.terminated.is_set()) and CLOSE not in headers:
                headers.append(CLOSE)
            reason = event.reason or PHRASES.get(event.status_code, "").encode()
            event = h11.Response(status_code=event.status_code, headers=headers, reason=reason)
        await super()._send_h11_event(event)

    def _is_torn(self) -> bool:
        """Say whether an accepted websocket ends without a close by either side."""
        stream = self._accepted()
        return stream is not None and stream.connection.state is ConnectionState.OPEN

    def _accepted(self) -> WSStream | None:
        """Give the websocket that is under way, if it is accepted and its handler talks."""
        stream = self.stream
        if not isinstance(stream, WSStream) or stream.state is not ASGIWebsocketState.CONNECTED:
            return None
        return stream

    async def _check_protocol(self, event: h11.Request) -> None:
        """Stay with HTTP/1.1, whatever the client would like to change to."""

    async def _create_stream(self, request: h11.Request) -> None:
        self.request_id = request_id_of(request.headers)
        if (status := refusal_of(request)) is not None:
            await self._send_error_response(status)
            await self.send(Closed())
            return
        await super()._create_stream(rewritten(request, self.request_id))


def refusal_of(request: h11.Request) -> int | None:
    """Give the status of a request that no app should see: each would be a defect there."""
    if request.http_version not in VERSIONS:
        return 505
    hosts = [value for name, value in request.headers if name == b"host"]
    if not request.target.startswith(b"/") or not all(map(HOST.fullmatch, hosts)):
        return 400
    return None


def rewritten(request: h11.Request, request_id: str) -> h11.Request:
    """Give a request as an app is to see it: under its id, without an offer of compression."""
    headers = [(name, value) for name, value in request.headers if name not in REWRITTEN]
    return h11.Request(
        method=request.method,
        target=request.target,
        headers=[*headers, (NAME, request_id.encode())],
        http_version=request.http_version,
    )


def completed(headers: Headers, request_id: str | None) -> Headers:
    """Give an answer's headers with an id, and with the guards if no app has seen it."""
    names = {name for name, _ in headers}
    if NAME not in names:
        headers = [*headers, (NAME, (request_id or fresh_request_id()).encode())]
    return headers if b"content-type" in names else headers + [h for h in BARE if h[0] not in names]
