from datetime import UTC, datetime, timedelta

import pytest
from attrs import evolve

from actors.domain.config import AccountConfig, Config, ServerConfig
from actors.domain.errors import Refused
from tests.web.fakes import a_key
from web.asked import COOKIE
from web.auth import Access, Asked
from web.sessions import SESSION_S

NOW = datetime(2026, 11, 20, tzinfo=UTC)
ACCOUNT = AccountConfig("ticker_service", "http://broker.test", "key")


def config(*origins, **keys):
    """Two accounts and some keys."""
    accounts = {"primary": ACCOUNT, "hedge": ACCOUNT}
    return Config(accounts, ServerConfig(allowed_origins=origins), keys=keys)


def status_of(call, *args):
    """What a call is refused with, or 200."""
    try:
        call(*args)
    except Refused as error:
        return error.status
    return 200


def test_a_key_is_known_by_either_header():
    """`Authorization: Bearer KEY` and `X-API-Key: KEY` say the same."""
    access = Access.from_keys(config(desk=a_key("s3cret", "hedge")))
    for asked in (
        Asked(authorization="Bearer s3cret"),
        Asked(authorization="bearer  s3cret "),
        Asked(api_key="s3cret"),
        Asked(authorization="Basic eDp5", api_key="s3cret"),
    ):
        assert access.identify(asked, NOW).name == "desk"


@pytest.mark.parametrize(
    "asked",
    [
        *(Asked(), Asked(api_key=""), Asked(api_key="s3cre"), Asked(api_key="s3crett")),
        *(Asked(authorization="Bearer"), Asked(authorization="s3cret"), Asked(api_key="ключ")),
    ],
)
def test_no_key_or_a_wrong_one_is_401(asked):
    """P21: whoever cannot be told gets in nowhere, and the refusal quotes no key."""
    access = Access.from_keys(config(desk=a_key("s3cret")))
    with pytest.raises(Refused) as refusal:
        access.identify(asked, NOW)
    assert refusal.value.status == 401
    assert "s3cre" not in str(refusal.value)


def test_every_key_is_compared(monkeypatch):
    """P21: how long a refusal or a welcome takes does not tell which key was nearly it."""
    compared = []
    monkeypatch.setattr("web.auth.hmac.compare_digest", lambda a, b: compared.append(b) or a == b)
    access = Access.from_keys(config(a=a_key("1"), b=a_key("2"), c=a_key("3")))
    for key in ("1", "3", "none"):
        compared.clear()
        status_of(access.identify, Asked(api_key=key), NOW)
        assert len(compared) == 3


def test_a_key_ends_when_it_says():
    """A key is good until expires_at, not at it; who came in before no longer stands."""
    access = Access.from_keys(config(desk=a_key("k", expires_at=NOW)))
    caller = access.identify(Asked(api_key="k"), NOW - timedelta(seconds=1))
    assert access.stands(caller, NOW - timedelta(seconds=1))
    assert not access.stands(caller, NOW)
    assert status_of(access.identify, Asked(api_key="k"), NOW) == 401


def test_keys_are_replaced_as_a_whole():
    """After a reload the old key is nobody, and who came in with it no longer stands."""
    access = Access.from_keys(config(desk=a_key("old"), eye=a_key("same")))
    gone = access.identify(Asked(api_key="old"), NOW)
    stays = access.identify(Asked(api_key="same"), NOW)
    access.use_keys(config(desk=a_key("new"), eye=a_key("same")))
    assert status_of(access.identify, Asked(api_key="old"), NOW) == 401
    assert status_of(access.identify, Asked(api_key="new"), NOW) == 200
    assert not access.stands(gone, NOW)
    assert access.stands(stays, NOW)


def test_rights_are_each_over_the_named_accounts():
    """Known but without the right is 403; no such account is 404 only to who may see them all."""
    access = Access.from_keys(
        config(desk=a_key("d", "hedge", rights=("read", "trade")), eye=a_key("e"))
    )
    desk = access.identify(Asked(api_key="d"), NOW)
    assert desk.require("trade", "hedge") == "hedge"
    assert status_of(desk.require, "admin", "hedge") == 403
    assert status_of(desk.require, "read", "primary") == 403
    assert status_of(desk.require, "read", "nobody") == 403
    with pytest.raises(
        Refused, match="the key 'desk' has not the right 'admin' over account 'hedge'"
    ):
        desk.require("admin", "hedge")
    with pytest.raises(Refused, match=r"it has read, trade over hedge$"):
        desk.require("trade", "primary")
    eye = access.identify(Asked(api_key="e"), NOW)
    with pytest.raises(Refused, match=r"it has read over all accounts$"):
        eye.require("trade", "hedge")
    assert eye.readable == {"primary", "hedge"}
    assert status_of(eye.require, "trade", "hedge") == 403
    assert status_of(eye.require, "read", "nobody") == 404
    assert status_of(eye.require_some_reading) == 200


def test_on_loopback_everyone_here_may():
    """The demo needs no key: all rights, on all accounts."""
    access = Access.open_on_loopback(config())
    caller = access.identify(Asked(), NOW)
    assert caller.require("admin", "primary") == "primary"
    assert access.stands(caller, NOW)


