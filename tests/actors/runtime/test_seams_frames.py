"""Frames of a broker's websocket that come faster than they are taken, over real sockets."""

import pytest
import trio
import trio.testing
from trio_websocket import ConnectionClosed
from wsproto.events import TextMessage

from actors.domain.errors import StreamLost
from actors.runtime.seams import FRAMES_MAX, connect_websocket

from .test_seams import websocket_server

MANY = 3 * FRAMES_MAX


async def send_many(request):
    """Send more frames than are kept, then close."""
    connection = await request.accept()
    try:
        for number in range(MANY):
            await connection.send_message(str(number))
        await connection.aclose(1000, "done")
    except ConnectionClosed:
        return


async def send_in_one_packet(request):
    """Send as many frames as are kept, in one write, when asked to."""
    connection = await request.accept()
    await connection.get_message()
    numbers = [TextMessage(str(number)) for number in range(FRAMES_MAX)]
    await connection._stream.send_all(b"".join(map(connection._wsproto.send, numbers)))
    await trio.sleep_forever()


async def test_what_one_read_brought_is_taken_without_a_checkpoint():
    """A burst is taken in one turn: were each frame a pass over all tasks, a busy loop would lag.

    This fails when trio-websocket's channels are no longer where EagerSender is put in.
    """
    async with (
        websocket_server(send_in_one_packet) as url,
        connect_websocket(url, {}, timeout_s=5) as socket,
    ):
        await socket.send("now")
        frames = [await socket.receive()]
        with trio.testing.assert_no_checkpoints():
            frames += [await socket.receive() for _ in range(FRAMES_MAX - 1)]
    assert frames == [str(number) for number in range(FRAMES_MAX)]


async def test_a_burst_beyond_the_bound_comes_whole_and_then_the_end():
    """What does not fit waits with the sender; nothing is lost, doubled or out of order."""
    async with (
        websocket_server(send_many) as url,
        connect_websocket(url, {}, timeout_s=5) as socket,
    ):
        frames = [await socket.receive() for _ in range(MANY)]
        with pytest.raises(StreamLost, match="1000"):
            await socket.receive()
    assert frames == [str(number) for number in range(MANY)]
