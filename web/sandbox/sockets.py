"""Who listens to an account, and what is on its way to each of them.

    change ──▶ Hub ──▶ Outbox (bounded) ──▶ Socket
                         └─ full, or a fault drops it: the socket is cut

The broker is fire-and-forget: there is no replay, and who is not listening misses the frame.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, Protocol

import trio
from attrs import Factory, define, frozen

from web.sandbox.faults import FrameFate

SOCKETS_MAX: Final = 100
"""Sockets an account may have, as ticker_service publishes it."""

FRAMES_MAX: Final = 50_000
"""Frames that may wait for one socket before it is cut; their text is shared by all sockets."""


class SocketClosedError(Exception):
    """The other side has gone."""


class Socket(Protocol):
    """An accepted websocket. Each method raises SocketClosedError when the other side has gone."""

    async def receive(self) -> str:
        """Wait for the next text frame."""

    async def send(self, frame: str | bytes) -> None:
        """Send one frame: text, or binary."""

    async def close(self, code: int, reason: str) -> None:
        """Close with a close frame."""

    async def abort(self) -> None:
        """Cut the connection without a close frame."""


@frozen
class Parcel:
    """A frame on its way. `due` is on Trio's clock; `hold_s` above zero lets the next overtake."""

    frame: str | bytes
    due: float = 0.0
    hold_s: float = 0.0


def _channel() -> tuple[trio.MemorySendChannel[Parcel], trio.MemoryReceiveChannel[Parcel]]:
    return trio.open_memory_channel[Parcel](FRAMES_MAX)


@define(eq=False)
class Outbox:
    """The frames that wait for one socket. `scope` is the socket's life."""

    scope: trio.CancelScope = Factory(trio.CancelScope)
    cut: bool = False
    farewell: tuple[int, str] | None = None
    """The close code and reason, when it is the server that ends it."""
    topics: set[str] = Factory(set)
    """What the client has asked for, at a broker that lets it choose."""
    _ends: tuple[trio.MemorySendChannel[Parcel], trio.MemoryReceiveChannel[Parcel]] = Factory(
        _channel
    )

    def put(self, frame: str | bytes, fate: FrameFate, due: float) -> None:
        """Queue one frame that is due at a time, as its fate has it; never waits."""
        if fate.drop:
            self.cut_off()
        if fate.drop or fate.silent:
            return
        for _ in range(fate.copies):
            try:
                self._ends[0].send_nowait(Parcel(frame, due + fate.delay_s, fate.hold_s))
            except trio.WouldBlock:
                self.cut_off()
                return

    async def take(self) -> Parcel:
        """Wait for the next frame; no wait at all when there is one."""
        try:
            return self._ends[1].receive_nowait()
        except trio.WouldBlock:
            return await self._ends[1].receive()

    def cut_off(self) -> None:
        """End the socket without a close frame."""
        self.cut = True
        self.scope.cancel()

    def end(self, code: int, reason: str) -> None:
        """End the socket with a close frame."""
        self.farewell = (code, reason)
        self.scope.cancel()


class Hub:
    """The outboxes of each account, in the order in which they came."""

    def __init__(self) -> None:
        self._of: dict[str, dict[int, Outbox]] = {}
        self._joined = 0

    def of(self, account_id: str) -> list[Outbox]:
        """Give the outboxes of one account."""
        return list(self._of.get(account_id, {}).values())

    def full(self, account_id: str) -> bool:
        """Whether the account has as many sockets as it may."""
        return len(self._of.get(account_id, {})) >= SOCKETS_MAX

    @contextmanager
    def join(self, account_id: str, topics: set[str] | None = None) -> Iterator[Outbox]:
        """Give an outbox that gets every frame of the account, for as long as the block runs.

        `topics` is what its client has asked for; who owns the set may change it.
        """
        self._joined += 1
        number, outbox = self._joined, Outbox(topics=set() if topics is None else topics)
        self._of.setdefault(account_id, {})[number] = outbox
        try:
            yield outbox
        finally:
            del self._of[account_id][number]

    def __len__(self) -> int:
        return sum(map(len, self._of.values()))
