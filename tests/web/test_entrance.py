import json
import stat
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from attrs import evolve

from tests.web.fakes import a_gateway, serving
from tests.web.visitor import FORM, KEYS, OURS, ask, cookie_of, log_in, logged_in
from web.allowances import WRONG_KEYS
from web.asked import COOKIE, SECURE_COOKIE
from web.sessions import SESSION_S

HALT = "/accounts/primary/halt"


@pytest.fixture
async def gateway(tmp_path):
    """A gateway with keys, on whatever clock the test has."""
    async with a_gateway(tmp_path, keys=KEYS) as running:
        yield running


async def test_a_browser_logs_in_by_a_form(gateway, autojump_clock):
    """A key in the page's form: 303 to the monitor, and a cookie that no script and no site has."""
    form = urlencode({"key": " k "}).encode()
    answer = await ask(gateway, "/login", "POST", form, **OURS, **FORM)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    cookie, attributes = cookie_of(answer)
    assert cookie.startswith(f"{COOKIE}=")
    assert attributes == {"HttpOnly", "SameSite=Strict", "Path=/", f"Max-Age={SESSION_S}"} | {
        each for each in attributes if each.startswith("Expires=")
    }
    assert (await ask(gateway, "/accounts", Cookie=cookie)).status_code == 200
    page = await (await ask(gateway, "/login", Cookie=cookie)).get_data(as_text=True)
    assert "<strong>desk</strong>" in page
    assert 'action="/logout"' in page


async def test_a_program_logs_in_by_json(gateway, autojump_clock):
    """The answer says by which key and until when; a wrong body is a problem, and names the field."""
    answer = await log_in(gateway)
    fields = json.loads(await answer.get_data())
    until = gateway.system.seams.now() + timedelta(seconds=SESSION_S)
    assert (fields["status"], fields["key"]) == ("success", "desk")
    assert fields["expires_at"][:19] == until.isoformat()[:19]
    for body, status in ((b"{", 400), ({}, 422), ({"key": ""}, 422), ({"key": "x" * 600}, 422)):
        answer = await ask(gateway, "/login", "POST", body)
        assert answer.status_code == status
        assert answer.content_type == "application/problem+json"


async def test_over_https_the_cookie_goes_nowhere_else(gateway, autojump_clock):
    """P21: Secure, and of a name that no neighbour can set, when the page came over https."""
    headers = {"Origin": "https://gw.test", "Host": "gw.test"}
    cookie, attributes = cookie_of(await log_in(gateway, **headers))
    assert cookie.startswith(f"{SECURE_COOKIE}=")
    assert "Secure" in attributes
    answer = await ask(gateway, HALT, "POST", {}, **headers, Cookie=cookie)
    assert answer.status_code == 200
    clear = headers | {"Origin": "http://gw.test"}
    assert (await ask(gateway, HALT, "POST", {}, **clear, Cookie=cookie)).status_code == 403


async def test_a_session_may_what_its_key_may(gateway, autojump_clock):
    """P21: no account and no right more; and a key in a header beside it is the one that counts."""
    eye = await logged_in(gateway, "e")
    answer = await ask(gateway, "/accounts", Cookie=eye)
    assert [row["account_id"] for row in json.loads(await answer.get_data())["data"]] == ["hedge"]
    for path, status in (("/accounts/hedge/orders", 200), ("/accounts/primary/orders", 403)):
        assert (await ask(gateway, path, Cookie=eye)).status_code == status
    halt = "/accounts/hedge/halt"
    assert (await ask(gateway, halt, "POST", {}, Cookie=eye, **OURS)).status_code == 403
    assert (await ask(gateway, HALT, "POST", {}, Cookie=eye, X_API_Key="k")).status_code == 200
    assert (await ask(gateway, "/accounts", Cookie=eye, X_API_Key="no")).status_code == 401


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        *(({"Origin": "http://localhost"}, 200), ({"Sec-Fetch-Site": "same-origin"}, 200)),
        *(({}, 403), ({"Origin": "null"}, 403), ({"Origin": "http://evil.test"}, 403)),
        *(({"Sec-Fetch-Site": "cross-site"}, 403), ({"Sec-Fetch-Site": "same-site"}, 403)),
        *(({"Sec-Fetch-Site": "none"}, 403), ({"Origin": "https://desk.test"}, 403)),
    ],
)
async def test_no_other_page_acts_by_a_session(tmp_path, autojump_clock, headers, status):
    """P21: what changes something needs our own page when a cookie says who: a named one is not.

    It is the same for the login and the logout themselves.
    """
    named = ("https://desk.test",)
    async with a_gateway(tmp_path, keys=KEYS, allowed_origins=named) as gateway:
        cookie = await logged_in(gateway)
        headers = headers | {"Cookie": cookie}
        for method, path in (("POST", HALT), ("POST", "/auth/ticket"), ("POST", "/logout")):
            answer = await ask(gateway, path, method, {}, **headers)
            assert answer.status_code == status, path
        if status == 403:
            del headers["Cookie"]
            answer = await log_in(gateway, **headers)
            assert answer.status_code == (403 if headers else 200)
            assert (await ask(gateway, "/accounts", Cookie=cookie)).status_code == 200


