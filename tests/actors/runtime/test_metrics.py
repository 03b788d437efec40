from datetime import UTC, datetime

import pytest
import trio
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.parser import text_string_to_metric_families

from actors.domain.model import Event
from actors.runtime.metrics import Metrics

MOMENT = datetime(2026, 11, 20, 4, tzinfo=UTC)


def read(metrics):
    """Give the samples by name and labels."""
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(metrics.text().decode())
        for sample in family.samples
    }


async def test_the_contracts_names_are_there_from_the_start(autojump_clock):
    """Every instrument stands in the text before anything happened, so that queries find it."""
    samples = read(Metrics())
    assert samples["websocket_connections", "backend"] == 0
    assert samples["batch_orders_total", "success"] == 0
    assert samples["batch_orders_total", "failed"] == 0
    for name in (
        *("order_update_latency_seconds", "batch_duration_seconds"),
        *("journal_commit_seconds", "event_loop_lag_seconds"),
    ):
        assert samples[f"{name}_count",] == 0


async def test_what_is_counted_shows(autojump_clock):
    """Counters and histograms say what they were told; a negative time counts as none."""
    metrics = Metrics()
    metrics.sockets.inc()
    metrics.count_request("GET", "/health", 200)
    metrics.count_batch("failed", -1.0)
    metrics.count_evicted("stalled")
    metrics.measure(
        Event(n, "order_update", "primary", "1", b"{}", MOMENT, trio.current_time() - late_s)
        for n, late_s in enumerate((0.003, 0.0025, 99.0), 1)
    )
    samples = read(metrics)
    assert samples["websocket_connections", "backend"] == 1
    assert samples["http_requests_total", "GET", "/health", "200"] == 1
    assert samples["batch_orders_total", "failed"] == 1
    assert samples["batch_duration_seconds_sum",] == 0
    assert samples["subscribers_evicted_total", "stalled"] == 1
    assert samples["order_update_latency_seconds_bucket", "0.001"] == 0
    assert samples["order_update_latency_seconds_bucket", "0.0025"] == 1
    assert samples["order_update_latency_seconds_bucket", "0.005"] == 2
    assert samples["order_update_latency_seconds_bucket", "+Inf"] == 3
    assert samples["order_update_latency_seconds_count",] == 3
    assert samples["order_update_latency_seconds_sum",] == pytest.approx(99.0055)


async def test_two_systems_do_not_mix(autojump_clock):
    """Each has a registry of its own: nothing is global."""
    one, other = Metrics(), Metrics()
    one.count_evicted("stalled")
    assert ("subscribers_evicted_total", "stalled") not in read(other)


async def test_sources_are_asked_at_most_once_a_second(autojump_clock):
    """P20: a scrape costs milliseconds on the loop, so a flood of them costs one a second."""
    metrics, asked = Metrics(), []

    def source():
        asked.append(trio.current_time())
        yield GaugeMetricFamily("answer", "An answer.", value=len(asked))

    metrics.add_source(source)
    begun = len(asked)
    assert read(metrics)["answer",] == begun + 1
    await trio.sleep(0.9)
    assert read(metrics)["answer",] == begun + 1
    await trio.sleep(0.2)
    assert read(metrics)["answer",] == begun + 2


async def test_the_probe_measures_how_late_the_loop_is(autojump_clock):
    """A task that only sleeps is late by what holds the loop up: nothing, on a virtual clock."""
    metrics = Metrics()
    with trio.move_on_after(1.1):
        await metrics.probe_loop()
    samples = read(metrics)
    assert samples["event_loop_lag_seconds_count",] == 4
    assert samples["event_loop_lag_seconds_sum",] == 0


async def test_bounded_places_are_told_beside_their_bounds(autojump_clock):
    """P20: whoever keeps something gives its name, what is in it and the most; it is read anew."""
    metrics, kept = Metrics(), ["a"]
    metrics.add_bounds(lambda: [("kept", len(kept), 3)])
    metrics.add_bounds(lambda: [("other", 0, 1)])
    samples = read(metrics)
    assert (samples["queue_used", "kept"], samples["queue_bound", "kept"]) == (1, 3)
    assert (samples["queue_used", "other"], samples["queue_bound", "other"]) == (0, 1)
    kept.append("b")
    await trio.sleep(1)
    assert read(metrics)["queue_used", "kept"] == 2
