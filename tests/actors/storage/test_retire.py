"""A prefix of the log gives way to a base, in short pieces, on a real file."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from datetime import timedelta
from itertools import pairwise

import pytest

from actors.domain.errors import StoreDamaged, StoreError
from actors.domain.ids import AccountId, Epoch, Offset
from actors.storage import retire
from actors.storage.rows import link_of
from actors.storage.sqlite import open_store
from tests.actors.storage.given_days import BEGIN, PER_DAY, books_of, days, turn
from tests.actors.storage.samples import event, restored

EVENTS = days(5)
LAST = len(EVENTS)
TODAY = (BEGIN + timedelta(days=4)).date()


def load(store):
    return store.load(today=TODAY, tail_max=1_000_000)


def reopened(path):
    return closing(open_store(path, make_epoch=lambda: Epoch("another")))


def base_books(store):
    """Give the books that the store's base and its later events fold into."""
    later = store.read(Offset(load(store).base), limit=10_000)
    return books_of(store.stood(), later)


def count(store, table):
    (found,) = store._reader.execute(f"SELECT count(*) FROM {table}").fetchone()
    return found


def assert_whole(store, base):
    """Check that the record is the events after the base, chained to it, and folds into the books."""
    loaded = load(store)
    assert (loaded.base, loaded.last) == (base, LAST)
    assert list(loaded.tail) == EVENTS[base:]
    assert store.read(Offset(0), limit=10_000) == EVENTS[base:]
    assert base_books(store) == books_of([], EVENTS)
    query = "SELECT offset, type, account_id, subject, data, received_at, chain FROM events"
    (link,) = store._reader.execute("SELECT chain FROM base").fetchone()
    for row in store._reader.execute(f"{query} WHERE offset > ? ORDER BY offset", (base,)):
        link = link_of(link, row)
        assert link == row[6]


@pytest.fixture
def filled(store):
    """Give a store with five days."""
    for begin in range(0, LAST, 50):
        store.commit(EVENTS[begin : begin + 50])
    return store


@pytest.fixture
def small_pieces(monkeypatch):
    """Let a piece be seven rows."""
    monkeypatch.setattr(retire, "PIECE", 7)


@pytest.mark.parametrize("upto", [0, 1, 59, 60, 61, 62, 150, 299, 300, 999])
def test_a_prefix_gives_way_to_a_base(filled, path, upto):
    """P12, P13: whatever is retired, the rest stays, the chain goes on, the books are the same; and
    so they are when the store was closed and opened.
    """
    before = restored(load(filled))
    bases = list(filled.retire(Offset(upto)))
    base = min(upto, LAST)
    assert bases[-1:] == ([base] if base else [])
    assert_whole(filled, base)
    assert restored(load(filled)) == before
    assert count(filled, "events") == LAST - base
    filled.close()
    with reopened(path) as again:
        assert again.epoch == filled.epoch
        assert_whole(again, base)


def test_any_step_may_be_the_last(filled, path, tmp_path, monkeypatch):
    """P12: a store whose process died after any of the steps is one with a prefix retired, or not
    yet; the next retiring finishes the work, and nothing of the unfinished one is left.
    """
    monkeypatch.setattr(retire, "PIECE", 45)
    list(filled.retire(Offset(70)))
    before, bases = restored(load(filled)), []
    for base in filled.retire(Offset(200)):
        bases.append(base)
        copy = tmp_path / "copy.db"
        for suffix in ("", "-wal"):
            shutil.copy(f"{path}{suffix}", f"{copy}{suffix}")
        with reopened(copy) as store:
            assert_whole(store, base)
            assert restored(load(store)) == before
            for upto in (200, 230):
                list(store.retire(Offset(upto)))
                assert_whole(store, upto)
            assert restored(load(store)) == before
            assert count(store, "events") == LAST - 230
            assert count(store, "stood WHERE base <> 230") == 0
    assert set(bases) == {70, 200}
    assert min(bases.count(70), bases.count(200)) > 2


