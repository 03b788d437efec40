"""Old events are retired once a trading day, between commits, and nobody is skipped silently."""

from contextlib import closing
from datetime import timedelta

import pytest
import structlog
import trio
from attrs import define, evolve

from actors import Config, open_system, system
from actors.broadcaster import Broadcaster
from actors.domain.config import StoreConfig
from actors.domain.days import next_begin, trading_day
from actors.domain.errors import PositionGone, StoreDamaged, StoreError
from actors.domain.ids import LogPosition, Offset
from actors.retention import HOLD_LOOKS_MAX, LOOK_S, Retention
from actors.runtime.journal import Journal
from actors.runtime.seams import Seams, offload_inline
from actors.storage import retire
from actors.storage.sqlite import SqliteStore, open_store
from actors.writer import Writer, number

from .broker import FakeUpstream
from .fakes import (
    EPOCH,
    HEDGE,
    PRIMARY,
    START,
    TODAY,
    a_config,
    a_draft,
    a_position,
    a_row,
    a_trade,
    fake_seams,
    virtual_now,
)
from .given_air import MESSAGES
from .storage.given_days import books_of, whole

DAY_S = 24 * 3600


@define
class Desk:
    """A real store with its journal, writer and broadcaster, and the retention of their record."""

    config: Config
    seams: Seams
    store: SqliteStore
    journal: Journal
    writer: Writer
    broadcaster: Broadcaster

    def add(self, count, days_old):
        """Commit messages of some days ago."""
        at = virtual_now() - timedelta(days=days_old)
        drafts = [evolve(a_draft(n), received_at=at) for n in range(count)]
        events = number(drafts, after=self.journal.end)
        self.store.commit(events)
        self.journal.append(events)


@pytest.fixture
async def desk(tmp_path, nursery):
    """Give a desk that keeps two days, and has ten events of each of the last five."""
    path = tmp_path / "orderwire.db"
    store = open_store(path, make_epoch=lambda: EPOCH)
    with closing(store):
        loaded = store.load(today=TODAY, tail_max=10)
        journal = Journal(store, loaded, [PRIMARY], offload_inline, tail_max=4)
        writer = Writer(store, journal, offload_inline)
        config = Config({}, store=StoreConfig(str(path), 2))
        desk = Desk(config, fake_seams(), store, journal, writer, Broadcaster(journal))
        for days_old in range(4, -1, -1):
            desk.add(10, days_old)
        with trio.CancelScope() as scope:
            nursery.start_soon(writer.run)
            nursery.start_soon(desk.broadcaster.run)
            yield desk
            scope.cancel()


def offsets(events):
    """Give the offsets of events."""
    return [event.offset for event in events]


async def test_what_is_too_old_is_retired_at_the_start(desk, nursery, autojump_clock):
    """What came before the oldest kept day is gone from the record, and whoever wants it is told."""
    nursery.start_soon(Retention(desk).run)
    await trio.sleep(10)
    assert (desk.journal.base, desk.journal.end) == (20, 50)
    assert offsets(desk.store.read(Offset(0), limit=100)) == list(range(21, 51))
    with pytest.raises(PositionGone, match="expired"):
        desk.journal.check(LogPosition(EPOCH, Offset(19)))
    with pytest.raises(PositionGone, match="expired"):
        await desk.journal.read(Offset(19))
    assert offsets(await desk.journal.read(Offset(20), 2)) == [21, 22]


async def test_it_goes_on_each_trading_day(desk, nursery, autojump_clock):
    """A day that is over too long goes when a new one has begun, at six in the morning."""
    nursery.start_soon(Retention(desk).run)
    to_six_s = (next_begin(START) - START).total_seconds()
    await trio.sleep(to_six_s - 10)
    assert desk.journal.base == 20
    await trio.sleep(LOOK_S + 20)
    assert desk.journal.base == 30
    await trio.sleep(5 * DAY_S)
    assert desk.journal.base == desk.journal.end == 50


async def test_for_ever_is_for_ever(desk, autojump_clock):
    """With `retention_days` 0 nothing is looked for, and the service is done."""
    desk.config = Config({}, store=StoreConfig("", 0))
    await Retention(desk).keep()
    assert desk.journal.base == 0


async def test_who_reads_there_holds_it_back(desk, nursery, autojump_clock):
    """P4: a subscriber who is catching up gets every event, and then they go."""
    subscription = desk.broadcaster.subscribe(MESSAGES, Offset(5))
    nursery.start_soon(Retention(desk).run)
    await trio.sleep(60)
    assert desk.journal.base == 0
    wires, _ = await subscription.next()
    assert (len(wires), subscription.offset) == (45, 50)
    await trio.sleep(10)
    assert desk.journal.base == 20


async def test_who_never_moves_is_told(desk, nursery, autojump_clock):
    """P4: one who stays behind holds it back for ten minutes, and then is told; never skipped."""
    subscription = desk.broadcaster.subscribe(MESSAGES, Offset(5))
    nursery.start_soon(Retention(desk).run)
    await trio.sleep(HOLD_LOOKS_MAX - 5)
    assert desk.journal.base == 0
    await trio.sleep(20)
    assert desk.journal.base == 20
    with pytest.raises(PositionGone, match="expired"):
        await subscription.next()


