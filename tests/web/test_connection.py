import socket

import pytest
import trio

from tests.web.odd_app import HELLO, LONG, pass_s, still_serves, until
from tests.web.raw import PONG_FRAME, plug
from web import connection, peer
from web.server import PORT

pytestmark = pytest.mark.process


async def test_a_connection_serves_request_after_request(url):
    """Keep-alive: a hundred requests on one connection, two in one packet among them."""
    async with plug(url) as wire:
        for _ in range(50):
            await wire.send(HELLO + HELLO)
            assert (await wire.answer())[2] == b"hello"
            assert (await wire.answer())[2] == b"hello"


async def test_an_answer_before_the_bodys_end_wedges_nothing(url):
    """Answered before its body came, a request's connection ends; none waits for ever."""
    ends = []
    for n in range(60):
        async with plug(url) as wire:
            await wire.send(b"POST /hasty HTTP/1.1\r\nHost: x\r\nContent-Length: 900\r\n\r\n")
            if n % 3:
                await trio.sleep(0.005 * (n % 3 - 1))
                await wire.send(b"x" * 900 + HELLO)
            assert (await wire.answer())[2] == b"before your body came"
            try:
                ends.append((await wire.answer())[2] if n % 3 else await wire.rest())
            except (EOFError, trio.BrokenResourceError):
                ends.append(b"")
    assert set(ends) <= {b"hello", b""}
    await still_serves(url)


async def test_what_follows_an_answer_is_not_torn(url, mock_clock, monkeypatch):
    """P19, P20: an app is cancelled while its answer ends; what then has to wait is done all the same.

    Undone, an early answer's connection stands wedged, and an idle one has no deadline.
    """
    take = connection.Connection._take

    async def wait_and_take(self, event):
        await trio.lowlevel.checkpoint()
        await take(self, event)

    monkeypatch.setattr(connection.Connection, "_take", wait_and_take)
    async with plug(url) as early, plug(url) as idle:
        await early.send(b"POST /hasty HTTP/1.1\r\nHost: x\r\nContent-Length: 900\r\n\r\n")
        assert (await early.answer())[0] == 200
        await idle.send(HELLO)
        assert (await idle.answer())[0] == 200
        await trio.testing.wait_all_tasks_blocked(0.005)
        assert (early.is_silent(), idle.is_silent()) == (False, True)
        await pass_s(mock_clock, connection.REQUEST_S + 0.1)
        assert not idle.is_silent()


async def test_a_body_too_large_hears_so(url):
    """413 reaches a client that is still sending: we read on for a moment before we close."""
    async with plug(url) as wire:
        await wire.ask("POST", "/echo", b"x" * 200_000)
        assert (await wire.answer())[0] == 413
    async with plug(url) as wire:
        await wire.send(b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 9999999\r\n\r\n")
        await wire.send(b"x" * 100_000)
        assert (await wire.answer())[0] == 413
        for _ in range(5):
            await wire.send(b"x" * 10_000)
            await trio.testing.wait_all_tasks_blocked(0.005)
        # An orderly end: a reset would take the answer away from some.
        assert await wire.stream.receive_some() == b""


async def test_a_handler_that_fails_costs_one_answer(url):
    """A defect in a handler is 500, and the connection goes on."""
    async with plug(url) as wire:
        await wire.ask("GET", "/crash")
        assert (await wire.answer())[0] == 500
        await wire.send(HELLO)
        assert (await wire.answer())[0] == 200


async def test_a_frame_is_sent_whole(url):
    """A handler that gives a send up does not tear the frame: the next one begins after its end."""
    async with plug(url, receive_bytes=1 << 15) as wire:
        await wire.upgrade("/torn")
        await wire.until(b"\r\n\r\n")
        await trio.sleep(0.1)
        frames = await wire.until(b"after")
        assert frames == b"\x81\x7f" + LONG.to_bytes(8) + b"x" * LONG + b"\x81\x05after"


async def test_a_client_that_vanishes_frees_its_handler(app, url):
    """P6: an abrupt end is noticed by a handler that waits, sends or listens to nothing."""
    for name in ("talk", "shout", "deaf"):
        async with plug(url) as wire:
            await wire.upgrade(f"/{name}")
            await wire.until(b"\r\n\r\n")
            wire.stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, peer.NO_LINGER)
    await until(lambda: {"talk", "shout", "deaf"} <= set(app.ends))
    await still_serves(url)


async def test_nobody_else_pings(app, url, mock_clock):
    """P18: the only pings are ours, on the reader's own clock: no task outlives its connection."""
    async with plug(url) as wire:
        await wire.upgrade("/deaf")
        await wire.until(b"\r\n\r\n")
        await pass_s(mock_clock, connection.PING_S - 0.1)
        assert wire.is_silent()
        await pass_s(mock_clock, 0.2)
        assert not wire.is_silent()
        assert await wire.until(b"\x00") == b"\x89\x00"
    await until(lambda: app.ends)
    await still_serves(url)


async def test_a_send_after_the_end_is_an_error_not_a_loop(app, url):
    """P19: who sends on and on to one who left is stopped, and the process is not held up."""
    async with plug(url) as wire:
        await wire.upgrade("/shout")
        await wire.until(b"\r\n\r\n")
    await until(lambda: "shout" in app.ends)
    await still_serves(url)


@pytest.mark.parametrize("first", [b"", HELLO, HELLO + HELLO[:9]])
async def test_an_idle_connection_ends(app, url, mock_clock, first):
    """P20: a connection without a whole request head is closed after its time, before and after,
    and counted.
    """
    async with plug(url) as wire:
        if first:
            await wire.send(first)
            await wire.answer()
        await pass_s(mock_clock, connection.REQUEST_S - 0.1)
        assert wire.is_silent()
        await pass_s(mock_clock, 0.2)
        assert not wire.is_silent()
        assert await wire.rest() == b""
    assert app.extensions[PORT].ended_for == {"idle": 1}


async def test_a_slow_head_is_not_waited_for(url, mock_clock):
    """P20: bytes of a head that come one by one do not put off its deadline."""
    begun_s = trio.current_time()
    async with plug(url) as wire:
        with pytest.raises((trio.BrokenResourceError, EOFError)):
            for byte in HELLO[:-2] * 2:
                await wire.send(bytes([byte]))
                await pass_s(mock_clock, 0.5)
                with trio.move_on_after(0):
                    await wire._more()
    assert trio.current_time() - begun_s <= connection.REQUEST_S + 1


@pytest.mark.parametrize("pongs", [False, True])
async def test_a_websocket_that_answers_no_ping_is_cut(app, url, mock_clock, pongs):
    """P6: from a peer that is gone no pong comes; one that pongs stays as long as it likes."""
    async with plug(url) as wire:
        await wire.upgrade("/deaf")
        await wire.until(b"\r\n\r\n")
        for _ in range(10):
            await pass_s(mock_clock, connection.PING_S + 0.1)
            if pongs:
                await wire.until(b"\x89\x00")
                await wire.send(PONG_FRAME)
        assert app.ends == ([] if pongs else ["deaf"])
        assert app.reasons == ([] if pongs else ["silent"])
        assert app.extensions[PORT].ended_for == ({} if pongs else {"silent": 1})
