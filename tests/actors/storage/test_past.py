"""What an account's book was made of earlier, read a short look at a time."""

from datetime import timedelta

import pytest

from actors.domain.errors import PositionGone
from actors.storage import past
from tests.actors.storage.samples import NOON, event, log

PRIMARY = "primary"


def rows(pieces):
    """All that came, by subject or, for messages, by offset."""
    found = [row for piece in pieces for row in piece]
    return sorted((row.first, row.offset, row.type, row.subject) for row in found)


def test_a_span_is_an_accounts_events_between_two_offsets(store):
    """P13: after one offset and up to another, in order, without batches or another's events."""
    store.commit(log(60))
    found = store.past.span(PRIMARY, 10, 50)
    assert [(e.offset, e.type, e.data) for e in found] == [
        (e.offset, e.type, e.data)
        for e in log(60)
        if 10 < e.offset <= 50 and e.account_id == PRIMARY and e.type != "batch_update"
    ]


def test_what_goes_over_is_as_it_was_then(store):
    """P13: an order that was open then and has ended since, or was told of since, goes over as it
    was; one that had ended, or came later, does not. Positions and messages go over.
    """
    store.commit([
        event(1, key=1, n=0), event(2, key=2, n=0), event(3, key=3, n=0), event(4, key=2, n=2),
        event(5, "position_update", key=1, n=5), event(6, "message", n=6),
        event(7, account="hedge", key=9, n=0), event(8, "trade_update", key=1),
    ])  # fmt: skip
    store.commit([
        event(9, key=1, n=3), event(10, key=4, n=0), event(11, "position_update", key=1, n=9),
        event(12, "position_update", key=2, n=1), event(13, "message", n=13), event(14, key=3, n=1),
        event(15, "correction", key=2, n=0),
    ])  # fmt: skip
    assert rows(store.past.carried(PRIMARY, 8)) == [
        (1, 1, "order_update", "o1"),
        (3, 3, "order_update", "o3"),
        (5, 5, "position_update", "NFO:S1:NRML"),
        (6, 6, "message", ""),
    ]


def test_what_goes_over_comes_whole_in_small_pieces(store, monkeypatch):
    """P20: however small the pieces are, all of it comes, each thing once."""
    events = [event(n, key=n, n=0) for n in range(1, 8)]
    events += [event(n, "position_update", key=n, n=1) for n in range(8, 15)]
    store.commit([*events, event(15, "stream_status")])
    store.commit([event(n + 15, key=n, n=2, at=NOON + timedelta(seconds=n)) for n in range(1, 5)])
    monkeypatch.setattr(past, "PIECE", 2)
    monkeypatch.setattr(past, "SCAN", 1)
    assert [row[0] for row in rows(store.past.carried(PRIMARY, 14))] == list(range(1, 15))


def test_an_order_that_ends_while_it_is_looked_for_goes_over(store, monkeypatch):
    """P13: the present moves on between two looks; an order open then is found all the same."""
    store.commit([event(n, key=n, n=0) for n in range(1, 6)])
    store.commit([event(6, "stream_status")])
    monkeypatch.setattr(past, "PIECE", 1)
    monkeypatch.setattr(past, "SCAN", 1)
    found = []
    for n, piece in enumerate(store.past.carried(PRIMARY, 5), 7):
        found += piece
        if n < 12:
            store.commit([event(n, key=n - 6, n=3, at=NOON + timedelta(seconds=n))])
    assert sorted(row.first for row in found) == [1, 2, 3, 4, 5]


def test_an_accounts_own_rows_come_newest_first_and_end_with_the_bases(store):
    """P13: page by page down to the base, whose row is the last one."""
    store.commit([event(n, "stream_status", n=n) for n in range(1, 9)])
    list(store.retire(3))
    assert [row.offset for row in store.past.statuses(PRIMARY, 7, 3)] == [7, 6, 5]
    assert [row.offset for row in store.past.statuses(PRIMARY, 4, 3)] == [4, 3]
    assert [row.offset for row in store.past.statuses(PRIMARY, 3, 3)] == [3]
    assert store.past.statuses("hedge", 7, 3) == []


def test_what_stood_at_the_base_is_that_accounts(store):
    """P13: a record that was never retired begins with nothing; else with what stood."""
    assert store.past.at_base(PRIMARY) == (0, [])
    store.commit(log(40))
    list(store.retire(30))
    base, found = store.past.at_base(PRIMARY)
    assert (base, {row.account_id for row in found}) == (30, {PRIMARY})
    assert [row.first for row in found] == sorted(row.first for row in found)
    assert {row.account_id for row in store.past.at_base("hedge")[1]} == {"hedge"}


def test_what_goes_over_may_have_been_last_told_before_the_base(store):
    """P13: orders, positions and messages that stood at the base go over as they stood there."""
    store.commit([
        event(1, key=1, n=0), event(2, "position_update", key=1, n=5), event(3, "message", n=6),
        event(4, key=2, n=0), event(5, "message", n=7), event(6, key=2, n=1), event(7, key=1, n=2),
        event(8, "position_update", key=1, n=7),
    ])  # fmt: skip
    list(store.retire(4))
    assert rows(store.past.carried(PRIMARY, 5)) == [
        (1, 1, "order_update", "o1"),
        (2, 2, "position_update", "NFO:S1:NRML"),
        (3, 3, "message", ""),
        (4, 4, "order_update", "o2"),
        (5, 5, "message", ""),
    ]


def test_of_many_messages_the_newest_go_over(store, monkeypatch):
    """P20: as many as a book holds, also where some of them stood at the base."""
    monkeypatch.setattr(past, "MESSAGES_MAX", 4)
    store.commit([event(n, "message", n=n) for n in range(1, 11)])
    list(store.retire(6))
    assert [row[0] for row in rows(store.past.carried(PRIMARY, 8))] == [5, 6, 7, 8]


def test_moments_are_those_of_the_events(store):
    """When each event came, in the order in which they are asked for."""
    store.commit(log(9))
    assert store.past.moments([2, 7]) == [NOON + timedelta(milliseconds=n) for n in (2, 7)]
    assert store.past.moments([]) == []


@pytest.mark.parametrize(
    "look",
    [
        lambda past: past.span(PRIMARY, 4, 9),
        lambda past: past.statuses(PRIMARY, 4, 3),
        lambda past: past.moments([5, 9]),
        lambda past: list(past.carried(PRIMARY, 4)),
    ],
)
def test_what_was_retired_is_not_looked_at(store, look):
    """P13: what lies before the base is gone, though the file may have it for a while yet."""
    store.commit(log(20))
    list(store.retire(5))
    with pytest.raises(PositionGone, match="expired"):
        look(store.past)