async def test_commits_come_between_the_pieces(desk, nursery, autojump_clock, monkeypatch):
    """P15: however much is retired, whoever hands over waits for a piece at most."""
    monkeypatch.setattr(retire, "PIECE", 1)
    nursery.start_soon(Retention(desk).run)
    bases = []
    while desk.journal.base < 20:
        await trio.sleep(0.1)
        assert await desk.writer.commit([a_draft(1)]) == desk.journal.end
        bases.append(desk.journal.base)
    assert len(bases) > 5
    await trio.sleep(10)
    kept = desk.store.read(Offset(0), limit=500)
    assert offsets(kept) == list(range(21, desk.journal.end + 1))


@pytest.mark.parametrize("fault", [StoreError("full"), StoreDamaged("altered")])
async def test_a_fault_is_told_and_keeps_the_events(desk, nursery, autojump_clock, fault):
    """P12, P15: where the disk fails it is tried again later; a damaged prefix stays for the day."""
    sound, calls = desk.store, []

    class Faulty:
        """A store whose pieces fail."""

        older_than = sound.older_than

        def retire(self, upto):
            """Fail at the first piece."""
            calls.append(upto)
            raise fault
            yield

    desk.writer._store = Faulty()
    with structlog.testing.capture_logs() as entries:
        nursery.start_soon(Retention(desk).run)
        await trio.sleep(LOOK_S + 10)
    damaged = isinstance(fault, StoreDamaged)
    assert calls == [20] * (1 if damaged else 2)
    assert {entry["log_level"] for entry in entries} == {"error" if damaged else "warning"}
    assert desk.journal.base == 0
    desk.writer._store = sound
    await trio.sleep(DAY_S)
    assert desk.journal.base == 30


async def test_a_defect_ends_retention_and_nothing_else(desk, autojump_clock, monkeypatch):
    """One that falls again and again is given up; the gateway goes on."""
    monkeypatch.setattr(desk.store.__class__, "older_than", None)
    with structlog.testing.capture_logs() as entries:
        await Retention(desk).keep()
    assert entries[-1]["event"] == "retention given up"


async def test_a_week_at_two_days(tmp_path, autojump_clock, monkeypatch):
    """P5, P13: a gateway that keeps two days runs for a week: what its store folds into from the
    base is what its books hold, each day; a restart has the same, under the same epoch.
    """
    brokers = {PRIMARY: FakeUpstream(), HEDGE: FakeUpstream()}
    monkeypatch.setitem(system.UPSTREAMS, "ticker_service", lambda name, *_: brokers[name])
    config = Config(
        {name: a_config(reconcile_s=3600, poll_s=3600) for name in brokers},
        store=StoreConfig(str(tmp_path / "orderwire.db"), 2),
    )
    epochs, bases = set(), []
    for _ in range(2):
        async with open_system(config, fake_seams()) as opened:
            for _ in range(4):
                trade_a_day(brokers)
                await trio.sleep(DAY_S / 2)
                clear_the_books(brokers)
                await trio.sleep(DAY_S / 2)
                later = opened.journal._store.read(opened.journal.base, limit=10_000)
                assert books_of(opened.journal._store.stood(), later) == whole_of(opened)
                bases.append(opened.journal.base)
            epochs.add(opened.journal.epoch)
            await opened.halt(PRIMARY, "over the night")
            await trio.sleep(1)
            books = whole_of(opened)
        with closing(open_store(tmp_path / "orderwire.db", make_epoch=lambda: EPOCH)) as store:
            loaded = store.load(today=trading_day(virtual_now()), tail_max=100)
        assert books_of(loaded.current, []) == books
    assert len(epochs) == 1
    assert bases == sorted(bases)
    assert bases[2] > 0
    assert len(set(bases)) > 4


async def test_the_last_words_are_kept_however_old(desk, nursery, autojump_clock):
    """P5: when every event has been retired, what stood is at the base, and is loaded from there."""
    nursery.start_soon(Retention(desk).run)
    await trio.sleep(10 * DAY_S)
    assert desk.journal.base == 50
    loaded = desk.store.load(today=TODAY, tail_max=10)
    texts = [row.value.text for row in loaded.current if row.type == "message"]
    assert texts == [row.value.text for row in desk.journal.view[PRIMARY].messages]
    assert (loaded.base, loaded.last, loaded.tail) == (50, 50, ())


def trade_a_day(brokers):
    """Have each broker show what came to be today."""
    at = virtual_now()
    for name, broker in brokers.items():
        old = [a_row("gtt", placed_at=START, quantity=50 + at.day)] if name == PRIMARY else []
        done = a_row(f"done {at.day}", "COMPLETE", filled_quantity=50, placed_at=at)
        broker.show(*old, done, a_row(f"open {at.day}", placed_at=at))
        broker.trades.append(a_trade(f"t{at.day}", done.order_id, account_id=name, traded_at=at))
        broker.positions[:] = [a_position("SBIN", at.day, account_id=name)]


def clear_the_books(brokers):
    """Have each broker clear its book as brokers do in the night; what is good till triggered stays."""
    for broker in brokers.values():
        broker.orders = {key: row for key, row in broker.orders.items() if key == "gtt"}
        broker.trades.clear()


def whole_of(opened):
    """Give the running books as values."""
    return whole(dict(opened.journal.view))
