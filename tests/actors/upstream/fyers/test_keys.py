"""Keys: what goes out with a call, and what never comes out in words."""

import base64
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.domain.errors import NeedsLogin
from actors.upstream.fyers.keys import Keys, ends_at


def jwt(claims):
    """Write a token of this shape; its signature is nothing."""
    raw = claims if isinstance(claims, bytes) else json.dumps(claims).encode()
    return f"eyJ0.{base64.urlsafe_b64encode(raw).decode().rstrip('=')}.c2ln"


def test_the_header_is_app_and_token():
    """`appId:token`, with no word before it."""
    assert Keys("APP-100", "eyJ0").authorization() == "APP-100:eyJ0"


@pytest.mark.parametrize(
    ("app", "token"),
    [("APP", ""), ("APP", "to ken"), ("APP", "to\r\nken"), ("APP", "tökén"), ("A\nP", "eyJ0"),
     ("APP", "x" * 5000)],
)  # fmt: skip
def test_without_a_token_that_can_be_sent_a_login_is_needed(app, token):
    """P21: what would not be a header is not sent, and not told."""
    with pytest.raises(NeedsLogin) as caught:
        Keys(app, token).authorization()
    assert not token or token not in str(caught.value)


def test_the_keys_are_taken_out_of_words_and_shown_nowhere():
    """P21: app id, token and secret, and what an address makes of them."""
    keys = Keys("APP-100", "eyJ0/x", "APP-100secret")
    assert keys.hide("no APP-100:eyJ0/x, eyJ0%2Fx, APP-100secret") == "no ***:***, ***, ***"
    assert not any(secret in repr(keys) for secret in ("APP", "eyJ0", "secret"))


def test_a_token_that_says_when_it_ends_is_believed():
    """A JWT's `exp` is seconds since 1970; the documented token ends at 06:00 IST."""
    assert ends_at(jwt({"exp": 1601339400})) == datetime(2020, 9, 29, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "token",
    [
        *("", "paper", "a.b", "a.b.c", "a.b.c.d", "eyJ0.é.x", "eyJ0.$$$$.x"),
        *map(jwt, (b"", b"[]", b"7", b"{", {}, {"exp": "1"}, {"exp": True}, {"exp": 10**18})),
        *map(jwt, ({"exp": -(10**18)}, {"exp": 1.5}, b"\xff", b"[" * 3000)),
    ],
)
def test_a_token_of_another_kind_does_not_say(token):
    """P19: any text is a token; one that is no JWT, or has no end, is fine too."""
    assert ends_at(token) is None


@given(st.text(max_size=80) | st.binary(max_size=60).map(jwt))
def test_any_token_has_an_end_or_none(token):
    """P19: whatever a token is, reading its end raises nothing."""
    found = ends_at(token)
    assert found is None or found.tzinfo is UTC
