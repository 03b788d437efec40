"""The stream: how it opens, what keeps it alive, and each of its ends."""

from __future__ import annotations

from contextlib import asynccontextmanager

import pytest
import trio

from actors.domain.errors import DecodeError, NeedsLogin, StreamLost
from actors.domain.model import Note

from .given import KEY, SECRETS, TOKEN, kite_of, streaming
from .samples import CANCELLED, ERROR, HEARTBEAT, OPEN, PARTLY


async def test_it_opens_with_the_keys_in_its_address_and_asks_for_nothing(autojump_clock):
    """Orders come without a subscription; the version is a header, the keys are the query."""
    kite, net = streaming([OPEN, HEARTBEAT, PARTLY, CANCELLED, CANCELLED])
    async with kite.stream() as stream:
        told = [report for _ in range(5) for report in await stream.receive()]
    assert [one.status for one in told] == ["OPEN", "UPDATE", "CANCELLED", "CANCELLED"]
    token = TOKEN.replace("/", "%2F").replace("+", "%2B")
    assert net.net.urls == [f"wss://ws.kite.trade?api_key={KEY}&access_token={token}"]
    assert net.headers == [{"X-Kite-Version": "3"}]


async def test_a_configured_socket_is_used(autojump_clock):
    """The sandbox stands at an address of its own."""
    kite, net = streaming([OPEN], socket_url="ws://127.0.0.1:8080/")
    async with kite.stream() as stream:
        assert len(await stream.receive()) == 1
    assert net.net.urls[0].startswith("ws://127.0.0.1:8080/?api_key=")


async def test_a_heartbeat_is_a_sign_of_life(autojump_clock):
    """A byte every few seconds keeps a quiet night open."""
    kite, _ = streaming([step for _ in range(40) for step in (3, HEARTBEAT)] + [OPEN])
    async with kite.stream() as stream:
        began_s = trio.current_time()
        for _ in range(40):
            assert await stream.receive() == ()
        assert len(await stream.receive()) == 1
        assert trio.current_time() - began_s == pytest.approx(120)


async def test_silence_is_a_lost_stream(autojump_clock):
    """P7: when not even a heartbeat came for 20 s the socket is a ghost."""
    kite, _ = streaming([5, HEARTBEAT])
    async with kite.stream() as stream:
        assert await stream.receive() == ()
        began_s = trio.current_time()
        with pytest.raises(StreamLost, match="nothing came for 20 s, not even a heartbeat"):
            await stream.receive()
        assert trio.current_time() - began_s == pytest.approx(20)


@pytest.mark.parametrize("status", [401, 403])
async def test_a_refused_handshake_needs_a_login(autojump_clock, status):
    """A 403 at the door is a dead token; the address is in no word of it."""
    kite, _ = streaming(status)
    with pytest.raises(NeedsLogin) as caught:
        async with kite.stream():
            pass
    assert [secret for secret in SECRETS if secret in str(caught.value)] == []


@pytest.mark.parametrize("status", [429, 502, 503])
async def test_another_handshake_error_is_a_lost_stream(autojump_clock, status):
    """Too many sockets, or no exchange behind: it is tried again."""
    kite, _ = streaming(status)
    with pytest.raises(StreamLost, match=f"{status}"):
        async with kite.stream():
            pass


@pytest.mark.parametrize(
    ("ending", "error"),
    [
        ((1008, "access token expired"), NeedsLogin),
        ((1008, "TokenException"), NeedsLogin),
        ((1000, ""), StreamLost),
        ((1001, "going away"), StreamLost),
        ('{"type":"error","data":"Invalid access_token"}', NeedsLogin),
    ],
)
async def test_only_a_refused_token_needs_a_login(autojump_clock, ending, error):
    """What Kite says of the token itself, as a frame or at the close, is beyond trying again."""
    kite, _ = streaming([OPEN, 1, ending])
    async with kite.stream() as stream:
        assert len(await stream.receive()) == 1
        with pytest.raises(error) as caught:
            await stream.receive()
        assert type(caught.value) is error


async def test_garbage_is_told_and_the_stream_goes_on(autojump_clock):
    """P19: a frame that cannot be read is lost with its digest; the next one is heard."""
    kite, _ = streaming(["{", b"\x00\x01\x02", '{"type":"order"}', ERROR, OPEN])
    async with kite.stream() as stream:
        with pytest.raises(DecodeError) as caught:
            await stream.receive()
        assert caught.value.length == 1
        assert await stream.receive() == ()
        with pytest.raises(DecodeError, match=r"\$\.data"):
            await stream.receive()
        assert await stream.receive() == (Note("error", "Too many instruments"),)
        assert len(await stream.receive()) == 1


@pytest.mark.parametrize("secret", SECRETS)
async def test_no_key_comes_back_in_a_word(autojump_clock, secret):
    """P21: what Kite says of a key is kept without it, in a note, an ending and a refusal."""
    note = f'{{"type":"message","data":"hello {secret}"}}'
    refusal = f'{{"type":"error","data":"invalid token {secret}"}}'
    kite, _ = streaming([note, (1001, f"bye {secret}")], [refusal])
    async with kite.stream() as stream:
        assert await stream.receive() == (Note("info", "hello ***"),)
        assert secret not in repr(stream)
        with pytest.raises(StreamLost, match=r"1001 bye \*\*\*"):
            await stream.receive()
    async with kite.stream() as stream:
        with pytest.raises(NeedsLogin, match=r"invalid token \*\*\*"):
            await stream.receive()


@pytest.mark.parametrize("kind", [StreamLost, NeedsLogin])
async def test_a_failure_to_connect_shows_no_address(kind):
    """P21: whoever connects may quote the address; its query is taken out."""

    @asynccontextmanager
    async def connect(url, headers, *, timeout_s):
        raise kind(f"cannot open {url}")
        yield

    with pytest.raises(kind) as caught:
        async with kite_of(connect=connect).stream():
            pass
    assert [secret for secret in SECRETS if secret in str(caught.value)] == []
    assert "access_token=***" in str(caught.value)


async def test_a_new_token_counts_from_the_next_connection_on(autojump_clock):
    """The login's token is in the address of the next connection."""
    kite, net = streaming([OPEN], [OPEN])
    for token in ("one", "two"):
        kite.login.use(token)
        async with kite.stream() as stream:
            await stream.receive()
    assert [url.rpartition("=")[2] for url in net.net.urls] == ["one", "two"]


async def test_what_the_block_raises_comes_out_as_it_is(autojump_clock):
    """The stream wraps nothing: the caller's own error is what comes out."""
    kite, _ = streaming([OPEN])
    with pytest.raises(KeyError):
        async with kite.stream():
            raise KeyError
