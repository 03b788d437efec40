"""An account's row: in two hands, told whenever that is news."""

import trio

from actors.domain.errors import StreamLost
from actors.domain.model import Deadman, Halt
from actors.status import StatusRow

from .fakes import DISK_FULL, PRIMARY, START, Record, fake_seams

HALT = Halt(START, "news", "desk")
DEADMAN = Deadman(60, cancel_open=True)


def a_row(record):
    return StatusRow(PRIMARY, "fake", record.writer, fake_seams())


async def at_work(record, row, nursery):
    """Run writer and row."""
    nursery.start_soon(record.writer.run)
    nursery.start_soon(row.keep_told)
    await trio.sleep(1)


async def test_the_streams_word_is_a_draft(autojump_clock):
    """A new state has a new `since`; one that stays keeps it, and an error is remembered."""
    row = a_row(Record())
    await trio.sleep(5)
    draft = row.set_state("resyncing", connected=True)
    assert (draft.type, draft.subject) == ("stream_status", "stream:primary")
    assert draft.value == row.now
    since = row.now.since
    assert (since - START).total_seconds() == 5
    await trio.sleep(5)
    row.set_state("resyncing", error=StreamLost("gone"))
    row.set_state("resyncing")
    assert (row.now.since, row.now.connected, row.now.last_error) == (since, True, "gone")


async def test_the_desks_word_is_made_durable(autojump_clock, nursery):
    """What the desk says is told once, with what the stream says beside it."""
    record = Record()
    row = a_row(record)
    await at_work(record, row, nursery)
    assert await row.is_told(within_s=0)
    row.set_hand(halted=HALT, deadman=DEADMAN)
    assert not await row.is_told(within_s=0)
    assert await row.is_told(within_s=1)
    row.set_hand(halted=HALT, deadman=DEADMAN)
    await trio.sleep(10)
    assert [(r.halted, r.deadman, r.state) for r in record.told("stream_status")] == [
        (HALT, DEADMAN, "connecting")
    ]


async def test_on_a_full_disk_it_acts_and_is_told_later(autojump_clock, nursery):
    """P15: the row changes at once; when the store is back it is told, without being asked."""
    record = Record()
    row = a_row(record)
    await at_work(record, row, nursery)
    record.store.failing = DISK_FULL
    row.set_hand(halted=HALT, deadman=None)
    assert row.now.halted == HALT
    assert not await row.is_told(within_s=60)
    assert record.told("stream_status") == []
    record.store.failing = None
    assert await row.is_told(within_s=5)
    assert record.book.status.value.halted == HALT


async def test_the_last_word_is_the_one_that_is_told(autojump_clock, nursery):
    """What changes while the disk is slow is told too; told means that the newest is durable."""
    record = Record()
    row = a_row(record)
    await at_work(record, row, nursery)
    record.disk.pause_s = 5
    row.set_hand(halted=HALT, deadman=None)
    await trio.sleep(2)
    row.set_hand(halted=None, deadman=DEADMAN)
    assert not await row.is_told(within_s=4)
    assert await row.is_told(within_s=10)
    assert [r.halted for r in record.told("stream_status")] == [HALT, None]
    assert record.book.status.value.deadman == DEADMAN


async def test_a_restart_takes_over_the_desks_word_alone():
    """Halt and deadman of an earlier run stand; how the stream was then says nothing now."""
    before = a_row(Record())
    before.set_state("live", connected=True)
    before.set_hand(halted=HALT, deadman=DEADMAN)
    row = a_row(Record())
    row.remember(before.now)
    assert (row.now.halted, row.now.deadman) == (HALT, DEADMAN)
    assert (row.now.state, row.now.connected) == ("connecting", False)
