"""How many frames a websocket's peer may send, whatever they are.

bytes ──▶ codec ──▶ events, each one counted ──▶ Hypercorn ──▶ pongs, messages
                        └─ too many ──▶ the rest is not looked at, and it is closed with 4009

A conversation counts the messages that it takes. Pings, pongs and the pieces of a message never get
there; without a bound of their own they would keep the process busy for as long as they come.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Final

import trio
from wsproto.connection import Connection as Codec
from wsproto.events import Event

BURST_MAX: Final = 1000.0  # frames at once
RATE_PER_S: Final = 100.0  # and on the whole


class Frames:
    """Stands between an accepted websocket's codec and who takes its events.

    `too_many` is for good: nothing more is given then.
    """

    def __init__(self, codec: Codec) -> None:
        self.too_many = False
        self._events = codec.events
        self._left = BURST_MAX
        self._at_s = trio.current_time()
        codec.events = self._counted  # type: ignore[method-assign]  # its only door

    @property
    def used(self) -> float:
        """Give how much of the burst is used up at this moment."""
        return BURST_MAX - self._left_at(trio.current_time())

    def _left_at(self, now_s: float) -> float:
        return min(BURST_MAX, self._left + (now_s - self._at_s) * RATE_PER_S)

    def _counted(self) -> Generator[Event, None, None]:
        now_s = trio.current_time()
        self._left, self._at_s = self._left_at(now_s), now_s
        if self.too_many:
            return
        for event in self._events():
            if self._left < 1:
                self.too_many = True
                return
            self._left -= 1
            yield event
