from unittest.mock import patch

import pytest
import trio
from prometheus_client.parser import text_string_to_metric_families

from actors.domain.errors import StreamLost
from actors.domain.instruments import Instruments
from actors.domain.model import Draft
from actors.listings import Listed, Source
from tests.actors.domain.list_samples import KITE
from tests.actors.fakes import START, a_row
from tests.web.fakes import a_gateway, a_key, serving
from tests.web.raw import plug
from tests.web.test_batches import PATH, body


async def scrape(gateway):
    """Give the samples that a scrape reads, by name and labels."""
    await trio.sleep(1.1)
    answer = await gateway.app.test_client().get("/metrics")
    assert answer.status_code == 200
    assert answer.content_type.startswith("text/plain")
    text = await answer.get_data(as_text=True)
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


async def test_the_journal_and_its_commits_show(gateway, autojump_clock):
    """journal_offset is the last committed event, journal_base_offset the last that was retired; each
    commit is measured.
    """
    before = await scrape(gateway)
    await gateway.tell(a_row("1"))
    await gateway.tell(a_row("2"))
    gateway.system.journal.retire(1)
    after = await scrape(gateway)
    assert after["journal_offset",] == gateway.system.journal.end
    assert after["journal_offset",] == before["journal_offset",] + 2
    assert (after["journal_base_offset",], before["journal_base_offset",]) == (1, 0)
    assert after["journal_events",] == after["journal_offset",] - 1
    assert after["journal_commit_seconds_count",] == before["journal_commit_seconds_count",] + 2


async def test_streams_show_by_account(gateway, autojump_clock):
    """upstream_connected and upstream_reconnects_total follow each account's own stream."""
    samples = await scrape(gateway)
    assert samples["upstream_connected", "primary"] == 1
    assert samples["upstream_reconnects_total", "primary"] == 0
    gateway.brokers["primary"].push(StreamLost("gone"))
    await trio.sleep(5)
    samples = await scrape(gateway)
    assert samples["upstream_reconnects_total", "primary"] == 1
    assert samples["upstream_reconnects_total", "hedge"] == 0
    gateway.brokers["primary"].cannot_open = StreamLost("nobody there")
    gateway.brokers["primary"].push(StreamLost("gone"))
    await trio.sleep(1)
    assert (await scrape(gateway))["upstream_connected", "primary"] == 0


async def test_lists_of_instruments_show_by_account(gateway, autojump_clock):
    """How many instruments are known, and how old they are, where a list was asked for."""
    listed = Source("", instruments=Instruments.parse(KITE), loaded_at=START)
    listings = gateway.system.listings
    with patch.object(listings, "_of", {"primary": Listed((listed,)), "hedge": Listed()}):
        samples = await scrape(gateway)
        assert samples["instruments_loaded", "primary"] == 4
        assert 1 <= samples["instruments_age_seconds", "primary"] < 60
        listed.loaded_at = listed.instruments = None
        samples = await scrape(gateway)
        assert samples["instruments_loaded", "primary"] == 0
        assert ("instruments_age_seconds", "primary") not in samples
        assert ("instruments_loaded", "hedge") not in samples


async def test_batches_are_counted_at_their_end(gateway, autojump_clock):
    """batch_orders_total counts each batch once, by how it ended, and its time is measured."""
    async with gateway.app.test_app():
        await gateway.post(PATH, body("FILL1"))
        await gateway.post(PATH, body("FILL2", "REJECT1"))
        samples = await scrape(gateway)
        assert samples["batch_orders_total", "success"] == 1
        assert samples["batch_orders_total", "failed"] == 1
        assert samples["batch_duration_seconds_count",] == 2
        assert samples["batch_exposure",] == 0


async def test_a_batch_that_is_told_anew_is_not_counted_anew(gateway, autojump_clock):
    """An outcome that is revised later is the same batch still."""
    async with gateway.app.test_app():
        answer = await gateway.post(PATH, body("FILL1"))
        batch = gateway.system.view("primary").book.batches[answer["batch_id"]].value
        draft = Draft("batch_update", "primary", batch.batch_id, batch, START)
        await gateway.system.writer.commit([draft])
        assert (await scrape(gateway))["batch_orders_total", "success"] == 1


async def test_a_batch_that_a_restart_ends_is_counted(tmp_path, autojump_clock):
    """A batch begun before the app is counted when it ends, and not before."""
    async with a_gateway(tmp_path) as gateway:
        wanted = body("LOST1", wait_s=0)
        gateway.brokers["primary"].tells = False
        await gateway.post(PATH, wanted, 202)
        async with gateway.app.test_app():
            assert (await scrape(gateway))["batch_duration_seconds_count",] == 0
            await trio.sleep(60)
            assert (await scrape(gateway))["batch_duration_seconds_count",] == 1


async def test_exposure_shows_until_it_is_gone(gateway, autojump_clock):
    """P10: a batch that left a net fill against the desk's wish is in batch_exposure."""
    await gateway.post(PATH, body("STUCK1", "REJECT1", wait_s=120))
    assert (await scrape(gateway))["batch_exposure",] == 1


async def test_each_bound_stands_beside_its_use(gateway, autojump_clock):
    """P20: what is bounded has queue_bound, and queue_used below it."""
    samples = await scrape(gateway)
    for name in ("writer", "journal_tail", "feeds", "batches", "past_asking", "past_rows"):
        assert 0 <= samples["queue_used", name] <= samples["queue_bound", name]
    assert samples["queue_used", "journal_tail"] == gateway.system.journal.held
    subscription = gateway.system.broadcaster.subscribe(None)
    assert (await scrape(gateway))["queue_used", "feeds"] == 1
    subscription.close()


