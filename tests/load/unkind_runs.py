"""One run among healthy clients: a load without the unkind ones, a load with them, in either order.

Hall: hub + healthy websockets in the drain ──▶ load ──▶ Load: p99, delivered, memory
         └─ Guest: stopped, stopped for good, trickling, flooding ──▶ how each ended
"""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import urlopen

from .cores import CLIENT, idle_s, on_core
from .drain import Drain, Heard
from .fanout_hubs import GRACE_S, LEAD_S, QUIET_S, SETTLE_S, Begin, running
from .processes import ROOT, Child
from .subscribers import open_all
from .unkind_clients import CROWD

BEGIN_S = 0.3  # into the load, the unkind begin
GO_ON_S = 5.5  # after that one goes on: stalled after 5, it is told if it does so before 6
FULL_S = 4.0  # after that their buffers are as full as they get: memory is looked at
WARM_UP_S = 3.0
GUEST_S = 30.0
COST_S = 4.0  # less than it takes to be cut
LOOK_S = 0.05
AFTER_RATE = 100.0  # of the events that show that who has caught up is in the rounds again
AFTER_S = 0.3

EVICTED = re.compile(r'^subscribers_evicted_total\{reason="(\w+)"\} (\S+)$', re.MULTILINE)

Action = tuple[float, Callable[[], None]]


@dataclass(frozen=True)
class Load:
    """What the healthy clients saw of a load.

    `rss_bytes` is the most that the hub was seen to hold, while the load lasted and at its end;
    `grown_bytes` is what that is more than before.
    """

    p50_ms: float
    p99_ms: float
    delivered: float
    rss_bytes: int
    grown_bytes: int
    hub_busy: float
    client_busy: float


@dataclass(frozen=True)
class Run:
    """A load without the unkind clients, one with them, and how each of them ended."""

    without: Load
    among: Load
    ends: dict[str, Any]


class Guest:
    """An unkind client: a process that begins when it is told to."""

    def __init__(self, kind: str, url: str) -> None:
        self.kind = kind
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.load.unkind_clients", kind, url],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def until_open(self) -> None:
        """Wait until it has its websocket."""
        assert self._process.stdout is not None
        if (said := self._process.stdout.readline()) != "open\n":
            raise RuntimeError(f"a {self.kind} client could not subscribe: {said!r}")

    def tell(self, words: object = "") -> None:
        """Give it a line; one that has ended does not hear it."""
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):
            self._process.stdin.write(f"{words}\n")
            self._process.stdin.flush()

    def go_on(self) -> None:
        """Wake it from its stop."""
        self._process.send_signal(signal.SIGCONT)

    def told(self) -> dict[str, Any]:
        """Wait for what it says next: how it ended, mostly."""
        assert self._process.stdout is not None
        alarm = threading.Timer(GUEST_S, self._process.kill)
        alarm.start()
        try:
            line = self._process.stdout.readline()
        finally:
            alarm.cancel()
        if not line:
            raise RuntimeError(f"a {self.kind} client ended without a word")
        told: dict[str, Any] = json.loads(line)
        return told

    def close(self) -> None:
        """End it, stopped or not."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            with suppress(BrokenPipeError):  # of a word that it did not live to hear
                if pipe is not None:
                    pipe.close()


class Hall:
    """A running hub with its healthy subscribers, warm."""

    def __init__(self, hub: Child, begin: Begin, healthy: int, rate: float) -> None:
        self.hub = hub
        self.healthy = healthy
        self.rate = rate
        self._begin = begin
        self._drain = Drain([each.socket for each in open_all(hub.url, healthy)])
        self.load(WARM_UP_S)

    def load(self, seconds: float, actions: Sequence[Action] = ()) -> Load:
        """Offer a load, do some things at their times into it, and say what the healthy saw."""
        wanted = int(self.rate * seconds) * self.healthy
        before_bytes, cpu_s = self.hub.rss_bytes(), self.hub.cpu_s()
        begun_ns, idle_before_s = time.monotonic_ns(), idle_s(CLIENT)
        self._drain.show_life()
        self._begin(self.rate, seconds)
        heard, most_bytes = Heard(), before_bytes
        for at_s, act in (*actions, (LEAD_S + seconds + GRACE_S, bool)):
            part = self._drain.listen(wanted - heard.delivered, begun_ns + int(at_s * 1e9))
            heard.delivered += part.delivered
            heard.late.update(part.late)
            act()
            most_bytes = max(most_bytes, self.hub.rss_bytes())
        took_s = (time.monotonic_ns() - begun_ns) / 1e9
        cpu_s, idle = self.hub.cpu_s() - cpu_s, idle_s(CLIENT) - idle_before_s
        self.settle(wanted - heard.delivered)
        p50_ms, p99_ms = heard.percentiles_ms(50, 99)
        return Load(
            p50_ms=p50_ms,
            p99_ms=p99_ms,
            delivered=heard.delivered / wanted,
            rss_bytes=most_bytes,
            grown_bytes=most_bytes - before_bytes,
            hub_busy=cpu_s / took_s,
            client_busy=max(1 - idle / took_s, 0.0),
        )

    def settle(self, missing: int) -> None:
        """Read what is still to come; what the healthy ones never get is a fault."""
        if not self._drain.settle(missing, QUIET_S, SETTLE_S):
            raise AssertionError("P6: a healthy client did not get all that there was")

    def load_few(self) -> None:
        """Offer a few events, and have the healthy ones take them."""
        self._begin(AFTER_RATE, AFTER_S)
        time.sleep(LEAD_S + AFTER_S + GRACE_S)
        self.settle(int(AFTER_RATE * AFTER_S) * self.healthy)

    def offset(self) -> int:
        """Give the offset of the last event."""
        with urlopen(f"{self.hub.url}/ws/status", timeout=SETTLE_S) as answer:
            return int(json.load(answer)["offset"])

    def evicted(self) -> dict[str, int]:
        """Give how many were thrown out, by reason, as the metrics have it."""
        with urlopen(f"{self.hub.url}/metrics", timeout=SETTLE_S) as answer:
            return {reason: int(float(n)) for reason, n in EVICTED.findall(answer.read().decode())}

    def inside(self) -> dict[str, int]:
        """Ask the hub how things are inside."""
        self.hub.process.send_signal(signal.SIGUSR1)
        assert self.hub.process.stdout is not None
        told: dict[str, int] = json.loads(self.hub.process.stdout.readline())
        return told

    def until(self, is_so: Callable[[dict[str, int]], bool], at_most_s: float) -> bool:
        """Wait until things are so inside, or for so long; say whether they are."""
        until_s = time.monotonic() + at_most_s
        while not (found := is_so(self.inside())) and time.monotonic() < until_s:
            time.sleep(LOOK_S)
        return found

    def queued_bytes(self) -> list[int]:
        """Give what the kernel holds of each of the hub's connections, unread by its peer."""
        port = f":{urlsplit(self.hub.url).port:04X}"
        rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
        return [int(row[4].partition(":")[0], 16) for row in rows if row[1].endswith(port)]

    def close(self) -> None:
        """Hang up."""
        self._drain.close()


