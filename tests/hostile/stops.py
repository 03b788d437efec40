"""SIGTERM at random moments, with all that could hold an ending up: exit 0 within the grace.

healthy subscribers ──▶ 1012, and their position as its reason; they resume in the next round
stopped readers, half-open sockets, running requests, a reader that is being caught up
the store ──▶ opens again, the same epoch, nothing lost that anyone was shown
"""

import contextlib
import json
import os
import re
import signal
import tempfile
import threading
import time
from pathlib import Path
from random import Random

from tests.sim.checkers import Broken
from tests.web.commands.processes import until

from .crowd import Crowd
from .reader import StoppedReader
from .scene import Scene
from .wire import dial, handshake, request, text, upgrade

HEALTHY = 8
GRACE_S = 5.0
EARLY = 0.1  # of the rounds are told to stop before they serve
MOMENT_S = 1.5
START_S = 2.0
TOLD_EACH = 25
LEGS = (
    b'{"orders":[{"tradingsymbol":"LOST1","exchange":"NFO","transaction_type":"BUY","quantity":75,'
    b'"order_type":"LIMIT","price":1.5,"product":"MIS"}],"wait_s":60}'
)
BATCH = "/accounts/primary/batch-orders"


def run(say, *, count=40, seconds=None, seed=1):
    """Stop it `count` times; Broken when one is not exit 0 in time, or loses what was shown."""
    random = Random(seed)
    until_s = time.monotonic() + (seconds or float("inf"))
    took, early, told, orderly = [], 0, 0, 0
    with (
        tempfile.TemporaryDirectory(prefix="orderwire-stops-") as name,
        contextlib.closing(Scene(Path(name), seed=seed)) as here,
    ):
        here.serve().until_live()
        crowd = Crowd(here.url, HEALTHY)
        with crowd:
            for n in range(count):
                took.append(stop_in_the_thick(here, crowd, random, n))
                orderly += len(crowd.members)
                if random.random() < EARLY:
                    took.append(stop_at_the_start(here, random))
                    early += 1
                if (n + 1) % TOLD_EACH == 0:
                    say(f"{len(took)} stops so far, the longest took {max(took):.2f} s")
                if time.monotonic() > until_s:
                    break
                come_back(here, crowd)
            told = crowd.told
    say(
        f"{len(took)} stops (seed {seed}), {early} of them before it served: exit 0 each time, "
        f"after {min(took):.2f} to {max(took):.2f} s, {sum(took) / len(took):.2f} on average"
    )
    say(
        f"{orderly} healthy ends: 1012 with the client's position each; {told:,} events told "
        "across all lives, in order, none missed"
    )


def stop_in_the_thick(here, crowd, random, n):
    """Stop it while everything is under way; the seconds until it was gone."""
    with contextlib.ExitStack() as closing:
        for _ in range(random.randint(0, 2)):
            closing.callback(StoppedReader(here.url).close)
        for peer in burdens(here.url, random, n):
            closing.callback(peer.close)
        time.sleep(random.uniform(0, MOMENT_S))
        crowd.check()
        took_s = stop(here)
        ends = crowd.until_ended(GRACE_S)
        for member, end in zip(crowd.members, ends, strict=True):
            if end != (1012, member.place.since):
                raise Broken(f"P18: a client at {member.place.since} was ended with {end}")
    return took_s


def stop_at_the_start(here, random):
    """Start it, and stop it somewhere on its way to serving."""
    process = here.start()
    until(lambda: holds_signals(process), "its first lines", every_s=0.005)
    time.sleep(random.uniform(0, START_S))
    return stop(here)


def holds_signals(process):
    """Whether a process has come so far that SIGTERM is its own business."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    blocked = int(re.search(r"^SigBlk:\s*(\w+)", status, re.MULTILINE)[1], 16)
    return bool(blocked >> (signal.SIGTERM - 1) & 1)


def stop(here):
    """SIGTERM; the seconds until it was gone. Broken when that is not exit 0 within the grace.

    What is told then says how much of it went by without a processor, which others had.
    """
    process, began_s = here.gateway, time.monotonic()
    starved_s = starved(process.pid)
    process.popen.send_signal(signal.SIGTERM)
    try:
        until(lambda: has_ended(process.pid), "its end", 2 * GRACE_S, every_s=0.005)
    except AssertionError:
        raise Broken(f"P18: it still ran {2 * GRACE_S} s after SIGTERM") from None
    took_s, starved_s = time.monotonic() - began_s, starved(process.pid) - starved_s
    if (status := process.wait()) != 0:
        raise Broken(f"P18: exit status {status}: {process.rest('stderr')[-30:]}")
    if took_s > GRACE_S:
        raise Broken(
            f"P18: it took {took_s:.2f} s to end, {starved_s:.2f} of them without a processor; the "
            f"grace is {GRACE_S}"
        )
    here.check_log()
    process.close()
    return took_s


def has_ended(pid):
    """Whether a child has ended; it is not waited for, so that /proc still tells of it."""
    return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def starved(pid):
    """How long a process's first thread and this one were ready, and had no processor."""
    ours = Path(f"/proc/self/task/{threading.get_native_id()}/schedstat")
    texts = (Path(f"/proc/{pid}/schedstat").read_text(), ours.read_text())
    return sum(int(text.split()[1]) for text in texts) / 1e9


def come_back(here, crowd):
    """Serve again on the same store; everyone resumes from what he was shown."""
    shown = max(member.place.position for member in crowd.members)
    here.serve()
    status = here.status()
    if status["offset"] < shown:
        raise Broken(f"P5: {shown} was shown, and the store ends at {status['offset']}")
    crowd.open(here.url)
    crowd.until_caught_up(status["offset"])


def burdens(url, random, n):
    """What may hold an ending up: connections in every half-way state, and requests that run."""
    beginnings = (
        b"",
        b"GET /hea",
        upgrade("/ws/orders")[:-2],
        request("POST", BATCH, LEGS)[:-20],
        request("POST", BATCH, LEGS.replace(b"LOST1", b"LOST%d" % n)),
        request("GET", "/accounts/primary/orders?limit=1000") * 200,
        request("GET", "/health"),
    )
    for beginning in random.sample(beginnings, random.randint(2, len(beginnings))):
        peer = dial(url, receive_bytes=1 << 13)
        peer.sendall(beginning)
        yield peer
    peer = dial(url, receive_bytes=1 << 13)
    handshake(peer, "/ws/orders?snapshot=true")
    peer.sendall(text(json.dumps({"action": "snapshot"})) * random.randint(1, 50))
    yield peer
