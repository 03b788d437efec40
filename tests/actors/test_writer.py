"""The writer: durable before visible, many events a commit, and nothing of a failed one."""

import pytest
import trio

from actors.domain.errors import StoreError, Unavailable
from actors.domain.ids import AccountId
from actors.writer import EVENTS_PER_COMMIT_MAX, GROUPS_MAX, number

from .fakes import DISK_FULL, Record, SlowDisk, a_draft


@pytest.fixture
async def record(nursery):
    """Give a writer at work on an empty store with a quick disk."""
    record = Record(disk=SlowDisk(0.01))
    nursery.start_soon(record.writer.run)
    return record


def texts(events):
    """Give the texts of messages."""
    return [event.value.text for event in events]


async def test_nothing_is_visible_before_it_is_durable(record, autojump_clock):
    """P5: while the disk works the journal shows nothing; after it everything."""
    record.disk.pause_s = 1.0
    await record.writer.submit([a_draft(1), a_draft(2)])
    await trio.sleep(0.9)
    assert record.journal.end == 0
    assert not record.store.events
    await trio.sleep(0.2)
    assert record.journal.end == 2
    assert texts(record.journal.recent(0)) == ["word 1", "word 2"]
    assert [event.data for event in record.store.events] == [
        event.data for event in record.journal.recent(0)
    ]


async def test_many_submits_make_few_commits(record, autojump_clock):
    """While one group is written the next one gathers: a slow disk makes larger groups."""
    for n in range(300):
        await record.writer.submit([a_draft(n)])
    assert await record.writer.commit([a_draft(300)]) == 301
    assert record.store.commits == [1, 300] or len(record.store.commits) <= 3
    assert texts(record.journal.recent(0)) == [f"word {n}" for n in range(301)]


@pytest.mark.parametrize("together", [1, 3])
async def test_a_commit_is_bounded(record, autojump_clock, together):
    """P20: what waits makes no commit larger than its bound, but for what the last group has."""
    record.disk.pause_s = 1.5
    for n in range(1000):
        await record.writer.submit([a_draft(n)] * together)
    await record.writer.flush()
    assert sum(record.store.commits) == 1000 * together
    assert max(record.store.commits) < EVENTS_PER_COMMIT_MAX + together


async def test_a_group_larger_than_the_bound_is_one_commit(record, autojump_clock):
    """What one decision made is never torn apart."""
    await record.writer.commit([a_draft(n) for n in range(EVENTS_PER_COMMIT_MAX + 50)])
    assert record.store.commits == [EVENTS_PER_COMMIT_MAX + 50]


async def test_offsets_have_no_hole_over_accounts_and_failures(record, autojump_clock):
    """P1: 1, 2, 3 … whoever wrote, also across a failed commit."""
    hedge = AccountId("hedge")
    await record.writer.commit([a_draft(1), a_draft(2, hedge)])
    record.store.failing = DISK_FULL
    with pytest.raises(StoreError):
        await record.writer.commit([a_draft(3)])
    record.store.failing = None
    await trio.sleep(2)
    assert await record.writer.commit([a_draft(4, hedge), a_draft(5)]) == 4
    assert [event.offset for event in record.journal.recent(0)] == [1, 2, 3, 4]


async def test_each_commit_is_answered_with_its_own_offset(record, autojump_clock):
    """P5: in one group of many, each waits for its own last event."""
    got = {}

    async def commit(n):
        got[n] = await record.writer.commit([a_draft(n), a_draft(n)])

    async with trio.open_nursery() as nursery:
        for n in range(4):
            nursery.start_soon(commit, n)
    assert sorted(got.values()) == [2, 4, 6, 8]
    assert len(record.store.commits) <= 2
    for n, offset in got.items():
        assert texts(record.journal.recent(offset - 1, 1)) == [f"word {n}"]


async def test_a_failed_commit_shows_nothing_and_says_so(record, autojump_clock):
    """P15: nothing of it is visible; who waits is told; the books learn by the generation."""
    record.store.failing = DISK_FULL
    lost = record.writer.lost
    with pytest.raises(StoreError, match="full"):
        await record.writer.commit([a_draft(1)])
    assert (record.journal.end, record.writer.generation, record.writer.healthy) == (0, 1, False)
    assert lost.is_set()
    assert not record.writer.lost.is_set()


async def test_who_waits_behind_a_failed_commit_is_told_at_once(record, autojump_clock):
    """P15: what was handed over in the same generation is refused now, not in half a minute."""
    record.disk.pause_s = 1.0
    failures = []

    async def commit(n):
        with pytest.raises(StoreError):
            await record.writer.commit([a_draft(n)])
        failures.append((n, trio.current_time()))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(commit, 1)
        await trio.sleep(0.5)
        record.store.failing = DISK_FULL
        await record.writer.submit([a_draft(2)])
        nursery.start_soon(commit, 3)
    assert sorted(failures) == [(1, 1.0), (3, 1.0)]


async def test_while_the_disk_fails_nothing_is_taken(record, autojump_clock):
    """P15: both doors say so at once, without a wait."""
    record.store.failing = DISK_FULL
    with pytest.raises(StoreError):
        await record.writer.commit([a_draft(1)])
    at = trio.current_time()
    for call in (record.writer.submit, record.writer.commit):
        with pytest.raises(Unavailable, match="cannot be written"):
            await call([a_draft(2)])
    await record.writer.flush()
    assert trio.current_time() == at


