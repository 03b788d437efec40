"""The door: one call builds the tree on a real store, and the end of the block closes it."""

from contextlib import asynccontextmanager

import pytest
import trio

from actors import BatchRequest, Config, LogPosition, open_system, system
from actors.domain.config import StoreConfig
from actors.domain.errors import PositionGone, Refused, StoreError, StoreLocked
from actors.domain.ids import Epoch, Offset
from actors.storage.sqlite import SqliteStore

from .broker import FakeUpstream
from .fakes import (
    HEDGE,
    PRIMARY,
    START,
    SlowDisk,
    a_config,
    a_leg_request,
    a_row,
    a_trade,
    fake_seams,
)


@pytest.fixture
def world(tmp_path, monkeypatch):
    """Give a configuration of two accounts on a real store, each with a broker by hand."""

    class World:
        """Two accounts, two brokers, one file."""

        config = Config(
            {PRIMARY: a_config(), HEDGE: a_config()},
            store=StoreConfig(str(tmp_path / "orderwire.db")),
        )

        def __init__(self):
            self.brokers = {}

        def open(self, account_id, config, seams):
            """Open an account at its broker, the same one after a restart."""
            assert config == self.config.accounts[account_id]
            assert seams.now() >= START
            return self.brokers.setdefault(account_id, FakeUpstream())

        @asynccontextmanager
        async def run(self, for_s=1.0, **seams):
            """Run a system; the block begins once the accounts are live."""
            async with open_system(self.config, fake_seams(**seams)) as opened:
                await trio.sleep(for_s)
                yield opened

    world = World()
    monkeypatch.setitem(system.UPSTREAMS, "ticker_service", world.open)
    return world


async def test_it_starts_live_and_ends_clean(world, autojump_clock):
    """P18: every account comes live; the block's end stops all and closes the store."""
    async with world.run() as opened:
        assert opened.accounts == (PRIMARY, HEDGE)
        assert opened.not_ready() == []
        assert {opened.status(account).state for account in opened.accounts} == {"live"}
        assert opened.started_at == START
        begun = trio.current_time()
    assert trio.current_time() == begun
    async with world.run(0):
        pass


async def test_an_account_that_has_not_reconciled_is_named(world, autojump_clock):
    """`/ready` needs to say who is missing."""
    world.brokers[HEDGE] = FakeUpstream(answer_s=100)
    async with world.run() as opened:
        assert opened.not_ready() == [HEDGE]


async def test_a_view_stands_at_its_position(world, autojump_clock):
    """P13: book and position are taken together, and say exactly which events they hold."""
    async with world.run() as opened:
        world.brokers[PRIMARY].push(a_row("1"))
        await trio.sleep(1)
        view = opened.view("primary")
        assert view.position == opened.journal.position
        row = view.book.orders["1"]
        assert row.offset <= view.position.offset
        assert opened.status(PRIMARY).last_update_at is not None
        assert opened.status(HEDGE).last_update_at is None
        with pytest.raises(Refused, match="no account nobody"):
            opened.view("nobody")


async def test_events_come_as_they_are_committed(world, autojump_clock):
    """P1: all, or those of one account, from a position or from now on."""
    async with world.run() as opened:
        start = opened.journal.position
        got = {"all": [], "hedge": [], "now": []}

        async def follow(name, **wishes):
            async for event in opened.events(**wishes):
                got[name].append((event.account_id, event.subject))

        async with trio.open_nursery() as nursery:
            nursery.start_soon(lambda: follow("all", since=start))
            nursery.start_soon(lambda: follow("hedge", account="hedge", since=start))
            await trio.sleep(1)
            world.brokers[PRIMARY].push(a_row("1"))
            world.brokers[HEDGE].push(a_row("2"))
            await trio.sleep(1)
            nursery.start_soon(lambda: follow("now"))
            await trio.sleep(1)
            world.brokers[PRIMARY].push(a_row("3"))
            await trio.sleep(1)
            nursery.cancel_scope.cancel()
        assert sorted(got["all"]) == [("hedge", "2"), ("primary", "1"), ("primary", "3")]
        assert got["hedge"] == [("hedge", "2")]
        assert got["now"] == [("primary", "3")]


async def test_events_from_a_place_that_is_gone_are_refused(world, autojump_clock):
    """P4: another store's position is told as such."""
    async with world.run() as opened:
        events = opened.events(since=LogPosition(Epoch("other"), Offset(0)))
        with pytest.raises(PositionGone, match="epoch"):
            await anext(events)


async def test_a_restart_is_the_same_record(world, autojump_clock):
    """P5, P12: same epoch, same offsets, same books; nothing is told again."""
    async with world.run() as opened:
        world.brokers[PRIMARY].show(a_row("1", "COMPLETE", filled_quantity=50))
        world.brokers[PRIMARY].trades.append(a_trade("7"))
        opened.streams[PRIMARY].nudge()
        await trio.sleep(2)
        before = opened.view("primary")
        events = list(opened.journal.recent(Offset(0)))
    async with world.run() as opened:
        assert opened.journal.epoch == before.position.epoch
        again = [e for e in opened.journal.recent(Offset(0)) if e.offset <= events[-1].offset]
        assert [(e.offset, e.data) for e in again][: len(events)] == [
            (e.offset, e.data) for e in events
        ]
        later = opened.journal.recent(before.position.offset)
        assert {event.type for event in later} == {"stream_status"}
        book = opened.view("primary").book
        assert book.orders["1"].value == before.book.orders["1"].value
        assert list(book.trades) == list(before.book.trades)


