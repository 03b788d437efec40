"""Keys that go while their people are connected, in a real process.

key ─┬─ X-API-Key ─┐
     ├─ cookie ────┼─▶ websocket ── SIGHUP without the key ──▶ 4001, within moments
     └─ ticket ────┘
"""

import hashlib
import signal
from contextlib import AsyncExitStack

import httpx2
import pytest

from tests.web.commands.processes import gateway_toml, orderwire
from tests.web.fakes import dial, told
from tests.web.test_sockets import ORDERS, closed

pytestmark = pytest.mark.process

KEY, OTHER = "ow_desk", "ow_other"
NO_BROKER = "http://127.0.0.1:9"


def digest(key):
    """What a configuration knows of a key."""
    return hashlib.sha256(key.encode()).hexdigest()


async def logged_in(client):
    """Log in, and give the cookie."""
    answer = await client.post("/login", json={"key": KEY})
    assert answer.status_code == 200
    return answer.headers["set-cookie"].partition(";")[0]


async def entered(stack, url, client):
    """Open a websocket by the key, by a cookie, by a ticket; give them and the secrets used."""
    cookie = await logged_in(client)
    answer = await client.post("/auth/ticket", headers={"X-API-Key": KEY})
    ticket = answer.json()["ticket"]
    ways = (
        (ORDERS, {"X_API_Key": KEY}),
        (ORDERS, {"Cookie": cookie, "Origin": url}),
        (f"{ORDERS}?ticket={ticket}", {}),
    )
    sockets = [
        await stack.enter_async_context(dial(url, path, **headers)) for path, headers in ways
    ]
    for socket in sockets:
        assert (await told(socket))["type"] == "connection_established"
    return sockets, (KEY, cookie.partition("=")[2], ticket)


async def test_a_revoked_key_takes_all_with_it(tmp_path):
    """P21: SIGHUP without the key closes its websockets with 4001, however they were opened, and
    its login is over, now and after a restart; nothing of it was ever logged or stored.
    """
    path = gateway_toml(tmp_path, NO_BROKER, key_sha256=digest(KEY))
    with orderwire("serve", "--config", path) as serve:
        url = serve.ready()
        async with httpx2.AsyncClient(base_url=url) as client, AsyncExitStack() as stack:
            sockets, secrets = await entered(stack, url, client)
            text = path.read_text()
            path.write_text(text.replace(digest(KEY), digest(OTHER)))
            serve.popen.send_signal(signal.SIGHUP)
            assert [(await closed(socket))[0] for socket in sockets] == [4001] * 3
            headers = {"Cookie": f"orderwire-session={secrets[1]}"}
            assert (await client.get("/accounts", headers=headers)).status_code == 401
        assert serve.stop() == 0
        logged = "\n".join(serve.rest("stderr"))
    path.write_text(text)
    kept = b"".join(each.read_bytes() for each in tmp_path.glob("orderwire.db*"))
    for secret in secrets:
        assert secret not in logged
        assert secret.encode() not in kept


async def test_a_login_outlives_a_kill(tmp_path):
    """After kill -9 and a new start the browser is still logged in; the ticket is not good."""
    path = gateway_toml(tmp_path, NO_BROKER, key_sha256=digest(KEY))
    with orderwire("serve", "--config", path) as serve:
        async with httpx2.AsyncClient(base_url=serve.ready()) as client:
            headers = {"Cookie": await logged_in(client)}
        serve.kill()
    with orderwire("serve", "--config", path) as serve:
        async with httpx2.AsyncClient(base_url=serve.ready()) as client:
            assert (await client.get("/accounts", headers=headers)).status_code == 200
        assert serve.stop() == 0