async def test_it_recovers_by_itself(record, autojump_clock):
    """P15: the disk is tried each second; once it is well, writing goes on where it was."""
    record.store.failing = DISK_FULL
    with pytest.raises(StoreError):
        await record.writer.commit([a_draft(1)])
    await trio.sleep(10)
    assert 8 <= record.store.probes <= 10
    record.store.failing = None
    await trio.sleep(1.1)
    assert record.writer.healthy
    assert await record.writer.commit([a_draft(2)]) == 1
    assert texts(record.journal.recent(0)) == ["word 2"]


async def test_a_group_of_an_earlier_generation_is_dropped(record, nursery, autojump_clock):
    """P8: what a book decided before its ground was taken away is not applied later."""
    record.disk.pause_s = 1.0
    record.store.failing = DISK_FULL
    await record.writer.submit([a_draft(0)])
    await trio.sleep(0.5)
    for n in range(GROUPS_MAX):
        await record.writer.submit([a_draft(n)])

    async def heal():
        await trio.sleep(1)
        record.store.failing = None

    # This one waits for room while the commit fails, and comes in afterwards as of before.
    nursery.start_soon(heal)
    with pytest.raises(StoreError, match="earlier"):
        await record.writer.commit([a_draft(1)])
    assert await record.writer.commit([a_draft(2)]) == 1


async def test_a_stuck_disk_makes_the_streams_discard_after_2_s(record, autojump_clock):
    """P20: with no room for 2 s a submit gives up, so that the stream keeps reading."""
    record.disk.pause_s = 1000.0
    await record.writer.submit([a_draft(0)])
    await trio.sleep(1)  # it is being written, and the others wait
    for n in range(GROUPS_MAX):
        await record.writer.submit([a_draft(n)])
    with pytest.raises(Unavailable, match="stuck for 2 s"):
        await record.writer.submit([a_draft(1)])
    assert trio.current_time() == 3
    assert record.writer.statistics().used == GROUPS_MAX
    with pytest.raises(Unavailable, match="not confirmed"):
        await record.writer.commit([a_draft(0)])


async def test_a_commit_that_takes_too_long_is_not_confirmed(record, autojump_clock):
    """P15: a write that may still happen is told as just that."""
    record.disk.pause_s = 60.0
    with pytest.raises(Unavailable, match="not confirmed"):
        await record.writer.commit([a_draft(1)])
    assert trio.current_time() == 30
    await trio.sleep(40)
    assert record.journal.end == 1


async def test_flush_waits_for_all_that_was_handed_over(record, autojump_clock):
    """P18: at the end nothing that a stream handed over is lost."""
    record.disk.pause_s = 1.0
    for n in range(5):
        await record.writer.submit([a_draft(n)])
    await record.writer.flush()
    assert record.journal.end == 5


async def test_a_cancelled_commit_is_seen_through(autojump_clock):
    """P12: a writer that is ended while the disk works has shown all that is durable."""
    record = Record(disk=SlowDisk(5.0))
    async with trio.open_nursery() as nursery:
        nursery.start_soon(record.writer.run)
        await record.writer.submit([a_draft(1)])
        await trio.sleep(1)
        nursery.cancel_scope.cancel()
    assert trio.current_time() == 5
    assert len(record.store.events) == record.journal.end == 1


async def test_each_commit_tells_how_long_it_took(record, autojump_clock):
    """P20: the metrics see every commit's length."""
    lengths = []
    record.writer.on_commit = lengths.append
    record.disk.pause_s = 0.25
    await record.writer.commit([a_draft(1)])
    assert lengths == [0.25]


async def test_a_call_between_commits_waits_for_its_turn(record, autojump_clock):
    """P12: the store has one writer: a call begins when the commit under way is done, and the next
    commit when the call is.
    """
    record.disk.pause_s = 1.0
    ended = {}

    async def commit(n, at_s):
        await trio.sleep(at_s)
        await record.writer.commit([a_draft(n)])
        ended[n] = trio.current_time()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(commit, 1, 0)
        nursery.start_soon(commit, 2, 0.7)
        await trio.sleep(0.5)
        assert await record.writer.between(lambda store: len(store.events)) == 1
        ended["call"] = trio.current_time()
    assert ended == {1: 1.0, "call": 2.0, 2: 3.0}


async def test_a_call_between_commits_is_seen_through(record, autojump_clock):
    """P12: cancelled while it runs, it is still finished before anything else is written."""
    record.disk.pause_s = 1.0
    called = []
    with trio.move_on_after(0.5):
        await record.writer.between(called.append)
    assert (called, trio.current_time()) == ([record.store], 1.0)


async def test_while_the_disk_fails_no_call_is_made(record, autojump_clock):
    """P15: nobody else writes while the writer tries the disk."""
    record.store.failing = DISK_FULL
    with pytest.raises(StoreError):
        await record.writer.commit([a_draft(1)])
    with pytest.raises(Unavailable, match="cannot be written"):
        await record.writer.between(len)


def test_numbering_encodes_each_draft_once():
    """P1: offsets follow the last one; the bytes are made here, for store and sockets alike."""
    events = number([a_draft(1), a_draft(2)], after=7)
    assert [event.offset for event in events] == [8, 9]
    assert b'"text":"word 2"' in events[1].data
