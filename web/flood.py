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
from attrs import define, field
from wsproto.connection import Connection as Codec
from wsproto.events import Event

BURST_MAX: Final = 1000.0  # frames at once
RATE_PER_S: Final = 100.0  # and on the whole


@define
class Allowance:
    """How many of something a client may send: a burst, and a rate on the whole."""

    burst: float
    per_s: float
    at_s: float
    left: float = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.left = self.burst

    def used(self, now_s: float) -> float:
        """Give how much of the burst is used up."""
        return self.burst - min(self.burst, self.left + (now_s - self.at_s) * self.per_s)

    def take(self, now_s: float) -> bool:
        """Take one, if there is one."""
        self.left, self.at_s = self.burst - self.used(now_s), now_s
        if self.left < 1:
            return False
        self.left -= 1
        return True


class Frames:
    """Stands between an accepted websocket's codec and who takes its events.

    `too_many` is for good: nothing more is given then.
    """

    def __init__(self, codec: Codec) -> None:
        self.too_many = False
        self._events = codec.events
        self._allowance = Allowance(BURST_MAX, RATE_PER_S, trio.current_time())
        codec.events = self._counted  # type: ignore[method-assign]  # its only door

    @property
    def used(self) -> float:
        """Give how much of the burst is used up at this moment."""
        return self._allowance.used(trio.current_time())

    def _counted(self) -> Generator[Event, None, None]:
        now_s = trio.current_time()
        if self.too_many:
            return
        for event in self._events():
            if not self._allowance.take(now_s):
                self.too_many = True
                return
            yield event
