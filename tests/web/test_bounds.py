"""Each bound is told beside its use, and the use follows what happens."""

import pytest
import trio

from actors.domain.model import OrderReport
from actors.subscription import Subscription
from tests.actors.fakes import a_row
from tests.web.fakes import serving
from tests.web.raw import PING_FRAME, plug
from tests.web.test_batches import PATH, body
from tests.web.test_conversation import hear, listen
from tests.web.test_metrics import scrape
from web.bounds import fallen_since, log_bytes

PLACES = (
    *("writer", "journal_tail", "store_log_bytes", "feeds", "batches", "orders_of_a_batch"),
    *("past_asking", "past_rows", "past_books", "past_answers", "threads"),
    *("feed_frames", "feed_heads"),
    *("client_messages", "client_asked", "login_states", "order_stream_callers"),
)
OF_AN_ACCOUNT = (
    *("reports_held_back", "messages", "idempotency_keys", "failures_in_a_row"),
    "instruments_of_a_list",
)


async def test_every_place_is_told_with_what_fits(gateway, autojump_clock):
    """P20: in all and by account; nothing has a bound without a use, or more in it than fits."""
    samples = await scrape(gateway)
    for name in PLACES:
        assert 0 <= samples["queue_used", name] <= samples["queue_bound", name]
    for account in ("primary", "hedge"):
        for name in OF_AN_ACCOUNT:
            used = samples["account_used", account, name]
            assert 0 <= used <= samples["account_bound", account, name]
    for kind in ("queue", "account", "access"):
        used = {sample[1:] for sample in samples if sample[0] == f"{kind}_used"}
        most = {sample[1:] for sample in samples if sample[0] == f"{kind}_bound"}
        assert used == most != set()


async def test_what_an_account_keeps_is_counted(gateway, autojump_clock):
    """P20: reports that wait for their order, messages, keys that stand for batches, failures."""
    await gateway.post(PATH, body("FILL1"), Idempotency_Key="one")
    await gateway.post(PATH, body("REST1", "REST2"), Idempotency_Key="two")
    gateway.system.batches.means["primary"].breaker.failed()
    samples = await scrape(gateway)
    assert samples["account_used", "primary", "idempotency_keys"] == 2
    assert samples["account_used", "hedge", "idempotency_keys"] == 0
    assert samples["account_used", "primary", "failures_in_a_row"] <= 1
    messages = len(gateway.system.view("primary").book.messages)
    assert samples["account_used", "primary", "messages"] == messages
    limits = gateway.system.config.accounts["primary"].limits
    assert samples["account_bound", "primary", "idempotency_keys"] == 2 * limits.calls_per_day


async def test_failures_in_a_row_are_seen_before_they_open_anything(gateway, autojump_clock):
    """P20: how near a breaker is to its bound."""
    await trio.sleep(1.1)
    breaker = gateway.system.batches.means["primary"].breaker
    breaker.failed()
    breaker.failed()
    assert breaker.failures == 2
    assert breaker.state == 0
    breaker.succeeded()
    assert breaker.failures == 0


async def test_reports_that_are_held_back_are_counted(gateway, autojump_clock):
    """P20: a fill of an order that nobody knows waits for a snapshot, and is let go by it."""
    stream = gateway.system.streams["primary"]
    alone = OrderReport("9", status="OPEN", filled_quantity=1)
    stream.book._held.append((alone, None))
    samples = await scrape(gateway)
    assert samples["account_used", "primary", "reports_held_back"] == 1
    stream.book._held.clear()


async def test_a_batch_is_counted_by_its_orders(gateway, autojump_clock):
    """P20: the running one that has most, with its way out."""
    await gateway.post(PATH, body("LOST1", wait_s=0), 202)
    await gateway.post(PATH, body("LOST2", "LOST3", wait_s=0), 202)
    await trio.sleep(0.01)
    assert gateway.system.batches.orders_of_one == 2
    await trio.sleep(120)
    assert gateway.system.batches.orders_of_one == 0


async def test_what_was_looked_back_at_is_counted(gateway, autojump_clock):
    """P20: books of the past that are kept."""
    for n in range(3):
        await gateway.tell(a_row(str(n)))
    before = await scrape(gateway)
    await gateway.get(f"/accounts/primary/orders?at={gateway.system.journal.end - 1}")
    samples = await scrape(gateway)
    assert samples["queue_used", "past_answers"] == before["queue_used", "past_answers"] + 1
    assert samples["queue_used", "past_books"] >= before["queue_used", "past_books"]


