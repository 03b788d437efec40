import socket

import pytest
import trio
import trio.testing

from tests.web.fakes import dial
from tests.web.odd_app import HELLO, LONG, still_serves, until
from tests.web.raw import PONG_FRAME, plug
from web import connection

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
            wire.stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, connection.NO_LINGER)
    await until(lambda: {"talk", "shout", "deaf"} <= set(app.ends))
    await still_serves(url)


async def test_a_send_after_the_end_is_an_error_not_a_loop(app, url):
    """P19: who sends on and on to one who left is stopped, and the process is not held up."""
    async with plug(url) as wire:
        await wire.upgrade("/shout")
        await wire.until(b"\r\n\r\n")
    await until(lambda: "shout" in app.ends)
    await still_serves(url)


async def pass_s(clock, seconds, *, rest_s=0.005):
    """Let virtual time pass, once all that is under way has come to rest, the kernel's work too."""
    await trio.testing.wait_all_tasks_blocked(rest_s)
    clock.jump(seconds)
    await trio.testing.wait_all_tasks_blocked(rest_s)


async def test_a_reader_that_stopped_is_cut(app, url, mock_clock):
    """P6: not one byte taken in 5 s, and none in the second after: cut; others are served."""
    async with plug(url) as wire, dial(url, "/talk") as other:
        await wire.upgrade("/shout")
        await wire.until(b"\r\n\r\n")
        await pass_s(mock_clock, connection.STALL_S - 0.1)
        assert app.ends == []
        await other.send_message("and you?")
        assert await other.get_message() == "and you?"
        await pass_s(mock_clock, connection.STALL_S / connection.LOOKS)
        assert app.ends == []
        await pass_s(mock_clock, connection.MORE_S)
        await until(lambda: app.ends == ["gone", "shout"])
        with pytest.raises(trio.BrokenResourceError):
            while True:
                await wire.stream.receive_some(1 << 20)


async def test_a_reader_that_reads_again_soon_is_told(app, url, mock_clock):
    """P6: after the stall deadline nothing more is said, but what was begun, and then a close."""
    async with plug(url) as wire:
        await wire.upgrade("/shout")
        await wire.until(b"\r\n\r\n")
        await pass_s(mock_clock, connection.STALL_S + 0.1)
        assert app.ends == []
        said = await wire.rest()
        assert app.ends == ["gone", "shout"]
        assert said.endswith(b"\x88\x02\x03\xe8")
        frames, rest = divmod(len(said) - 4, 10 + 100_000)
        assert (rest, frames > 1) == (0, True)


async def test_a_stalled_reader_is_not_waited_for_without_end(app, url, mock_clock):
    """P6: one that reads again, but hardly, is cut: being told takes no longer than a stall."""
    async with plug(url) as wire:
        await wire.upgrade("/bellow")
        await wire.until(b"\r\n\r\n")
        await pass_s(mock_clock, connection.STALL_S + 0.1)
        with pytest.raises((trio.BrokenResourceError, EOFError)):
            for _ in range(12):
                wire.buffer = b""
                while len(wire.buffer) < 400_000:
                    await wire._more()
                await pass_s(mock_clock, connection.STALL_S / 5, rest_s=0.06)
        await until(lambda: app.ends == ["bellow"])


async def test_a_trickling_reader_is_not_cut(app, url, mock_clock):
    """P6: being slow evicts nobody: while some bytes are taken, the deadline begins anew."""
    # A receiver tells of its room in steps of about its buffer's half.
    async with plug(url, receive_bytes=1 << 15) as wire:
        await wire.ask("GET", "/large")
        for _ in range(10):
            left = 200_000
            while left > 0:
                data = await wire.stream.receive_some(left)
                assert data
                left -= len(data)
            await pass_s(mock_clock, connection.STALL_S / 2, rest_s=0.06)


async def test_a_large_answer_to_a_reader_that_stopped_is_cut(url, mock_clock):
    """P6: the same for HTTP: an answer that nobody takes does not hold its connection."""
    async with plug(url) as wire:
        await wire.ask("GET", "/large")
        await wire.until(b"\r\n\r\n")
        await pass_s(mock_clock, connection.STALL_S + 0.1)
        assert len(await wire.rest()) < 8 << 20
    await still_serves(url)


@pytest.mark.parametrize("first", [b"", HELLO, HELLO + HELLO[:9]])
async def test_an_idle_connection_ends(url, mock_clock, first):
    """P20: a connection without a whole request head is closed after its time, before and after."""
    async with plug(url) as wire:
        if first:
            await wire.send(first)
            await wire.answer()
        await pass_s(mock_clock, connection.REQUEST_S - 0.1)
        with trio.move_on_after(0) as waiting:
            await wire.stream.receive_some()
        assert waiting.cancelled_caught
        await pass_s(mock_clock, 0.2)
        assert await wire.rest() == b""


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
