"""Malformed packets and their mutants, while subscribers listen: nobody else notices.

PACKETS, FRAMES ─┬─▶ each as it is: the right answer, or a hang-up
                 └─▶ mutants, seeded: any answer that the contract knows, never 500
SLOW ──▶ held open meanwhile: the gateway ends them itself
20 subscribers ──▶ told everything, in order, all the while
"""

import contextlib
import socket
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from random import Random

from tests.fuzz.mutate import mutant
from tests.sim.checkers import Broken

from .catalogue import FRAMES, HUNG_UP, OPEN, PACKETS, SLOW
from .crowd import Crowd
from .scene import scene
from .wire import CLOSE, Frames, close_of, dial, drain, handshake, reset

SUBSCRIBERS = 20
THROWERS = 8
BELOW = (431, 505, 1002)  # answers that come from below every surface
ANSWER_S = 5.0  # what an answer gets to come, for a packet that is owed one
PAUSE_S = 0.2  # after which one that may stay open is taken to do so
SLOW_S = 32.0  # a head gets 20, a body 10; generous
KNOWN = frozenset(
    {HUNG_UP, OPEN, 100, 101, *range(200, 207), *range(400, 432), 501, 503, 505}
    | {1002, 1003, 1007, 1009, 4009}
    | {1000, 1001, 1005, *range(1010, 1015), *range(3000, 5000)}  # a mutant's own, told back
)


def run(say, *, count=4000, seconds=None, seed=1, patient=True):
    """Throw everything, and `count` mutants; with `patient`, wait for the slow ones' end."""
    with scene(seed=seed) as here, Crowd(here.url, SUBSCRIBERS) as crowd:
        waiting = [open_slow(here.url, each) for each in SLOW]
        begun_s = time.monotonic()
        try:
            answers = throw_originals(here, crowd, say)
            answers += throw_mutants(here, crowd, say, count=count, seconds=seconds, seed=seed)
            if patient:
                wait_for_slow(waiting, begun_s, say)
        finally:
            for _, peer in waiting:
                peer.close()
        crowd.until_caught_up(here.status()["offset"])
        here.check_alive()
        check_counted(here, answers, say)
        here.check_shared(SUBSCRIBERS)
        say(
            f"{SUBSCRIBERS} subscribers were told {crowd.told:,} events meanwhile, each in order, "
            f"none missed; the process lives, {here.memory_mib():.0f} MiB"
        )


def throw_originals(here, crowd, say):
    """Each as it is; Broken when one is answered wrongly, or hurts anyone."""
    answers = Counter()
    with ThreadPoolExecutor(THROWERS) as throwers:
        for group, throw in ((PACKETS, throw_packet), (FRAMES, throw_frames)):
            for few in batched(group):
                names = [each.name for each in few]
                for each, answer in zip(
                    few, throwers.map(throw_at(here.url, throw), few), strict=True
                ):
                    answers[answer] += 1
                    if answer not in each.answers:
                        raise Broken(f"P19: {each.name!r} was answered with {told(answer)}")
                look_after(here, crowd, names)
    say(f"{len(PACKETS)} packets and {len(FRAMES)} frames as they are: {counted(answers)}")
    return answers


def throw_mutants(here, crowd, say, *, count, seconds, seed):
    """Copies that were cut, doubled and spliced; Broken at an answer that nothing explains."""
    random = Random(seed)
    samples = [each.data[:8000] for each in PACKETS if each.data]
    frames = [each.data[:8000] for each in FRAMES]
    until_s = time.monotonic() + (seconds or float("inf"))
    answers, thrown = Counter(), 0

    def one(n, data):
        throw = throw_packet if n % 2 else throw_frames
        return data, throw(here.url, data, KNOWN)

    with ThreadPoolExecutor(THROWERS) as throwers:
        while thrown < count and time.monotonic() < until_s:
            few = range(thrown, min(count, thrown + 20 * THROWERS))
            data = [mutant(random, samples if n % 2 else frames) for n in few]
            for each, answer in throwers.map(one, few, data):
                answers[answer] += 1
                if answer not in KNOWN:
                    raise Broken(f"P19: {told(answer)} came back for {each[:500]!r}")
            look_after(here, crowd, data)
            thrown += len(few)
    say(f"{thrown:,} mutants (seed {seed}): {counted(answers)}")
    return answers


