"""How much each may ask, at the door of the app."""

import pytest
import trio

from tests.web.fakes import a_gateway, a_key, dial, serving, told
from tests.web.raw import plug
from tests.web.test_sockets import ORDERS, refusal
from web.allowances import Buckets
from web.app import URGENT

KEYS = {
    "desk": a_key("k", rights=("read", "trade"), requests_burst=10, requests_per_s=1.0),
    "eye": a_key("e", connections_max=2, requests_burst=10, requests_per_s=1.0),
}


async def statuses(gateway, key, times, path="/accounts", method="GET"):
    """Ask so many times; give the statuses and the last answer."""
    client = gateway.app.test_client()
    answers = [
        await client.open(path, method=method, headers={"X-API-Key": key}) for _ in range(times)
    ]
    return [answer.status_code for answer in answers], answers[-1]


async def test_a_key_has_its_share(tmp_path, autojump_clock):
    """P20: a burst, then 429 that says when to come again, and is right; others are not held up."""
    async with a_gateway(tmp_path, keys=KEYS) as gateway:
        got, last = await statuses(gateway, "k", 9)
        assert got == [200] * 8 + [429]
        assert last.content_type == "application/problem+json"
        wait_s = int(last.headers["Retry-After"])
        assert (await statuses(gateway, "e", 1))[0] == [200]
        await trio.sleep(wait_s)
        assert (await statuses(gateway, "k", 1))[0] == [200]


async def test_a_screen_that_polls_holds_back_no_cancel(tmp_path, autojump_clock):
    """A key whose share is used up still cancels, halts and flattens."""
    async with a_gateway(tmp_path, keys=KEYS) as gateway:
        await statuses(gateway, "k", 20)
        got, _ = await statuses(gateway, "k", 1, "/accounts/primary/orders/1", "DELETE")
        assert got != [429]
        assert (await statuses(gateway, "k", 1, "/accounts/primary/halt", "POST"))[0] == [200]
        assert (await statuses(gateway, "k", 1, "/accounts/primary/halt", "POST"))[0] == [429]


async def test_what_is_urgent_are_calls_of_the_app(gateway, autojump_clock):
    """Each name in the list is that of a rule, which changes something."""
    rules = {rule.endpoint: rule for rule in gateway.app.url_map.iter_rules()}
    assert all(rules[name].methods & {"POST", "DELETE"} for name in URGENT)


@pytest.mark.process
async def test_an_address_has_its_share(tmp_path):
    """P20: whatever keys come from it, or none: 429, before anything is looked at."""
    async with a_gateway(tmp_path, keys=KEYS, requests_per_address_s=5.0) as gateway:
        got = {(await gateway.app.test_client().get("/health")).status_code for _ in range(9)}
        assert got == {200, 429}


@pytest.mark.process
async def test_a_key_has_so_many_streams(tmp_path):
    """P20: one too many is refused before it is accepted; one that ends makes room at once."""
    async with a_gateway(tmp_path, keys=KEYS) as gateway, serving(gateway) as url:
        async with dial(url, ORDERS, X_API_Key="e") as one:
            await told(one)
            async with dial(url, ORDERS, X_API_Key="e") as two:
                await told(two)
                # The bucket of openings is as deep as the streams that may be held.
                gateway.access.allowances.streams_of_key = Buckets()
                status, headers, body = await refusal(url, ORDERS, X_API_Key="e")
                assert (status, "retry-after" in headers) == (429, True)
                assert b"has 2 streams open" in body
                async with dial(url, ORDERS, X_API_Key="k") as other:
                    await told(other)
            with trio.fail_after(5):
                while gateway.access.allowances.connections["eye"] > 1:
                    await trio.testing.wait_all_tasks_blocked(0.005)
            async with dial(url, ORDERS, X_API_Key="e") as two:
                await told(two)


@pytest.mark.process
async def test_server_sent_events_are_streams_too(tmp_path):
    """P20: they are among a key's connections, whichever way it opened the others."""
    path = "/events/stream"
    async with a_gateway(tmp_path, keys=KEYS) as gateway, serving(gateway) as url:
        async with dial(url, ORDERS, X_API_Key="e") as one, plug(url) as two, plug(url) as three:
            await told(one)
            await two.ask("GET", path, b"", b"X-API-Key: e")
            await two.until(b"connection_established")
            assert gateway.access.allowances.connections["eye"] == 2
            gateway.access.allowances.streams_of_key = Buckets()
            await three.ask("GET", path, b"", b"X-API-Key: e")
            status, _, body = await three.answer()
            assert status == 429
            assert b"has 2 streams open" in body
        with trio.fail_after(5):
            while gateway.access.allowances.connections["eye"]:
                await trio.testing.wait_all_tasks_blocked(0.005)
