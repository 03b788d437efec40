"""Ten thousand POSTs over 50 kept connections, some answered before their body came.

worker x10 ──▶ its connections in turn ──▶ a POST: good, wrong, unknown, nowhere, too large …
                 └─ early: head first, the body a moment later, or after the answer
each gets the one status that is right; a connection that is closed after that is opened again
"""

import contextlib
import re
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from random import Random

import attrs

from tests.sim.checkers import Broken

from .crowd import Crowd
from .scene import labelled, scene
from .wire import KEY, answer, dial, request

CONNECTIONS = 50
WORKERS = 10
LATE_S = 0.002
BATCH = "/accounts/primary/batch-orders"
LEG = (
    b'{"tradingsymbol":"%s","exchange":"NFO","transaction_type":"BUY","quantity":75,'
    b'"order_type":"LIMIT","price":1.5,"product":"MIS"}'
)
WRONG = b'{"orders":[' + LEG.replace(b"75", b"-1") % b"REST1" + b"]}"
MALFORMED = b'{"orders":[' + b" " * 3000
LARGE = b"x" * 100_000

# name, path, body, key, the right answers: what is answered early is answered by the door
KINDS = (
    ("wrong", BATCH, WRONG, KEY, {422}),
    ("malformed", BATCH, MALFORMED, KEY, {400}),
    ("unknown", BATCH, WRONG, "ow_nobody", {401, 429}),  # guesses are slowed down
    ("nowhere", "/nowhere", WRONG, KEY, {404}),
    ("no such account", "/accounts/none/batch-orders", WRONG, KEY, {404}),
    ("no such method", "/accounts/primary/trades", WRONG, KEY, {405}),
    ("too large", BATCH, LARGE + b"x" * (1 << 20), KEY, {413}),
)
POSTED = re.compile(r'http_requests_total\{method="POST",.*status="(\d+)"\}')
LARGE_EACH = 100  # too large costs a connection and a megabyte: not one in seven


@attrs.define
class Tally:
    """What one worker saw."""

    answers: Counter = attrs.field(factory=Counter)
    early: int = 0
    opened: int = 0
    slowest_s: float = 0.0


def run(say, *, count=10_000, seconds=None, seed=1):
    """Send `count` POSTs; Broken when one is lost, wedged or answered wrongly."""
    with scene(seed=seed) as here, Crowd(here.url, 5) as crowd:
        began_s = time.monotonic()
        with ThreadPoolExecutor(WORKERS) as workers:
            share = [count // WORKERS + (n < count % WORKERS) for n in range(WORKERS)]
            jobs = [
                workers.submit(work, here.url, each, Random(seed * 1000 + n))
                for n, each in enumerate(share)
            ]
            tallies = [job.result() for job in jobs]
        took_s = time.monotonic() - began_s
        crowd.until_caught_up(here.status()["offset"])
        here.check_alive()
        answers = sum((each.answers for each in tallies), Counter())
        if answers.total() != count:
            raise Broken(f"{count} POSTs, and {answers.total()} answers")
        check_counted(here, answers)
        kinds = ", ".join(f"{status} x{many:,}" for status, many in sorted(answers.items()))
        say(f"{count:,} POSTs over {CONNECTIONS} connections in {took_s:.0f} s: {kinds}")
        say(
            f"{sum(t.early for t in tallies):,} had their heads answered or looked at before their "
            f"bodies came; connections were opened {sum(t.opened for t in tallies):,} times; "
            f"none wedged, none lost; the slowest took {max(t.slowest_s for t in tallies):.2f} s"
        )


def check_counted(here, answers):
    """See that the metrics tell of each answer, and of each refusal what there was too much of."""
    metrics = here.metrics()
    told = Counter()
    for name, value in metrics.items():
        if found := POSTED.match(name):
            told[int(found[1])] += int(value)
    if told != answers:
        raise Broken(f"P20: the answers were {answers}, and the metrics tell of {told}")
    refused = labelled(metrics, "requests_refused_total", "of")
    if refused != {"wrong_key": answers[429]}:
        raise Broken(f"P20: {answers[429]} were too many, and the metrics tell of {refused}")


def work(url, count, random):
    """Send a share of the POSTs over a share of the connections, in turn."""
    tally = Tally()
    wires = [Wire(url, tally) for _ in range(CONNECTIONS // WORKERS)]
    with contextlib.ExitStack() as closing:
        for wire in wires:
            closing.callback(wire.close)
        for n in range(count):
            few = KINDS if n % LARGE_EACH == 0 else KINDS[:-1]
            name, path, body, key, right = few[n % len(few)] if n % LARGE_EACH else KINDS[-1]
            status = wires[n % len(wires)].post(path, body, key, random)
            if status not in right:
                raise Broken(f"a POST ({name}) was answered with {status}, not {right}")
            tally.answers[status] += 1
    return tally


class Wire:
    """A kept connection, opened again when the other side has closed it after an answer."""

    def __init__(self, url, tally):
        self._url, self._tally = url, tally
        self._peer = None
        self._held = b""

    def close(self):
        """Hang up."""
        if self._peer is not None:
            self._peer.close()
            self._peer = None

    def post(self, path, body, key, random):
        """Send a POST, its body at once, late, or not before its answer; give the status.

        Broken when no answer comes. A connection may be closed only when the last answer said so.
        """
        if self._peer is None:
            self._peer, self._held = dial(self._url), b""
            self._tally.opened += 1
        began_s = time.monotonic()
        whole = request("POST", path, body, key=key)
        head = whole[: len(whole) - len(body)]
        try:
            status, headers = self._exchange(head, body, random.choice(("whole", "late", "torn")))
        except (OSError, EOFError) as error:
            raise Broken(f"a POST to {path} was lost or wedged: {error!r}") from None
        self._tally.slowest_s = max(self._tally.slowest_s, time.monotonic() - began_s)
        if headers.get("connection") == "close":
            self.close()
        return status

    def _exchange(self, head, body, way):
        with contextlib.suppress(ConnectionError):  # answered and closed before all was sent
            if way == "whole":
                self._peer.sendall(head + body)
            else:
                self._tally.early += 1
                half = len(body) // 2 if way == "torn" else 0
                self._peer.sendall(head + body[:half])
                time.sleep(LATE_S)
                self._peer.sendall(body[half:])
        status, headers, _, self._held = answer(self._peer, self._held)
        return status, headers
