"""The journal is one order of committed events, and a cursor is a place in it."""

import pytest
import trio
from attrs import evolve

from actors.domain.errors import GatewayBug, PositionGone
from actors.domain.ids import AccountId, Epoch, LogPosition, Offset
from actors.runtime.journal import Journal
from actors.runtime.seams import offload_inline
from actors.writer import number
from tests.actors.fakes import EPOCH, HEDGE, PRIMARY, FakeStore, SlowDisk, a_draft, a_journal


def commit(journal, store, count, account_id=PRIMARY):
    """Make so many events durable, and then visible."""
    start = journal.end
    drafts = [a_draft(start + n + 1, account_id) for n in range(count)]
    events = number(drafts, after=start)
    store.commit(events)
    journal.append(events)
    return events


@pytest.fixture
def store():
    """Give an empty store."""
    return FakeStore()


def offsets(events):
    """Give the offsets of events."""
    return [event.offset for event in events]


def test_an_empty_journal_stands_before_the_first_event(store):
    """P1: offset 0 is before the first; nothing is there to be read after it."""
    journal = a_journal(store)
    assert (journal.floor, journal.end, journal.held) == (0, 0, 0)
    assert journal.recent(Offset(0)) == []
    assert str(journal.position) == "e1:0"


def test_appending_folds_in_the_same_step(store):
    """P13: a view and its end, read together, fit exactly; another's events are not in it."""
    journal = a_journal(store, PRIMARY, HEDGE)
    commit(journal, store, 2)
    commit(journal, store, 1, HEDGE)
    assert journal.position == LogPosition(EPOCH, Offset(3))
    assert [row.value.text for row in journal.view[PRIMARY].messages] == ["word 1", "word 2"]
    assert [row.value.text for row in journal.view[HEDGE].messages] == ["word 3"]


def test_events_of_an_account_no_longer_configured_stay_in_the_record(store):
    """P1: their offsets count, on loading and on appending; no book takes them."""
    stranger = AccountId("gone")
    journal = a_journal(store)
    commit(journal, store, 1, stranger)
    again = a_journal(store)
    commit(again, store, 1, stranger)
    assert again.end == 2
    assert stranger not in again.view


def test_what_does_not_follow_is_refused(store):
    """P1: no hole and no repetition can be appended."""
    journal = a_journal(store)
    (event,) = commit(journal, store, 1)
    for wrong in (event, evolve(event, offset=Offset(3))):
        with pytest.raises(GatewayBug, match="cannot follow 1"):
            journal.append([wrong])


def test_memory_is_bounded_and_says_from_where_it_reaches(store):
    """P20: beyond tail_max the older half is let go; what is older than the floor is not here."""
    journal = a_journal(store, tail_max=10)
    commit(journal, store, 10)
    assert (journal.floor, journal.held) == (0, 10)
    commit(journal, store, 1)
    assert (journal.floor, journal.held) == (6, 5)
    assert journal.recent(Offset(5)) is None
    assert offsets(journal.recent(Offset(6))) == [7, 8, 9, 10, 11]
    assert offsets(journal.recent(Offset(8), limit=2)) == [9, 10]
    assert journal.recent(Offset(11)) == []


async def test_older_events_come_from_the_store(store):
    """P4: a read below the floor gives the same events, from the store."""
    journal = a_journal(store, tail_max=10)
    commit(journal, store, 25)
    assert offsets(await journal.read(Offset(0), limit=3)) == [1, 2, 3]
    assert offsets(await journal.read(Offset(3))) == list(range(4, 26))


async def test_a_store_that_is_a_commit_ahead_shows_nothing_early(store):
    """P5: what is durable and not yet appended is not visible to one who reads from the store."""
    journal = a_journal(store, tail_max=2)
    commit(journal, store, 6)
    store.commit(number([a_draft(7)], after=journal.end))
    assert offsets(await journal.read(Offset(0))) == [1, 2, 3, 4, 5, 6]


async def test_a_hole_in_the_store_is_never_skipped(store):
    """P4: never a silent skip: a record with a hole is ours to confess."""
    journal = a_journal(store, tail_max=2)
    commit(journal, store, 6)
    del store.events[1]
    with pytest.raises(GatewayBug, match="hole after 1"):
        await journal.cursor(Offset(1)).next()


async def test_a_cursor_gives_each_event_once_in_order_from_store_and_memory(store):
    """P4: one who was away gets all later events, first from the store, then from memory."""
    journal = a_journal(store, tail_max=10)
    commit(journal, store, 25)
    cursor = journal.cursor(Offset(2))
    seen = []
    while len(seen) < 23:
        seen += offsets(await cursor.next(limit=4))
    assert seen == list(range(3, 26))


