"""The store keeps what it acknowledged, all or none, and gives it back as it was."""

from __future__ import annotations

import gc
import tempfile
import threading
from contextlib import closing
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.domain.errors import GatewayBug, StoreError, StoreLocked
from actors.domain.ids import AccountId, Epoch, Offset
from actors.storage import Loaded, Store
from actors.storage.sqlite import open_store
from tests.actors.storage.samples import (
    EPOCH,
    NOON,
    TODAY,
    TYPES,
    event,
    folded,
    log,
    restored,
)

ONE_DAY = timedelta(days=1)


def load(store, today=TODAY):
    return store.load(today=today, tail_max=1_000_000)


def test_a_new_store_is_empty(store):
    """P5: a new store has the epoch that was made for it, and is before the first event."""
    is_a_store: Store = store
    assert is_a_store.epoch == EPOCH
    assert load(store) == Loaded(Offset(0), (), ())
    assert store.read(Offset(0), limit=10) == []


@pytest.mark.parametrize("kind", TYPES)
def test_every_type_comes_back(store, path, kind):
    """P12: an event of every type is there again after closing and opening, to the byte."""
    written = event(1, kind, n=1)
    store.commit([written])
    store.close()
    with closing(open_store(path, make_epoch=lambda: Epoch("never"))) as again:
        assert again.epoch == EPOCH
        assert load(again).tail == (written,)
        assert again.read(Offset(0), limit=10) == [written]


@settings(max_examples=40, deadline=None)
@given(
    drafts=st.lists(
        st.tuples(st.sampled_from(TYPES), st.sampled_from(["a", "b"]), st.integers(0, 3)),
        max_size=40,
    ),
    cuts=st.sets(st.integers(0, 40)),
)
def test_what_stands_is_what_the_events_fold_into(drafts, cuts):
    """P13: however events were grouped, the loaded books equal the books folded from all of them:
    the same rows in the same order, with the same bytes, first and latest offsets, and legs.
    """
    events = [
        event(offset, kind, account=account, key=key, n=offset)
        for offset, (kind, account, key) in enumerate(drafts, 1)
    ]
    edges = sorted({0, len(events), *(cut for cut in cuts if cut < len(events))})
    with (
        tempfile.TemporaryDirectory() as folder,
        closing(open_store(Path(folder) / "s.db", make_epoch=lambda: EPOCH)) as store,
    ):
        for begin, end in pairwise(edges):
            store.commit(events[begin:end])
        loaded = load(store)
    assert list(loaded.tail) == events
    assert loaded.last == len(events)
    assert restored(loaded) == folded(events)


def test_legs_are_found_by_their_tags(store):
    """P9: each broker tag of a batch, its flattening orders' too, leads to batch and order."""
    store.commit([event(1, "batch_update", n=1), event(2, "batch_update", key=2, n=2)])
    store.commit([attrs.evolve(event(3, "batch_update", key=2, n=7), value=None)])
    legs = "SELECT broker_tag, batch_id, order_id FROM legs WHERE account_id = 'primary'"
    assert set(store._reader.execute(legs)) == {
        ("T1L0", "b1", "o1"),
        ("T1F0", "b1", "o1"),
        ("T2L0", "b2", "o7"),
        ("T2F0", "b2", "o7"),
    }


@pytest.mark.parametrize(
    ("kind", "n", "days_kept"),
    [
        ("order_update", 0, 99),  # open
        ("order_update", 2, 0),  # complete
        ("correction", 3, 0),  # cancelled
        ("trade_update", 0, 0),
        ("position_update", 0, 99),
        ("batch_update", 0, 99),  # running
        ("batch_update", 1, 99),  # unknown
        ("batch_update", 2, 1),  # complete
        ("message", 0, 99),
        ("stream_status", 0, -1),
    ],
)
def test_a_start_loads_the_day_and_what_has_not_ended(store, kind, n, days_kept):
    """P18: orders and trades of the trading day, batches a day longer, and whatever still stands."""
    store.commit([event(1, kind, n=n)])
    assert {days for days in (0, 1, 2, 99) if load(store, TODAY + days * ONE_DAY).current} == {
        days for days in (0, 1, 2, 99) if days <= days_kept
    }


def test_an_order_belongs_to_the_day_of_its_latest_event(store):
    """An order of yesterday that changed after midnight in India is of today."""
    before = event(1, n=2, at=NOON.replace(hour=18, minute=29) - ONE_DAY)
    store.commit([before])
    assert load(store).current == ()
    after = event(2, n=3, at=NOON.replace(hour=18, minute=30) - ONE_DAY)
    store.commit([after])
    assert load(store).current == ((1, after),)


def test_the_newest_messages_of_each_account_are_loaded(store):
    """P20: of each account's messages the newest 1000 are loaded, in order, and no more."""
    accounts = ["primary" if offset % 4 else "hedge" for offset in range(1, 1601)]
    messages = [event(o, "message", account=a, n=o) for o, a in enumerate(accounts, 1)]
    store.commit(messages)
    loaded = [e for _, e in load(store, TODAY + 9 * ONE_DAY).current]
    primary = [e for e in messages if e.account_id == "primary"][-1000:]
    assert [e for e in loaded if e.account_id == "primary"] == primary
    assert [e for e in loaded if e.account_id == "hedge"] == messages[3::4]


@pytest.mark.parametrize("tail_max", [0, 1, 39, 40, 41])
def test_the_tail_is_the_newest_events(store, tail_max):
    """P1: the tail has as many of the newest events as were asked for, ending at the last."""
    events = log(40)
    store.commit(events)
    loaded = store.load(today=TODAY, tail_max=tail_max)
    assert list(loaded.tail) == (events[-tail_max:] if tail_max else [])
    assert loaded.last == 40


