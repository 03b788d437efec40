"""One record in several dialects: the words differ, the events and their places do not."""

import json

import pytest
import trio
from attrs import evolve

from actors.domain.frames import OURS, Dialect, event_frame
from actors.domain.ids import Offset

from .given_air import ALL, MESSAGES, TRADES, Air, Reader

CHOICES = (ALL, MESSAGES, TRADES)


@pytest.fixture
async def air(nursery):
    """Give a broadcaster at work."""
    air = Air()
    nursery.start_soon(air.broadcaster.run)
    await trio.testing.wait_all_tasks_blocked()
    return air


class Worder:
    """A dialect that counts what it was asked to word."""

    def __init__(self, name):
        self.worded = []
        self.dialect = Dialect(name, self.head, OURS.row)

    def head(self, event, _epoch):
        """See `Dialect`."""
        self.worded.append(event.offset)
        return f'{{"type":"{event.type}","in":"{self.dialect.name}","offset":{event.offset}'

    def of(self, selection):
        """Give a selection in this dialect."""
        return evolve(selection, dialect=self.dialect)


async def test_an_event_is_worded_once_a_dialect_whatever_its_feeds(air, autojump_clock):
    """Feeds of one dialect differ in `prev` alone: what stands before it is made once for all."""
    worder = Worder("other")
    readers = [Reader.open(air, worder.of(choice)) for choice in CHOICES]
    Reader.open(air, ALL)
    air.publish(*"mthtm")
    frames = [await reader.read() for reader in readers]
    assert worder.worded == [1, 2, 3, 4, 5]
    assert air.broadcaster.statistics()["feeds"] == 4
    assert [[(f["offset"], f["prev"]) for f in each] for each in frames] == [
        [(1, 0), (2, 1), (3, 2), (4, 3), (5, 4)],
        [(1, 0), (3, 1), (5, 3)],
        [(2, 0), (4, 2)],
    ]
    assert {f["in"] for each in frames for f in each} == {"other"}


async def test_a_dialect_is_kept_wherever_a_frame_comes_from(autojump_clock):
    """P4: from the store, from the seam of past and present, and live: all in one dialect."""
    air = Air(tail_max=10)
    air.publish(*"mth" * 50)
    worder = Worder("other")
    async with trio.open_nursery() as nursery:
        nursery.start_soon(air.broadcaster.run)
        reader = Reader.open(air, worder.of(MESSAGES), Offset(7))
        await reader.read()
        air.publish(*"mth" * 5)
        await reader.read()
        assert reader.seen == air.offsets(MESSAGES, since=7)
        assert {frame.get("in") for frame in reader.frames} == {"other"}
        nursery.cancel_scope.cancel()


async def test_who_hears_two_dialects_hears_the_same_events(air, autojump_clock):
    """P1: a dialect changes the words of an event, never whether or where it stands."""
    one, other = Reader.open(air, ALL), Reader.open(air, Worder("other").of(ALL))
    air.publish(*"mthmt")
    ours = await one.read()
    assert [(f["offset"], f["prev"]) for f in await other.read()] == [
        (f["offset"], f["prev"]) for f in ours
    ]
    assert ours == [
        json.loads(event_frame(event, air.journal.epoch, Offset(event.offset - 1)))
        for event in air.store.events
    ]
