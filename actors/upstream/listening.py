"""A broker's socket, listened to: the next frame, or the silence that ends it.

    frame() ──▶ "…" or b"…"        nothing for `silence_s` of listening ──▶ StreamLost

A socket can be dead and look open for hours, so each broker gives some sign of life, and its
absence is an end like any other.
"""

from __future__ import annotations

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