async def test_a_logout_ends_it(gateway, autojump_clock):
    """The cookie is taken back, and whoever kept a copy of it is nobody."""
    cookie = await logged_in(gateway)
    answer = await ask(gateway, "/logout", "POST", **OURS, **FORM, Cookie=cookie)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/login")
    assert cookie_of(answer)[0] == f"{COOKIE}="
    assert "Max-Age=0" in cookie_of(answer)[1]
    assert (await ask(gateway, "/accounts", Cookie=cookie)).status_code == 401
    again = await ask(gateway, "/logout", "POST", **OURS, Cookie=cookie)
    assert again.status_code == 200


async def test_who_logs_in_again_has_one_session(gateway, autojump_clock):
    """The browser's former session ends, since nobody could end it any more."""
    old = await logged_in(gateway)
    await log_in(gateway, "e", Cookie=old, **OURS)
    assert (await ask(gateway, "/accounts", Cookie=old)).status_code == 401
    assert len(gateway.access.sessions) == 1


async def test_a_session_ends_with_its_time_and_its_key(gateway, autojump_clock):
    """P21: after 12 hours, or when its key is revoked, it is 401."""
    cookie = await logged_in(gateway)
    now = gateway.system.seams.now
    later = lambda: now() + timedelta(seconds=SESSION_S)  # noqa: E731
    gateway.system.seams = evolve(gateway.system.seams, now=later)
    assert (await ask(gateway, "/accounts", Cookie=cookie)).status_code == 401
    gateway.system.seams = evolve(gateway.system.seams, now=now)
    assert (await ask(gateway, "/accounts", Cookie=cookie)).status_code == 200
    gateway.access.use_keys(evolve(gateway.system.config, keys={"eye": KEYS["eye"]}))
    assert (await ask(gateway, "/accounts", Cookie=cookie)).status_code == 401


@pytest.mark.process
async def test_a_restart_logs_nobody_out(tmp_path):
    """The sessions are in a file beside the store, its owner's alone, without a token in it."""
    async with a_gateway(tmp_path, keys=KEYS) as gateway, serving(gateway):
        cookie = await logged_in(gateway)
        gone = await logged_in(gateway, "e")
        await ask(gateway, "/logout", "POST", **OURS, Cookie=gone)
    path = tmp_path / "orderwire.db.sessions"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert cookie.partition("=")[2] not in path.read_text()
    async with a_gateway(tmp_path, keys=KEYS) as gateway, serving(gateway):
        assert (await ask(gateway, "/accounts", Cookie=cookie)).status_code == 200
        assert (await ask(gateway, "/accounts", Cookie=gone)).status_code == 401
    path.write_text("no sessions")
    async with a_gateway(tmp_path, keys=KEYS) as gateway, serving(gateway):
        assert (await ask(gateway, "/accounts", Cookie=cookie)).status_code == 401
        assert (await log_in(gateway)).status_code == 200


async def test_a_disk_that_is_full_keeps_nobody_out(gateway, autojump_clock, tmp_path, entries):
    """P15: one who cannot be written down is logged in all the same, for as long as we run."""
    (tmp_path / "orderwire.db.sessions.new").mkdir()
    cookie = await logged_in(gateway)
    assert (await ask(gateway, "/accounts", Cookie=cookie)).status_code == 200
    assert "logins are not kept for the next start" in [entry["event"] for entry in entries]


async def test_wrong_keys_are_slowed_down(gateway, autojump_clock):
    """P21: 401, and soon 429 with Retry-After, for the right key too; sessions go on."""
    cookie = await logged_in(gateway)
    for _ in range(WRONG_KEYS.burst - 1):
        assert (await log_in(gateway, "wrong")).status_code == 401
    form = await ask(gateway, "/login", "POST", b"key=wr%3Cong", **OURS, **FORM)
    page = await form.get_data(as_text=True)
    assert (form.status_code, form.content_type) == (401, "text/html; charset=utf-8")
    assert 'role="alert"' in page
    assert "wr" not in page.partition('role="alert"')[2].partition("</p>")[0]
    assert "Set-Cookie" not in form.headers
    for headers in (OURS | FORM, {}):
        body = b"key=k" if headers else {"key": "k"}
        answer = await ask(gateway, "/login", "POST", body, **headers)
        assert (answer.status_code, answer.headers["Retry-After"]) == (429, "5")
    assert (await ask(gateway, "/accounts", Cookie=cookie)).status_code == 200
    assert (await ask(gateway, "/accounts", X_API_Key="k")).status_code == 200


async def test_on_the_open_demo_there_is_nothing_to_log_in_to(tmp_path, autojump_clock):
    """The page says so, and a login is 409 in the same words."""
    async with a_gateway(tmp_path) as gateway:
        page = await (await ask(gateway, "/login")).get_data(as_text=True)
        assert "nothing to log in to" in page
        assert "<form" not in page
        answer = await log_in(gateway)
        assert answer.status_code == 409
        assert b"nothing to log in to" in await answer.get_data()
