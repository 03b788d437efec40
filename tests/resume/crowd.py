"""A thousand clients at once: connected, cut off by `kill -9`, and back together after a restart.

    crowd ──▶ each has its place ──▶ kill -9, start ──▶ crowd, all at once ──▶ each record is whole

Raw sockets in one loop: they must not be what is slow.
"""

from __future__ import annotations

import select
import socket
import time
from contextlib import contextmanager, suppress

from attrs import define, field

from .gateway import gateway
from .reading import Ended, Frames, ask_socket
from .record import Chosen, Keeper, compare

RATE = 5
READ_BYTES = 1 << 16
TICK_S = 0.05
WITHIN_S = 25.0


@define(eq=False)
class Member:
    """One client: what it was given over all its connections, and the one that is open."""

    keeper: Keeper
    line: socket.socket | None = None
    reader: Frames = field(factory=Frames)
    greeted_s: float = 0.0

    def read(self):
        """Take what is there; False when the line has ended."""
        try:
            data = self.line.recv(READ_BYTES)
        except BlockingIOError:
            return True
        except OSError:
            return False
        with suppress(Ended):
            for text in self.reader.feed(data):
                self.keeper.take(text)
                self.greeted_s = self.greeted_s or time.monotonic()
            return bool(data)
        return False


@define
class Measured:
    """What was seen."""

    clients: int
    resumed: int
    given: int
    all_back_s: float  # from the first dial to the last one's first word


@contextmanager
def dialled(members, place, chosen):
    """Open a line for each member at once, with its place; all are closed after the block."""
    netloc = f"{place[0]}:{place[1]}"
    with select.epoll() as poll:
        for member in members:
            member.line = socket.socket()
            member.line.setblocking(False)
            with suppress(BlockingIOError):
                member.line.connect(place)
            member.reader, member.greeted_s = Frames(), 0.0
            member.keeper.begin(chosen)
            poll.register(member.line, select.EPOLLOUT | select.EPOLLHUP)
        by_number = {member.line.fileno(): member for member in members}

        def serve(until):
            """Read what comes until it is so."""
            deadline = time.monotonic() + WITHIN_S
            while not until():
                assert time.monotonic() < deadline, "not in time"
                for number, what in poll.poll(TICK_S):
                    member = by_number[number]
                    if what & select.EPOLLOUT:
                        path = f"/ws/orders?since={member.keeper.since}"
                        member.line.send(ask_socket(netloc, path))
                        poll.modify(number, select.EPOLLIN)
                    elif not member.read():
                        poll.unregister(number)

        try:
            yield serve
        finally:
            for member in members:
                member.line.close()


def run(folder, count, *, rate=RATE):
    """Have so many clients cut off and come back; Broken when one of them is not made whole."""
    with gateway(folder, rate) as running:
        accounts, epoch, begin = running.position()
        chosen, place = Chosen(accounts), (running.host, running.port)
        members = [Member(Keeper(f"client {n}", epoch, begin)) for n in range(count)]

        def all_beyond(offset):
            return lambda: all(each.keeper.position > offset for each in members)

        with dialled(members, place, chosen) as serve:
            serve(lambda: all(each.greeted_s for each in members))
            serve(all_beyond(running.position()[2]))
            running.kill()
        running.start()
        began = time.monotonic()
        with dialled(members, place, chosen) as serve:
            serve(lambda: all(each.greeted_s for each in members))
            all_back_s = max(each.greeted_s for each in members) - began
            serve(all_beyond(running.position()[2]))
        keepers = [member.keeper for member in members]
        record = running.record(f"{epoch}:{begin}", max(each.position for each in keepers))
        given = sum(compare(keeper, record) for keeper in keepers)
    return Measured(count, sum(each.resumed for each in keepers), given, all_back_s)