async def test_falls_are_counted_while_they_count(gateway, autojump_clock):
    """P20: each actor's, of the last minute, beside how many it is allowed."""
    samples = await scrape(gateway)
    assert samples["actor_falls", "broadcaster"] == 0
    gateway.system.falls["broadcaster"].append(trio.current_time())
    samples = await scrape(gateway)
    assert samples["actor_falls", "broadcaster"] == 1
    assert samples["actor_falls_bound", "broadcaster"] == 5
    await trio.sleep(61)
    assert (await scrape(gateway))["actor_falls", "broadcaster"] == 0
    names = {labels[0] for name, *labels in samples if name == "actor_falls"}
    wanted = {"broadcaster", "batches", "listings", "retention", "stream primary"}
    assert wanted | {"controls primary"} <= names


async def test_an_actor_that_falls_shows(gateway, autojump_clock, monkeypatch):
    """P20: what is counted is what its supervisor counts."""

    def falls(report, heard):
        raise RuntimeError("defect")

    with monkeypatch.context() as broken:
        broken.setattr(gateway.system.streams["primary"].book, "hear", falls)
        gateway.brokers["primary"].push(a_row("1"))
        await trio.sleep(0.1)
    assert (await scrape(gateway))["actor_falls", "stream primary"] == 1
    assert fallen_since(gateway.system.falls["stream primary"], trio.current_time()) == 0


def test_the_log_of_a_store_has_a_size(tmp_path):
    """P20: 0 before there is one."""
    store = tmp_path / "o.db"
    assert log_bytes(store) == 0
    (tmp_path / "o.db-wal").write_bytes(b"x" * 7)
    assert log_bytes(store) == 7


async def test_questions_that_wait_are_counted(gateway, autojump_clock, monkeypatch):
    """P20: what a client has asked and not been answered, of the one that has most."""
    async with listen(gateway) as quiet, listen(gateway) as socket:
        await hear(quiet)
        await hear(socket)
        with monkeypatch.context() as held:
            held.setattr(Subscription, "ask", lambda one, answer: one._asked.append(answer))
            for _ in range(50):
                await socket.send("ping")
            samples = await scrape(gateway)
        assert samples["queue_used", "client_asked"] == 50
        assert 20 < samples["queue_used", "client_messages"] < 50
        await socket.send("ping")  # and this one is heard of
        assert [await socket.receive() for _ in range(51)] == ["pong"] * 51
        assert (await scrape(gateway))["queue_used", "client_asked"] == 0


async def test_frames_that_are_kept_for_a_feed_are_counted(gateway, autojump_clock):
    """P20: of the feed that has most; none while nobody reads."""
    async with listen(gateway) as socket:
        await hear(socket)
        for n in range(3):
            await gateway.tell(a_row(str(n)))
            await hear(socket)
        samples = await scrape(gateway)
        assert samples["queue_used", "feed_frames"] == samples["queue_used", "feed_heads"] == 3
    await trio.sleep(1)
    assert (await scrape(gateway))["queue_used", "feed_frames"] == 0


async def test_logins_and_choices_that_are_remembered_are_counted(gateway, autojump_clock):
    """P20: browsers at a broker's page; callers of the order stream who have chosen."""
    path = "/api/order-stream/subscribe?event_types=OnOrders"
    await gateway.post(path, b"")
    samples = await scrape(gateway)
    assert samples["queue_used", "order_stream_callers"] == 1
    assert samples["queue_used", "login_states"] == 0


@pytest.mark.process
async def test_what_a_connection_has_used_is_told(gateway):
    """P20, P6: frames of any kind, bytes that it has not taken; and that it is written ready ones."""
    async with serving(gateway) as url, plug(url) as wire, plug(url) as other:
        for each in (wire, other):
            await each.upgrade("/ws/orders/primary")
            await each.until(b"connection_established")
        await wire.send(PING_FRAME * 900)
        await wire.until(b"\x8a\x00" * 900)
        answer = await gateway.app.test_client().get("/metrics")
        lines = (await answer.get_data(as_text=True)).splitlines()
    found = dict(line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
    assert 0 < float(found['queue_used{name="client_frames"}']) <= 900
    assert float(found['queue_bound{name="client_frames"}']) == 1000
    unsent = float(found['queue_used{name="client_unacknowledged_bytes"}'])
    assert 0 <= unsent < float(found['queue_bound{name="client_unacknowledged_bytes"}'])
    assert float(found["websocket_lanes"]) == 2
