"""What a login and a ticket open, and how it ends with them."""

from datetime import timedelta

import pytest
from attrs import evolve

from tests.actors.fakes import START
from tests.web.fakes import a_gateway, a_key, dial, serving, told
from tests.web.odd_app import pass_s
from tests.web.test_sockets import ORDERS, closed, refusal
from tests.web.visitor import KEYS, OURS, a_ticket, ask, logged_in
from web.asked import COOKIE
from web.tickets import TICKET_S


@pytest.fixture
async def gateway(tmp_path):
    """A gateway with keys, on whatever clock the test has."""
    async with a_gateway(tmp_path, keys=KEYS) as running:
        yield running


@pytest.mark.process
async def test_a_ticket_opens_one_stream(gateway):
    """P21: what its key may, once, within 30 s; over a websocket or Server-Sent Events alone."""
    async with serving(gateway) as url:
        ticket = await a_ticket(gateway, X_API_Key="e")
        path = f"/ws/orders?ticket={ticket}&types=order_update"
        async with dial(url, path, Cookie="orderwire-session=no") as client:
            await told(client)
            await client.send_message('{"action":"subscribe","accounts":["hedge"]}')
            assert (await told(client))["accounts"] == ["hedge"]
        assert (await refusal(url, path))[0] == 401
        late = await a_ticket(gateway, X_API_Key="k")
        now = gateway.system.seams.now
        later = lambda: now() + timedelta(seconds=TICKET_S)  # noqa: E731
        gateway.system.seams = evolve(gateway.system.seams, now=later)
        assert (await refusal(url, f"{ORDERS}?ticket={late}"))[0] == 401
        ticket = await a_ticket(gateway, X_API_Key="e")
        assert (await refusal(url, f"{ORDERS}?ticket={ticket}"))[0] == 403
        ticket = await a_ticket(gateway, X_API_Key="e")
        assert (await ask(gateway, f"/accounts?ticket={ticket}")).status_code == 401
        answer = await ask(gateway, f"/events/stream?ticket={ticket}", "HEAD")
        assert answer.status_code == 200


@pytest.mark.process
async def test_a_websocket_by_a_session_is_of_our_page(gateway):
    """P21: a browser sends the cookie for any page; only ours gets a websocket by it."""
    async with serving(gateway) as url:
        cookie = await logged_in(gateway)
        origin = url.replace("127.0.0.1", "localhost")
        for headers in ({}, {"Origin": "null"}, {"Origin": "http://localhost:1"}):
            assert (await refusal(url, ORDERS, Cookie=cookie, **headers))[0] == 403
        async with dial(url, ORDERS, Cookie=cookie, Origin=url) as client:
            assert (await told(client))["type"] == "connection_established"
        assert (await refusal(url, ORDERS, Cookie=f"{COOKIE}=no", Origin=origin))[0] == 401


@pytest.mark.process
async def test_a_logout_closes_what_goes_on_by_it(gateway):
    """P21: a websocket by the session, or by a ticket that it asked for, is closed with 4001."""
    async with serving(gateway) as url:
        cookie = await logged_in(gateway)
        ticket = await a_ticket(gateway, Cookie=cookie, **OURS)
        unused = await a_ticket(gateway, Cookie=cookie, **OURS)
        async with (
            dial(url, ORDERS, Cookie=cookie, Origin=url) as one,
            dial(url, f"{ORDERS}?ticket={ticket}") as two,
            dial(url, ORDERS, X_API_Key="k") as stays,
        ):
            for client in (one, two, stays):
                await told(client)
            await ask(gateway, "/logout", "POST", **OURS, Cookie=cookie)
            assert (await closed(one))[0] == 4001
            assert (await closed(two))[0] == 4001
            await stays.send_message("ping")
            assert await stays.get_message() == "pong"
        assert (await refusal(url, f"{ORDERS}?ticket={unused}"))[0] == 401


@pytest.mark.process
async def test_a_key_that_expires_takes_all_with_it(tmp_path, mock_clock):
    """P21: at its own moment, with no traffic, what came by its session or ticket ends with 4001."""
    keys = {"desk": a_key("k", expires_at=START + timedelta(seconds=10))}
    async with a_gateway(tmp_path, keys=keys, settled=False) as gateway:
        async with serving(gateway) as url:
            cookie = await logged_in(gateway)
            ticket = await a_ticket(gateway, X_API_Key="k")
            async with (
                dial(url, ORDERS, Cookie=cookie, Origin=url) as one,
                dial(url, f"{ORDERS}?ticket={ticket}") as two,
            ):
                for client in (one, two):
                    await told(client)
                await pass_s(mock_clock, 9.9)
                await one.send_message("ping")
                while await one.get_message() != "pong":
                    pass
                await pass_s(mock_clock, 0.2)
                assert (await closed(one))[0] == 4001
                assert (await closed(two))[0] == 4001


@pytest.mark.process
async def test_no_ticket_reaches_a_log(gateway, monkeypatch, entries):
    """P21: not even when a defect of ours is logged while it is used."""
    monkeypatch.setattr("web.sockets.read_opening", None)
    async with serving(gateway) as url:
        ticket = await a_ticket(gateway, X_API_Key="k")
        assert (await refusal(url, f"{ORDERS}?ticket={ticket}"))[0] == 500
    assert [entry["event"] for entry in entries if "defect" in entry["event"]]
    assert ticket not in str([(entry, str(entry.get("exc_info"))) for entry in entries])
