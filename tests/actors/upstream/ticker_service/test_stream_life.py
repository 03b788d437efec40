"""The stream, over the real websocket codec in memory: how it stays alive, and how it ends."""

from contextlib import asynccontextmanager

import pytest
import trio

from actors.domain.errors import DecodeError, NeedsLogin, StreamLost
from actors.domain.model import Note
from actors.upstream.ticker_service.stream import Dialect, Line, OpenStream, open_stream
from tests.actors.upstream.memory import KEY, PublishedService
from tests.actors.upstream.samples import CONNECTED, ERROR, SHORT_UPDATE
from tests.actors.upstream.ticker_service.given import error, scripted, service_of


async def test_a_ping_goes_out_every_30_s(autojump_clock):
    """The server closes after 60 s without a text ping. The pings go on whether or not anybody
    listens, and their pongs are a sign of life.
    """
    server = PublishedService(1)
    service, _ = service_of(server)
    async with service.stream() as stream:
        began_s = trio.current_time()
        assert await stream.receive() == ()
        assert trio.current_time() - began_s == pytest.approx(30)
        await trio.sleep(300)
        for _ in range(9):
            assert await stream.receive() == ()
    assert [text for _, text in server.texts] == ["ping"] * len(server.texts)
    times_s = [at_s - began_s for at_s, _ in server.texts]
    assert times_s == pytest.approx([30.0 * i for i in range(1, len(times_s) + 1)])
    assert len(times_s) >= 10


async def test_two_keep_alives_of_silence_are_the_end(autojump_clock):
    """Nothing for 60 s, not even a pong: the stream is lost, however the waiting was cut up."""
    for patience_s in (1000, 7):
        service, _ = service_of(scripted([CONNECTED]))
        async with service.stream() as stream:
            began_s = trio.current_time()
            with pytest.raises(StreamLost, match="nothing came for 60 s, not even a pong"):
                await impatient(stream, patience_s)
            assert trio.current_time() - began_s == pytest.approx(60)


async def impatient(stream, patience_s):
    """Ask again and again, a little while each time."""
    for _ in range(20):
        with trio.move_on_after(patience_s):
            await stream.receive()


async def test_a_slow_listener_is_not_silence(autojump_clock):
    """Time that the caller spends elsewhere is not counted: what came meanwhile is heard."""
    service, _ = service_of(PublishedService(1, news=[SHORT_UPDATE]))
    async with service.stream() as stream:
        await trio.sleep(200)
        assert len(await stream.receive()) == 1


async def test_the_heartbeat_timeout_of_the_server_ends_the_stream(autojump_clock):
    """The published close `1000 "Heartbeat timeout"` is a lost stream, not a refused key."""
    service, _ = service_of(scripted([CONNECTED, 1, (1000, "Heartbeat timeout")]))
    async with service.stream() as stream:
        with pytest.raises(StreamLost, match="1000 Heartbeat timeout"):
            await stream.receive()


async def test_a_key_revoked_while_open_needs_a_login(autojump_clock):
    """1008 "Unauthorized" on an open stream is the broker's word that the key is dead."""
    service, _ = service_of(scripted([CONNECTED, 1, (1008, "Unauthorized")]))
    async with service.stream() as stream:
        with pytest.raises(NeedsLogin):
            await stream.receive()


async def test_garbage_is_told_and_the_stream_goes_on(autojump_clock):
    """P19: a frame that cannot be read is lost with its digest; the next one is heard."""
    server = PublishedService(1, news=["{", b"\x00\x01", '{"type":"order_update"}', SHORT_UPDATE])
    service, _ = service_of(server)
    async with service.stream() as stream:
        with pytest.raises(DecodeError) as caught:
            await stream.receive()
        assert caught.value.length == 1
        assert await stream.receive() == ()
        with pytest.raises(DecodeError, match=r"\$\.data"):
            await stream.receive()
        assert len(await stream.receive()) == 1


