"""What is counted and measured, in the words of Prometheus.

    counted where it happens ──▶ counters, histograms ─┐
    read when asked for ───────▶ sources (gauges) ─────┴─▶ text, kept for a second
    bounded places ────────────▶ queue_used beside queue_bound, by their names

One `Metrics` a system, with a registry of its own: two systems in one process do not mix.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Iterable
from itertools import accumulate
from typing import Final, TypeAlias

import trio
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.core import GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.registry import Collector

from actors.domain.model import Event

CONTENT_TYPE: Final = CONTENT_TYPE_PLAIN_0_0_4
KEPT_S: Final = 1.0  # writing the text takes milliseconds on the loop
PROBE_S: Final = 0.25

LATENCY_S: Final = (
    *(0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0),
)
BATCH_S: Final = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 600.0)

Source = Callable[[], Iterable[Metric]]
Bound: TypeAlias = tuple[str, float, float]  # a bounded place: its name, what is in it, the most


class Metrics:
    """The instruments of one system."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry(auto_describe=False)
        self._text = b""
        self._text_s = -math.inf
        self._sockets = Gauge(
            "websocket_connections", "Open websockets.", ["service"], registry=registry
        )
        self.sockets = self._sockets.labels("backend")
        self.lanes = Gauge(
            "websocket_lanes",
            "Open websockets that are written ready frames, which many share.",
            registry=registry,
        )
        self._latency = Tally(
            "order_update_latency_seconds",
            "From a report's arrival to its hand-over to the sockets of all who keep up, once a"
            " feed, and to each of those who are behind.",
            LATENCY_S,
        )
        registry.register(self._latency)
        self._batches = Counter(
            "batch_orders", "Batches that have ended.", ["status"], registry=registry
        )
        for status in ("success", "failed"):
            self._batches.labels(status)
        self._batch_duration = Histogram(
            "batch_duration_seconds",
            "From a batch's start to its outcome.",
            buckets=BATCH_S,
            registry=registry,
        )
        self._requests = Counter(
            "http_requests", "Requests answered.", ["method", "route", "status"], registry=registry
        )
        self.commits = Histogram(
            "journal_commit_seconds",
            "How long one group's commit took, fsync included.",
            buckets=LATENCY_S,
            registry=registry,
        )
        self._evicted = Counter(
            "subscribers_evicted",
            "Websockets that we closed for what their client did or did not do.",
            ["reason"],
            registry=registry,
        )
        self.loop_lag = Histogram(
            "event_loop_lag_seconds",
            "How much later than due a task that only sleeps ran.",
            buckets=LATENCY_S,
            registry=registry,
        )
        self._bounds: list[Callable[[], Iterable[Bound]]] = []
        self.add_source(self._read_bounds)

    def measure(self, events: Iterable[Event]) -> None:
        """Take the time of orders that were handed over just now."""
        now_s = trio.current_time()
        self._latency.take(now_s - e.received_s for e in events if e.type == "order_update")

    def count_request(self, method: str, route: str, status: int) -> None:
        """Count an answer. `route` is the rule that fitted, not the path: those have no end."""
        self._requests.labels(method, route, str(status)).inc()

    def count_batch(self, status: str, duration_s: float) -> None:
        """Count a batch that ended."""
        self._batches.labels(status).inc()
        self._batch_duration.observe(max(0.0, duration_s))

    def count_evicted(self, reason: str) -> None:
        """Count a subscriber that was closed for cause."""
        self._evicted.labels(reason).inc()

    def add_source(self, source: Source) -> None:
        """Have a function asked for what is read, not counted, at each exposition."""
        self.registry.register(_Reading(source))

    def add_bounds(self, bounds: Callable[[], Iterable[Bound]]) -> None:
        """Have a function asked, at each exposition, for bounded places and what is in them."""
        self._bounds.append(bounds)

    def _read_bounds(self) -> Iterable[Metric]:
        used = GaugeMetricFamily("queue_used", "What is in a bounded place.", labels=["name"])
        most = GaugeMetricFamily("queue_bound", "What fits into it.", labels=["name"])
        for bounds in self._bounds:
            for name, in_it, bound in bounds():
                used.add_metric([name], in_it)
                most.add_metric([name], bound)
        return used, most

    def text(self) -> bytes:
        """Give all of it as Prometheus reads it; at most a second old."""
        if trio.current_time() - self._text_s >= KEPT_S:
            self._text = generate_latest(self.registry)
            self._text_s = trio.current_time()
        return self._text

    async def probe_loop(self) -> None:
        """Measure the loop's lag until cancelled."""
        while True:
            due_s = trio.current_time() + PROBE_S
            await trio.sleep_until(due_s)
            self.loop_lag.observe(max(0.0, trio.current_time() - due_s))


class Tally(Collector):
    """A histogram for what happens at every event: to take one costs a sixth of the library's."""

    def __init__(self, name: str, documentation: str, bounds: tuple[float, ...]) -> None:
        self._name = name
        self._documentation = documentation
        self._bounds = bounds
        self._counts = [0] * (len(bounds) + 1)
        self._sum = 0.0

    def take(self, values: Iterable[float]) -> None:
        """Take values in."""
        for value in values:
            self._counts[bisect_left(self._bounds, value)] += 1
            self._sum += value

    def collect(self) -> Iterable[Metric]:
        """Give the buckets, each with all that is in the ones below it."""
        texts = [*map(str, self._bounds), "+Inf"]
        buckets = list(zip(texts, accumulate(self._counts), strict=True))
        yield HistogramMetricFamily(
            self._name, self._documentation, buckets=buckets, sum_value=self._sum
        )


class _Reading(Collector):
    def __init__(self, source: Source) -> None:
        self._source = source

    def collect(self) -> Iterable[Metric]:
        return self._source()
