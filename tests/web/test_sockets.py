import socket

import pytest
import trio
import trio_websocket
from attrs import evolve

from actors.feed import Sent
from tests.actors.fakes import a_row
from tests.web.fakes import a_gateway, a_key, dashed, dial, serving, told
from tests.web.raw import TEXT_FRAME, plug
from web.lane import Lane
from web.peer import NO_LINGER, PeerStalledError

pytestmark = pytest.mark.process

ORDERS = "/ws/orders/primary"


async def refusal(url, path, **headers):
    """Say with which status a websocket is refused, and how it is told."""
    lines = "".join(f"{name}: {value}\r\n" for name, value in dashed(headers).items())
    async with plug(url) as wire:
        await wire.upgrade(path, extra=lines.encode())
        return await wire.answer()


async def closed(client):
    """Wait until a websocket is closed, and say how."""
    with trio.fail_after(5):
        while True:
            try:
                await client.get_message()
            except trio_websocket.ConnectionClosed as end:
                return end.reason.code, end.reason.reason


async def test_a_websocket_over_a_real_port(gateway):
    """The brief's client: connect, hear an order change, ping, pong."""
    async with serving(gateway) as url, dial(url, ORDERS) as client:
        assert (await told(client))["type"] == "connection_established"
        await gateway.tell(a_row("1"))
        event = await told(client)
        assert (event["type"], event["data"]["order_id"]) == ("order_update", "1")
        await client.send_message("ping")
        assert await client.get_message() == "pong"


async def test_a_stranger_is_refused_before_it_is_accepted(tmp_path):
    """P21: without a key 401, without the right 403, with no such account 404; never accepted."""
    keys = {
        "desk": a_key("k", "hedge"),
        "all": a_key("a"),
        "writer": a_key("w", rights=("trade",)),
    }
    async with a_gateway(tmp_path, keys=keys) as gateway, serving(gateway) as url:
        for path, headers, status in (
            *((ORDERS, {}, 401), (ORDERS, {"X_API_Key": "no"}, 401)),
            *((ORDERS, {"X_API_Key": "k"}, 403), ("/ws/orders", {"X_API_Key": "w"}, 403)),
            *(("/ws/orders/nobody", {"X_API_Key": "k"}, 403),),
            *(("/ws/orders/nobody", {"X_API_Key": "a"}, 404), ("/ws/nothing", {}, 404)),
        ):
            got, answer, body = await refusal(url, path, **headers)
            assert got == status, (path, headers)
            assert answer["content-type"] == "application/problem+json"
            assert "content-security-policy" in answer
            assert b'"title"' in body
        async with dial(url, "/ws/orders", Authorization="Bearer k") as client:
            assert (await told(client))["type"] == "connection_established"


async def test_a_page_of_another_site_opens_no_socket(gateway):
    """P21: a foreign Origin or Host is 403 before the websocket is accepted; ours is let in."""
    async with serving(gateway) as url:
        port = int(url.rpartition(":")[2])
        for origin in ("http://evil.test", "null", f"http://localhost:{port - 1}"):
            assert (await refusal(url, ORDERS, Origin=origin))[0] == 403
        async with dial(url, ORDERS, Origin=f"http://localhost:{port}") as client:
            assert (await told(client))["type"] == "connection_established"


@pytest.mark.parametrize("query", ["since=x", "types=orders", "policy=last", "at=1"])
async def test_a_wrong_url_is_refused_by_its_parameter(gateway, query):
    """A bad value in the URL is 422 before the websocket is accepted, and is named."""
    async with serving(gateway) as url:
        status, _, body = await refusal(url, f"{ORDERS}?{query}")
        assert status == 422
        assert f'"?{query.partition("=")[0]}"'.encode() in body


async def test_on_shutdown_a_client_is_told_its_position(gateway):
    """P18: stopping closes each websocket with 1012 and the position that the client has."""
    async with serving(gateway) as url, dial(url, ORDERS) as client:
        await told(client)
        await gateway.tell(a_row("1"))
        event = await told(client)
        gateway.stop.set()
        assert await closed(client) == (1012, f"{event['epoch']}:{event['offset']}")


@pytest.mark.parametrize(
    ("message", "code"), [(b"bytes", 1003), ("x" * 70_000, 1009), ("x" * (1 << 20) + "y", 1009)]
)
async def test_what_is_not_text_or_too_large_ends_it(gateway, message, code):
    """P19: a binary frame closes with 1003, one that is too large with 1009."""
    async with serving(gateway) as url, dial(url, ORDERS) as client:
        await told(client)
        await client.send_message(message)
        assert (await closed(client))[0] == code


