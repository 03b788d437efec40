"""The load client of the fan-out: sockets emptied at C speed, events counted and a few looked at.

    sockets ──▶ one buffer ──▶ count of the mark ──▶ delivered
                                 └─▶ oldest and newest of each read ──▶ latencies, 10 us apart

It must not be what is measured: `python -m tests.load.drain` says how much it takes. An event is
known by its mark, and carries the time at which it was sent, in ns of CLOCK_MONOTONIC, which all
processes of a host share. Of the events that one read brings, half count as late as the oldest
and half as the newest: the worst is never left out.
"""

from __future__ import annotations

import select
import socket
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from .cores import CLIENT, SERVER, idle_s, on_core
from .processes import started
from .subscribers import close_all, open_all

MARK = b'"status_message":"t'
DIGITS = 19
UNIT_NS = 10_000
READ_BYTES = 1 << 17
TICK_S = 0.05
PONG = b"\x8a\x80\0\0\0\0"  # a sign of life, asked for or not
_SEEN = len(MARK) + DIGITS  # to the end of a stamp
_KEPT = len(MARK) - 1  # of a read's end: a mark may have begun there
_CLOSED = ord("}")  # how a frame ends, and no part of a mark


def stamped(stamp_ns: int) -> str:
    """Give the text by which an event is known: its `status_message`."""
    return f"t{stamp_ns:0{DIGITS}d}"


@dataclass
class Heard:
    """What came: how many events, and how late each, in units of 10 us.

    `busy` is the share of the time for which the client's core was at work, whoever's work it was.
    """

    delivered: int = 0
    late: Counter[int] = field(default_factory=Counter)
    busy: float = 0.0
    seconds: float = 0.0  # from the first listening to the last event

    def percentiles_ms(self, *percents: float) -> list[float]:
        """Give percentiles of the latency; all infinite when nothing came."""
        wanted = [sum(self.late.values()) * percent / 100 for percent in percents]
        found = [float("inf")] * len(wanted)
        passed, place = 0, 0
        for late in sorted(self.late):
            passed += self.late[late]
            while place < len(wanted) and passed >= wanted[place]:
                found[place] = late * UNIT_NS / 1e6
                place += 1
        return found


class Drain:
    """Some open websockets, read by one loop. Hung up on by the hub: ConnectionError."""

    def __init__(self, sockets: Sequence[socket.socket]) -> None:
        self._sockets = list(sockets)
        self._receive = {each.fileno(): each.recv_into for each in sockets}
        self._tails = dict.fromkeys(self._receive, b"")
        self._buffer = bytearray(_KEPT + READ_BYTES)
        self._view = memoryview(self._buffer)[_KEPT:]
        self._poll = select.epoll()
        for number in self._receive:
            self._poll.register(number, select.EPOLLIN)

    def listen(self, wanted: int, until_ns: int) -> Heard:
        """Read until so many events have come, or until a time of CLOCK_MONOTONIC."""
        heard = Heard()
        begun_ns, idle_before_s = time.monotonic_ns(), idle_s(CLIENT)
        last_ns = now_ns = begun_ns
        while heard.delivered < wanted and now_ns < until_ns:
            for number, _ in self._poll.poll(TICK_S, len(self._receive)):
                self._read(number, heard)
                last_ns = now_ns
            now_ns = time.monotonic_ns()
        heard.seconds = (last_ns - begun_ns) / 1e9
        idle = (idle_s(CLIENT) - idle_before_s) * 1e9 / max(now_ns - begun_ns, 1)
        heard.busy = min(max(1 - idle, 0.0), 1.0)
        return heard

    def settle(self, missing: int, quiet_s: float, at_most_s: float) -> bool:
        """Read until nothing has come for a while; say whether so many have, and all is over."""
        heard = Heard()
        by_s = time.monotonic() + at_most_s
        while time.monotonic() < by_s:
            if not (ready := self._poll.poll(quiet_s, len(self._receive))):
                return heard.delivered >= missing
            for number, _ in ready:
                self._read(number, heard)
        return False

    def show_life(self) -> None:
        """Send what tells a hub that its subscribers are there."""
        for each in self._sockets:
            each.send(PONG)

    def close(self) -> None:
        """Hang up."""
        self._poll.close()
        for each in self._sockets:
            each.close()

    def _read(self, number: int, heard: Heard) -> None:
        try:
            length = self._receive[number](self._view)
        except BlockingIOError:
            return
        if not length:
            raise ConnectionError("the hub hung up on a subscriber")
        now_ns = time.monotonic_ns()
        buffer, tail = self._buffer, self._tails[number]
        start, end = _KEPT - len(tail), _KEPT + length
        if tail:
            buffer[start:_KEPT] = tail
        if count := buffer.count(MARK, start, end):
            heard.delivered += count
            oldest = buffer.find(MARK, start, end)
            newest = oldest if count == 1 else buffer.rfind(MARK, oldest, end)
            if newest + _SEEN > end:
                newest = oldest  # the stamp comes with the next read
            if newest + _SEEN <= end:
                self._note(heard, newest, now_ns, count - count // 2)
                self._note(heard, oldest, now_ns, count // 2)
        self._tails[number] = (
            b"" if buffer[end - 1] == _CLOSED else bytes(buffer[max(start, end - _KEPT) : end])
        )

    def _note(self, heard: Heard, place: int, now_ns: int, events: int) -> None:
        sent_ns = int(self._buffer[place + len(MARK) : place + _SEEN])
        heard.late[(now_ns - sent_ns) // UNIT_NS] += events


def measure_limit(sockets: int = 100, seconds: float = 1.0) -> Heard:
    """Drain a process that does nothing but send, as fast as it is let."""
    with tempfile.TemporaryDirectory(prefix="orderwire-drain-") as folder:
        stack = ExitStack()
        with on_core(SERVER):
            log = Path(folder) / "blaster.log"
            child = stack.enter_context(started("tests.load.blaster", log=log))
        with stack, on_core(CLIENT):
            subscribers = open_all(child.url, sockets)
            drain = Drain([each.socket for each in subscribers])
            drain.show_life()  # each is sent to from now on
            try:
                return drain.listen(1 << 62, time.monotonic_ns() + int(seconds * 1e9))
            finally:
                close_all(subscribers)


def limit_line(heard: Heard) -> str:
    """Say what the load client takes."""
    rate = heard.delivered / max(heard.seconds, 1e-9)
    return f"load client: takes {rate:,.0f} events/s, its core {heard.busy:.0%} busy"


if __name__ == "__main__":
    print(limit_line(measure_limit()))
