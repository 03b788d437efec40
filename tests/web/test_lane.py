"""Ready frames beside the codec's, over real sockets."""

from contextlib import asynccontextmanager
from functools import partial

import pytest
import trio
from quart import websocket
from quart_trio import QuartTrio

from actors.domain.frames import framed
from tests.web.fakes import dial
from web.peer import PeerGoneError
from web.server import Listen, serve
from web.stacks import LeftError

MANY = [f"{number:04d}" + "x" * 60_000 for number in range(40)]  # more than the kernel takes


def wire(*texts):
    """Frame texts, one after another."""
    return b"".join(map(framed, texts))


@asynccontextmanager
async def handled_by(handler):
    """Serve a websocket whose handler is given its lane; give the URL."""
    app = QuartTrio(__name__)

    async def run():
        await websocket.accept()
        await handler(websocket.scope["state"]["connection"].lane())

    app.add_websocket("/run", "run", run)
    stop = trio.Event()
    async with trio.open_nursery() as nursery:
        listen = Listen("127.0.0.1", 0, grace_s=1.0)
        yield await nursery.start(partial(serve, app, listen, stop=stop))
        stop.set()


async def test_texts_come_whole_and_in_order():
    """Each text is a frame of its own, however many share a write; none at all is no fault."""

    async def handler(lane):
        await lane.send(b"")
        await lane.send(wire("one", "zwei", "три"))
        await lane.send(wire("four"))
        await websocket.receive()

    with trio.fail_after(5):
        async with handled_by(handler) as url, dial(url, "/run") as client:
            assert [await client.get_message() for _ in range(4)] == ["one", "zwei", "три", "four"]


async def test_a_reader_that_falls_behind_misses_nothing():
    """What the socket does not take at once follows; pongs and later texts stand between frames."""

    async def handler(lane):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(lane.send, wire(*MANY))
            nursery.start_soon(lane.send, wire("after"))
        await websocket.receive()

    with trio.fail_after(10):
        async with handled_by(handler) as url, dial(url, "/run") as client:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(client.ping)
                found = [await client.get_message() for _ in range(len(MANY) + 1)]
    assert [text for text in found if text != "after"] == MANY
    assert len(found) == len(MANY) + 1


async def test_a_cancelled_send_still_sends_it_all():
    """Who is cancelled while sending has sent: its client's place is past all of it already."""

    async def handler(lane):
        with trio.CancelScope() as scope:
            scope.cancel()
            await lane.send(wire(*MANY))
        assert scope.cancelled_caught
        await lane.send(wire("after"))
        await websocket.receive()

    with trio.fail_after(10):
        async with handled_by(handler) as url, dial(url, "/run") as client:
            found = [await client.get_message() for _ in range(len(MANY) + 1)]
    assert found == [*MANY, "after"]


@pytest.mark.parametrize("way", ["lane", "send"])
async def test_sending_after_the_end_raises_and_yields(way):
    """P19: a loop of sends to a peer that has gone ends, and lets others run until it does."""
    ended = trio.Event()

    async def handler(lane):
        with trio.CancelScope(shield=True), pytest.raises((PeerGoneError, LeftError)):
            for _ in range(10_000):
                if way == "lane":
                    await lane.send(wire("more"))
                else:
                    await websocket.send("more")
        ended.set()

    with trio.fail_after(10):
        async with handled_by(handler) as url:
            async with dial(url, "/run") as client:
                await client.get_message()
            await ended.wait()
