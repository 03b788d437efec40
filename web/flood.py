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

from .allowances import Bucket, Rate

FRAMES: Final = Rate(per_s=100.0, burst=1000.0)


class Frames:
    """Stands between an accepted websocket's codec and who takes its events.

    `too_many` is for good: nothing more is given then.
    """

    def __init__(self, codec: Codec) -> None:
        self.too_many = False
        self._events = codec.events
        self._bucket = Bucket(FRAMES, trio.current_time())
        codec.events = self._counted  # type: ignore[method-assign]  # its only door

    @property
    def used(self) -> float:
        """Give how much of the burst is used up at this moment."""
        return self._bucket.used(trio.current_time())

    def _counted(self) -> Generator[Event, None, None]:
        now_s = trio.current_time()
        if self.too_many:
            return
        for event in self._events():
            if not self._bucket.take(now_s):
                self.too_many = True
                return
            yield event
