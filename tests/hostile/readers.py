"""Readers that stop, trickle, flood and vanish among healthy ones: each ends alone, as promised.

stopped, goes on in time ──▶ 4008 and its position, from which it resumes
stopped for good         ──▶ cut; in the metrics with its reason, as the others are
flooding ──▶ 4009        trickling ──▶ stays: being behind evicts nobody
vanished ──▶ its place is free at once
"""

import contextlib
import json
import threading
import time

from tests.sim.checkers import Broken
from tests.web.commands.processes import until

from .crowd import Crowd, Member
from .packets import closed_with
from .place import Place
from .reader import StoppedReader
from .scene import labelled, scene
from .wire import CLOSE, READ_BYTES, TEXT, Frames, close_of, dial, drain, handshake, reset, text

STALL_S = 5.0
MORE_S = 1.0
IN_TIME_S = (STALL_S + 0.4, STALL_S + 0.65, STALL_S + 0.9)  # readers that go on after so long
FOR_GOOD_S = STALL_S + MORE_S + 3.0
TRICKLE_BYTES = 4096
TRICKLE_EACH_S = 0.25
TRICKLE_WISHES = 30
VANISHED = 20
FREE_WITHIN_S = 2.0
BOOKS = 1000


def run(say, *, count=50, seconds=None, seed=1):
    """Have each kind of bad reader among `count` healthy ones."""
    with scene(seed=seed) as here, Crowd(here.url, count) as crowd:
        until(lambda: here.status()["offset"] > BOOKS, "books worth a snapshot")
        here.check_shared(count)
        with Trickler(here.url) as trickler:
            misbehave(here, crowd, trickler, seconds or 2 * STALL_S, say)
        crowd.until_caught_up(here.status()["offset"])
        here.check_alive()
        say(f"{count} healthy subscribers: {crowd.told:,} events, in order, none missed")


def misbehave(here, crowd, trickler, seconds, say):
    """Each kind in its turn, the one that trickles all the while."""
    vanish(here, crowd, say)
    flood(here, say)
    stop_and_go_on(here, say)
    crowd.check()
    trickler.check_not_evicted(here, seconds, say)


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


def stop_and_go_on(here, say):
    """Stopped readers: those that read again within a second are told, the others are cut."""
    before = evicted(here)
    with contextlib.ExitStack() as closing:
        readers = []
        for _ in range(len(IN_TIME_S) + 2):
            readers.append((StoppedReader(here.url), time.monotonic()))
            closing.callback(readers[-1][0].close)
        late, for_good = readers.pop(), readers.pop()
        for (reader, stopped_s), after_s in zip(readers, IN_TIME_S, strict=True):
            sleep_until(stopped_s + after_s)
            reader.go_on()
        ends = [judge_told(here, reader.told()) for reader, _ in readers]
        if "4008" not in ends:
            raise Broken(f"P6: none that read again within a second was told: {ends}")
        sleep_until(max(late[1], for_good[1]) + FOR_GOOD_S)
        late[0].go_on()
        end = late[0].told()["end"]
        if end[0] != "cut":
            raise Broken(f"P6: one that read again much later was ended with {end}")
    after = evicted(here)
    stalled = after.get("stalled", 0) - before.get("stalled", 0)
    if stalled != 2 + len(ends) - ends.count("kept"):
        raise Broken(f"P6: {ends} and two more stopped, and the metrics tell of {after}")
    say(f"{len(ends)} that went on in time: {', '.join(ends)}; two that did not: cut")
    say(f"evictions in the metrics: {after}")


def judge_told(here, told):
    """How a reader that went on ended: `4008`, with its position, from which it resumes, or cut.

    On a busy host it may have gone on before it was found to have stalled, and was kept.
    """
    code, reason = told["end"]
    if code in {"cut", "kept"}:
        return code
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
    return labelled(here.metrics(), "subscribers_evicted_total", "reason")


def sleep_until(at_s):
    """Sleep until a monotonic time."""
    time.sleep(max(0.0, at_s - time.monotonic()))


class Trickler:
    """A subscriber far behind from the start, that reads a few bytes now and then, in a thread."""

    def __init__(self, url):
        self._peer = dial(url, receive_bytes=1 << 14, segment_bytes=1024)
        self._frames = Frames(handshake(self._peer, "/ws/orders?snapshot=true"))
        self._peer.sendall(text('{"action":"snapshot"}') * TRICKLE_WISHES)
        self._place = Place()
        self._broken = None
        self._hurry, self._over = threading.Event(), threading.Event()
        self._began_s = time.monotonic()
        self._thread = threading.Thread(target=self._listen, daemon=True)

    def __enter__(self):
        """Begin to trickle."""
        self._thread.start()
        return self

    def __exit__(self, *_):
        """Hang up."""
        self._over.set()
        self._thread.join(STALL_S)
        self._peer.close()

    def check_not_evicted(self, here, seconds, say):
        """Trickle for so long in all, then catch up: nothing was missed, and it is still there."""
        sleep_until(self._began_s + seconds)
        trickled_s = time.monotonic() - self._began_s
        wanted, behind = here.status()["offset"], self._place.position
        if behind >= wanted:
            raise Broken("the slow reader was not behind: nothing is shown")
        self._hurry.set()
        try:
            until(lambda: self._broken or self._place.position >= wanted, "a slow reader's end")
        except AssertionError as late:
            raise Broken(f"P6: {late}: it is at {self._place.position}, not at {wanted}") from None
        if self._broken is not None:
            raise self._broken
        say(
            f"one that trickled for {trickled_s:.0f} s: {wanted - behind:,} offsets behind, not "
            "thrown out, and nothing missed when it caught up"
        )

    def _listen(self):
        try:
            while not self._over.is_set():
                self._read(READ_BYTES if self._hurry.is_set() else TRICKLE_BYTES)
                self._hurry.wait(TRICKLE_EACH_S)
        except Exception as error:
            self._broken = error if isinstance(error, Broken) else Broken(f"P6: {error!r}")

    def _read(self, size):
        if not (data := self._peer.recv(size)):
            raise Broken("P6: a slow reader was cut")
        for opcode, payload in self._frames.take(data):
            if opcode == TEXT:
                self._place.take(json.loads(payload))
            elif opcode == CLOSE:
                raise Broken(f"P6: a slow reader was thrown out: {close_of(payload)}")
