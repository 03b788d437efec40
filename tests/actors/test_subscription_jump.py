"""A jump to the end, for a snapshot: what memory has is given first, and nothing twice."""

import pytest
import trio
import trio.testing

from actors.domain.ids import Offset

from .given_air import MESSAGES, Air, Reader


@pytest.fixture
async def air(nursery):
    """Give a broadcaster at work."""
    air = Air()
    nursery.start_soon(air.broadcaster.run)
    await trio.testing.wait_all_tasks_blocked()
    return air


async def test_a_jump_gives_what_memory_has_and_stands_at_the_end(air, autojump_clock):
    """P4: before a snapshot of the end come the frames that are still here; nothing follows twice."""
    reader = Reader.open(air, MESSAGES)
    air.publish(*"mtm")
    frames = [reader.take(text) for text in reader.subscription.jump()]
    assert [frame["offset"] for frame in frames] == [1, 3]
    air.publish("t")
    assert reader.subscription.jump() == []
    assert reader.subscription.position == air.journal.position
    reader.place.append(4)  # as the snapshot says
    air.publish("m")
    await reader.read()
    assert reader.seen == [1, 3, 5]


async def test_a_jump_over_what_memory_has_lost(autojump_clock):
    """P4: the snapshot makes up for what is no longer here; what follows it fits."""
    air = Air(tail_max=10)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(air.broadcaster.run)
        await trio.sleep(0.1)
        air.publish(*"m" * 30)
        reader = Reader.open(air, MESSAGES, Offset(2))
        assert reader.subscription.jump() == []
        reader.place.append(30)
        air.publish("m")
        await reader.read()
        assert reader.seen == [31]
        nursery.cancel_scope.cancel()