@contextmanager
def hall(healthy: int, rate: float) -> Iterator[Hall]:
    """Run a hub with so many healthy clients for the length of the block."""
    with running("unkind", "writer") as (hub, begin), on_core(CLIENT):  # type: ignore[arg-type]
        found = Hall(hub, begin, healthy, rate)
        try:
            yield found
        finally:
            found.close()


@dataclass(frozen=True)
class Cost:
    """What a client makes the hub hold, in bytes: idle, and more once it has stopped."""

    idle: float
    stopped: float


def cost_of_stopped(rate: float) -> Cost:
    """Have fifty clients come, ask for much and stop, and see what the hub holds for them."""
    with hall(3, rate) as here, closing(Guest("crowd", here.hub.url)) as crowd:
        before_bytes = here.hub.rss_bytes()
        crowd.until_open()
        idle_bytes = here.hub.rss_bytes() - before_bytes
        load = here.load(COST_S, [(BEGIN_S, crowd.tell)])
        return Cost(idle_bytes / CROWD, load.grown_bytes / CROWD)


def measure(healthy: int, rate: float, seconds: float, *, unkind_first: bool) -> Run:
    """Measure one run on a fresh hub."""
    with hall(healthy, rate) as here:
        without = None if unkind_first else here.load(seconds)
        among, ends = load_among_unkind(here, seconds)
        return Run(without or here.load(seconds), among, ends)


def load_among_unkind(here: Hall, seconds: float) -> tuple[Load, dict[str, Any]]:
    """Offer a load while four are unkind; see to the end of each, and tell how it was."""
    with ExitStack() as stack:
        stopped, for_good, trickling, flooding = guests = [
            Guest(kind, here.hub.url) for kind in ("stopped", "stopped", "trickling", "flooding")
        ]
        for guest in guests:
            stack.callback(guest.close)
            guest.until_open()
        actions: list[Action] = [(BEGIN_S, guest.tell) for guest in guests]
        queued: list[int] = []
        actions.append((BEGIN_S + FULL_S, lambda: queued.extend(here.queued_bytes())))
        load = here.load(seconds, [*actions, (BEGIN_S + GO_ON_S, stopped.go_on)])
        ends: dict[str, Any] = {
            "queued_bytes": max(queued),
            "flooding": flooding.told(),
            "stopped": stopped.told(),
        }
        was_cut = here.until(lambda now: now["subscribers"] <= here.healthy + 1, SETTLE_S)
        for_good.go_on()
        ends["stopped for good"] = for_good.told() | {"in_time": was_cut}
        ends["trickling"] = trickle_to_the_end(here, trickling)
        ends["evicted"] = here.evicted()
    return load, ends


def trickle_to_the_end(here: Hall, guest: Guest) -> dict[str, Any]:
    """Have one that trickled catch up; say whether the store was read, and rounds have it again."""
    guest.tell(here.offset())
    told = guest.told()
    if told["end"][0] != "kept":
        return told | {"behind": 0, "store_reads": 0, "rejoined": False}
    has_rejoined = here.until(lambda now: now["resting"] == now["subscribers"], SETTLE_S)
    store_reads = here.inside()["store_reads"]
    here.load_few()
    guest.tell(here.offset())
    rejoined = has_rejoined and here.inside()["store_reads"] == store_reads
    found = {"behind": told["behind"], "store_reads": store_reads, "rejoined": rejoined}
    return told | guest.told() | found
