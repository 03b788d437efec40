"""What trio-websocket 0.12 leaves undone, done from outside.

EagerSender    a burst of frames is handed over at once, not one in each pass of the loop
HopefulNursery the opening handshake ends when its reader does, not at its deadline
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import trio
from attrs import frozen


@frozen
class EagerSender:
    """A channel's sending end that waits only when the channel is full.

    trio-websocket hands frames over one by one, each with a checkpoint: on a busy loop that is a
    pass over all tasks a frame, and a burst waits in the kernel. With this in the place of its
    own, what one read brought is handed over at once.
    """

    inner: trio.MemorySendChannel[str | bytes]

    async def send(self, message: str | bytes) -> None:
        """Hand a frame over."""
        try:
            self.inner.send_nowait(message)
        except trio.WouldBlock:
            await self.inner.send(message)

    async def aclose(self) -> None:
        """Close it."""
        await self.inner.aclose()


@frozen
class HopefulNursery:
    """A nursery for a connection's reader, which gives up hope when the reader has ended.

    A server that hangs up without an answer, as one does that stands before a dead one, ends the
    reader; trio-websocket waits on for the answer.
    """

    inner: trio.Nursery
    hope: trio.CancelScope

    def start_soon(self, reader: Callable[[], Awaitable[None]]) -> None:
        """Start the reader. Once the handshake is over, `hope` is nobody's."""
        self.inner.start_soon(self._read, reader)

    async def _read(self, reader: Callable[[], Awaitable[None]]) -> None:
        await reader()
        self.hope.cancel()
