"""The daily login: the page, the exchange, and when a token dies."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest

from actors.domain.errors import (
    BadRequest,
    BrokerProtocol,
    BrokerRefused,
    BrokerUnknown,
    BrokerUnreachable,
    NeedsLogin,
)
from actors.upstream.kite.login import dies_at
from tests.actors.upstream.memory import HttpTable, answer

from .given import KEY, SECRET, SECRETS, kite_of
from .samples import SESSION, fault

BROUGHT = {"status": "success", "request_token": "r3quest", "state": "s", "action": "login"}


@pytest.fixture
def http():
    return HttpTable()


@pytest.fixture
def login(http):
    return kite_of(http=http, access_token="").login


def test_the_page_carries_the_state_through(login):
    """`redirect_params` is a query of its own, which Kite hands back with its answer."""
    url = urlsplit(login.url("a&b c"))
    assert f"{url.scheme}://{url.netloc}{url.path}" == "https://kite.zerodha.com/connect/login"
    query = {name: values[0] for name, values in parse_qs(url.query).items()}
    assert query == {"v": "3", "api_key": KEY, "redirect_params": "state=a%26b+c"}
    assert "redirect_params=state%3Dplain" in login.url("plain")


async def test_what_the_browser_brought_becomes_a_token(login, http):
    """A form with the checksum over key, request token and secret; no Authorization, and of the
    answer the token alone is read.
    """
    http.lay("POST /session/token", answer(SESSION))
    assert await login.exchange(BROUGHT) == "freshaccesstoken0000000000000000"
    (request,) = http.requests
    assert request.url == "https://api.kite.trade/session/token"
    assert request.headers["X-Kite-Version"] == "3"
    assert "Authorization" not in request.headers
    checksum = hashlib.sha256(f"{KEY}r3quest{SECRET}".encode()).hexdigest()
    assert {name: values[0] for name, values in parse_qs(request.body.decode()).items()} == {
        "api_key": KEY,
        "request_token": "r3quest",
        "checksum": checksum,
    }
    assert SECRET.encode() not in request.body
    assert login.expires_at is None


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"request_token": ""},
        {"request_token": "no spaces"},
        {"request_token": "é"},
        {"request_token": "x" * 513},
        BROUGHT | {"status": "cancelled"},
    ],
)
async def test_a_browser_that_brought_nothing_is_refused_unasked(login, http, query):
    """Without a request token, or after a login that failed, Kite is not asked."""
    with pytest.raises(BadRequest):
        await login.exchange(query)
    assert http.requests == []


async def test_without_the_secret_there_is_no_login_here(http):
    """An account that has no `api_secret` takes its token from outside; the error says so."""
    with pytest.raises(BadRequest, match="api_secret"):
        await kite_of(http=http, api_secret="").login.exchange(BROUGHT)
    assert http.requests == []


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (answer(fault("Token is invalid or has expired.", "TokenException"), 403), BrokerRefused),
        (answer(fault("Invalid checksum", "InputException"), 400), BrokerRefused),
        (answer(fault("Token is invalid.", "TokenException")), BrokerRefused),
        (answer(fault("Down", "GeneralException"), 500), BrokerProtocol),
        (answer(b"<html>"), BrokerProtocol),
        (answer({"status": "success", "data": {}}), BrokerProtocol),
        (answer({"status": "success", "data": {"access_token": 7}}), BrokerProtocol),
        (BrokerUnreachable("no"), BrokerUnreachable),
        (BrokerUnknown("no answer"), BrokerUnknown),
    ],
)
async def test_each_failure_of_the_exchange_has_its_error(login, http, reply, error):
    """A refused request token is a refusal, not a dead account; it is never sent twice."""
    http.lay("POST /session/token", reply)
    with pytest.raises(error) as caught:
        await login.exchange(BROUGHT)
    assert type(caught.value) is error
    assert len(http.requests) == 1


@pytest.mark.parametrize("secret", [*SECRETS[::2], "r3quest"])
async def test_no_secret_is_in_a_word_of_it(login, http, secret):
    """P21: what Kite says of key, secret or request token is kept without them."""
    http.lay("POST /session/token", answer(fault(f"bad {secret}", "InputException"), 400))
    with pytest.raises(BrokerRefused, match=r"bad \*\*\*$"):
        await login.exchange(BROUGHT)
    assert secret not in repr(login)


@pytest.mark.parametrize(
    ("moment", "end"),
    [
        ("2026-11-23T04:00Z", "2026-11-24T00:30Z"),  # 09:30 IST: the next morning
        ("2026-11-23T00:29Z", "2026-11-23T00:30Z"),  # 05:59 IST: in a minute
        ("2026-11-23T00:30Z", "2026-11-24T00:30Z"),  # 06:00 IST: a new day's
        ("2026-11-23T18:31Z", "2026-11-24T00:30Z"),  # 00:01 IST of the next day
        ("2026-12-31T12:00Z", "2027-01-01T00:30Z"),
    ],
)
def test_a_token_dies_at_six_in_the_morning(moment, end):
    """06:00 IST is 00:30 UTC, whatever the day or the year."""
    read = datetime.fromisoformat
    assert dies_at(read(moment)) == read(end)
    assert dies_at(read(moment)).tzinfo is UTC


def test_the_age_of_a_configured_token_is_not_known():
    """Whenever it was made, it lives no longer than the next 06:00 IST; so does one put in use."""
    login = kite_of().login
    end = datetime(2026, 11, 24, 0, 30, tzinfo=UTC)
    assert login.expires_at == end
    login.use("")
    assert login.expires_at is None
    login.use("fresh")
    assert login.expires_at == end


def test_the_list_is_asked_for_with_the_keys():
    """Kite's list of instruments is for who is logged in, like any other call."""
    login = kite_of().login
    assert login.list_headers() == login.keys.headers()
    login.use("")
    with pytest.raises(NeedsLogin):
        login.list_headers()
