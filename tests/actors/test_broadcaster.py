"""Feeds encode each event once, and each subscriber gets every event it may see, once, in order."""

from random import Random

import pytest
import trio

from actors import broadcaster
from actors.domain.errors import Unavailable
from actors.domain.ids import Offset
from actors.feed import FRAMES_MAX, Feed, Selection
from actors.runtime.supervisor import supervise
from actors.writer import number

from .fakes import PRIMARY, a_draft
from .given_air import ALL, MESSAGES, TRADES, Air, Reader

CHOICES = (ALL, MESSAGES, TRADES)


@pytest.fixture
async def air(nursery):
    """Give a broadcaster at work."""
    air = Air()
    nursery.start_soon(air.broadcaster.run)
    await trio.testing.wait_all_tasks_blocked()
    return air


async def test_each_event_is_encoded_once_for_all_who_share_a_selection(air, autojump_clock):
    """A hundred subscribers of a feed get the very same bytes."""
    subscriptions = [air.broadcaster.subscribe(ALL) for _ in range(100)]
    air.publish("m", "t", "h")
    await trio.sleep(0.1)
    runs = [(await subscription.next())[0] for subscription in subscriptions]
    assert [len(run) for run in runs] == [3] * 100
    for run in runs[1:]:
        assert all(mine is first for mine, first in zip(run, runs[0], strict=True))


async def test_prev_is_the_offset_before_in_what_was_subscribed(air, autojump_clock):
    """P3: over a filtered feed `prev` chains the frames, not the offsets."""
    reader = Reader.open(air, TRADES)
    air.publish("t", "m", "m", "t", "h", "t")
    frames = await reader.read()
    assert [(frame["offset"], frame["prev"]) for frame in frames] == [(1, 0), (4, 1), (6, 4)]


async def test_a_feed_that_was_cut_sends_the_slow_to_the_store(air, autojump_clock):
    """P4, P20: a feed keeps a bounded number of frames; one who is further back loses nothing."""
    slow = Reader.open(air, MESSAGES)
    count = FRAMES_MAX + 500
    air.publish(*"m" * count)
    await trio.sleep(0.1)
    assert len(slow.subscription.feed.frames) <= FRAMES_MAX
    assert slow.subscription.feed.floor > 0
    await slow.read()
    assert slow.seen == list(range(1, count + 1))


async def test_a_change_of_subscription_misses_nothing(air, autojump_clock):
    """P3, P4: from the present place on the new selection holds; `prev` stays believable."""
    reader = Reader.open(air, TRADES)
    Reader.open(air, MESSAGES)
    air.publish("t", "m", "m")
    await trio.sleep(0.1)
    await reader.read()
    reader.select(ALL)
    air.publish("m", "t")
    await reader.read()
    reader.select(MESSAGES)
    reader.select(MESSAGES)
    air.publish("t", "m")
    await reader.read()
    assert reader.seen == [1, 4, 5, 7]
    assert air.broadcaster.statistics()["feeds"] == 1


async def test_many_who_come_go_and_change_see_what_they_may(autojump_clock):
    """P3, P4: a thousand random steps of a dozen clients; each checks its own continuity, and has
    every event of its selections, each once.
    """
    random = Random(5)
    air = Air(tail_max=40)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(air.broadcaster.run)
        await trio.lowlevel.checkpoint()
        readers = []
        for _ in range(1000):
            match random.choice("pppprrsooc"):
                case "p":
                    air.publish(*random.choices("mmth", k=random.randint(1, 30)))
                case "o" if len(readers) < 12:
                    since = random.choice([None, Offset(random.randint(0, air.journal.end))])
                    readers.append(Reader.open(air, random.choice(CHOICES), since))
                case "r" if readers:
                    await random.choice(readers).read(0.01)
                case "s" if readers:
                    random.choice(readers).select(random.choice(CHOICES))
                case "c" if readers:
                    readers.pop(random.randrange(len(readers))).subscription.close()
            if random.random() < 0.5:
                await trio.sleep(0.001)
        assert len(readers) > 5
        for reader in readers:
            await reader.read(0.01)
            assert reader.subscription.position == air.journal.position
            assert reader.seen == reader.due(air)
        nursery.cancel_scope.cancel()


async def test_a_broadcaster_that_fell_skips_nothing(autojump_clock, monkeypatch):
    """P4: what was appended while it was down reaches those who were subscribed all along."""
    air = Air()
    reader = Reader.open(air, ALL)
    extend = Feed.extend
    falls = [RuntimeError("defect")]

    def falling(feed, events):
        if falls:
            raise falls.pop()
        return extend(feed, events)

    monkeypatch.setattr(Feed, "extend", falling)
    async with trio.open_nursery() as nursery:
        run = air.broadcaster.run
        nursery.start_soon(lambda: supervise("broadcaster", run, random=Random(1)))
        await trio.sleep(0.1)
        air.publish("m", "t")
        await trio.sleep(0.1)
        air.publish("m")
        await trio.sleep(5)
        air.publish("m")
        await reader.read()
        assert reader.seen == [1, 2, 3, 4]
        nursery.cancel_scope.cancel()


async def test_feeds_are_bounded_and_forgotten_when_nobody_reads(air, autojump_clock, monkeypatch):
    """P20: at most FEEDS_MAX selections at once; the last reader takes a feed along."""
    monkeypatch.setattr(broadcaster, "FEEDS_MAX", 2)
    one, two = air.broadcaster.subscribe(ALL), air.broadcaster.subscribe(TRADES)
    with pytest.raises(Unavailable, match="subscriptions"):
        air.broadcaster.subscribe(MESSAGES)
    assert air.broadcaster.subscribe(TRADES).feed is two.feed
    one.close()
    one.close()
    assert air.broadcaster.subscribe(MESSAGES).offset == 0


async def test_statistics_say_how_far_the_furthest_is_behind(air, autojump_clock):
    """P20: feeds beside their bound, what they keep, subscribers, and the greatest lag."""
    assert air.broadcaster.statistics() == {
        "feeds": 0,
        "feeds_max": broadcaster.FEEDS_MAX,
        "feed_frames": 0,
        "feed_heads": 0,
        "asked": 0,
        "subscribers": 0,
        "lag_events": 0,
    }
    quick, slow = Reader.open(air, ALL), Reader.open(air, ALL)
    air.publish(*"mmmm")
    await quick.read()
    statistics = air.broadcaster.statistics()
    assert (statistics["subscribers"], statistics["lag_events"]) == (2, 4)
    assert statistics["feed_frames"] == statistics["feed_heads"] == 4
    await slow.read()
    assert air.broadcaster.statistics()["lag_events"] == 0


def test_no_types_are_none_and_not_all():
    """A selection without a type of event takes nothing."""
    (event,) = number([a_draft(1)], after=Offset(0))
    assert not Selection(frozenset({PRIMARY}), frozenset()).takes(event)