async def test_a_second_gateway_on_the_store_refuses_to_start(world, autojump_clock):
    """P14: StoreLocked, and the first one is not disturbed."""
    async with world.run() as opened:
        with pytest.raises(StoreLocked):
            async with open_system(world.config, fake_seams()):
                pass
        world.brokers[PRIMARY].push(a_row("1"))
        await trio.sleep(1)
        assert list(opened.view("primary").book.orders) == ["1"]


async def test_a_batch_goes_through_the_door(world, autojump_clock):
    """P10: place_batch names the account; one that is not there is 404."""
    async with world.run() as opened:
        batch = await opened.place_batch("primary", [a_leg_request("FILL")], on_failure="keep")
        assert batch.outcome == "complete"
        with pytest.raises(Refused) as caught:
            await opened.submit_batch("nobody", BatchRequest((a_leg_request("FILL"),)))
        assert caught.value.status == 404


async def test_what_was_heard_last_is_durable_at_the_end(world, autojump_clock):
    """P18: what a stream handed over when the end came is in the store."""
    async with world.run(offload=SlowDisk(0.1)):
        world.brokers[PRIMARY].push(*(a_row(str(n)) for n in range(900)))
        await trio.sleep(0.001)
    async with world.run(0) as opened:
        assert len(opened.view("primary").book.orders) == 900


async def test_a_cancelled_system_closes_in_order(world, autojump_clock):
    """P18: cancelled from outside, with a batch on its way: within the grace, and taken up next."""
    with trio.move_on_after(5):
        async with world.run() as opened:
            request = BatchRequest((a_leg_request("GONE"),), wait_s=0)
            await opened.submit_batch("primary", request)
            await trio.sleep_forever()
    assert trio.current_time() <= 5 + system.SETTLE_S + system.FLUSH_S
    async with world.run(30) as opened:
        (row,) = opened.view("primary").book.batches.values()
        assert row.value.outcome == "rejected_clean"


async def test_a_batch_on_its_way_gets_a_moment_at_the_end(world, autojump_clock):
    """P18: what can be unwound within the grace is unwound before the streams end."""
    async with world.run() as opened:
        legs = (a_leg_request("FILL"), a_leg_request("REFUSE"))
        await opened.submit_batch("primary", BatchRequest(legs, wait_s=0))
    async with world.run(0) as opened:
        (row,) = opened.view("primary").book.batches.values()
        assert row.value.outcome == "unwound"


async def test_the_blocks_own_error_comes_out_plain(world, autojump_clock):
    """Whoever opens the door catches what they raised, not a group."""

    async def block():
        async with world.run():
            raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        await block()


async def test_one_account_that_falls_again_and_again_is_given_up(
    world, autojump_clock, monkeypatch
):
    """P6: a defect that repeats ends one account, told as down; the others live on."""
    async with world.run() as opened:

        def falls(report, heard):
            raise RuntimeError("defect")

        monkeypatch.setattr(opened.streams[PRIMARY].book, "hear", falls)
        for _ in range(60):
            world.brokers[PRIMARY].push(a_row("1"))
            await trio.sleep(1)
        assert opened.status(PRIMARY).state == "down"
        assert opened.view("primary").book.status.value.state == "down"
        world.brokers[HEDGE].push(a_row("2"))
        await trio.sleep(1)
        assert opened.status(HEDGE).state == "live"
        assert list(opened.view("hedge").book.orders) == ["2"]
        attempts = len(world.brokers[PRIMARY].times("stream"))
        await trio.sleep(600)
        assert len(world.brokers[PRIMARY].times("stream")) == attempts


async def test_a_store_that_cannot_be_read_starts_nothing(world, autojump_clock, monkeypatch):
    """P12: the file is closed again, so that the next start finds it free."""

    def fails(self, *, today, tail_max):
        raise StoreError("the file cannot be read")

    with monkeypatch.context() as broken:
        broken.setattr(SqliteStore, "load", fails)
        with pytest.raises(StoreError, match="cannot be read"):
            async with open_system(world.config, fake_seams()):
                pass
    async with world.run() as opened:
        assert opened.not_ready() == []


async def test_with_no_seams_the_world_is_real(world, monkeypatch):
    """A gateway opened without seams runs on real clocks, threads and sockets."""
    async with open_system(world.config) as opened:
        with trio.fail_after(10):
            for stream in opened.streams.values():
                await stream.reconciled_once.wait()
        assert opened.seams.now() > opened.started_at


async def test_the_broadcaster_is_fed(world, autojump_clock):
    """P1: a subscriber of the door's broadcaster hears what the door's accounts do."""
    from actors.feed import Selection

    async with world.run() as opened:
        wish = Selection(frozenset({PRIMARY}), frozenset({"order_update"}))
        subscription = opened.broadcaster.subscribe(wish)
        world.brokers[PRIMARY].push(a_row("1"))
        (wire,), (event,) = await subscription.next()
        assert event.subject == "1"
        assert b'"order_update"' in wire


def test_an_epoch_is_an_identity():
    """P5: sixteen letters that name one store's log, another one for each store."""
    from random import Random

    random = Random(1)
    epochs = {system.make_epoch(random) for _ in range(1000)}
    assert len(epochs) == 1000
    assert {len(epoch) for epoch in epochs} == {16}
