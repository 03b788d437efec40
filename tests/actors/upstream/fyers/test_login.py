"""The daily login: the page, the exchange of what the browser brings, and when a token dies."""

import hashlib
import json
from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlsplit

import pytest

from actors.domain.errors import (
    BadRequest,
    BrokerProtocol,
    BrokerRefused,
    BrokerUnknown,
    BrokerUnreachable,
    NeedsLogin,
)
from actors.upstream.fyers.keys import Keys
from actors.upstream.fyers.login import FyersLogin, dies_at
from tests.actors.upstream.fyers.given import APP, SECRET, TOKEN, service_of
from tests.actors.upstream.fyers.test_keys import jwt
from tests.actors.upstream.memory import NOW, answer

VALIDATE = "POST /api/v3/validate-authcode"
CODE = "eyJ0.the-code.x"
BROUGHT = {"s": "ok", "code": "200", "auth_code": CODE, "state": "once"}


def test_the_page_is_fyers_own_with_our_state(service):
    """The app, our state and the kind of answer; the secret and the token stay here."""
    url = urlsplit(service.login.url("on&ce"))
    assert f"{url.scheme}://{url.netloc}{url.path}" == "http://broker:8080/api/v3/generate-authcode"
    query = {"client_id": APP, "response_type": "code", "state": "on&ce"}
    assert dict(parse_qsl(url.query)) == query
    assert SECRET not in service.login.url("x")
    keys = Keys(APP)
    known = FyersLogin(keys, "https://b", None, lambda: NOW, "https://desk.example/back")
    again = dict(parse_qsl(urlsplit(known.url("x")).query))
    assert again["redirect_uri"] == "https://desk.example/back"


async def test_what_the_browser_brings_becomes_a_token(service, http):
    """`auth_code` is the code, `code` a status; the app signs with SHA-256 of `id:secret`. The
    token is given, not used.
    """
    http.lay(VALIDATE, answer({"s": "ok", "code": 200, "message": "", "access_token": "eyJnew"}))
    assert await service.login.exchange(BROUGHT) == "eyJnew"
    (request,) = http.requests
    assert json.loads(request.body) == {
        "grant_type": "authorization_code",
        "appIdHash": hashlib.sha256(f"{APP}:{SECRET}".encode()).hexdigest(),
        "code": CODE,
    }
    assert "Authorization" not in request.headers
    assert service.login.keys.access_token == TOKEN


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"code": "200", "state": "once"},
        {**BROUGHT, "auth_code": ""},
        {**BROUGHT, "auth_code": "a b"},
        {**BROUGHT, "auth_code": "x" * 5000},
        {**BROUGHT, "s": "error"},
    ],
)
async def test_a_browser_that_brings_nothing_is_a_bad_request(service, http, query):
    """Nothing is sent for what cannot be a code."""
    with pytest.raises(BadRequest):
        await service.login.exchange(query)
    assert http.requests == []


async def test_without_a_secret_there_is_no_exchange(http):
    """The account's secret signs the exchange; one that has none takes a token by hand."""
    service, _ = service_of(http=http, secret="")
    with pytest.raises(BadRequest, match="api_secret"):
        await service.login.exchange(BROUGHT)
    assert http.requests == []


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (answer({"s": "error", "code": -15, "message": f"bad {CODE}"}, 401), BrokerRefused),
        (answer({"s": "error", "code": -352, "message": f"{APP} {SECRET}"}, 400), BrokerRefused),
        (answer({}, 429), BrokerRefused),
        (answer(b"oops", 500), BrokerProtocol),
        (answer({"s": "ok", "code": 200}), BrokerProtocol),
        (answer({"s": "ok", "access_token": 7}), BrokerProtocol),
        (answer(b"<html>"), BrokerProtocol),
        (BrokerUnreachable("no"), BrokerUnreachable),
        (BrokerUnknown("no answer"), BrokerUnknown),
    ],
)
async def test_each_failure_of_an_exchange_has_its_error(service, http, reply, error):
    """P21: a refused code is no dead account, and no secret stands in any word."""
    http.lay(VALIDATE, reply)
    with pytest.raises(error) as caught:
        await service.login.exchange(BROUGHT)
    assert type(caught.value) is error
    assert len(http.requests) == 1
    assert not any(secret in str(caught.value) for secret in (CODE, APP, SECRET, TOKEN))


async def test_a_new_token_is_used_from_the_next_call_on(service, http):
    """Where the old one was refused, the new one goes out, on REST and on the socket alike."""
    service.login.use("")
    assert service.expires_at is None
    with pytest.raises(NeedsLogin):
        await service.snapshot()
    with pytest.raises(NeedsLogin):
        async with service.stream():
            pass
    assert http.requests == []
    service.login.use(" eyJnew\n")
    await service.snapshot()
    assert http.requests[0].headers["Authorization"] == f"{APP}:eyJnew"


def test_a_token_ends_when_it_says_so_or_at_six():
    """A JWT's own end; else the next 06:00 IST after it was given, which is 00:30 UTC."""
    service, _ = service_of(token="paper")
    assert service.expires_at == datetime(2026, 11, 24, 0, 30, tzinfo=UTC)
    service.login.use(jwt({"exp": 1795500000}))
    assert service.expires_at == datetime.fromtimestamp(1795500000, UTC)
    bare, _ = service_of(token="")
    assert bare.expires_at is None


@pytest.mark.parametrize(
    ("hour", "minute", "day"), [(0, 29, 23), (0, 30, 24), (0, 31, 24), (23, 59, 24)]
)
def test_a_token_dies_at_the_next_six_in_the_morning(hour, minute, day):
    """06:00 IST is 00:30 UTC; one given at six lives until the next."""
    given = datetime(2026, 11, 23, hour, minute, tzinfo=UTC)
    assert dies_at(given) == datetime(2026, 11, day, 0, 30, tzinfo=UTC)


def test_the_login_shows_no_key(service):
    """P21: neither the login nor the account shows a key."""
    assert not any(secret in repr(service) for secret in (APP, SECRET, TOKEN))


def test_the_symbol_master_is_asked_for_without_keys():
    """It is anyone's, so a list is there before the day's login, and no key leaves the house."""
    service, _ = service_of(token="")
    assert service.login.list_headers() == {}
