"""The store keeps what it acknowledged, all or none, and gives it back as it was."""

from __future__ import annotations

import threading
from contextlib import closing

import attrs
import pytest

from actors.domain.errors import GatewayBug, StoreError, StoreLocked
from actors.domain.ids import AccountId, Epoch, Offset
from actors.storage import Loaded, Store
from actors.storage.sqlite import open_store
from tests.actors.storage.samples import (
    EPOCH,
    TODAY,
    TYPES,
    event,
    log,
)


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
    (query,) = (text for text in asked if "FROM events" in text)
    (plan,) = store._reader.execute(f"EXPLAIN QUERY PLAN {query}")
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
    """P12: when SQLite fails after half of the rows were written, none of them is there."""
    store.commit(log(10))
    before = load(store)
    store._writer.execute(
        "CREATE TEMP TRIGGER fault BEFORE INSERT ON trades"
        " BEGIN SELECT RAISE(ABORT, 'a fault of the disk'); END"
    )
    with pytest.raises(StoreError, match="cannot be written: a fault of the disk"):
        store.commit(log(10, after=10))
    assert load(store) == before
    store._writer.execute("DROP TRIGGER fault")
    store.commit(log(10, after=10))
    assert load(store).last == 20


def test_what_cannot_be_bound_takes_nothing_with_it(store):
    """P12: an exception that is not SQLite's own, half-way, leaves nothing and no open transaction."""
    bad = log(10)
    bad[7] = attrs.evolve(bad[7], subject="\ud800")
    with pytest.raises(UnicodeEncodeError):
        store.commit(bad)
    assert load(store).last == 0
    store.commit(log(10))


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