@pytest.mark.process
async def test_connections_stand_beside_their_bounds(gateway):
    """P20: how many there are, how many from one address, and how many were one too many."""
    async with serving(gateway, connections_per_address_max=2) as url:
        async with plug(url) as one, plug(url) as two:
            for wire in (one, two):
                await wire.ask("GET", "/health")
                await wire.answer()
            async with plug(url) as three:
                assert await three.rest() == b""
            await one.ask("GET", "/metrics")
            _, _, body = await one.answer()
    text = body.decode()
    for line in (
        'queue_used{name="connections"} 2.0',
        'queue_bound{name="connections"}',
        'queue_used{name="connections_per_address"} 2.0',
        'queue_bound{name="connections_per_address"} 2.0',
        "connections_refused_total 1.0",
    ):
        assert line in text


async def test_the_tasks_that_live_are_told(gateway, autojump_clock):
    """P20: a task that is left behind shows."""
    before = (await scrape(gateway))["tasks_living",]
    async with trio.open_nursery() as nursery:
        for _ in range(10):
            nursery.start_soon(trio.sleep, 5)
        assert (await scrape(gateway))["tasks_living",] == before + 10


async def test_the_loop_is_probed_while_the_app_serves(gateway, autojump_clock):
    """event_loop_lag_seconds is measured all the time, not only when someone looks."""
    async with gateway.app.test_app():
        await trio.sleep(3)
        assert (await scrape(gateway))["event_loop_lag_seconds_count",] >= 12


async def test_metrics_need_read(tmp_path, autojump_clock):
    """P21: /metrics is 401 without a key and 403 for one that may read nothing."""
    keys = {"writer": a_key("w", rights=("trade",)), "eye": a_key("e")}
    async with a_gateway(tmp_path, keys=keys) as gateway:
        await gateway.get("/metrics", 401)
        await gateway.get("/metrics", 403, X_API_Key="w")
        answer = await gateway.app.test_client().get("/metrics", headers={"X-API-Key": "e"})
        assert answer.status_code == 200


async def test_an_exposure_shows_until_it_is_cleared(gateway, autojump_clock):
    """P10: batch_exposure counts what was left in the market, and no longer once acknowledged."""
    async with gateway.app.test_app():
        answer = await gateway.post(PATH, body("STUCK1", "REFUSE1"))
        assert (await scrape(gateway))["batch_exposure",] == 1
        await gateway.post(f"{PATH}/{answer['batch_id']}/acknowledge", b"{}")
        assert (await scrape(gateway))["batch_exposure",] == 0


async def test_a_broker_that_fails_and_a_halt_show_by_account(gateway, autojump_clock):
    """P20: circuit_breaker_state is 2 while it is open; account_halted is 1 while the desk says so."""
    breaker = gateway.system.batches.means["primary"].breaker
    while not breaker.is_open:
        breaker.failed()
    await gateway.system.halt("hedge", "news")
    samples = await scrape(gateway)
    for name, primary, hedge in (("circuit_breaker_state", 2, 0), ("account_halted", 0, 1)):
        assert (samples[name, "primary"], samples[name, "hedge"]) == (primary, hedge)


async def test_calls_to_a_broker_show_beside_what_it_allows(gateway, autojump_clock):
    """P20: calls of the minute and of the day, what batches have reserved, and who waits."""
    async with gateway.app.test_app():
        await gateway.post(PATH, body("FILL1", "REST1"))
        await gateway.post(PATH, body("GONE1", wait_s=0), 202)
        samples = await scrape(gateway)
    limits = gateway.system.config.accounts["primary"].limits
    for window, allowed in (("minute", limits.calls_per_minute), ("day", limits.calls_per_day)):
        assert samples["broker_calls_used", "primary", window] == 3
        assert samples["broker_calls_bound", "primary", window] == allowed
        assert samples["broker_calls_used", "hedge", window] == 0
    assert samples["broker_calls_reserved", "primary"] == 2
    assert samples["broker_calls_waiting", "primary"] == 0
    assert samples["broker_calls_waiting_bound", "primary"] > 100


@pytest.mark.process
async def test_what_is_refused_before_any_surface_sees_it_is_counted(gateway):
    """P19, P20: no HTTP, a version that is none, a torn frame; each ends, and is told why."""
    async with serving(gateway) as url:
        for nonsense in (b"\0\0\0\r\n\r\n", b"GET /health HTTP/9.9\r\nHost: x\r\n\r\n"):
            async with plug(url) as wire:
                await wire.send(nonsense)
                assert (await wire.answer())[0] in {400, 505}
                await wire.rest()
        async with plug(url) as wire:
            await wire.upgrade("/ws/orders/primary")
            await wire.until(b"connection_established")
            await wire.send(b"\xff" * 8)
            await wire.until(b"\x03\xea")  # 1002
            await wire.rest()
        async with plug(url) as wire:
            await wire.ask("GET", "/health", b"", b"Connection: close")
            await wire.answer()
            await wire.rest()
            answer = await gateway.app.test_client().get("/metrics")
    text = await answer.get_data(as_text=True)
    assert 'connections_ended_total{reason="broken"} 3.0' in text
    for reason in ("idle", "stalled", "silent", "flooding"):
        assert f'connections_ended_total{{reason="{reason}"}} 0.0' in text


@pytest.mark.process
async def test_a_websocket_that_is_refused_is_counted(gateway):
    """P21: by its route and the status, as any answer is."""
    async with serving(gateway) as url, plug(url) as wire:
        await wire.upgrade("/ws/orders/nobody")
        assert (await wire.answer())[0] == 404
        answer = await gateway.app.test_client().get("/metrics")
    text = await answer.get_data(as_text=True)
    row = 'http_requests_total{method="GET",route="/ws/orders/<account_id>",status="404"} 1.0'
    assert row in text
