"""When each event of a load is due, and the process that says so: `pacer | hub`.

    stdin: START_NS RATE SECONDS ──▶ Pace ──▶ a stamp of 8 bytes on stdout, as each falls due

A stamp is when the event came into the world, in ns of CLOCK_MONOTONIC: the moment at which it was
handed over or, when it fell due while another was being handed over, its due time. So what waits
behind a busy hub counts in full, and what the pacer itself came late to does not.
"""

from __future__ import annotations

import os
import struct
import sys
import time
from collections.abc import Iterator
from contextlib import suppress

OVERTIME_NS = 250_000_000  # how long after its end a load goes on with what was held up
TICK_S = 0.0005  # pauses are no shorter, so that many events a second share a write
STAMP = struct.Struct("=q")
GROUP = 512  # stamps written, and read, at once
GROUP_BYTES = GROUP * STAMP.size


class Pace:
    """The schedule of one load: `rate * seconds` events, evenly from `start_ns` on."""

    def __init__(self, start_ns: int, rate: float, seconds: float) -> None:
        self.events = int(rate * seconds)
        self.end_ns = start_ns + int(seconds * 1e9)
        self.given = 0
        self.held_until_ns = 0  # when the last handing over ended
        self._start_ns = start_ns
        self._step_ns = 1e9 / rate

    def due_ns(self, index: int) -> int:
        """Say when an event is due."""
        return self._start_ns + int(index * self._step_ns)

    def take(self, now_ns: int, most: int = GROUP) -> list[int]:
        """Give the stamps of what is due by now and was not given yet."""
        passed = max(int((now_ns - self._start_ns) / self._step_ns) + 1, 0)
        until = min(passed, self.events, self.given + most)
        dues = map(self.due_ns, range(self.given, until))
        self.given = max(until, self.given)
        return [due if due < self.held_until_ns else now_ns for due in dues]

    def is_over(self, now_ns: int) -> bool:
        """Say whether nothing more is to come: all was given, or the time is long up."""
        return self.given >= self.events or now_ns >= self.end_ns + OVERTIME_NS

    def __iter__(self) -> Iterator[list[int]]:
        """Give stamps as they fall due, sleeping in between."""
        while not self.is_over(now_ns := time.monotonic_ns()):
            if stamps := self.take(now_ns):
                yield stamps
                self.held_until_ns = time.monotonic_ns()
            if self.given < self.events:
                wait_s = (self.due_ns(self.given) - time.monotonic_ns()) / 1e9
                if wait_s > 0:
                    time.sleep(max(wait_s, TICK_S))


def main() -> None:
    """Pace one load after another, until stdin or the hub ends."""
    with suppress(BrokenPipeError):
        for line in sys.stdin:
            start_ns, rate, seconds = line.split()
            for stamps in Pace(int(start_ns), float(rate), float(seconds)):
                os.write(1, b"".join(map(STAMP.pack, stamps)))


if __name__ == "__main__":
    main()
