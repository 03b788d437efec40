"""The stream, over the real websocket codec in memory: both dialects, keys, life and death."""

import json
from contextlib import asynccontextmanager

import pytest
import trio

from actors.domain.config import AccountConfig
from actors.domain.errors import DecodeError, NeedsLogin, StreamLost
from actors.domain.model import Note, OrderReport, TaskReport
from actors.upstream.ticker_service import open_ticker_service
from actors.upstream.ticker_service.stream import Dialect, Line, OpenStream, open_stream
from tests.actors.upstream.memory import KEY, MemoryNet, PublishedService, seams
from tests.actors.upstream.samples import CONNECTED, ERROR, FULL_UPDATE, SHORT_UPDATE, TASK_UPDATE

ADDRESS = "ws://broker:8080/advanced/ws/orders/primary"
KEYED = f"{ADDRESS}?api_key=s3cret%2Fkey"


def service_of(server, key=KEY):
    net = MemoryNet(server)
    config = AccountConfig("ticker_service", "http://broker:8080", key)
    return open_ticker_service("primary", config, seams(connect=net)), net


async def test_dialect_1_is_opened_with_the_key_in_the_address(autojump_clock):
    """v1: the server speaks first, at once; no frame with the key is ever sent to it."""
    server = PublishedService(1, news=[SHORT_UPDATE])
    service, net = service_of(server)
    began_s = trio.current_time()
    async with service.stream() as stream:
        assert trio.current_time() == began_s
        (report,) = await stream.receive()
        assert (report.order_id, report.status) == ("251123000123456", "OPEN")
    assert net.urls == [KEYED]
    assert server.texts == []


async def test_dialect_2_gets_the_key_in_a_frame(autojump_clock):
    """v2: a server that waits for the key gets it on the same connection, well within its 10 s,
    and no later connection carries the key in its address.
    """
    server = PublishedService(2, news=[FULL_UPDATE])
    service, net = service_of(server)
    for _ in range(2):
        async with service.stream() as stream:
            assert await stream.receive() == ()
            assert isinstance((await stream.receive())[0], OrderReport)
    assert net.urls == [KEYED, ADDRESS]
    assert [json.loads(text) for _, text in server.texts] == [{"type": "auth", "api_key": KEY}] * 2
    assert server.texts[0][0] == pytest.approx(2.0)


@pytest.mark.parametrize("dialect", [1, 2])
async def test_a_server_that_changes_its_dialect_is_followed(autojump_clock, dialect):
    """What worked last is tried first, and the other one after it: an upgrade loses no account."""
    server = PublishedService(dialect)
    service, net = service_of(server)
    async with service.stream():
        pass
    server.dialect = 3 - dialect
    for _ in range(2):
        async with service.stream():
            pass
    expected = {1: [KEYED, KEYED, ADDRESS], 2: [KEYED, ADDRESS, KEYED, KEYED]}
    assert net.urls == expected[dialect]


@pytest.mark.parametrize("dialect", [1, 2])
async def test_a_bad_key_needs_a_login(autojump_clock, dialect):
    """v1 refuses the handshake with 403, v2 with an error and 1008 "Unauthorized"."""
    service, _ = service_of(PublishedService(dialect), key="wrong")
    for _ in range(2):
        with pytest.raises(NeedsLogin) as caught:
            async with service.stream():
                pass
        assert "wrong" not in str(caught.value)


async def test_a_key_that_becomes_bad_needs_a_login_in_the_known_dialect(autojump_clock):
    """v2, known: the refusal comes on the first connection."""
    server = PublishedService(2)
    service, net = service_of(server)
    async with service.stream():
        pass
    server.key = "another"
    with pytest.raises(NeedsLogin):
        async with service.stream():
            pass
    assert net.urls == [KEYED, ADDRESS]


@pytest.mark.parametrize("welcome", ["connected", "connection_established"])
async def test_either_greeting_opens_the_stream(autojump_clock, welcome):
    """Other servers of this wire say `connection_established`."""
    service, _ = service_of(PublishedService(1, welcome=welcome))
    async with service.stream():
        pass


