import pytest
import trio

from tests.web.fakes import dial
from tests.web.odd_app import pass_s, still_serves, until
from tests.web.raw import plug
from web import peer
from web.server import PORT

pytestmark = pytest.mark.process

REST_S = 0.06  # in which the kernel moves what it will: longer than an acknowledgement may wait


@pytest.fixture
def taken(monkeypatch):
    """The times at which a peer took something."""
    times = []
    whole = peer.Peer._write_some

    async def noted(self, rest, within_s):
        left = await whole(self, rest, within_s)
        if len(left) < len(rest):
            times.append(trio.current_time())
        return left

    monkeypatch.setattr(peer.Peer, "_write_some", noted)
    return times


async def until_full(taken, clock):
    """Let time pass until nothing more is taken; give since when that is."""
    quiet, last_s = 0, -1.0
    for _ in range(40):
        await pass_s(clock, peer.STALL_S / peer.LOOKS, rest_s=REST_S)
        quiet = quiet + 1 if taken and taken[-1] == last_s else 0
        last_s = taken[-1] if taken else -1.0
        if quiet == 3:
            return last_s
    raise AssertionError("there is always room for more")


async def pass_until(clock, at_s):
    """Let time pass until it is so late."""
    await pass_s(clock, at_s - trio.current_time(), rest_s=REST_S)


async def test_a_reader_that_stopped_is_cut(app, url, mock_clock, taken):
    """P6: not one byte taken in 5 s, and none in the second after: cut; others are served."""
    async with plug(url) as wire, dial(url, "/talk") as other:
        await wire.upgrade("/shout")
        await wire.until(b"\r\n\r\n")
        since_s = await until_full(taken, mock_clock)
        await pass_until(mock_clock, since_s + peer.STALL_S - 0.1)
        assert app.ends == []
        await other.send_message("and you?")
        assert await other.get_message() == "and you?"
        await pass_until(mock_clock, since_s + peer.STALL_S + 0.1)
        assert app.ends == []
        await pass_until(mock_clock, since_s + peer.STALL_S + 0.2 + peer.MORE_S)
        await until(lambda: app.ends == ["gone", "shout"])
        with pytest.raises(trio.BrokenResourceError):
            while True:
                await wire.stream.receive_some(1 << 20)


async def test_a_reader_that_reads_again_soon_is_told(app, url, mock_clock, taken):
    """P6: after the stall deadline nothing more is said, but what was begun, and then a close."""
    async with plug(url) as wire:
        await wire.upgrade("/shout")
        await wire.until(b"\r\n\r\n")
        since_s = await until_full(taken, mock_clock)
        await pass_until(mock_clock, since_s + peer.STALL_S + 0.1)
        assert app.ends == []
        said = await wire.rest()
        assert app.ends == ["gone", "shout"]
        assert said.endswith(b"\x88\x02\x03\xe8")
        frames, rest = divmod(len(said) - 4, 10 + 100_000)
        assert (rest, frames > 1) == (0, True)


async def test_a_stalled_reader_is_not_waited_for_without_end(app, url, mock_clock, taken):
    """P6: one that reads again, but hardly, is cut: being told takes no longer than a stall."""
    async with plug(url) as wire:
        await wire.upgrade("/bellow")
        await wire.until(b"\r\n\r\n")
        since_s = await until_full(taken, mock_clock)
        await pass_until(mock_clock, since_s + peer.STALL_S + 0.1)
        with pytest.raises((trio.BrokenResourceError, EOFError)):
            for _ in range(12):
                wire.buffer = b""
                while len(wire.buffer) < 400_000:
                    await wire._more()
                await pass_s(mock_clock, peer.STALL_S / 5, rest_s=REST_S)
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
            await pass_s(mock_clock, peer.STALL_S / 2, rest_s=REST_S)


async def test_a_large_answer_to_a_reader_that_stopped_is_cut(url, mock_clock, taken):
    """P6: the same for HTTP: an answer that nobody takes does not hold its peer."""
    async with plug(url) as wire:
        await wire.ask("GET", "/large")
        await wire.until(b"\r\n\r\n")
        since_s = await until_full(taken, mock_clock)
        await pass_until(mock_clock, since_s + peer.STALL_S + 0.1)
        assert len(await wire.rest()) < 8 << 20
    await still_serves(url)


async def test_what_the_kernel_holds_is_known_until_the_end():
    """P20: bytes that a peer has not acknowledged; of one that is gone none, however it ended."""
    near, far = trio.socket.socketpair()
    with far:
        other = peer.Peer(near)
        assert other.unacknowledged == 0
        other.cut("gone")
        assert other.unacknowledged == 0
        other.cut("again")
        assert other.cut_reason == "gone"


async def test_what_a_stopped_reader_leaves_is_counted(app, url):
    """P20: as long as it reads nothing, what was sent to it is held for it."""
    async with plug(url) as wire:
        await wire.send(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
        (connection,) = await the_connections(app)
        with trio.fail_after(5):
            while connection.unacknowledged < 1000:
                await trio.sleep(0.01)


async def the_connections(app):
    """Wait for a connection of an app's port."""
    await until(lambda: app.extensions[PORT].connections)
    return app.extensions[PORT].connections
