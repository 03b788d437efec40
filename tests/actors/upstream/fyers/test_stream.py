"""The order socket, over the real websocket codec in memory: opened, kept alive, ended."""

from contextlib import asynccontextmanager

import pytest
import trio

from actors.domain.errors import DecodeError, NeedsLogin, StreamLost
from actors.domain.model import Note, OrderReport, Trade
from actors.upstream.fyers.frames import SUBSCRIBE
from actors.upstream.fyers.keys import Keys
from actors.upstream.fyers.stream import Line, OpenStream, open_stream
from tests.actors.upstream.fyers.given import ADDRESS, APP, TOKEN, scripted, service_of
from tests.actors.upstream.fyers.samples import ACK, LOGIN, RAW_TRADE, TRANSIT


async def test_it_is_opened_with_the_keys_in_a_header_and_subscribes_once(autojump_clock):
    """The handshake has `authorization: appId:token`, the address has no key; one frame asks for all."""
    heard = []
    service, net = service_of(serve=scripted("?", ACK, TRANSIT, heard=heard))
    began_s = trio.current_time()
    async with service.stream() as stream:
        assert trio.current_time() == began_s
        assert await stream.receive() == ()
        (report,) = await stream.receive()
        assert isinstance(report, OrderReport)
    assert net.urls == [ADDRESS]
    assert net.headers == [{"authorization": f"{APP}:{TOKEN}"}]
    assert [text for _, text in heard] == [SUBSCRIBE]


async def test_news_that_comes_before_the_acknowledgement_is_not_lost(autojump_clock):
    """What comes first is kept, whatever it is; a trade may come before its order."""
    service, _ = service_of(serve=scripted("?", RAW_TRADE, ACK, TRANSIT))
    async with service.stream() as stream:
        assert isinstance((await stream.receive())[0], Trade)
        assert await stream.receive() == ()
        assert isinstance((await stream.receive())[0], OrderReport)


async def test_a_server_that_does_not_acknowledge_is_open_all_the_same(autojump_clock):
    """The acknowledgement proves nothing, and neither does its absence: it is waited for 5 s."""
    service, _ = service_of(serve=scripted("?"))
    began_s = trio.current_time()
    async with service.stream() as stream:
        assert trio.current_time() - began_s == pytest.approx(5)
        assert await stream.receive() == ()
        assert trio.current_time() - began_s == pytest.approx(15)


async def test_a_ping_goes_out_every_10_s(autojump_clock):
    """Text pings, whether or not anybody listens; the pong that is no JSON is a sign of life."""
    heard = []
    service, _ = service_of(serve=scripted("?", ACK, heard=heard))
    async with service.stream() as stream:
        began_s = trio.current_time()
        assert await stream.receive() == ()
        for _ in range(3):
            assert await stream.receive() == ()
        assert trio.current_time() - began_s == pytest.approx(30)
        await trio.sleep(60)
    pings = [at_s - began_s for at_s, text in heard if text == "ping"]
    assert pings == pytest.approx([10.0 * i for i in range(1, len(pings) + 1)])
    assert len(pings) >= 8


async def test_two_keep_alives_of_silence_are_the_end(autojump_clock):
    """P7: nothing for 20 s, not even a pong: the stream is lost, though the socket looks open."""
    service, _ = service_of(serve=scripted("?", ACK, answers_pings=False))
    async with service.stream() as stream:
        began_s = trio.current_time()
        assert await stream.receive() == ()
        with pytest.raises(StreamLost, match="nothing came for 20 s, not even a pong"):
            await stream.receive()
        assert trio.current_time() - began_s == pytest.approx(20)


async def test_a_dead_token_needs_a_login(autojump_clock):
    """403 at the handshake is a wrong or expired token, as documented; 404 is not."""
    service, _ = service_of(serve=scripted("403"))
    with pytest.raises(NeedsLogin) as caught:
        async with service.stream():
            pass
    assert not any(secret in str(caught.value) for secret in (APP, TOKEN))

    async def elsewhere(request):
        await request.reject(404)

    service, _ = service_of(serve=elsewhere)
    with pytest.raises(StreamLost, match="404"):
        async with service.stream():
            pass


async def test_without_a_token_nothing_is_opened(autojump_clock):
    """P21: no handshake goes out that could not be let in."""
    service, net = service_of(serve=scripted(), token="")
    with pytest.raises(NeedsLogin):
        async with service.stream():
            pass
    assert net.urls == []


@pytest.mark.parametrize("steps", [["?", (1000, "bye")], [(1011, f"{APP}:{TOKEN} is odd")]])
async def test_an_early_end_is_a_lost_stream(autojump_clock, steps):
    """P21: no close code is documented, so each is an end to try again after; no key in its words."""
    service, _ = service_of(serve=scripted(*steps))
    with pytest.raises(StreamLost) as caught:
        async with service.stream() as stream:
            await stream.receive()
    assert not any(secret in str(caught.value) for secret in (APP, TOKEN))


async def test_garbage_is_told_and_the_stream_goes_on(autojump_clock):
    """P19: a frame that cannot be read is lost with its digest; the next one is heard."""
    service, _ = service_of(serve=scripted("?", ACK, "{", b"\x00\x01", '{"orders":7}', LOGIN))
    async with service.stream() as stream:
        assert await stream.receive() == ()
        with pytest.raises(DecodeError) as caught:
            await stream.receive()
        assert caught.value.length == 1
        assert await stream.receive() == ()
        with pytest.raises(DecodeError, match=r"\$\.orders"):
            await stream.receive()
        assert isinstance((await stream.receive())[0], Note)


async def test_the_keys_are_taken_out_of_the_brokers_words(autojump_clock):
    """P21: a broker that echoes a key puts it into no message of ours."""
    error = f'{{"s":"error","code":-1,"message":"odd: {APP}:{TOKEN}"}}'
    service, _ = service_of(serve=scripted("?", error))
    async with service.stream() as stream:
        assert await stream.receive() == (
            Note("error", "the stream tells of an error: odd: ***:***"),
        )
        assert not any(secret in repr(stream) for secret in (APP, TOKEN))


async def test_what_the_block_raises_comes_out_as_it_is(autojump_clock):
    """The keep-alive beside the block wraps nothing: the caller's own error is what comes out."""
    service, _ = service_of(serve=scripted("?", ACK))
    with pytest.raises(KeyError):
        async with service.stream():
            raise KeyError
    with trio.move_on_after(5) as scope:
        async with service.stream() as stream:
            while True:
                await stream.receive()
    assert scope.cancelled_caught


class Stuck:
    """A socket whose other end takes nothing in, after so many frames."""

    def __init__(self, taken):
        self.taken = taken

    async def send(self, _text):
        """Take a few frames, and then nothing."""
        self.taken -= 1
        if self.taken < 0:
            await trio.sleep_forever()

    async def receive(self):
        """Say nothing."""
        await trio.sleep_forever()


async def test_a_socket_that_takes_nothing_in_holds_nobody(autojump_clock):
    """P20: every send has a deadline; a keep-alive that cannot go out leaves the rest to silence."""

    def line(taken):
        @asynccontextmanager
        async def connect(url, headers, *, timeout_s):
            yield Stuck(taken)

        return Line("ws://b", "primary", Keys(APP, TOKEN), connect)

    with pytest.raises(StreamLost, match="took nothing in for 10 s"):
        async with open_stream(line(0)):
            pass
    async with open_stream(line(1)) as stream:
        assert isinstance(stream, OpenStream)
        with pytest.raises(StreamLost, match="not even a pong"):
            await stream.receive()
