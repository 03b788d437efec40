"""A hub under load: started, subscribed to, probed at one rate after another.

    pacer ──pipe──▶ hub ──▶ drain        from the writer on: events are made in the hub
    broker ──ws───▶ hub ──▶ drain        the whole path: they come as a broker's frames

The hub has a core to itself; what offers the load and what takes it share the other.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Self
from urllib.request import Request, urlopen

from .cores import CLIENT, SERVER, idle_s, on_core
from .drain import Drain, Heard
from .processes import ROOT, Child, end, started
from .subscribers import open_all

Side = Literal["orderwire", "peer"]
Way = Literal["writer", "whole"]
Begin = Callable[[float, float], None]

LEAD_S = 0.05  # from the asking to the first event
GRACE_S = 0.5  # what the last events get to arrive
QUIET_S = 0.3
SETTLE_S = 10.0
WARM_UP_S = 0.5
WARM_CONNECTIONS = 10
DELIVERED_MIN = 0.99
P99_MAX_MS = 100.0
CLIENT_BUSY_MAX = 0.95


@dataclass(frozen=True)
class Probe:
    """What came out of one load. `cpu_s` is the hub's; `delivered` a share of what was offered.

    `disturbed` is the share of the time for which others were at work on the hub's core.
    """

    rate: float
    subscribers: int
    delivered: float
    p50_ms: float
    p99_ms: float
    p999_ms: float
    cpu_s: float
    events: int
    client_busy: float
    disturbed: float

    @property
    def holds(self) -> bool:
        """Say whether the hub kept up: nearly all was delivered, nearly all of it in time."""
        return self.delivered >= DELIVERED_MIN and self.p99_ms <= P99_MAX_MS

    @property
    def is_bound_by_client(self) -> bool:
        """Say whether the load client may have been what did not keep up."""
        return self.client_busy > CLIENT_BUSY_MAX

    @property
    def cpu_s_per_million(self) -> float:
        """Give the hub's CPU seconds for a million deliveries."""
        return self.cpu_s * 1e6 / max(self.events, 1)


class Stage:
    """A running hub with its subscribers.

    It is started anew when it lost something, or is not done with it in good time: what is still
    on its way would be counted with the next load.
    """

    def __init__(self, side: Side, way: Way, subscribers: int) -> None:
        self.side = side
        self.way = way
        self.subscribers = subscribers
        self.bytes_per_connection = 0.0
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        """Start it."""
        self._start()
        return self

    def __exit__(self, *_: object) -> None:
        """End it."""
        self._stack.close()

    def probe(self, rate: float, seconds: float) -> Probe:
        """Offer a load and see what comes of it."""
        wanted = int(rate * seconds) * self.subscribers
        with suppress(OSError):
            # A thousand signs of life at once are a load of their own, and not the one in question.
            self._drain.show_life()
            self._drain.settle(0, QUIET_S, SETTLE_S)
        cpu_s, idle_before_s, begun_s = self._hub.cpu_s(), idle_s(SERVER), time.monotonic()
        heard = Heard()
        with suppress(OSError):
            self._begin(rate, seconds)
            until_ns = time.monotonic_ns() + int((LEAD_S + seconds + GRACE_S) * 1e9)
            heard = self._drain.listen(wanted, until_ns)
        cpu_s = self._hub.cpu_s() - cpu_s
        took_s = max(time.monotonic() - begun_s, LEAD_S)
        others_s = took_s - (idle_s(SERVER) - idle_before_s) - cpu_s
        if not self._is_done_with(wanted - heard.delivered):
            self._stack.close()
            self._start()
        p50_ms, p99_ms, p999_ms = heard.percentiles_ms(50, 99, 99.9)
        share = heard.delivered / max(wanted, 1)
        if share > 1:
            raise AssertionError(f"more was delivered than offered: {heard.delivered} of {wanted}")
        return Probe(
            rate=rate,
            subscribers=self.subscribers,
            delivered=share,
            p50_ms=p50_ms,
            p99_ms=p99_ms,
            p999_ms=p999_ms,
            cpu_s=cpu_s,
            events=heard.delivered,
            client_busy=heard.busy,
            disturbed=max(others_s / took_s, 0.0),
        )

    def _is_done_with(self, missing: int) -> bool:
        """Say whether nothing of a load is still to come, and nothing of it was lost."""
        try:
            return not missing or self._drain.settle(missing, QUIET_S, SETTLE_S)
        except OSError:
            return False

    def _start(self) -> None:
        self._stack = stack = ExitStack()
        try:
            self._hub, self._begin = stack.enter_context(running(self.side, self.way))
            stack.enter_context(on_core(CLIENT))
            warm = Drain([each.socket for each in open_all(self._hub.url, WARM_CONNECTIONS)])
            self._begin(100, WARM_UP_S)
            warm.listen(int(100 * WARM_UP_S) * WARM_CONNECTIONS, time.monotonic_ns() + 2 * 10**9)
            warm.close()
            time.sleep(QUIET_S)
            before_bytes = self._hub.rss_bytes()
            clients = open_all(self._hub.url, self.subscribers)
            self._drain = Drain([each.socket for each in clients])
            stack.callback(self._drain.close)
            self._drain.settle(0, QUIET_S, SETTLE_S)
            grown_bytes = self._hub.rss_bytes() - before_bytes
            self.bytes_per_connection = grown_bytes / self.subscribers
        except BaseException:
            stack.close()
            raise


@contextmanager
def running(side: Side, way: Way) -> Iterator[tuple[Child, Begin]]:
    """Run a hub and what feeds it, for the length of the block."""
    with tempfile.TemporaryDirectory(prefix="orderwire-fanout-") as name, ExitStack() as stack:
        folder = Path(name)
        hub, log = f"tests.load.{side}_hub", folder / "hub.log"
        if way == "whole":
            with on_core(CLIENT):
                broker = stack.enter_context(
                    started("tests.load.fanout_broker", log=folder / "broker.log")
                )
            with on_core(SERVER):
                child = stack.enter_context(started(hub, name, "--broker", broker.url, log=log))
            yield child, lambda rate, seconds: _ask(broker.url, rate, seconds)
        else:
            reading, writing = os.pipe()
            with on_core(CLIENT):
                pacer = stack.enter_context(_pacer(writing))
            os.close(writing)
            with on_core(SERVER):
                child = stack.enter_context(started(hub, name, log=log, stdin=reading))
            os.close(reading)
            yield child, lambda rate, seconds: _tell(pacer, rate, seconds)


@contextmanager
def _pacer(writing: int) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.load.pace"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=writing,
        text=True,
    )
    try:
        yield process
    finally:
        end(process)
        assert process.stdin is not None
        process.stdin.close()


def _tell(pacer: subprocess.Popen[str], rate: float, seconds: float) -> None:
    assert pacer.stdin is not None
    start_ns = time.monotonic_ns() + int(LEAD_S * 1e9)
    pacer.stdin.write(f"{start_ns} {rate} {seconds}\n")
    pacer.stdin.flush()


def _ask(url: str, rate: float, seconds: float) -> None:
    asked = Request(f"{url}/load?rate={rate}&seconds={seconds}", method="POST")
    with urlopen(asked, timeout=SETTLE_S) as answer:
        answer.read()
