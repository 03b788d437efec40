"""The stream, over the real websocket codec in memory: both dialects, keys, life and death."""

import json

import pytest
import trio

from actors.domain.errors import NeedsLogin, StreamLost
from actors.domain.model import OrderReport, TaskReport
from tests.actors.upstream.memory import KEY, PublishedService
from tests.actors.upstream.samples import CONNECTED, FULL_UPDATE, SHORT_UPDATE, TASK_UPDATE
from tests.actors.upstream.ticker_service.given import ADDRESS, KEYED, error, scripted, service_of


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