def test_a_step_is_short(filled, small_pieces):
    """P20: no step writes more rows than a piece has, but for the legs of its batches."""
    before = filled._writer.total_changes
    changed = [before, *(filled._writer.total_changes for _ in filled.retire(Offset(250)))]
    assert len(changed) > 250 / 7
    assert max(b - a for a, b in pairwise(changed)) <= 7 * 3


def test_commits_go_on_between_the_steps(store, small_pieces):
    """P1, P13: what is committed while a prefix is being retired follows it."""
    store.commit(EVENTS[:200])
    more = iter(range(200, LAST, 5))
    for _ in store.retire(Offset(180)):
        if (begin := next(more, None)) is not None:
            store.commit(EVENTS[begin : begin + 5])
    for begin in more:
        store.commit(EVENTS[begin : begin + 5])
    assert_whole(store, 180)


def test_what_is_over_goes_and_what_stands_stays(filled):
    """P20: orders, trades and batches of the retired days go with their legs; open ones and all
    positions stay, however old.
    """
    tables = ("orders", "trades", "batches", "legs", "positions")
    before = {table: count(filled, table) for table in tables}
    list(filled.retire(Offset(4 * PER_DAY)))
    after = {table: count(filled, table) for table in tables}
    assert after["positions"] == before["positions"]
    assert all(after[table] < before[table] for table in tables[:4])
    open_before = {e.subject for e in EVENTS[: 4 * PER_DAY] if e.type == "order_update"}
    kept = filled._reader.execute("SELECT subject FROM orders WHERE ended = 0").fetchall()
    assert {subject for (subject,) in kept} & open_before
    batches = set(filled._reader.execute("SELECT account_id, subject FROM batches"))
    assert set(filled._reader.execute("SELECT account_id, batch_id FROM legs")) == batches


def test_a_history_begins_with_what_was_at_the_base(filled):
    """What is left of an order's life: its last retired event, while it stands, and all after."""
    lives = {}
    for each in EVENTS:
        if each.type in ("order_update", "correction"):
            lives.setdefault((each.account_id, each.subject), []).append(each)
    list(filled.retire(Offset(2 * PER_DAY + 30)))
    stood = {(row.account_id, row.subject, row.offset) for row in filled.stood()}
    seen = set()
    for (account, subject), life in lives.items():
        old = [each for each in life if each.offset <= 2 * PER_DAY + 30]
        left = [e for e in old[-1:] if (account, subject, e.offset) in stood]
        wanted = left + life[len(old) :]
        kept = filled.read(Offset(0), limit=99, account_id=AccountId(account), subject=subject)
        assert kept == wanted
        assert kept[:1] == filled.read(Offset(0), limit=1, account_id=account, subject=subject)
        after = kept[0].offset if kept else 0
        assert kept[1:] == filled.read(after, limit=99, account_id=account, subject=subject)
        seen.add((bool(left), len(wanted) > len(left)))
    assert seen >= {(True, True), (True, False), (False, True), (False, False)}


def test_a_thing_that_stood_is_found_by_its_index(filled):
    """P20: neither a history nor a sweep walks through all that stood for each thing."""
    asked = []
    for connection in (filled._reader, filled._writer):
        connection.set_trace_callback(asked.append)
    list(filled.retire(Offset(200)))
    filled.read(Offset(0), limit=9, account_id=AccountId("primary"), subject="o1")
    for connection in (filled._reader, filled._writer):
        connection.set_trace_callback(None)
    queries = {
        text for text in asked if "FROM stood" in text and "subject" in text.split("WHERE")[-1]
    }
    assert len(queries) > 3
    for query in queries:
        plan = filled._reader.execute(f"EXPLAIN QUERY PLAN {query}").fetchall()
        (search,) = (row[3] for row in plan if " stood " in row[3])
        assert "stood_subject (base=? AND account_id=? AND subject=?)" in search


