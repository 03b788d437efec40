"""A broker's socket, listened to and kept alive: the next frame, or the silence that ends it.

    frame() ──▶ "…" or b"…"        nothing for `silence_s` of listening ──▶ StreamLost
    kept_alive(socket, "ping", each_s) ──▶ ping …     send() ──▶ StreamLost if not taken in time

A socket can be dead and look open for hours, so each broker gives some sign of life, and its
absence is an end like any other.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import trio
from attrs import define

from actors.domain.errors import StreamLost
from actors.runtime.seams import Socket


@define
class Listener:
    """Listens to one socket. `sign` is what its broker sends when there is nothing to say."""

    socket: Socket
    silence_s: float
    sign: str
    _unheard_s: float = 0.0

    async def frame(self) -> str | bytes:
        """Wait for a frame; StreamLost when the socket ended, or was silent for too long.

        Only time spent listening counts as silence: a caller may be slow, and may give up and
        come back.
        """
        listening_since = trio.current_time()
        try:
            with trio.fail_after(max(0.0, self.silence_s - self._unheard_s)):
                frame = await self.socket.receive()
        except trio.TooSlowError:
            text = f"nothing came for {self.silence_s:.0f} s, not even {self.sign}"
            raise StreamLost(text) from None
        finally:
            self._unheard_s += trio.current_time() - listening_since
        self._unheard_s = 0.0
        return frame


@asynccontextmanager
async def kept_alive(socket: Socket, word: str, each_s: float) -> AsyncIterator[None]:
    """Send a word each so many seconds while the block runs.

    What the block raises comes out as it is, in no group. A word that cannot be sent ends nothing:
    who listens hears the end, or the silence.
    """
    failure: Exception | None = None
    async with trio.open_nursery() as nursery:
        nursery.start_soon(_ping, socket, word, each_s)
        try:
            yield
        except Exception as error:  # noqa: BLE001 - raised again below, outside the nursery
            failure = error
        nursery.cancel_scope.cancel()
    if failure is not None:
        raise failure


async def send(socket: Socket, text: str, timeout_s: float) -> None:
    """Send one frame; StreamLost when the socket has ended or takes nothing in time."""
    try:
        with trio.fail_after(timeout_s):
            await socket.send(text)
    except trio.TooSlowError:
        raise StreamLost(f"the broker took nothing in for {timeout_s:.0f} s") from None


async def _ping(socket: Socket, word: str, each_s: float) -> None:
    while True:
        await trio.sleep(each_s)
        try:
            await send(socket, word, each_s)
        except StreamLost:
            return