def check_counted(here, answers, say):
    """See that the metrics know of those who were refused before any surface saw them."""
    ended, least = here.ended_for(), sum(answers[status] for status in BELOW)
    if ended.get("broken", 0) < least:
        raise Broken(f"P20: {least} were refused for broken packets, the metrics tell of {ended}")
    say(f"ended for what their peers did, in the metrics: {ended}")


def look_after(here, crowd, thrown):
    """See that nobody was hurt; Broken, with what was thrown last, if someone was."""
    try:
        crowd.check()
        here.check_alive()
    except Broken as broken:
        raise Broken(f"{broken}\n  after one of {[each[:200] for each in thrown]}") from None


def batched(group):
    """A group in handfuls, as many as are thrown at once."""
    return [group[at : at + THROWERS] for at in range(0, len(group), THROWERS)]


def throw_at(url, throw):
    """What throws a packet at an address, and gives what came back."""
    return lambda each: throw(url, each.data, each.answers)


def throw_packet(url, data, answers):
    """Send bytes on a connection of their own; the status that came first, or how it ended."""
    with contextlib.closing(dial(url)) as peer:
        came, ended = exchange(peer, data, answers, status_of)
    if b"Traceback" in came:
        raise Broken(f"P21: an answer tells of our insides: {came[:2000]!r}")
    status = status_of(came)
    return status if status is not None else HUNG_UP if ended else OPEN


def throw_frames(url, data, answers):
    """Send bytes over a websocket; the code it was closed with, or how it ended."""
    with contextlib.closing(dial(url)) as peer:
        rest = handshake(peer, "/ws/orders?types=message")
        came, ended = exchange(peer, data, answers, lambda came: closed_with(rest + came))
    code = closed_with(rest + came)
    return code if code is not None else HUNG_UP if ended else OPEN


def exchange(peer, data, answers, is_answered):
    """Send, hear what comes back, hang up in one way or another: (bytes, whether it has ended)."""
    with contextlib.suppress(OSError):  # refused while we were still sending: the answer tells
        peer.sendall(data)
    came, ended = drain(peer, PAUSE_S if OPEN in answers else ANSWER_S, is_answered)
    if len(data) % 3 == 0:
        reset(peer)
    elif len(data) % 3 == 1:
        with contextlib.suppress(OSError):
            peer.shutdown(socket.SHUT_WR)
    return came, ended


def open_slow(url, each):
    """Begin what will not be ended."""
    peer = dial(url)
    peer.sendall(each.data)
    return each, peer


def wait_for_slow(waiting, begun_s, say):
    """See that each was ended by the gateway; Broken when one is held for ever."""
    for each, peer in waiting:
        came, ended = drain(peer, max(0.1, begun_s + SLOW_S - time.monotonic()))
        answer = status_of(came) or HUNG_UP
        if not ended or answer not in each.answers:
            raise Broken(f"P20: {each.name!r}: {told(answer)}, ended {ended}")
    say(f"{len(waiting)} that never went on were ended by the gateway, each in its time")


def status_of(came):
    """The status of the first answer in these bytes, or None."""
    if came.startswith(b"HTTP/1.1 ") and came[9:12].isdigit():
        return int(came[9:12])
    return None


def closed_with(came):
    """The code of the close frame in these bytes, or None."""
    for opcode, payload in Frames().take(came):
        if opcode == CLOSE:
            return close_of(payload)[0] or 1005
    return None


def told(answer):
    """An answer in words."""
    return {HUNG_UP: "a hang-up", OPEN: "nothing, and it stays open"}.get(answer, str(answer))


def counted(answers):
    """Answers and how often each came."""
    return ", ".join(f"{told(answer)} x{count}" for answer, count in answers.most_common())