async def test_a_cursor_waits_for_what_follows(store, autojump_clock):
    """P1: a cursor opened now gives only what is appended later, as soon as it is there."""
    journal = a_journal(store)
    commit(journal, store, 3)
    cursor = journal.cursor()
    got = []

    async def read():
        while True:
            events = await cursor.next()
            got.append((trio.current_time(), offsets(events)))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(read)
        await trio.sleep(5)
        commit(journal, store, 2)
        await trio.sleep(5)
        commit(journal, store, 1)
        await trio.sleep(1)
        nursery.cancel_scope.cancel()
    assert got == [(5, [4, 5]), (10, [6])]


async def test_a_slow_store_holds_up_only_who_asks_it(store, autojump_clock):
    """P6: while one reads an old part from a slow disk, events go on being appended."""
    journal = a_journal(store, tail_max=4, offload=SlowDisk(30))
    commit(journal, store, 8)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(journal.cursor(Offset(0)).next)
        await trio.sleep(1)
        commit(journal, store, 1)
        assert offsets(await journal.cursor(Offset(8)).next()) == [9]
        assert trio.current_time() == 1


@pytest.mark.parametrize(
    ("position", "reason"),
    [
        (LogPosition(Epoch("e2"), Offset(1)), "epoch"),
        (LogPosition(EPOCH, Offset(4)), "ahead"),
    ],
)
def test_a_position_that_cannot_be_resumed_says_why(store, position, reason):
    """P4: another store's position and one ahead of the log are told as such."""
    journal = a_journal(store)
    commit(journal, store, 3)
    with pytest.raises(PositionGone, match=reason) as caught:
        journal.check(position)
    assert caught.value.reason == reason


def test_any_position_up_to_the_end_can_be_resumed(store):
    """P4: the beginning, the end and all between."""
    journal = a_journal(store)
    commit(journal, store, 3)
    for offset in range(4):
        journal.check(LogPosition(EPOCH, Offset(offset)))


async def test_the_history_of_one_thing_is_all_its_events(store):
    """P1: every event about a subject, in order, and no other's or other account's."""
    journal = a_journal(store, PRIMARY, HEDGE)
    drafts = [
        evolve(a_draft(n, account_id), subject=subject)
        for n, (account_id, subject) in enumerate(
            [(PRIMARY, "a"), (PRIMARY, "b"), (HEDGE, "a"), (PRIMARY, "a")]
        )
    ]
    events = number(drafts, after=Offset(0))
    store.commit(events)
    journal.append(events)
    assert offsets(await journal.history(PRIMARY, "a")) == [1, 4]


async def test_what_was_retired_is_not_promised(store):
    """P4: a place before the base has expired, also for one who was there and reads on; the base is
    a place like any other.
    """
    journal = a_journal(store, tail_max=4)
    commit(journal, store, 10)
    cursor = journal.cursor(Offset(4))
    journal.retire(Offset(5))
    for offset in (0, 4):
        with pytest.raises(PositionGone, match="expired") as caught:
            journal.check(LogPosition(EPOCH, Offset(offset)))
        assert caught.value.status == 410
    with pytest.raises(PositionGone, match="expired"):
        await cursor.next()
    journal.check(LogPosition(EPOCH, Offset(5)))
    assert offsets(await journal.cursor(Offset(5)).next(2)) == [6, 7]


async def test_what_is_retired_while_it_is_read_is_told(store, autojump_clock):
    """P4: one who asks the store just before the prefix goes gets its word, and never a hole."""
    journal = a_journal(store, tail_max=4, offload=SlowDisk(5))
    commit(journal, store, 10)
    async with trio.open_nursery() as nursery:

        async def read():
            with pytest.raises(PositionGone, match="expired"):
                await journal.read(Offset(1))

        nursery.start_soon(read)
        await trio.sleep(1)
        journal.retire(Offset(5))
        del store.events[:5]


def test_the_base_is_where_the_store_says(store):
    """P4: after a restart the retired events are still not promised."""
    assert a_journal(store).base == 0
    commit(a_journal(store), store, 6)
    loaded = evolve(store.load(tail_max=3), base=Offset(3))
    assert Journal(store, loaded, [PRIMARY], offload_inline).base == 3


def test_a_restart_loads_the_tail_and_the_books(store):
    """P13: what a start loads gives the same end, floor and books as the running journal had."""
    journal = a_journal(store)
    commit(journal, store, 7)
    again = a_journal(store)
    assert (again.floor, again.end) == (0, 7)
    assert [row.value for row in again.view[PRIMARY].messages] == [
        row.value for row in journal.view[PRIMARY].messages
    ]