async def test_a_client_that_floods_is_closed(gateway):
    """P6: too many messages close with 4009; the reason is counted."""
    async with serving(gateway) as url:
        async with dial(url, ORDERS) as client:
            await told(client)
            try:
                for _ in range(500):
                    await client.send_message("ping")
            except trio_websocket.ConnectionClosed:
                pass
            assert (await closed(client))[0] == 4009
        answer = await gateway.app.test_client().get("/metrics")
        text = await answer.get_data(as_text=True)
        assert 'subscribers_evicted_total{reason="flooding"} 1.0' in text


async def test_a_reader_that_stalled_is_told_its_position(gateway, monkeypatch):
    """P6: one that reads again after a stall is closed with 4008 and its place; it is counted."""
    whole = Lane.send

    async def send(lane, wire):
        await whole(lane, wire)
        if b'"order_update"' in wire:
            raise PeerStalledError

    monkeypatch.setattr(Lane, "send", send)
    monkeypatch.setattr(Lane, "push", lambda _lane, _wire: Sent.NOT)
    async with serving(gateway) as url:
        async with dial(url, ORDERS) as client:
            await told(client)
            await gateway.tell(a_row("1"))
            event = await told(client)
            assert await closed(client) == (4008, f"{event['epoch']}:{event['offset']}")
        answer = await gateway.app.test_client().get("/metrics")
        text = await answer.get_data(as_text=True)
        assert 'subscribers_evicted_total{reason="stalled"} 1.0' in text


async def test_a_revoked_key_ends_its_sockets(tmp_path):
    """P21: once a key is gone its websocket gets no event more, and closes with 4001."""
    keys = {"desk": a_key("k")}
    async with a_gateway(tmp_path, keys=keys) as gateway, serving(gateway) as url:
        async with dial(url, ORDERS, X_API_Key="k") as client:
            await told(client)
            gateway.access.use_keys(evolve(gateway.system.config, keys={}))
            await gateway.tell(a_row("1"))
            assert (await closed(client))[0] == 4001


async def test_who_leaves_is_gone_at_once(gateway):
    """P6: a client that leaves, in order or not, frees its place and its feed."""
    broadcaster = gateway.system.broadcaster
    async with serving(gateway) as url:
        async with dial(url, ORDERS) as client:
            await told(client)
            assert broadcaster.statistics()["subscribers"] == 1
        async with plug(url) as wire:
            await wire.upgrade(ORDERS)
            await wire.until(b"connection_established")
            assert broadcaster.statistics()["subscribers"] == 1
        with trio.fail_after(5):
            while broadcaster.statistics()["subscribers"]:
                await trio.testing.wait_all_tasks_blocked(0.01)
        assert broadcaster.statistics()["feeds"] == 0
        answer = await gateway.app.test_client().get("/metrics")
        text = await answer.get_data(as_text=True)
        assert 'websocket_connections{service="backend"} 0.0' in text


@pytest.mark.parametrize("messages", [0, 15, 60])
async def test_who_vanishes_after_much_talk_is_gone_at_once(gateway, messages):
    """P6: what a client sent before it vanished hides its end from nobody: all of it is received."""
    broadcaster = gateway.system.broadcaster
    async with serving(gateway) as url:
        async with plug(url) as wire:
            await wire.upgrade(ORDERS)
            await wire.until(b"connection_established")
            await wire.send(TEXT_FRAME * messages)
            wire.stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)
        with trio.fail_after(5):
            while broadcaster.statistics()["subscribers"]:
                await trio.testing.wait_all_tasks_blocked(0.01)


async def test_a_defect_of_ours_says_so(gateway, monkeypatch):
    """A fault in the conversation closes with 1011, not as if all were well."""
    async with serving(gateway) as url, dial(url, ORDERS) as client:
        await told(client)
        monkeypatch.setattr("web.conversation.read_wish", None)
        await client.send_message("ping")
        assert (await closed(client))[0] == 1011


async def test_twenty_clients_hear_the_same(gateway):
    """P1: every client of an account hears every event, in the same order."""
    async with serving(gateway) as url, trio.open_nursery() as nursery:
        heard, ready = [], trio.Event()

        async def listen():
            async with dial(url, ORDERS) as client:
                await told(client)
                heard.append([])
                mine = heard[-1]
                if len(heard) == 20:
                    ready.set()
                mine.extend([(await told(client))["offset"] for _ in range(100)])

        for _ in range(20):
            nursery.start_soon(listen)
        await ready.wait()
        for n in range(100):
            gateway.brokers["primary"].push(a_row(str(n)))
    assert len({tuple(offsets) for offsets in heard}) == 1
    assert heard[0] == sorted(set(heard[0]))