async def test_the_key_is_taken_out_of_the_brokers_words(autojump_clock):
    """P21: a broker that echoes the key puts it into no message of ours."""
    server = PublishedService(1, news=[error(f"bad subscription for {KEY}"), ERROR])
    service, _ = service_of(server)
    async with service.stream() as stream:
        assert await stream.receive() == (Note("error", "bad subscription for ***"),)
        assert KEY not in repr(stream)


async def test_a_broken_connection_ends_the_stream(autojump_clock):
    """A peer that vanishes without a close is a lost stream; so is one whose door is shut."""

    async def vanish(request):
        socket = await request.accept()
        await socket.send_message(CONNECTED)
        await trio.sleep(1)
        await socket._stream.aclose()

    service, _ = service_of(vanish)
    async with service.stream() as stream:
        with pytest.raises(StreamLost):
            await stream.receive()

    async def shut(request):
        await request.reject(503)

    service, _ = service_of(shut)
    with pytest.raises(StreamLost, match="503"):
        async with service.stream():
            pass


@pytest.mark.parametrize(
    "raw",
    [
        b"\x81\x02\xff\xff",  # a text frame that is not UTF-8
        b"\x8f\x00",  # an opcode that does not exist
        b"\x81\x81\x00\x00\x00\x00x",  # a server's frame, masked
        b"\x81\xff\xff\xff\xff\xff\xff\xff\xff\xff",  # a frame of 2^64 bytes
        b"\x88\x01x",  # a close without a code
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
    ],
)
async def test_bytes_that_are_no_websocket_end_the_stream(autojump_clock, raw):
    """P19: whatever comes instead of frames, the stream is lost and nothing else happens."""

    async def serve(request):
        socket = await request.accept()
        await socket.send_message(CONNECTED)
        await socket._stream.send_all(raw)
        await trio.sleep_forever()

    service, _ = service_of(serve)
    async with service.stream() as stream:
        with pytest.raises(StreamLost):
            await stream.receive()


async def test_what_the_block_raises_comes_out_as_it_is(autojump_clock):
    """The keep-alive beside the block wraps nothing: the caller's own error is what comes out."""
    service, _ = service_of(PublishedService(1))
    with pytest.raises(KeyError):
        async with service.stream():
            raise KeyError
    with trio.move_on_after(5) as scope:
        async with service.stream() as stream:
            while True:
                await stream.receive()
    assert scope.cancelled_caught


class Stuck:
    """A socket whose other end takes nothing in."""

    async def send(self, _text):
        """Take nothing."""
        await trio.sleep_forever()

    async def receive(self):
        """Say nothing."""
        await trio.sleep_forever()


async def test_a_socket_that_takes_nothing_in_holds_nobody(autojump_clock):
    """Every send has a deadline: the login ends, and the keep-alive ends and leaves the rest to
    the silence.
    """

    @asynccontextmanager
    async def connect(url, headers, *, timeout_s):
        yield Stuck()

    began_s = trio.current_time()
    with pytest.raises(StreamLost, match="took nothing in for 10 s"):
        async with open_stream(Line("http://b", "primary", KEY, connect, Dialect.IN_FRAME)):
            pass
    assert trio.current_time() - began_s == pytest.approx(10)

    class Greets(Stuck):
        greeted = False

        async def receive(self):
            """Say one word."""
            if self.greeted:
                await trio.sleep_forever()
            self.greeted = True
            return CONNECTED

    @asynccontextmanager
    async def greeting(url, headers, *, timeout_s):
        yield Greets()

    async with open_stream(Line("http://b", "primary", KEY, greeting)) as stream:
        assert isinstance(stream, OpenStream)
        with pytest.raises(StreamLost, match="not even a pong"):
            await stream.receive()


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("http://h:1", "ws://h:1/advanced/ws/orders/a%20b"),
        ("https://h/base", "wss://h/base/advanced/ws/orders/a%20b"),
    ],
)
def test_the_address_is_made_of_the_configured_url(url, address):
    """TLS stays TLS, a path in front stays, and names are quoted."""
    line = Line(url, "a b", "k&y", None)
    assert line.address(Dialect.IN_FRAME) == address
    assert line.address(Dialect.IN_ADDRESS) == f"{address}?api_key=k%26y"
