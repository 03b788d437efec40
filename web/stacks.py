"""Quart, alike on both of its stacks: 0.22 up to Python 3.12, 0.23 from 3.13 on.

    a websocket's frames ──▶ Hypercorn's queue ──▶ FRAMES_MAX of Quart's ──▶ handler
    a request's body     ──▶ Hypercorn's queue ──▶ MAX_CONTENT_LENGTH ─────▶ handler
                                a client that leaves: its handler is cancelled

What Quart 0.23 does, and 0.22 and an `App` do not:

- frames that a handler did not receive were kept, without a bound (`Frames`)
- a body that gave no length was kept, and measured when it had ended (`Body`)
- a handler whose client left was told by an error, which was logged as a defect (`disconnect`,
  `send`)

This reaches inside: the versions are pinned, and a test fails when the inside moves.
"""

from __future__ import annotations

import sys
from http import HTTPStatus
from typing import Final

from quart_trio import QuartTrio

FRAMES_MAX: Final = 10  # that wait for a handler; it is what Quart 0.22 has
# RFC 9110's words, which Python's own table has had since 3.13: an answer reads alike on each.
PHRASES: Final = {status.value: status.phrase for status in HTTPStatus} | {
    413: "Content Too Large",
    414: "URI Too Long",
    416: "Range Not Satisfiable",
    422: "Unprocessable Content",
}

if sys.version_info >= (3, 13):
    import trio
    from quart.wrappers.base import ClientDisconnectedError
    from quart_trio.datastructures import TrioQueue
    from quart_trio.wrappers import TrioRequest, TrioWebsocket
    from quart_trio.wrappers.request import TrioBody
    from quart_trio.wrappers.websocket import TrioBuffer
    from werkzeug.exceptions import RequestEntityTooLarge

    LeftError = ClientDisconnectedError

    class FrameQueue(TrioQueue[bytes | str]):
        """A queue whose `put` waits for room: Hypercorn's fills behind it, then the client's TCP.

        Without room the client's end is not seen either: a handler has to receive.
        """

        def __init__(self) -> None:
            self._send, self._receive = trio.open_memory_channel[bytes | str](FRAMES_MAX)

    class Frames(TrioBuffer):
        """The frames that a handler has not received yet."""

        def __init__(self) -> None:
            super().__init__()
            self._queue = FrameQueue()  # type: ignore[assignment]  # so does quart-trio

        def disconnect(self) -> None:
            """Leave the handler to its cancellation, which comes next."""

    class Body(TrioBody):
        """A request's body, of which no more is kept than may come."""

        _bytes = 0

        async def put(self, data: bytes) -> None:
            """Keep a piece, unless that makes too much: the handler hears 413, the rest is let go.

            0.23 looks at a length that was announced; one that was not it measures at the end.
            """
            self._bytes += len(data)
            if self._max_content_length is None or self._bytes <= self._max_content_length:
                await super().put(data)
            elif self._must_raise is None:
                self._must_raise = RequestEntityTooLarge()
                self.set_complete()

        def disconnect(self) -> None:
            """Leave the handler to its cancellation, which comes next."""

    class BoundedRequest(TrioRequest):
        """A request with a bounded body."""

        body_class = Body

    class BoundedWebsocket(TrioWebsocket):
        """A websocket with a bounded buffer."""

        buffer_class = Frames

        async def send(self, data: str | bytes) -> None:
            """Send a frame; a handler whose client has left hears first that it is cancelled."""
            await trio.lowlevel.checkpoint_if_cancelled()
            await super().send(data)

else:

    class LeftError(Exception):
        """What a shielded send to a client that left raises; Quart 0.22 has no such error."""


class App(QuartTrio):
    """QuartTrio, of which a handler may expect the same on every Python."""

    if sys.version_info >= (3, 13):
        request_class = BoundedRequest
        websocket_class = BoundedWebsocket
