"""Readers that stop, trickle, flood and vanish among healthy ones: each ends alone, as promised.

stopped, goes on in time ──▶ 4008 and its position, from which it resumes
stopped for good         ──▶ cut; in the metrics with its reason, as the others are
flooding ──▶ 4009        trickling ──▶ stays: being behind evicts nobody
vanished ──▶ its place is free at once
"""

import contextlib
import json
import selectors
import time

from tests.sim.checkers import Broken
from tests.web.commands.processes import until

from .crowd import Crowd, Member
from .packets import closed_with
from .place import Place
from .reader import StoppedReader
from .scene import scene
from .wire import CLOSE, READ_BYTES, TEXT, Frames, close_of, dial, drain, handshake, reset, text

STALL_S = 5.0
MORE_S = 1.0
IN_TIME_S = (STALL_S + 0.3, STALL_S + 0.5, STALL_S + 0.7)  # readers that go on after so long
TRICKLE_BYTES = 4096
TRICKLE_EACH_S = 0.25
TRICKLE_WISHES = 30
VANISHED = 20
FREE_WITHIN_S = 2.0


def run(say, *, count=50, seconds=None, seed=1):
    """Have each kind of bad reader among `count` healthy ones."""
    with scene(seed=seed) as here, Crowd(here.url, count) as crowd, Trickler(here.url) as trickler:
        until(lambda: here.status()["offset"] > 1000, "books worth a snapshot")
        vanish(here, crowd, say)
        flood(here, say)
        crowd.check()
        stop_and_go_on(here, trickler, say)
        trickler.check_not_evicted(here, seconds or 2 * STALL_S, say)
        crowd.until_caught_up(here.status()["offset"])
        here.check_alive()
        say(f"{count} healthy subscribers: {crowd.told:,} events, in order, none missed")


def vanish(here, crowd, say):
    """Subscribers that are gone without a word: their places are free at once."""
    before = here.subscribers()
    peers = [dial(here.url) for _ in range(VANISHED)]
    for peer in peers:
        handshake(peer, "/ws/orders")
    if here.subscribers() != before + VANISHED:
        raise Broken(f"{here.subscribers()} subscribers, and {before + VANISHED} had come")
    for peer in peers:
        reset(peer)
    began_s = time.monotonic()
    try:
        until(lambda: here.subscribers() == before, "their places free", FREE_WITHIN_S, 0.01)
    except AssertionError:
        raise Broken(f"P6: {here.subscribers() - before} cut readers still hold places") from None
    crowd.check()
    say(f"{VANISHED} vanished: their places were free {time.monotonic() - began_s:.3f} s later")


def flood(here, say):
    """A subscriber that sends without end is closed with 4009."""
    with contextlib.closing(dial(here.url)) as peer:
        rest = handshake(peer, "/ws/orders?types=message")
        with contextlib.suppress(OSError):
            peer.sendall(text("ping") * 1000)
        came, _ = drain(peer, STALL_S, lambda came: closed_with(rest + came))
    if (code := closed_with(rest + came)) != 4009:
        raise Broken(f"P6: a flooding client was ended with {code}")
    say("one that floods: 4009")


def stop_and_go_on(here, trickler, say):
    """Stopped readers: those that read again within a second are told, the others are cut."""
    before = evicted(here)
    with contextlib.ExitStack() as closing:
        readers = []
        for _ in range(len(IN_TIME_S) + 2):
            readers.append((StoppedReader(here.url), time.monotonic()))
            closing.callback(readers[-1][0].close)
        late, for_good = readers.pop(), readers.pop()
        for (reader, stopped_s), after_s in zip(readers, IN_TIME_S, strict=True):
            trickler.read_until(stopped_s + after_s)
            reader.go_on()
        ends = [judge_told(here, reader.told()) for reader, _ in readers]
        if "4008" not in ends:
            raise Broken(f"P6: none that read again within a second was told: {ends}")
        trickler.read_until(max(late[1], for_good[1]) + STALL_S + MORE_S + 1.0)
        late[0].go_on()
        end = late[0].told()["end"]
        if end[0] != "cut":
            raise Broken(f"P6: one that read again much later was ended with {end}")
    after = evicted(here)
    stalled = after.get("stalled", 0) - before.get("stalled", 0)
    if stalled != len(IN_TIME_S) + 2:
        raise Broken(f"P6: {len(IN_TIME_S) + 2} stopped, and the metrics tell of {after}")
    say(f"{len(ends)} that went on in time: {', '.join(ends)}; two that did not: cut")
    say(f"evictions in the metrics: {after}")


def judge_told(here, told):
    """How a reader that went on ended: `4008`, with its position, from which it resumes, or cut."""
    code, reason = told["end"]
    if code == "cut":
        return "cut"
    if (code, reason) != (4008, told["since"]):
        raise Broken(f"P6: a reader at {told['since']} was ended with {code} {reason!r}")
    again = Member()
    again.place.epoch, _, offset = reason.partition(":")
    again.place.position = int(offset)
    again.open(here.url, "/ws/orders")
    again.peer.close()
    return "4008"


def evicted(here):
    """How many were thrown out, by reason."""
    name = 'subscribers_evicted_total{reason="'
    rows = here.metrics().items()
    return {key[len(name) : -2]: int(value) for key, value in rows if key.startswith(name)}


class Trickler:
    """A subscriber that is far behind from the start, and reads a few bytes now and then."""

    def __init__(self, url):
        self._peer = dial(url, receive_bytes=1 << 14, segment_bytes=1024)
        self._frames = Frames(handshake(self._peer, "/ws/orders?snapshot=true"))
        self._place = Place()
        self.end = None
        self._peer.sendall(text('{"action":"snapshot"}') * TRICKLE_WISHES)
        self._began_s = time.monotonic()

    def __enter__(self):
        """It is subscribed."""
        return self

    def __exit__(self, *_):
        """Hang up."""
        self._peer.close()

    def read_until(self, at_s):
        """Trickle until then."""
        while (left_s := at_s - time.monotonic()) > 0:
            time.sleep(min(left_s, TRICKLE_EACH_S))
            self._read(TRICKLE_BYTES)

    def check_not_evicted(self, here, seconds, say):
        """Trickle for so long, then catch up: nothing was missed, and it was never thrown out."""
        self.read_until(time.monotonic() + seconds)
        trickled_s = time.monotonic() - self._began_s
        wanted, behind = here.status()["offset"], self._place.position
        with selectors.DefaultSelector() as poll:
            poll.register(self._peer, selectors.EVENT_READ)
            deadline_s = time.monotonic() + 4 * STALL_S
            while self._place.position < wanted and time.monotonic() < deadline_s:
                if poll.select(STALL_S):
                    self._read(READ_BYTES)
        if self._place.position < wanted:
            raise Broken(f"P6: a slow reader is at {self._place.position}, and not at {wanted}")
        say(
            f"one that trickled for {trickled_s:.0f} s: {wanted - behind:,} offsets behind, not "
            "thrown out, and nothing missed when it caught up"
        )

    def _read(self, size):
        if not (data := self._peer.recv(size)):
            raise Broken("P6: a slow reader was cut")
        for opcode, payload in self._frames.take(data):
            if opcode == TEXT:
                self._place.take(json.loads(payload))
            elif opcode == CLOSE:
                raise Broken(f"P6: a slow reader was thrown out: {close_of(payload)}")
