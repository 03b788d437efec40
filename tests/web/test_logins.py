"""The daily login over HTTP: what a browser and a script can do, and nobody else."""

import json
from urllib.parse import parse_qs, urlsplit

import pytest
import trio

from actors.domain.errors import BrokerUnknown, NeedsLogin
from tests.actors.broker import FakeLogin
from tests.web.fakes import a_gateway, a_key
from web.logins import STATES_MAX

LOGIN = "/accounts/primary/login"
TOKEN = "/accounts/primary/token"
KEYS = {"ops": a_key("o", rights=("read", "admin")), "desk": a_key("d", rights=("read", "trade"))}


@pytest.fixture
async def gateway(tmp_path):
    """A gateway with keys, whose first account has a login of its own."""
    async with a_gateway(tmp_path, keys=KEYS) as running:
        running.brokers["primary"].login = FakeLogin()
        yield running


async def sent_out(gateway):
    """Begin a login; give the state that went out."""
    client = gateway.app.test_client()
    answer = await client.get(LOGIN, headers={"X-API-Key": "o"})
    assert answer.status_code == 302
    where = urlsplit(answer.headers["Location"])
    assert where.netloc == "broker.test"
    return parse_qs(where.query)["state"][0]


async def came_back(gateway, **query):
    """Come back from the broker's page, with no key; give the answer."""
    return await gateway.app.test_client().get("/login/back", query_string=query)


async def test_a_browser_is_sent_out_and_taken_back(gateway, autojump_clock):
    """The state that went out is enough to come back with, and the token is in use at once."""
    broker = gateway.brokers["primary"]
    broker.cannot_answer = broker.cannot_open = NeedsLogin("dead")
    broker.push(NeedsLogin("dead"))
    await trio.sleep(1)
    state = await sent_out(gateway)
    broker.cannot_answer = broker.cannot_open = None
    answer = await came_back(gateway, state=state, code="7")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    assert broker.login.used == ["token-7"]
    await trio.sleep(2)
    assert gateway.system.status("primary").state == "live"


async def test_a_state_is_good_once_and_not_for_long(gateway, autojump_clock):
    """P21: used, made up, old or crowded out: 400, and nothing is asked of the broker."""
    state, old = await sent_out(gateway), await sent_out(gateway)
    assert (await came_back(gateway, state=state, code="7")).status_code == 303
    for _ in range(STATES_MAX):
        await sent_out(gateway)
    late = await sent_out(gateway)
    await trio.sleep(601)
    for found in (state, old, late, "made-up", ""):
        answer = await came_back(gateway, state=found, code="8")
        assert answer.status_code == 400
        assert json.loads(await answer.get_data())["errors"][0]["path"] == "state"
    assert gateway.brokers["primary"].login.used == ["token-7"]


async def test_a_login_that_fails_says_whose_fault_it_is(gateway, autojump_clock):
    """409 for a code that the broker refuses, 422 for none, 503 when it cannot be asked."""
    login = gateway.brokers["primary"].login

    async def silent(_):
        raise BrokerUnknown("no answer in time")

    for query, status in (({"code": "bad"}, 409), ({}, 422)):
        answer = await came_back(gateway, state=await sent_out(gateway), **query)
        assert answer.status_code == status
    login.exchange = silent
    answer = await came_back(gateway, state=await sent_out(gateway), code="7")
    assert answer.status_code == 503
    assert login.used == []


async def test_a_token_is_set_by_hand(gateway, autojump_clock):
    """POST token uses it; neither the answer nor an error repeats it."""
    answer = await gateway.post(TOKEN, {"access_token": "hunter2"}, X_API_Key="o")
    assert (answer["account_id"], answer["stored"]) == ("primary", True)
    assert gateway.brokers["primary"].login.used == ["hunter2"]
    bad = await gateway.post(TOKEN, {"access_token": "hunter2\n"}, 422, X_API_Key="o")
    assert bad["errors"][0]["path"] == "$.access_token"
    assert "hunter2" not in json.dumps([answer, bad])
    await gateway.post(TOKEN, b"", 400, X_API_Key="o")


async def test_only_admin_logs_in(gateway, autojump_clock):
    """P21: 401 without a key, 403 without the right, 409 where there is no login to be had."""
    for status, headers in ((401, {}), (403, {"X_API_Key": "d"})):
        await gateway.get(LOGIN, status, **headers)
        await gateway.post(TOKEN, {"access_token": "t"}, status, **headers)
    await gateway.get("/accounts/hedge/login", 409, X_API_Key="o")
    await gateway.post("/accounts/hedge/token", {"access_token": "t"}, 409, X_API_Key="o")
    await gateway.get("/accounts/nobody/login", 404, X_API_Key="o")
