"""A subscriber's place: what comes next, in order, whether it keeps up or is behind."""

import json

import pytest
import trio

from actors.domain.errors import Unavailable
from actors.domain.frames import answer_frame, texts_in
from actors.domain.ids import Offset
from actors.feed import RUN_MAX
from actors.subscription import ASKED_MAX

from .given_air import ALL, MESSAGES, ORDERS, TRADES, Air, Reader


@pytest.fixture
async def air(nursery):
    """Give a broadcaster at work."""
    air = Air()
    nursery.start_soon(air.broadcaster.run)
    await trio.testing.wait_all_tasks_blocked()
    return air


async def test_a_run_is_bounded_and_brings_its_events(air, autojump_clock):
    """P20: a subscriber gets at most RUN_MAX frames at once, each beside its event."""
    subscription = air.broadcaster.subscribe(ALL)
    air.publish(*"m" * (RUN_MAX + 36))
    await trio.sleep(0.1)
    first, second = [await subscription.next() for _ in range(2)]
    assert (len(first[0]), len(second[0])) == (RUN_MAX, 36)
    assert [event.offset for event in second[1]] == list(range(RUN_MAX + 1, RUN_MAX + 37))


async def test_since_is_served_from_memory(air, autojump_clock):
    """P4: a place within the feed: every later event, each once."""
    Reader.open(air, ALL)
    air.publish(*"mtmtmtmtmt")
    await trio.sleep(0.1)
    reader = Reader.open(air, ALL, Offset(4))
    await reader.read()
    assert reader.seen == [5, 6, 7, 8, 9, 10]


@pytest.mark.parametrize("selection", [ALL, MESSAGES, TRADES], ids=["all", "messages", "trades"])
async def test_since_is_served_from_the_store(selection, autojump_clock):
    """P4: what memory no longer has comes from the store, and live events follow without a seam."""
    air = Air(tail_max=10)
    air.publish(*"mth" * 500)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(air.broadcaster.run)
        reader = Reader.open(air, selection, Offset(7))
        await reader.read()
        air.publish(*"mth" * 5)
        await reader.read()
        assert reader.seen == air.offsets(selection, since=7)
        assert [frame["prev"] for frame in reader.frames] == [7, *reader.seen[:-1]]
        nursery.cancel_scope.cancel()


@pytest.mark.parametrize("since", range(6))
async def test_since_is_exact_at_the_beginning_of_a_feed(air, since, autojump_clock):
    """P4: the feed begins at the end; one who is a single event behind it misses nothing."""
    air.publish(*"mmmmm")
    reader = Reader.open(air, MESSAGES, Offset(since))
    air.publish("m")
    await reader.read()
    assert reader.seen == list(range(since + 1, 7))


async def test_prev_never_passes_a_client_to_which_nothing_was_said(air, autojump_clock):
    """P3: nothing between its place and the feed's beginning was for this client: the first frame
    says so, and does not look like a gap.
    """
    air.publish("m", "m", "m")
    reader = Reader.open(air, TRADES, Offset(1))
    assert await reader.read() == []
    air.publish("m", "t")
    (frame,) = await reader.read()
    assert (frame["offset"], frame["prev"]) == (5, 1)


async def test_a_heartbeat_after_15_s_of_quiet(air, autojump_clock):
    """P3: `heartbeat` with the place up to which all was given, and the frame before it."""
    reader = Reader.open(air, TRADES)
    air.publish("t")
    await trio.sleep(0.1)
    air.publish("m", "m")
    begun = trio.current_time()
    await reader.read()
    (wire,), events = await reader.subscription.next()
    assert events == ()
    assert json.loads(*texts_in(wire)) == {
        "type": "heartbeat",
        "epoch": "e1",
        "offset": 3,
        "prev": 1,
    }
    assert trio.current_time() - begun == pytest.approx(16)
    await reader.subscription.next()
    assert trio.current_time() - begun == pytest.approx(31)


async def test_answers_come_in_their_place_among_the_frames(air, autojump_clock):
    """P3: what a client asked is answered in order, at the position that it has just then."""
    reader = Reader.open(air, ALL)
    subscription = reader.subscription

    def answer(n):
        return lambda: [answer_frame("pong", subscription.position, {}, request_id=n)]

    subscription.ask(answer(1))
    subscription.ask(answer(2))
    air.publish("m", "m")
    await trio.sleep(0.1)
    await reader.read()
    subscription.ask(answer(3))
    await reader.read()
    assert [(f["type"], f["offset"]) for f in reader.frames] == [
        ("pong", 0),
        ("pong", 0),
        ("message", 1),
        ("message", 2),
        ("pong", 2),
    ]
    assert [f["id"] for f in reader.frames if f["type"] == "pong"] == [1, 2, 3]


async def test_who_waits_quietly_is_answered_at_once(air, autojump_clock):
    """A question does not wait for the next event."""
    reader = Reader.open(air, ALL)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(reader.read, 5)
        await trio.sleep(1)
        place = reader.subscription.position
        reader.subscription.ask(lambda: [answer_frame("pong", place, {})])
        await trio.sleep(0.1)
        assert len(reader.frames) == 1


async def test_questions_are_bounded(air, autojump_clock):
    """P20: a client that floods, or does not read, is told so."""
    subscription = air.broadcaster.subscribe(ALL)
    for _ in range(ASKED_MAX):
        subscription.ask(list)
    with pytest.raises(Unavailable, match="too many"):
        subscription.ask(list)


async def told_latest(air, kinds, since=0):
    """Give what one who wants the latest is told, as (subject, offset, conflated)."""
    air.publish(*kinds)
    reader = Reader.open(air, ORDERS, Offset(since), latest=True)
    frames = await reader.read()
    return [(f["data"].get("order_id"), f["offset"], f.get("conflated")) for f in frames]


async def test_who_is_behind_may_have_the_latest_alone(air, autojump_clock):
    """policy=latest: of each order the last state, with how many it stands for; all trades; `prev`
    is the last frame that this client was sent.
    """
    assert await told_latest(air, ["A", "B", "A", "t", "A", "B"]) == [
        (*("1", 4, None),),
        (*("A", 5, 2),),
        (*("B", 6, 1),),
    ]


async def test_what_the_latest_spares_is_counted_over_several_turns(air, autojump_clock):
    """P20: a turn is bounded; what it passes over is told with the state that comes later."""
    orders = [f"O{n}" for n in range(RUN_MAX + 10)]
    told = await told_latest(air, ["Z", *orders, "Z"])
    assert [order for order, *_ in told] == [*orders, "Z"]
    assert told[-1] == ("Z", RUN_MAX + 12, 1)


async def test_the_latest_from_the_store(autojump_clock):
    """P4: what memory no longer has is conflated as well, run by run, and ends at the same state."""
    air = Air(tail_max=10)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(air.broadcaster.run)
        told = await told_latest(air, ["A", "B"] * 600)
        assert [told[-2][:2], told[-1][:2]] == [("A", 1199), ("B", 1200)]
        assert sum(n or 0 for *_, n in told) + len(told) == 1200
        nursery.cancel_scope.cancel()


async def test_who_keeps_up_is_given_each_event(air, autojump_clock):
    """policy=latest spares nothing to one who is not behind."""
    reader = Reader.open(air, ORDERS, latest=True)
    for n in range(1, 4):
        air.publish("A")
        (frame,) = await reader.read(0.1)
        assert (frame["offset"], "conflated" in frame) == (n, False)