async def test_a_slow_server_of_dialect_1_is_still_understood(autojump_clock):
    """v1 that greets after 5 s: the frame with the key does no harm, and v1 is what is known."""
    server = PublishedService(1, welcome_delay_s=5)
    service, net = service_of(server)
    for _ in range(2):
        async with service.stream():
            pass
    assert net.urls == [KEYED, KEYED]


def scripted(*conversations):
    """A server that plays one conversation a connection: strings are sent, a tuple closes, a
    number waits; "?" waits for a text, "403" refuses the handshake.
    """
    left = list(conversations)

    async def serve(request):
        steps = left.pop(0)
        if steps == ["403"]:
            await request.reject(403)
            return
        socket = await request.accept()
        for step in steps:
            match step:
                case (code, reason):
                    await socket.aclose(code, reason)
                case float() | int():
                    await trio.sleep(step)
                case "?":
                    await socket.get_message()
                case _:
                    await socket.send_message(step)
        await trio.sleep_forever()

    return serve


def error(text):
    return json.dumps({"type": "error", "message": text})


REQUIRED = [error("Authentication required"), (1008, "Authentication required")]


@pytest.mark.parametrize(
    "first",
    [
        REQUIRED,
        [(1008, "Authentication required")],
        [error("Authentication required")],
        [(1008, "")],
        [(1008, "Unauthorized")],
        ["?", error("Invalid auth format"), (1008, "Invalid auth format")],
    ],
)
async def test_a_server_that_minds_the_address_gets_the_frame(autojump_clock, first):
    """A server that accepts and turns the key in the address away gets a second connection,
    without it: what it said before it was given a frame is no word on the key.
    """
    service, net = service_of(scripted(first, ["?", '{"type":"authenticated"}', CONNECTED]))
    async with service.stream():
        pass
    assert net.urls == [KEYED, ADDRESS]


@pytest.mark.parametrize(
    ("conversations", "error_type", "urls"),
    [
        # It takes the key in neither form, but never says that the key is bad.
        ([REQUIRED, REQUIRED], StreamLost, [KEYED, ADDRESS]),
        # It is full: v1 then refuses the handshake without a key. That is no refused key.
        ([[(1008, "Too many connections")], ["403"]], StreamLost, [KEYED, ADDRESS]),
        # It accepted, and refused the key in its own words; without a key it does not accept.
        ([[(1008, "Unauthorized")], ["403"]], NeedsLogin, [KEYED, ADDRESS]),
        ([["?", error("Invalid API key")]], NeedsLogin, [KEYED]),
        # It ended, for a reason that has nothing to do with keys.
        ([[(1012, "restarting")]], StreamLost, [KEYED]),
        ([["?", (1011, "bug")]], StreamLost, [KEYED]),
        # It is there, and never says a word.
        ([[]], StreamLost, [KEYED]),
        ([["?", "garbage", b"x", "pong"]], StreamLost, [KEYED]),
        # It complains, and that is all.
        ([["?", error("no"), error("no"), error("no"), error("no"), 60]], StreamLost, [KEYED]),
    ],
)
async def test_only_a_refused_key_needs_a_login(autojump_clock, conversations, error_type, urls):
    """Every other way to be turned away is a lost stream, tried again; none takes for ever."""
    service, net = service_of(scripted(*conversations))
    began_s = trio.current_time()
    with pytest.raises(error_type) as caught:
        async with service.stream():
            pass
    assert type(caught.value) is error_type
    assert KEY not in str(caught.value)
    assert net.urls == urls
    assert trio.current_time() - began_s < 40


async def test_news_before_the_greeting_is_not_lost(autojump_clock):
    """An update may overtake the greeting: it opens the stream and is the first thing heard."""
    service, _ = service_of(scripted([TASK_UPDATE, CONNECTED, SHORT_UPDATE]))
    async with service.stream() as stream:
        assert isinstance((await stream.receive())[0], TaskReport)
        assert await stream.receive() == ()
        assert isinstance((await stream.receive())[0], OrderReport)


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
