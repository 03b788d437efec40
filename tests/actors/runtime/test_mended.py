"""What is done for trio-websocket: it would wait, where there is nothing left to wait for."""

import pytest
import trio

from actors.domain.errors import StreamLost
from actors.runtime.mended import EagerSender, HopefulNursery
from actors.runtime.seams import connect_websocket

from .test_seams import answering, tcp_server


async def test_a_handshake_that_is_hung_up_on_fails_at_once():
    """P7: whoever stands before a dead broker takes the call and ends it; the next is not 10 s off.

    The deadline here is far beyond that of the test: without the mend it would be waited for.
    """
    async with tcp_server(answering()) as address:
        with trio.fail_after(30), pytest.raises(StreamLost, match="got no answer"):
            async with connect_websocket(f"ws://{address}/", {}, timeout_s=3600):
                raise AssertionError


async def test_hope_ends_with_the_reader(autojump_clock, nursery):
    """The reader's end is the end of the wait for what it might have read."""

    async def reader():
        await trio.sleep(5)

    with trio.CancelScope() as hope:
        HopefulNursery(nursery, hope).start_soon(reader)
        await trio.sleep(60)
    assert (hope.cancelled_caught, trio.current_time()) == (True, 5)


async def test_a_burst_is_handed_over_without_a_pause(autojump_clock):
    """While there is room nobody else has a turn; when there is none it waits."""
    sending, receiving = trio.open_memory_channel(2)
    sender = EagerSender(sending)
    turns = []

    async def other():
        turns.append(True)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(other)
        await sender.send("a")
        await sender.send("b")
        assert turns == []
        with trio.move_on_after(1) as patience:
            await sender.send("c")
        assert patience.cancelled_caught
    await sender.aclose()
    assert [frame async for frame in receiving] == ["a", "b"]
