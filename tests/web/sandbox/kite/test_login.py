import hashlib
from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.web.sandbox.kite.given import call
from web.sandbox.faults import Fault
from web.sandbox.http import Request
from web.sandbox.paper import PaperOptions, open_paper


@pytest.fixture
async def broker():
    """A broker with two accounts and a key of its own."""
    async with open_paper(
        PaperOptions(upstream="kite", accounts=("a", "b"), api_key="sesame")
    ) as running:
        yield running


def fields(login, request_token="r", secret="sesame"):
    """What is posted for a token."""
    checksum = hashlib.sha256(f"{login}{request_token}{secret}".encode()).hexdigest()
    return {"api_key": login, "request_token": request_token, "checksum": checksum}


async def brought(broker, **query):
    """Where the login page sends the browser, and with what."""
    response = await broker.handle(Request("GET", "/connect/login", query))
    assert response.status == 302
    parts = urlsplit(response.headers["location"])
    return f"{parts.scheme}://{parts.netloc}{parts.path}", dict(parse_qsl(parts.query))


@pytest.mark.parametrize("login", ["sesame", "a", "b"])
async def test_a_login_brings_a_token_that_opens_the_door(broker, login):
    """Page, redirect with our state, checksum, access token, and then the book of that account."""
    where, said = await brought(
        broker, v="3", api_key=login, redirect_url="http://desk/back", redirect_params="state=s%3D1"
    )
    assert where == "http://desk/back"
    assert (said["state"], said["status"], said["action"]) == ("s=1", "success", "login")
    sent = fields(login, said["request_token"])
    status, answer = await call(broker, "POST", "/session/token", sent, token=None)
    assert (status, answer["data"]["access_token"], answer["data"]["api_key"]) == (
        200, "sesame", login,
    )  # fmt: skip
    assert len(answer["data"]["login_time"]) == len("2026-11-23 12:00:15")
    token = f"token {login}:{answer['data']['access_token']}"
    assert (await call(broker, "GET", "/orders", token=token))[0] == 200


async def test_the_place_to_go_back_to_may_stand_among_the_params(broker):
    """Where it is not said at all, the page shows the token instead."""
    params = "state=1&redirect_url=http%3A%2F%2Fdesk%2Fback"
    where, said = await brought(broker, api_key="a", redirect_params=params)
    assert (where, "redirect_url" in said) == ("http://desk/back", False)
    page = await broker.handle(Request("GET", "/connect/login", {"api_key": "a"}))
    assert (page.status, b"request_token=" in page.body) == (200, True)


async def test_a_token_that_died_is_refused_until_a_login_brings_one(broker):
    """403 and TokenException at every door, the socket's too; the other account's still opens."""
    broker.meet([Fault("dead", "a", token="of-noon")])
    for method, path in (("GET", "/orders"), ("POST", "/orders/regular"), ("GET", "/trades")):
        status, said = await call(broker, method, path, token="token a:sesame")
        assert (status, said["error_type"]) == (403, "TokenException")
    assert broker.admit("/", {"api_key": "a", "access_token": "sesame"}).status == 403
    assert (await call(broker, "GET", "/orders", token="token b:sesame"))[0] == 200
    _, answer = await call(broker, "POST", "/session/token", fields("a"), token=None)
    token = answer["data"]["access_token"]
    assert token == "of-noon"
    assert (await call(broker, "GET", "/orders", token=f"token a:{token}"))[0] == 200
    assert broker.admit("/", {"api_key": "a", "access_token": token}).account_id == "a"


@pytest.mark.parametrize(
    ("sent", "status", "kind"),
    [
        (fields("nobody"), 400, "InputException"),
        (fields("a", request_token=""), 400, "InputException"),
        (fields("a", secret="other"), 403, "TokenException"),
        ({**fields("a"), "checksum": "é"}, 403, "TokenException"),
        ({}, 400, "InputException"),
    ],
)
async def test_a_login_that_is_not_right_brings_none(broker, sent, status, kind):
    """P21: an unknown key, no request token, a checksum of another secret."""
    code, said = await call(broker, "POST", "/session/token", sent, token=None)
    assert (code, said["error_type"]) == (status, kind)


async def test_an_unknown_app_has_no_login_page(broker):
    """400 for a key that is nobody's."""
    response = await broker.handle(Request("GET", "/connect/login", {"api_key": "x"}))
    assert response.status == 400
