"""Lines on their way out: events to stdout, notices to stderr, in the order in which they came.

    put, note, at ──▶ a queue, bounded ──▶ a thread that writes ──▶ stdout, stderr
                                             └─ nobody reads on (`| head`): `stop`, no complaint

`shown` is the place after all that was written: who goes on from there misses nothing.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from contextlib import suppress
from itertools import groupby
from typing import Final

import trio
from attrs import define, field, frozen

LINES_MAX: Final = 1000
STDOUT: Final = 1
STDERR: Final = 2


@frozen
class Line:
    """A text for one of the two, or none; and where the record stands when it is written."""

    text: str
    descriptor: int = STDOUT
    position: str | None = None


@define
class Output:
    """The two streams of a command that follows something."""

    shown: str | None = None
    is_unread: bool = False
    _put: trio.MemorySendChannel[Line] = field(init=False)
    _take: trio.MemoryReceiveChannel[Line] = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._put, self._take = trio.open_memory_channel[Line](LINES_MAX)

    async def put(self, text: str, position: str | None = None) -> None:
        """Put lines for stdout; wait while too many are on their way."""
        await self._put.send(Line(text, STDOUT, position))

    def note(self, text: str) -> None:
        """Put a notice for stderr. One that finds no room is written at once."""
        try:
            self._put.send_nowait(Line(text, STDERR))
        except trio.WouldBlock:
            with suppress(OSError):
                write_all(STDERR, text.encode())

    def at(self, position: str) -> None:
        """Say that up to this place there is nothing more to write."""
        with suppress(trio.WouldBlock):
            self._put.send_nowait(Line("", STDOUT, position))

    async def run(self, stop: trio.Event) -> None:
        """Write lines as they come, all that wait at once. A reader who left ends it."""
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._notice_closed_pipe, stop)
            async for first in self._take:
                waiting = [first]
                with suppress(trio.WouldBlock):
                    while True:
                        waiting.append(self._take.receive_nowait())
                if not await self._written(waiting):
                    self._end_unread(stop)

    async def _written(self, lines: Sequence[Line]) -> bool:
        for descriptor, group in groupby(lines, key=lambda line: line.descriptor):
            some = list(group)
            data = "".join(line.text for line in some).encode(errors="replace")
            try:
                await trio.to_thread.run_sync(write_all, descriptor, data, abandon_on_cancel=True)
            except OSError:
                if descriptor == STDOUT:
                    return False
            self.shown = next(
                (line.position for line in reversed(some) if line.position), self.shown
            )
        return True

    async def _notice_closed_pipe(self, stop: trio.Event) -> None:
        """Notice when the reader of a pipe has left, though nothing is there to be written."""
        if not stat.S_ISFIFO(os.fstat(STDOUT).st_mode):
            return
        # The writing end of a pipe becomes readable only by the error that its reader is gone.
        with suppress(OSError):
            await trio.lowlevel.wait_readable(STDOUT)
            self._end_unread(stop)

    def _end_unread(self, stop: trio.Event) -> None:
        self.is_unread = True
        stop.set()


def write_all(descriptor: int, data: bytes) -> None:
    """Write it all, however long its reader takes."""
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]
