"""Two thousand connections opened and closed ten times leave everything where it was.

a wave: websockets, requests, halves ──▶ all open at once ──▶ closed, cut, or left to time out
after each ──▶ descriptors, tasks, subscribers, memory ──▶ the last as after the first
"""

import contextlib
import time
from random import Random

from tests.sim.checkers import Broken
from tests.web.commands.processes import until

from .crowd import Crowd
from .scene import scene
from .wire import dial, handshake, request, reset, upgrade

WAVES = 10
SOURCES = ("127.0.0.1", "127.0.0.2", "127.0.0.3")  # one address may have 2,000
GROWTH_MIB_MAX = 8.0  # of a heap that is cut up; the market stands still, its record does not grow
SUBSCRIBERS = 5


def run(say, *, count=2000, seconds=None, seed=1, waves=WAVES):
    """Open and close `count` connections, `waves` times."""
    random = Random(seed)
    with scene(seed=seed, rate=0) as here, Crowd(here.url, SUBSCRIBERS) as crowd:
        rows = [("before", *look(here))]
        for n in range(waves):
            began_s = time.monotonic()
            wave(here.url, count, random)
            settle(here)
            rows.append((f"wave {n + 1}", *look(here)))
            say(line(rows[-1], time.monotonic() - began_s))
            crowd.check()
        crowd.until_caught_up(here.status()["offset"])
        here.check_alive()
    judge(rows, count, say)


def wave(url, count, random):
    """Open so many, in every state that a connection has, and end each in one of three ways."""
    with contextlib.ExitStack() as closing:
        peers = []
        for n in range(count):
            peer = dial(url, source=SOURCES[n % len(SOURCES)])
            closing.callback(peer.close)
            peers.append(peer)
            begin(peer, n)
        random.shuffle(peers)
        for peer in peers[::2]:
            reset(peer)


def begin(peer, n):
    """Put a connection into one of its states."""
    match n % 5:
        case 0 | 1:
            handshake(peer, "/ws/orders")
        case 2:
            peer.sendall(request("GET", "/health"))
        case 3:
            peer.sendall(upgrade("/ws/orders")[:-2])


def settle(here):
    """Wait until nobody is left but the crowd."""
    try:
        until(lambda: here.subscribers() == SUBSCRIBERS, "the places free")
    except AssertionError:
        raise Broken(f"P20: {here.subscribers()} subscribers are left of {SUBSCRIBERS}") from None
    until(lambda: used(here) <= SUBSCRIBERS + 1, "the connections gone", every_s=0.2)


def used(here):
    """How many connections the gateway counts from one address, ours that asks included."""
    return here.metrics()['queue_used{name="connections_per_address"}']


def look(here):
    """What the gateway holds: descriptors, tasks, resident memory in MiB."""
    return here.descriptors(), here.metrics()["tasks_living"], here.memory_mib()


def judge(rows, count, say):
    """Compare the end with the first wave; Broken when something stayed."""
    _, files, tasks, memory = rows[1]
    _, files_now, tasks_now, memory_now = rows[-1]
    if files_now > files + 2:
        raise Broken(f"P20: {files} descriptors became {files_now}")
    if tasks_now > tasks + 2:
        raise Broken(f"P20: {tasks} tasks became {tasks_now}")
    if memory_now > memory + GROWTH_MIB_MAX:
        raise Broken(f"P20: {memory:.0f} MiB became {memory_now:.0f}")
    say(
        f"{count:,} connections x {len(rows) - 1}: descriptors {files} → {files_now}, tasks "
        f"{tasks:.0f} → {tasks_now:.0f}, memory {memory:.1f} → {memory_now:.1f} MiB"
    )


def line(row, took_s):
    """One look as a line."""
    name, files, tasks, memory = row
    return f"{name}: {files} descriptors, {tasks:.0f} tasks, {memory:.1f} MiB ({took_s:.1f} s)"