@pytest.mark.parametrize(
    ("host", "origin", "status"),
    [
        *(("127.0.0.1:8009", None, 200), ("localhost:8009", None, 200)),
        *(("[::1]:8009", None, 200), ("LOCALHOST:8009", "http://localhost:8009", 200)),
        ("127.0.0.1:8009", "http://localhost:8009", 200),
        *(("localhost", None, 403), ("localhost:8010", None, 403), (None, None, 403)),
        *(("evil.test:8009", None, 403), ("localhost.evil.test:8009", None, 403)),
        *(("localhost:8009", "http://evil.test", 403), ("localhost:8009", "null", 403)),
        ("localhost:8009", "https://localhost:8009", 403),
        ("localhost:8009", "http://localhost:3000", 403),
        *(("localhost:x", None, 403), ("[::1:8009", None, 403), ("", None, 403)),
    ],
)
def test_the_open_demo_refuses_what_comes_from_elsewhere(host, origin, status):
    """P21: a page of another site, or a name that merely resolves to us, is 403."""
    access = Access.open_on_loopback(config())
    asked = Asked(host=host, origin=origin, port=8009)
    assert status_of(access.check_browser, asked) == status


@pytest.mark.parametrize(
    ("host", "origin", "status"),
    [
        *(("gw.test", None, 200), ("gw.test", "https://gw.test", 200)),
        *(("gw.test:8009", "http://GW.test:8009", 200), ("gw.test", "https://desk.test", 200)),
        *(("gw.test", "https://evil.test", 403), ("gw.test", "null", 403)),
        *((None, "null", 403), ("", "", 403), ("gw.test", "https://gw.test.evil.test", 403)),
    ],
)
def test_with_keys_a_page_comes_from_here_or_is_allowed(host, origin, status):
    """P21: a browser's Origin has to be ours or one of allowed_origins."""
    access = Access.from_keys(config("https://desk.test/"))
    assert status_of(access.check_browser, Asked(host=host, origin=origin)) == status


def by_session(access, key, now=NOW):
    """Log in with a key, and give what the browser then sends from a page of ours."""
    token, _ = access.log_in(key, now)
    return Asked("gw.test", "http://gw.test", cookies=f"{COOKIE}={token}", method="POST")


def test_a_session_and_a_ticket_may_what_their_key_may():
    """P21: they are the key's caller, by its name, and no more."""
    access = Access.from_keys(config(desk=a_key("d", "hedge", rights=("read", "trade"))))
    by_key = access.identify(Asked(api_key="d"), NOW)
    session = access.identify(by_session(access, "d"), NOW)
    ticket, _ = access.issue_ticket(session, NOW)
    by_ticket = access.identify(Asked(ticket=ticket), NOW)
    assert session == by_ticket
    for caller in (session, by_ticket):
        assert (caller.name, caller.rights) == (by_key.name, by_key.rights)
        assert (caller.accounts, caller.key) == (by_key.accounts, by_key.key)
        assert caller.session is not None


def test_a_key_counts_before_a_ticket_and_that_before_a_session():
    """What was put there on purpose counts; what a browser sends by itself does not replace it."""
    access = Access.from_keys(config(desk=a_key("d"), eye=a_key("e"), all=a_key("a")))
    asked = by_session(access, "d")
    ticket, _ = access.issue_ticket(access.identify(Asked(api_key="e"), NOW), NOW)
    assert access.identify(evolve(asked, ticket=ticket, api_key="a"), NOW).name == "all"
    assert access.identify(evolve(asked, ticket=ticket), NOW).name == "eye"
    assert status_of(access.identify, evolve(asked, ticket=ticket), NOW) == 401
    assert access.identify(asked, NOW).name == "desk"
    assert status_of(access.identify, evolve(asked, api_key="no"), NOW) == 401


def test_who_came_by_a_session_stays_as_long_as_it_and_its_key():
    """P21: until the session's end, the key's, a logout; and whoever is in is told to look."""
    key = a_key("d", expires_at=NOW + timedelta(hours=1))
    access = Access.from_keys(config(desk=key, eye=a_key("e")))
    told = []
    desk = access.identify(by_session(access, "d"), NOW)
    eye = access.identify(by_session(access, "e"), NOW)
    access.watchers.add(lambda: told.append(access.stands(eye, NOW)))
    assert (access.left_s(desk, NOW), access.left_s(eye, NOW)) == (3600, SESSION_S)
    assert access.left_s(eye, NOW + timedelta(days=1)) == 0
    assert not access.stands(eye, NOW + timedelta(seconds=SESSION_S))
    access.log_out(eye.session)
    assert told == [False]
    assert access.left_s(eye, NOW) == 0
    access.use_keys(config(eye=a_key("e")))
    assert not access.stands(desk, NOW)
    assert len(access.sessions) == 0


def test_other_limits_of_a_key_end_nobody():
    """A reload that only changes how much a key may has every socket and session stay."""
    access = Access.from_keys(config(desk=a_key("d")))
    caller = access.identify(by_session(access, "d"), NOW)
    access.use_keys(config(desk=a_key("d", requests_burst=1)))
    assert access.stands(caller, NOW)
    access.use_keys(config(desk=a_key("d", rights=("read", "trade"))))
    assert not access.stands(caller, NOW)


def test_a_ticket_of_a_key_that_is_gone_is_none():
    """P21: revoked between the ticket and its use: 401."""
    access = Access.from_keys(config(desk=a_key("d")))
    ticket, _ = access.issue_ticket(access.identify(Asked(api_key="d"), NOW), NOW)
    access.use_keys(config(desk=a_key("new")))
    assert status_of(access.identify, Asked(ticket=ticket), NOW) == 401
