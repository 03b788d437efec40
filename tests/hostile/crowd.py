"""Healthy subscribers, many of them, in one thread: what they are told must have no hole.

gateway ──▶ epoll ──▶ Member: frames ──▶ Place (each offset the next, `prev` the one before)
              │          └─ ping ──▶ pong      close ──▶ code and reason
              └─ a hole, a repetition ──▶ broken, told by `check`
"""

import contextlib
import json
import selectors
import threading
import time

from tests.sim.checkers import Broken
from tests.web.commands.processes import until

from .place import Place
from .wire import CLOSE, PING, PONG, READ_BYTES, TEXT, Frames, close_of, dial, frame, handshake

TICK_S = 0.1
QUIET_S = 25.0  # a heartbeat is due after 15


class Member:
    """One subscriber. `end` is how its last connection ended: (code, reason), or what broke it."""

    def __init__(self):
        self.place = Place()
        self.end = None
        self.heard_s = 0.0
        self.peer = None
        self._frames = None

    def open(self, url, path):
        """Subscribe, from where it was if it was there before."""
        if self.place.epoch is not None:
            path += f"?since={self.place.since}"
        self.peer = dial(url)
        rest = handshake(self.peer, path)
        self.end, self.heard_s, self._frames = None, time.monotonic(), Frames()
        self.take(rest)

    def read(self):
        """Take what has come; False when it is over."""
        try:
            data = self.peer.recv(READ_BYTES)
        except OSError as error:
            self.end = self.end or ("reset", str(error))
            return False
        if not data:
            self.end = self.end or ("hung up", "")
            return False
        self.take(data)
        return True

    def take(self, data):
        """Take bytes of its websocket; Broken when a frame is not the next."""
        self.heard_s = time.monotonic()
        for opcode, payload in self._frames.take(data):
            if opcode == TEXT:
                self.place.take(json.loads(payload))
            elif opcode == PING:
                self._answer(frame(PONG, payload))
            elif opcode == CLOSE:
                self.end = close_of(payload)
                self._answer(frame(CLOSE, payload[:2]))

    def _answer(self, data):
        """Send what is owed; to one who has hung up nothing is, and what he said last tells why."""
        with contextlib.suppress(OSError):
            self.peer.sendall(data)


class Crowd:
    """Subscribers of everything, for the length of the block; they can come back after an end."""

    def __init__(self, url, count):
        self.members = [Member() for _ in range(count)]
        self.broken = None
        self._over = threading.Event()
        self._thread = None
        self.open(url)

    def __enter__(self):
        """They listen already."""
        return self

    def __exit__(self, *_):
        """Hang up."""
        self.close()

    def open(self, url, path="/ws/orders"):
        """Have all of them subscribe, each from its place, and listen."""
        for member in self.members:
            member.open(url, path)
        self._over.clear()
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def close(self):
        """Hang up, and listen no more."""
        self._over.set()
        if self._thread is not None:
            self._thread.join(QUIET_S)
            self._thread = None
        for member in self.members:
            member.peer.close()

    def check(self):
        """Broken when anyone missed something, or was thrown out."""
        if self.broken is not None:
            raise self.broken
        if gone := [member.end for member in self.members if member.end is not None]:
            raise Broken(f"P6: {len(gone)} healthy subscribers were thrown out: {gone[:3]}")

    def until_caught_up(self, offset):
        """Wait until each was told everything up to an offset; Broken when one is not."""
        try:
            until(
                lambda: self.broken or all(m.place.position >= offset for m in self.members),
                f"{len(self.members)} subscribers at {offset}",
            )
        except AssertionError as late:
            raise Broken(f"P3: {late}; {[m.place.position for m in self.members]}") from None
        self.check()

    def until_ended(self, within_s):
        """Wait until everyone's connection has ended, and listen no more: how each ended."""
        until(lambda: self.broken or all(m.end for m in self.members), "an end for all", within_s)
        self.close()
        if self.broken is not None:
            raise self.broken
        return [member.end for member in self.members]

    @property
    def told(self):
        """How many events all of them together were told."""
        return sum(member.place.told for member in self.members)

    def _listen(self):
        try:
            with selectors.DefaultSelector() as poll:
                for member in self.members:
                    poll.register(member.peer, selectors.EVENT_READ, member)
                while not self._over.is_set():
                    for key, _ in poll.select(TICK_S):
                        if not key.data.read():
                            poll.unregister(key.fileobj)
                    self._check_quiet(poll)
        except Exception as error:
            self.broken = error if isinstance(error, Broken) else Broken(repr(error))

    def _check_quiet(self, poll):
        now_s = time.monotonic()
        for key in list(poll.get_map().values()):
            if now_s - key.data.heard_s > QUIET_S:
                raise Broken(f"P3: neither an event nor a heartbeat in {QUIET_S} s")
