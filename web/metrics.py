"""`GET /metrics`: the system's instruments, and what is read off it at that moment.

    journal ──▶ cursor ──▶ batches that ended
    system ───▶ Reading: accounts, their brokers, journal, subscribers, each bound beside its use

Needs `read`. The text is made at most once a second.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import trio
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from quart import Response, request
from quart_trio import QuartTrio

from actors import Batch, System
from actors.domain.ids import BatchId
from actors.domain.wire import decode
from actors.past import Past
from actors.runtime.metrics import CONTENT_TYPE, Bound, Metrics

from .answers import caller
from .bounds import bounds_of, bounds_of_account, falls_of
from .connection import FAULTS
from .flood import FRAMES
from .query import asked_once
from .server import PORT, Port


class Exposition:
    """The metrics as a surface."""

    def __init__(self, system: System, metrics: Metrics, past: Past) -> None:
        self._system = system
        self._past = past
        self._metrics = metrics
        self._running: set[BatchId] = set()
        self._app: QuartTrio | None = None

    def add_to(self, app: QuartTrio) -> None:
        """Put the surface into an app, and begin to count when it starts to serve."""
        self._app = app
        self._metrics.add_source(self.read)
        self._metrics.add_bounds(self._read_bounds)
        self._system.writer.on_commit = self._metrics.commits.observe
        self._system.broadcaster.on_told = self._metrics.measure
        app.add_url_rule("/metrics", "metrics", self.show)
        app.before_serving(self._start)

    async def show(self) -> Response:
        """Give the text."""
        caller().require_some_reading()
        asked_once(request.args, ())
        return Response(self._metrics.text(), content_type=CONTENT_TYPE)

    async def _start(self) -> None:
        assert self._app is not None, "an app starts what was added to it"
        self._app.add_background_task(self._metrics.probe_loop)
        self._app.add_background_task(self._count_batches)

    async def _count_batches(self) -> None:
        """Follow the journal and count each batch once: when it ends, not when it is told anew."""
        cursor = self._system.journal.cursor()
        for book in self._system.journal.view.values():
            self._running |= {key for key, row in book.batches.items() if not row.value.ended}
        while True:
            for event in await cursor.next():
                if event.type == "batch_update":
                    self._count_batch(decode(event.data, Batch))

    def _count_batch(self, batch: Batch) -> None:
        if not batch.ended:
            self._running.add(batch.batch_id)
        elif batch.batch_id in self._running and batch.completed_at is not None:
            self._running.discard(batch.batch_id)
            duration_s = (batch.completed_at - batch.created_at).total_seconds()
            self._metrics.count_batch(batch.status, duration_s)

    # ------------------------------------------------------------------------------- reading

    def read(self) -> Iterable[Metric]:
        """Read what stands at this moment."""
        yield from self._read_accounts()
        yield from self._read_calls()
        journal = self._system.journal
        tasks = trio.lowlevel.current_statistics().tasks_living
        yield gauge("tasks_living", "Tasks in the tree.", tasks)
        if (port := self._port()) is not None:
            refused = CounterMetricFamily(
                "connections_refused", "Connections closed at once: there were too many."
            )
            refused.add_metric([], port.refused)
            ended = CounterMetricFamily(
                "connections_ended",
                "Connections ended for what the peer did or did not do.",
                labels=["reason"],
            )
            for reason in ("broken", "idle", *FAULTS):
                ended.add_metric([reason], port.ended_for[reason])
            yield from (refused, ended)
        yield gauge("journal_offset", "The last committed offset.", journal.end)
        yield gauge("journal_base_offset", "The last offset that was retired.", journal.base)
        yield gauge("journal_events", "Events that can be read.", journal.end - journal.base)
        lag = self._system.broadcaster.statistics()["lag_events"]
        yield gauge("subscriber_lag_events", "How far the furthest subscriber is behind.", lag)
        exposed = self._system.batches.exposing
        yield gauge("batch_exposure", "Batches whose net fill nobody has cleared yet.", exposed)
        yield from self._read_falls()

    def _read_accounts(self) -> Iterator[Metric]:
        connected = by_account("upstream_connected", "Whether an account's stream is connected.")
        halted = by_account("account_halted", "Whether the desk has halted an account.")
        reconnects = CounterMetricFamily(
            "upstream_reconnects", "How often a stream was opened again.", labels=["account_id"]
        )
        listed = by_account("instruments_loaded", "Instruments whose lots and steps are known.")
        age = by_account("instruments_age_seconds", "How old the oldest of an account's lists is.")
        used = by_account("account_used", "What is in a bounded place of an account.", "name")
        bound = by_account("account_bound", "What fits into it.", "name")
        for name in self._system.accounts:
            lists = self._system.listings.of(name)
            if lists.sources:
                listed.add_metric([name], len(lists))
            if (loaded_at := lists.loaded_at) is not None:
                age.add_metric([name], (self._system.seams.now() - loaded_at).total_seconds())
            row = self._system.status(name)
            connected.add_metric([name], row.connected)
            reconnects.add_metric([name], row.reconnects)
            halted.add_metric([name], row.halted is not None)
            for place, in_it, most in bounds_of_account(self._system, name):
                used.add_metric([name, place], in_it)
                bound.add_metric([name, place], most)
        yield from (connected, reconnects, halted, listed, age, used, bound)

    def _read_calls(self) -> Iterator[Metric]:
        """Read what each account's broker is still asked for, and how it answers."""
        breaker = by_account("circuit_breaker_state", "0 closed, 1 half open, 2 open.")
        waiting = by_account("broker_calls_waiting", "Calls that wait for their turn.")
        waiting_max = by_account("broker_calls_waiting_bound", "What may wait.")
        reserved = by_account("broker_calls_reserved", "Calls kept for batches under way.")
        used = by_account("broker_calls_used", "Calls made in a window.", "window")
        bound = by_account("broker_calls_bound", "What the broker allows in it.", "window")
        for name, means in self._system.batches.means.items():
            gate, limits = means.gate, means.gate.limits
            use = gate.budget.use(self._system.seams.now())
            breaker.add_metric([name], means.breaker.state)
            waiting.add_metric([name], gate.waiting)
            waiting_max.add_metric([name], gate.waiting_max)
            reserved.add_metric([name], use.reserved)
            used.add_metric([name, "second"], gate.made_in_second)
            used.add_metric([name, "minute"], use.minute)
            used.add_metric([name, "day"], use.day)
            bound.add_metric([name, "second"], limits.calls_per_second)
            bound.add_metric([name, "minute"], limits.calls_per_minute)
            bound.add_metric([name, "day"], limits.calls_per_day)
        yield from (breaker, waiting, waiting_max, reserved, used, bound)

    def _read_falls(self) -> Iterator[Metric]:
        fell = GaugeMetricFamily("actor_falls", "Falls in the last minute.", labels=["actor"])
        most = GaugeMetricFamily("actor_falls_bound", "Beyond, it is given up.", labels=["actor"])
        for name, falls, falls_max in falls_of(self._system):
            fell.add_metric([name], falls)
            most.add_metric([name], falls_max)
        yield from (fell, most)

    def _read_bounds(self) -> Iterator[Bound]:
        yield from bounds_of(self._system, self._past)
        if (port := self._port()) is not None:
            yield "connections", len(port.connections), port.connections_max
            yield "connections_per_address", port.most_from_one_address, port.per_address_max
            # Of the connection that has most of each.
            clients = port.connections
            yield "client_frames", max((c.frames_used for c in clients), default=0), FRAMES.burst
            unsent = max((c.unacknowledged for c in clients), default=0)
            yield "client_unacknowledged_bytes", unsent, port.unacknowledged_max

    def _port(self) -> Port | None:
        """Give the port that serves the app, if one does."""
        port = self._app.extensions.get(PORT) if self._app is not None else None
        return port if isinstance(port, Port) else None


def gauge(name: str, documentation: str, value: float) -> Metric:
    """Make a gauge that has one value."""
    family = GaugeMetricFamily(name, documentation)
    family.add_metric([], value)
    return family


def by_account(name: str, documentation: str, *labels: str) -> GaugeMetricFamily:
    """Make a gauge that has a value an account."""
    return GaugeMetricFamily(name, documentation, labels=["account_id", *labels])