@pytest.mark.parametrize(("days_on", "offset"), [(-1, 0), (0, 0), (1, 60), (4, 240), (9, 300)])
def test_the_age_of_events_is_found(filled, days_on, offset):
    """The last event before a moment is found by halving, also where the rest is retired."""
    moment = BEGIN + timedelta(days=days_on)
    assert filled.older_than(moment) == offset
    list(filled.retire(Offset(100)))
    assert filled.older_than(moment) == max(100, offset)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ("UPDATE base SET offset = 99", "of the newest 201 events there are 200"),
        ("UPDATE base SET offset = 101", "does not follow what was retired"),
        ("UPDATE base SET chain = x'00'", "does not follow what was retired"),
        ("UPDATE base SET offset = 'x'", "no word of which events were retired"),
        ("UPDATE base SET seal = NULL", "NOT NULL"),
        ("DELETE FROM base", "no word of which events were retired"),
        ("DELETE FROM events WHERE offset = 101", "there are 199: not a whole log"),
        ("UPDATE stood SET data = x'7b7d' WHERE type = 'position_update'", "were altered"),
        ("DELETE FROM stood WHERE type = 'message'", "were altered"),
        (
            "UPDATE stood SET first = 'x' WHERE first = (SELECT max(first) FROM stood)",
            "has values that none has",
        ),
    ],
)
def test_a_base_that_does_not_fit_is_refused(filled, path, change, word):
    """P12: a base, or what stood at it, altered behind our back is refused in clear words."""
    list(filled.retire(Offset(100)))
    filled.close()
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        try:
            connection.execute(change)
        except sqlite3.IntegrityError:
            assert word == "NOT NULL"
            return
    with pytest.raises(StoreDamaged, match=word), reopened(path) as again:
        load(again)


@pytest.mark.parametrize(
    "change",
    ["UPDATE events SET data = x'7b7d' WHERE offset = 50", "DELETE FROM events WHERE offset = 50"],
)
def test_a_prefix_that_was_altered_is_not_thrown_away(filled, change):
    """P12: retiring checks each link first; where one does not fit, the prefix stays as it is."""
    filled._writer.execute(change)
    held = count(filled, "events")
    with pytest.raises(StoreDamaged, match="event 50 is gone or was altered"):
        list(filled.retire(Offset(100)))
    assert filled.stood() == ()
    assert (count(filled, "events"), count(filled, "base WHERE offset = 0")) == (held, 1)


def test_a_full_disk_stops_it_and_it_goes_on(filled):
    """P15: a step that cannot be written is told and leaves nothing; another time it is done."""
    filled._writer.execute("PRAGMA max_page_count = 1")
    fault = (
        "CREATE TEMP TRIGGER fault BEFORE INSERT ON stood BEGIN SELECT RAISE(ABORT, 'full'); END"
    )
    filled._writer.execute(fault)
    with pytest.raises(StoreError, match="cannot be retired: full"):
        list(filled.retire(Offset(100)))
    assert_whole(filled, 0)
    filled._writer.execute("DROP TRIGGER fault")
    filled._writer.execute("PRAGMA max_page_count = 1000000")
    list(filled.retire(Offset(100)))
    assert_whole(filled, 100)


def test_free_pages_are_used_again(store):
    """A store that is kept at so many events does not grow with all that it has ever had."""
    sizes = []
    for day in range(20):
        at, begin = BEGIN + timedelta(days=day), day * 400
        store.commit([turn(begin + 1, "primary", at)])
        store.commit([event(begin + n, key=begin + n, n=2, at=at) for n in range(2, 401)])
        list(store.retire(Offset(max(0, begin - 400))))
        (pages,) = store._reader.execute("PRAGMA page_count").fetchone()
        sizes.append(pages)
    assert max(sizes[5:]) <= max(sizes[:5]) * 1.1
