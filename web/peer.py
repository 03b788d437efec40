"""The other end of a TCP connection, as one who writes to it sees it.

    push  ──▶ socket, what it takes at once; the rest waits for the next write
    write ──▶ socket, as fast as the peer takes it
      not one byte in 5 s ──▶ cut; but a websocket's peer that takes some in the next second gets
                              the rest of what was begun, and can be told why it is closed

A peer that stopped reading holds nobody for longer than that: not its sender, not the shutdown.
"""

from __future__ import annotations

import math
import os
import socket
import struct
import sys
from contextlib import suppress
from fcntl import ioctl
from termios import TIOCOUTQ
from typing import Final

import trio

from actors.feed import Sent

STALL_S: Final = 5.0  # a peer that takes not one byte for so long has stalled, and is cut
MORE_S: Final = 1.0  # but a websocket's, if it reads again by then, is told
LOOKS: Final = 10  # how often in the stall's time it is tried
LEFT_S: Final = 10.0  # for which the kernel keeps what was closed and is not taken
NO_LINGER: Final = struct.pack("ii", 1, 0)
USER_TIMEOUT: Final = getattr(socket, "TCP_USER_TIMEOUT", None)  # not every system has it


class PeerGoneError(Exception):
    """A send to a connection that has ended."""


class PeerStalledError(PeerGoneError):
    """A send that was held up for too long; the peer reads again, and can be told so."""


class Peer:
    """A connected socket, held by one connection.

    `cut_reason` is why it was cut, when it was. `may_be_told` says whether it would understand a
    close. `has_stalled` is for good: what was held up is sent if it reads again, and then nothing
    but a close.
    """

    def __init__(self, connected: trio.socket.SocketType) -> None:
        self.gone = False
        self.cut_reason: str | None = None
        self.may_be_told = False
        self.has_stalled = False
        self._socket = connected
        self._told_by_s = math.inf
        self._rest = b""  # of frames that were begun
        self._turn = trio.Lock()

    @property
    def unacknowledged(self) -> int:
        """Count the bytes that the peer has not acknowledged; 0 where the system does not tell."""
        if self.gone:
            return 0
        try:
            return int.from_bytes(ioctl(self._socket.fileno(), TIOCOUTQ, bytes(4)), sys.byteorder)
        except OSError:
            return 0

    def cut(self, reason: str) -> None:
        """End it at once, unsent bytes and all; whoever waits on it is woken."""
        if self.gone:
            return
        self.gone = True
        self.cut_reason = reason
        with suppress(OSError):
            # What the kernel still holds for a peer that does not read is dropped too.
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)
        self._socket.close()

    def close(self) -> None:
        """Let go of it: what the kernel holds still goes its way, for a while."""
        self.gone = True
        if USER_TIMEOUT is not None:
            with suppress(OSError):
                # Not before: of an open connection the kernel counts the time since the window
                # closed, and cuts a reader that takes a little at a time.
                milliseconds = round(LEFT_S * 1000)
                self._socket.setsockopt(socket.IPPROTO_TCP, USER_TIMEOUT, milliseconds)
        self._socket.close()

    def push(self, data: bytes) -> Sent:
        """Write what the socket takes at once, if it is our turn, and keep the rest of it."""
        if self.gone or self._rest or self._turn.locked():
            return Sent.NOT
        try:
            count = os.write(self._socket.fileno(), data)
        except BlockingIOError:
            return Sent.NOT
        except OSError:
            self.cut("gone")
            return Sent.NOT
        if count == len(data):
            return Sent.WHOLE
        self._rest = data[count:]
        return Sent.BEGUN

    async def write(self, data: bytes) -> None:
        """Write bytes as fast as the peer takes them; cut one that takes none for a while.

        What was begun comes first, so with no bytes at all this sees to that.
        """
        async with self._turn:
            rest = memoryview(self._rest + data)
            self._rest = b""
            while rest and not self.gone:
                within_s = min(STALL_S, self._told_by_s - trio.current_time())
                left = await self._write_some(rest, within_s)
                rest = left if len(left) < len(rest) else await self._after_stall(rest)

    async def _write_some(self, rest: memoryview, within_s: float) -> memoryview:
        """Write what the peer takes next, and give what is left: all, if it takes none in time.

        The kernel takes more only when a whole piece of what it holds, up to 64 KiB, has gone. Who
        takes a little of that at a time is slow, and has not stopped.
        """
        looked_s = trio.current_time()
        until_s, queued = looked_s + within_s, self.unacknowledged
        while not self.gone:
            if (still := self.unacknowledged) < queued and not self.has_stalled:
                until_s = looked_s + within_s
            queued, looked_s = still, (now_s := trio.current_time())
            if now_s >= until_s:
                break
            # The kernel wakes a sender only when a third of its buffer is free. A slow reader takes
            # longer for that than a stopped one may, so we look for ourselves.
            with trio.move_on_at(min(until_s, now_s + STALL_S / LOOKS)):
                try:
                    return rest[await self._socket.send(rest) :]
                except (OSError, trio.ClosedResourceError):
                    self.cut("gone")
        return rest

    async def _after_stall(self, rest: memoryview) -> memoryview:
        """Cut a peer that takes nothing; one that can be told gets a moment more, once."""
        if self.gone:
            return rest
        if self.has_stalled or not self.may_be_told:
            self.cut("stalled")
            return rest
        self.has_stalled = True
        left = await self._write_some(rest, MORE_S)
        if len(left) == len(rest):
            self.cut("stalled")
        self._told_by_s = trio.current_time() + STALL_S
        return left
