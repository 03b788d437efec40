"""Frames without end, of whatever kind, end their websocket."""

import pytest
import trio
from wsproto.connection import Connection, ConnectionType
from wsproto.events import Pong

from tests.hostile.packets import closed_with
from tests.web.fakes import serving
from tests.web.raw import PING_FRAME, PONG_FRAME, TEXT_FRAME, plug
from web.flood import FRAMES, Frames

ORDERS = "/ws/orders/primary"
EMPTY_START = b"\x01\x80\x00\x00\x00\x00"  # a text, of which the end never comes
EMPTY_MORE = b"\x00\x80\x00\x00\x00\x00"


@pytest.mark.process
@pytest.mark.parametrize(
    "frames", [(b"", PING_FRAME), (b"", PONG_FRAME), (EMPTY_START, EMPTY_MORE)]
)
async def test_frames_that_are_no_messages_are_a_flood_too(gateway, frames):
    """P6: pings, pongs and empty pieces without end close with 4009; the reason is counted."""
    first, again = frames
    async with serving(gateway) as url:
        async with plug(url) as wire:
            await wire.upgrade(ORDERS)
            await wire.until(b"connection_established")
            await wire.send(first + again * int(3 * FRAMES.burst))
            came = await wire.rest()
        assert closed_with(b"\x81\x00" + came[came.index(b"\x88") :]) == 4009
        answer = await gateway.app.test_client().get("/metrics")
        text = await answer.get_data(as_text=True)
        assert 'subscribers_evicted_total{reason="flooding"} 1.0' in text


@pytest.mark.process
async def test_a_burst_is_no_flood(gateway):
    """P6: as many pings as a busy client may send are answered, and it is still heard."""
    async with serving(gateway) as url, plug(url) as wire:
        await wire.upgrade(ORDERS)
        await wire.until(b"connection_established")
        await wire.send(PING_FRAME * int(FRAMES.burst / 2) + TEXT_FRAME)
        came = await wire.until(b"\x81\x04pong")
        assert came.count(b"\x8a\x00") == FRAMES.burst / 2


def given_frames(count):
    codec = Connection(ConnectionType.SERVER)
    frames = Frames(codec)
    codec.receive_data(PONG_FRAME * count)
    return codec, frames


async def test_what_is_left_of_a_flood_is_not_looked_at(autojump_clock):
    """P19, P20: bytes of which nobody wants to know cost no time."""
    codec, frames = given_frames(int(3 * FRAMES.burst))
    assert list(codec.events()) == [Pong(payload=bytearray())] * int(FRAMES.burst)
    assert frames.too_many
    await trio.sleep(1000)
    assert list(codec.events()) == []


async def test_time_allows_more(autojump_clock):
    """A client that goes on at the rate that it may is never told that it floods."""
    codec, frames = given_frames(int(FRAMES.burst))
    assert len(list(codec.events())) == FRAMES.burst
    for _ in range(100):
        await trio.sleep(1.01)
        codec.receive_data(PONG_FRAME * int(FRAMES.per_s))
        assert len(list(codec.events())) == FRAMES.per_s
    assert not frames.too_many


async def test_what_is_used_up_of_a_burst_is_known(autojump_clock):
    """P20: how near a peer is to its bound, and that time gives it back."""
    codec, frames = given_frames(300)
    assert frames.used == 0
    assert len(list(codec.events())) == 300
    assert frames.used == 300
    await trio.sleep(1)
    assert frames.used == 300 - FRAMES.per_s
    await trio.sleep(60)
    assert frames.used == 0
