import pytest
import trio

from tests.web.fakes import dial
from tests.web.odd_app import pass_s, still_serves, until
from tests.web.raw import plug
from web import peer

pytestmark = pytest.mark.process


async def test_a_reader_that_stopped_is_cut(app, url, mock_clock):
    """P6: not one byte taken in 5 s, and none in the second after: cut; others are served."""
    async with plug(url) as wire, dial(url, "/talk") as other:
        await wire.upgrade("/shout")
        await wire.until(b"\r\n\r\n")
        await pass_s(mock_clock, peer.STALL_S - 0.1)
        assert app.ends == []
        await other.send_message("and you?")
        assert await other.get_message() == "and you?"
        await pass_s(mock_clock, peer.STALL_S / peer.LOOKS)
        assert app.ends == []
        await pass_s(mock_clock, peer.MORE_S)
        await until(lambda: app.ends == ["gone", "shout"])
        with pytest.raises(trio.BrokenResourceError):
            while True:
                await wire.stream.receive_some(1 << 20)


async def test_a_reader_that_reads_again_soon_is_told(app, url, mock_clock):
    """P6: after the stall deadline nothing more is said, but what was begun, and then a close."""
    async with plug(url) as wire:
        await wire.upgrade("/shout")
        await wire.until(b"\r\n\r\n")
        await pass_s(mock_clock, peer.STALL_S + 0.1)
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
        await pass_s(mock_clock, peer.STALL_S + 0.1)
        with pytest.raises((trio.BrokenResourceError, EOFError)):
            for _ in range(12):
                wire.buffer = b""
                while len(wire.buffer) < 400_000:
                    await wire._more()
                await pass_s(mock_clock, peer.STALL_S / 5, rest_s=0.06)
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
            await pass_s(mock_clock, peer.STALL_S / 2, rest_s=0.06)


async def test_a_large_answer_to_a_reader_that_stopped_is_cut(url, mock_clock):
    """P6: the same for HTTP: an answer that nobody takes does not hold its peer."""
    async with plug(url) as wire:
        await wire.ask("GET", "/large")
        await wire.until(b"\r\n\r\n")
        await pass_s(mock_clock, peer.STALL_S + 0.1)
        assert len(await wire.rest()) < 8 << 20
    await still_serves(url)