def test_reading_gives_what_follows_an_offset(store):
    """P4: events after an offset come in order, up to a limit, without a hole."""
    events = log(60)
    store.commit(events)
    assert store.read(Offset(10), limit=20) == events[10:30]
    assert store.read(Offset(55), limit=20) == events[55:]
    assert store.read(Offset(60), limit=20) == []


@pytest.mark.parametrize("account_id", [None, "primary", "hedge", "nobody"])
@pytest.mark.parametrize("subject", [None, "o5", "b5", "nothing"])
def test_reading_can_be_narrowed(store, account_id, subject):
    """An account's or a subject's events alone can be read, together or each."""
    events = log(200)
    store.commit(events)
    wanted = [
        e
        for e in events[20:]
        if account_id in (None, e.account_id) and subject in (None, e.subject)
    ]
    owner = None if account_id is None else AccountId(account_id)
    assert store.read(Offset(20), limit=500, account_id=owner, subject=subject) == wanted
    assert store.read(Offset(20), limit=2, account_id=owner, subject=subject) == wanted[:2]


def test_a_history_is_read_by_its_index(store):
    """One order's history costs the same however long the log is: SQLite uses the index."""
    asked = []
    store._reader.set_trace_callback(asked.append)
    store.read(Offset(5), limit=9, account_id=AccountId("primary"), subject="o1")
    store._reader.set_trace_callback(None)
    (plan,) = store._reader.execute(f"EXPLAIN QUERY PLAN {asked[0]}")
    assert "events_subject (account_id=? AND subject=? AND rowid>?)" in plan[3]


@pytest.mark.parametrize("offsets", [(4,), (3, 5), (2, 3), (0,)])
def test_events_that_do_not_follow_are_refused(store, offsets):
    """P1: offsets that leave a hole or come twice are our bug; nothing of the group is kept."""
    store.commit(log(2))
    with pytest.raises(GatewayBug, match="cannot follow"):
        store.commit([event(offset) for offset in offsets])
    assert load(store).last == 2
    store.commit(log(1, after=2))
    assert load(store).last == 3


def test_a_commit_is_all_or_none(store):
    """P12: an event in the middle that cannot be written takes the whole group with it."""
    store.commit(log(10))
    before = load(store)
    bad = log(10, after=10)
    bad[7] = attrs.evolve(bad[7], subject="\ud800")
    with pytest.raises(UnicodeEncodeError):
        store.commit(bad)
    assert load(store) == before
    store.commit(log(10, after=10))
    assert load(store).last == 20


def test_nothing_is_a_group_too(store):
    """Committing no events writes nothing, even where nothing could be written."""
    store._writer.execute("PRAGMA query_only = ON")
    store.commit([])


def test_readers_see_only_what_was_committed(store):
    """P5: while a commit is under way a reader is not held up, and sees what was before it."""
    store.commit(log(10))
    store._writer.execute("BEGIN IMMEDIATE")
    store._writer.execute("DELETE FROM events WHERE offset > 3")
    assert load(store).last == 10
    assert len(store.read(Offset(0), limit=100)) == 10
    store._writer.execute("ROLLBACK")


def test_many_threads_may_call(store):
    """P1: with a writer and readers in threads of their own, each reader sees a prefix."""
    faults = []

    def read() -> None:
        for _ in range(20):
            seen = [e.offset for e in store.read(Offset(0), limit=10_000)]
            if seen != list(range(1, len(seen) + 1)):
                faults.append(seen)

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for after in range(0, 400, 10):
        store.commit(log(10, after=after))
    for reader in readers:
        reader.join()
    assert faults == []
    assert load(store).last == 400


@pytest.mark.parametrize("was_on", [True, False])
def test_loading_leaves_the_collector_as_it_was(store, was_on):
    """The garbage collector rests while loading, and is on again only if it was on before."""
    (gc.enable if was_on else gc.disable)()
    try:
        load(store)
        assert gc.isenabled() is was_on
    finally:
        gc.enable()


def test_closing_leaves_one_whole_file(store, path):
    """P18: closing copies the log into the file and lets go of the lock; closing again is fine."""
    store.commit(log(50))
    with pytest.raises(StoreLocked):
        open_store(path, make_epoch=lambda: EPOCH)
    store.close()
    store.close()
    assert sorted(p.name for p in path.parent.iterdir()) == ["orderwire.db", "orderwire.db.lock"]
    with pytest.raises(StoreError, match="closed"):
        store.commit(log(1, after=50))
    with pytest.raises(StoreError, match="closed"):
        load(store)
    with closing(open_store(path, make_epoch=lambda: EPOCH)) as again:
        assert load(again).last == 50


def test_a_path_that_is_a_link_is_the_same_store(store, path, tmp_path):
    """P14: another name for the same file is the same store, under the same lock."""
    (tmp_path / "alias.db").symlink_to(path)
    with pytest.raises(StoreLocked):
        open_store(tmp_path / "alias.db", make_epoch=lambda: EPOCH)


def test_a_large_store_is_loaded_whole(store):
    """P18: of a hundred thousand events, 25,000 orders of today stand, each at its latest."""
    from tests.load.store import TODAY as BUSY_DAY
    from tests.load.store import day_of_orders

    events = list(day_of_orders(100_000))
    for begin in range(0, len(events), 5000):
        store.commit(events[begin : begin + 5000])
    loaded = store.load(today=BUSY_DAY, tail_max=20_000)
    assert [(first, e.offset) for first, e in loaded.current] == [
        (first, first + 75_000) for first in range(1, 25_001)
    ]
    assert list(loaded.tail) == events[-20_000:]
