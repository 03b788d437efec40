import pytest
from werkzeug.datastructures import Headers

from web.asked import COOKIE, SECURE_COOKIE, Asked

CLEAR = f"{COOKIE}=t"
SECURE = f"{SECURE_COOKIE}=t"


def test_all_is_taken_from_the_request():
    """What decides is in the headers and the scope; a websocket has no method, and is a stream."""
    headers = Headers(
        {
            "Host": "gw.test",
            "Origin": "https://gw.test",
            "Cookie": f"other=1; {SECURE}",
            "Sec-Fetch-Site": "same-origin",
        }
    )
    scope = {"type": "websocket", "scheme": "wss", "server": ("::1", 8009), "client": ("::1", 5)}
    asked = Asked.of(headers, {**scope, "orderwire.ticket": "T"})
    assert (asked.host, asked.port, asked.session, asked.ticket) == ("gw.test", 8009, "t", "T")
    assert (asked.address, asked.method, asked.is_stream) == ("::/64", None, True)
    asked = Asked.of(Headers(), {"type": "http", "method": "GET", "path": "/accounts"})
    assert (asked.address, asked.method, asked.is_stream) == ("", "GET", False)
    assert (asked.key, asked.session, asked.ticket) == (None, None, None)


def test_what_it_shows_of_itself_has_no_secret():
    """P21: one that is printed into a log tells no key, ticket or session."""
    asked = Asked(authorization="Bearer hunter2", api_key="hunter2", ticket="hunter2")
    assert "hunter2" not in repr(asked)
    assert "hunter2" not in repr(Asked(cookies=f"{COOKIE}=hunter2"))


@pytest.mark.parametrize(
    ("origin", "site", "cookies", "is_ours"),
    [
        *(("http://gw.test", None, CLEAR, True), ("http://GW.test", None, CLEAR, True)),
        *(("http://evil.test", "cross-site", CLEAR, False), ("null", None, CLEAR, False)),
        *((None, "same-origin", CLEAR, True), (None, "same-site", CLEAR, False)),
        *((None, "cross-site", CLEAR, False), (None, "none", CLEAR, False)),
        *((None, None, CLEAR, False), ("http://gw.test:3000", "same-site", CLEAR, False)),
        *(("https://gw.test", None, SECURE, True), ("http://gw.test", None, SECURE, False)),
    ],
)
def test_a_browser_vouches_for_our_page(origin, site, cookies, is_ours):
    """P21: with a session, what changes something and what streams comes from a page of ours.

    A page that came in the clear does not use what was given over https.
    """
    asked = Asked(host="gw.test", origin=origin, site=site, cookies=cookies)
    for method in (None, "POST", "DELETE", "OPTIONS"):
        same = Asked(host="gw.test", origin=origin, site=site, cookies=cookies, method=method)
        assert same.may_use_session == is_ours
    assert asked.is_from_our_page == is_ours


@pytest.mark.parametrize(
    ("origin", "site", "may"),
    [
        *((None, None, True), (None, "none", True), (None, "same-origin", True)),
        *((None, "same-site", False), (None, "cross-site", False)),
        *(("http://gw.test", "same-origin", True), ("https://desk.test", None, False)),
    ],
)
def test_what_only_reads_may_be_typed_in(origin, site, may):
    """With a session one may read by a link of ours or an address typed in; no other page may."""
    assert Asked("gw.test", origin, site=site, method="GET").may_use_session == may


@pytest.mark.parametrize(
    ("scheme", "origin", "is_secure"),
    [
        *(("https", None, True), ("wss", None, True), ("http", None, False)),
        *(("http", "https://gw.test", True), ("http", "http://gw.test", False)),
    ],
)
def test_encryption_is_ours_or_the_proxys(scheme, origin, is_secure):
    """TLS ends here, or the page's own address says that it ended before us."""
    assert Asked(scheme=scheme, origin=origin).is_secure == is_secure
