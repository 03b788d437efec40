import hashlib
from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.web.sandbox.fyers.given import book, call
from web.sandbox.faults import Fault
from web.sandbox.http import Request
from web.sandbox.paper import PaperOptions, open_paper


@pytest.fixture
async def broker():
    """A broker with a key of its own."""
    async with open_paper(PaperOptions(upstream="fyers", api_key="sesame")) as running:
        yield running


def sent(code, app_id="ABC-100", secret="sesame", **more):
    """What is posted for a token."""
    shown = hashlib.sha256(f"{app_id}:{secret}".encode()).hexdigest()
    return {"grant_type": "authorization_code", "appIdHash": shown, "code": code, **more}


async def brought(broker, **query):
    """Where the login page sends the browser, and with what."""
    response = await broker.handle(Request("GET", "/api/v3/generate-authcode", query))
    assert response.status == 302
    parts = urlsplit(response.headers["location"])
    return f"{parts.scheme}://{parts.netloc}{parts.path}", dict(parse_qsl(parts.query))


async def test_a_login_brings_a_token_that_opens_the_door(broker):
    """Page, redirect with our state, app id hash, access token, and then the book."""
    where, said = await brought(
        broker, client_id="ABC-100", redirect_uri="http://desk/back", response_type="code",
        state="s=1",
    )  # fmt: skip
    assert (where, said["s"], said["state"]) == ("http://desk/back", "ok", "s=1")
    status, answer = await call(
        broker, "POST", "/validate-authcode", sent(said["auth_code"]), token=None
    )
    assert (status, answer["s"], answer["code"], answer["access_token"]) == (
        200,
        "ok",
        200,
        "sesame",
    )
    assert await book(broker, token=f"ABC-100:{answer['access_token']}") == []
    status, answer = await call(
        broker, "POST", "/validate-authcode", sent(said["auth_code"], "OTHER-100"), token=None
    )
    assert (status, answer["code"]) == (400, -352)


async def test_a_code_that_begins_as_one_is_good(broker):
    """Without a page, for tests: `code-` and anything."""
    status, answer = await call(broker, "POST", "/validate-authcode", sent("code-7"), token=None)
    assert (status, answer["access_token"]) == (200, "sesame")


async def test_a_token_that_died_is_refused_until_a_login_brings_one():
    """401 and -16 in REST, 403 at the socket; the other account's token still opens the door."""
    options = PaperOptions(upstream="fyers", accounts=("a", "b"), api_key="sesame")
    async with open_paper(options) as broker:
        broker.meet([Fault("dead", "b", token="of-noon")])
        for method, path in (("GET", "/orders"), ("POST", "/orders/sync"), ("GET", "/tradebook")):
            status, said = await call(broker, method, path, token="b-100:sesame")
            assert (status, said["s"], said["code"]) == (401, "error", -16)
        assert broker.admit("/trade/v3", {}, {"authorization": "b-100:sesame"}).status == 403
        assert await book(broker, token="a-100:sesame") == []
        _, answer = await call(
            broker, "POST", "/validate-authcode", sent("code-7", "b-100"), token=None
        )
        token = f"b-100:{answer['access_token']}"
        assert token == "b-100:of-noon"
        assert await book(broker, token=token) == []
        assert broker.admit("/trade/v3", {}, {"authorization": token}).account_id == "b"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (sent("7"), 401, -16),
        (sent(7), 400, -50),
        (sent("code-7", grant_type="password"), 400, -50),
        (sent("code-7", appIdHash="short"), 400, -352),
        (sent("code-7", appIdHash=None), 400, -352),
        ({}, 400, -50),
        ([], 400, -50),
    ],
)
async def test_a_login_that_is_not_right_brings_none(broker, body, status, code):
    """P21: no code, no hash, no grant; a body that is no object."""
    got, said = await call(broker, "POST", "/validate-authcode", body, token=None)
    assert (got, said["s"], said["code"]) == (status, "error", code)


async def test_the_page_wants_an_app_and_a_place(broker):
    """400 without an app id or another response type; without a place it shows the code."""
    for query in ({}, {"client_id": "A"}, {"response_type": "code"}):
        response = await broker.handle(Request("GET", "/api/v3/generate-authcode", query))
        assert response.status == 400
    query = {"client_id": "A", "response_type": "code"}
    page = await broker.handle(Request("GET", "/api/v3/generate-authcode", query))
    assert (page.status, b"auth_code=code-" in page.body) == (200, True)
