"""What a start is given: the day, what still stands, and the newest events."""

from __future__ import annotations

import gc
import tempfile
from contextlib import closing
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.domain.books import Current
from actors.domain.ids import Offset
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
    assert {(each.offset, each.data) for each in loaded.current} <= {
        (each.offset, each.data) for each in events
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
        ("stream_status", 0, 99),
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
    assert load(store).current == (Current.of(after, first=Offset(1), is_ended=True),)


def test_the_newest_messages_of_each_account_are_loaded(store):
    """P20: of each account's messages the newest 1000 are loaded, in order, and no more."""
    accounts = ["primary" if offset % 4 else "hedge" for offset in range(1, 1601)]
    messages = [event(o, "message", account=a, n=o) for o, a in enumerate(accounts, 1)]
    store.commit(messages)
    loaded = load(store, TODAY + 9 * ONE_DAY).current
    primary = [e for e in messages if e.account_id == "primary"][-1000:]
    for account, wanted in (("primary", primary), ("hedge", messages[3::4])):
        theirs = [row for row in loaded if row.account_id == account]
        assert theirs == [Current.of(e, first=e.offset) for e in wanted]


def test_the_newest_status_of_each_account_is_loaded(store):
    """P5: a halt of any day is known at the start; of an account's rows only the newest counts."""
    accounts = ["primary", "hedge", "primary", "primary", "hedge"]
    store.commit(
        [event(o, "stream_status", account=a, n=o) for o, a in enumerate(accounts, 1)]
        + [event(o, "message", n=o) for o in range(6, 40)]
    )
    loaded = load(store, TODAY + 99 * ONE_DAY).current
    statuses = [row for row in loaded if row.type == "stream_status"]
    assert [(row.account_id, row.offset) for row in statuses] == [("primary", 4), ("hedge", 5)]
    assert statuses[0].value.reconnects == 4


def test_a_status_is_found_by_the_index(store):
    """P18: whatever the log's length, a start walks through none of it for the statuses."""
    seen: list[str] = []
    store.commit([event(1, "stream_status")])
    store._reader.set_trace_callback(seen.append)
    load(store)
    store._reader.set_trace_callback(None)
    queries = [text for text in seen if "stream_status" in text or "min(account_id)" in text]
    assert len(queries) >= 3
    for query in queries:
        plan = store._reader.execute(f"EXPLAIN QUERY PLAN {query}").fetchall()
        assert all("SEARCH" in row[3] and "INDEX" in row[3] for row in plan), (query, plan)


@pytest.mark.parametrize("tail_max", [0, 1, 39, 40, 41])
def test_the_tail_is_the_newest_events(store, tail_max):
    """P1: the tail has as many of the newest events as were asked for, ending at the last."""
    events = log(40)
    store.commit(events)
    loaded = store.load(today=TODAY, tail_max=tail_max)
    assert list(loaded.tail) == (events[-tail_max:] if tail_max else [])
    assert loaded.last == 40


def test_a_load_is_of_one_moment(store):
    """P12: what is committed while a load is under way is in no part of what it gives."""
    store.commit(log(20))

    def commit_between(statement: str) -> None:
        if "FROM trades" in statement:
            store._reader.set_trace_callback(None)
            store.commit(log(20, after=20))

    store._reader.set_trace_callback(commit_between)
    loaded = load(store)
    assert load(store).last == 40
    assert loaded.last == 20
    assert list(loaded.tail) == log(20)
    assert restored(loaded) == folded(log(20))


@pytest.mark.parametrize("was_on", [True, False])
def test_loading_leaves_the_collector_as_it_was(store, was_on):
    """The garbage collector rests while loading, and is on again only if it was on before."""
    (gc.enable if was_on else gc.disable)()
    try:
        load(store)
        assert gc.isenabled() is was_on
    finally:
        gc.enable()


def test_a_large_store_is_loaded_whole(store):
    """P18: of a hundred thousand events, 25,000 orders of today stand, each at its latest."""
    from tests.load.store import TODAY as BUSY_DAY
    from tests.load.store import day_of_orders

    events = list(day_of_orders(100_000))
    for begin in range(0, len(events), 5000):
        store.commit(events[begin : begin + 5000])
    loaded = store.load(today=BUSY_DAY, tail_max=20_000)
    assert [(row.first, row.offset) for row in loaded.current] == [
        (first, first + 75_000) for first in range(1, 25_001)
    ]
    assert list(loaded.tail) == events[-20_000:]
