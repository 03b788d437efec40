from importlib.metadata import version

import pytest

from tests.web.fakes import dial
from tests.web.odd_app import HELLO, still_serves, until
from tests.web.raw import PING_FRAME, TEXT_FRAME, plug
from web import http1

pytestmark = pytest.mark.process


async def test_the_inside_that_we_reach_into_is_the_one_that_was_read():
    """The mends stand on Hypercorn 0.18: with another one they have to be read again."""
    assert version("hypercorn").startswith("0.18.")
    protocol = http1.H11Protocol
    for name in ("stream_send", "_check_protocol", "_create_stream", "_send_h11_event"):
        assert callable(getattr(protocol, name))
    assert callable(http1.WSStream._send_wsproto_event)
    assert http1.ConnectionState.OPEN
    assert http1.ASGIWebsocketState.CONNECTED


async def test_an_early_frame_ends_its_own_connection(app, url):
    """P19: a frame in the packet of the handshake, which ended the process: 400, and no handler."""
    for path, early in (("/talk", PING_FRAME), ("/deaf", TEXT_FRAME), ("/shout", b"\0" * 3000)):
        async with plug(url) as wire:
            await wire.upgrade(path, early=early)
            assert (await wire.rest()).startswith(b"HTTP/1.1 400 ")
    await still_serves(url)
    async with dial(url, "/talk") as client:
        await client.send_message("still here")
        assert await client.get_message() == "still here"


@pytest.mark.parametrize(
    "noise",
    [
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\0\4\0\0\0\0\0" * 3,
        b"GET / HTTP/2.0\r\nHost: x\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET ?x HTTP/1.1\r\nHost: x\r\n\r\n",
        b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /hello HTTP/1.1\r\n\r\n",
        b"GET /hello HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
        b"POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
        b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"\r\n" * 10_000 + b"\0",
    ],
)
async def test_noise_is_answered_and_closed(url, noise):
    """P19: what is no HTTP/1.1 gets a short refusal or nothing, and its connection ends."""
    async with plug(url) as wire:
        await wire.send(noise)
        answer = await wire.rest()
        assert answer[:13] in (b"", *(b"HTTP/1.1 %d " % n for n in (400, 431, 501, 505)))
        assert b"Traceback" not in answer
    await still_serves(url)


async def test_a_handshake_that_is_none_ends_its_connection(url):
    """A websocket of another version is 400, and its connection is not left standing."""
    async with plug(url) as wire:
        await wire.upgrade("/talk", extra=b"Sec-WebSocket-Version: 12\r\n")
        assert (await wire.rest()).startswith(b"HTTP/1.1 400 ")


async def test_an_early_frame_is_no_defect(app, url, entries):
    """P19: a handshake that is refused while its handler takes it is the client's fault alone."""
    for early in (PING_FRAME, TEXT_FRAME, b"\0" * 3000) * 5:
        for path in ("/talk", "/nowhere"):
            async with plug(url) as wire:
                await wire.upgrade(path, early=early)
                await wire.rest()
    assert [entry for entry in entries if entry["log_level"] == "error"] == []


@pytest.mark.parametrize("host", [b".", b"a..b", b"x" * 64, b"[", b"a b", b"a:99999999", b"\xff"])
async def test_a_host_that_is_no_name_is_refused(url, host):
    """P19: a Host over which the routing would stumble is 400, before any handler."""
    async with plug(url) as wire:
        await wire.send(b"GET /hello HTTP/1.1\r\nHost: %s\r\n\r\n" % host)
        assert (await wire.answer())[0] == 400
        assert await wire.rest() == b""


@pytest.mark.parametrize("host", [b"", b"x", b"a.b-c.example.:80", b"[::1]:8009", b"my_host"])
async def test_a_host_that_is_a_name_is_served(url, host):
    """A Host is a name or an address, and perhaps a port."""
    async with plug(url) as wire:
        await wire.send(b"GET /hello HTTP/1.1\r\nHost: %s\r\n\r\n" % host)
        assert (await wire.answer())[0] == 200


async def test_an_answer_before_its_requests_end_says_that_it_is_the_last(url):
    """A client that is answered before its body came knows not to send another request there."""
    async with plug(url) as wire:
        await wire.send(b"POST /hasty HTTP/1.1\r\nHost: x\r\nContent-Length: 900\r\n\r\n")
        _, headers, _ = await wire.answer()
        assert headers["connection"] == "close"
    async with plug(url) as wire:
        await wire.send(HELLO)
        _, headers, _ = await wire.answer()
        assert "connection" not in headers


@pytest.mark.parametrize("together", [True, False])
async def test_what_comes_after_the_last_request_is_nobodys(url, together):
    """P19: bytes behind `Connection: close` neither tear the answer nor are they answered."""
    last = HELLO.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    async with plug(url) as wire:
        await wire.send(last + HELLO if together else last)
        if not together:
            await wire.send(HELLO)
        status, _, body = await wire.answer()
        assert (status, body) == (200, b"hello")
        assert await wire.rest() == b""


@pytest.mark.parametrize("broken", [b"\x81\x04ping", b"\xf1\x80\0\0\0\0", b"\x81\x81\0\0\0\0\xff"])
async def test_a_broken_frame_is_told_so(app, url, broken):
    """P19: no mask, reserved bits, no UTF-8: a close that says why, and the handler ends."""
    async with plug(url) as wire:
        await wire.upgrade("/talk")
        await wire.until(b"\r\n\r\n")
        await wire.send(broken)
        assert await wire.rest() == b"\x88\x10" + (1002).to_bytes(2) + b"a broken frame"
    await until(lambda: app.ends == ["talk"])


async def test_an_upgrade_to_http2_is_passed_over(url):
    """An offer of h2c is an offer: the answer comes in HTTP/1.1."""
    async with plug(url) as wire:
        await wire.ask("GET", "/hello", b"", b"Upgrade: h2c", b"HTTP2-Settings: AAMAAABk")
        assert (await wire.answer())[2] == b"hello"


async def test_an_answer_has_its_words(url):
    """A person with curl reads `200 OK`, and not what server it is."""
    async with plug(url) as wire:
        await wire.send(HELLO)
        head = await wire.until(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200 OK\r\n")
        assert b"hypercorn" not in head.lower()


async def test_compression_is_not_taken_up(url):
    """A browser's offer of permessage-deflate is passed over: each frame is one of ours."""
    async with plug(url) as wire:
        await wire.upgrade("/talk", extra=b"Sec-WebSocket-Extensions: permessage-deflate\r\n")
        head = await wire.until(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 101 ")
        assert b"extensions" not in head.lower()
