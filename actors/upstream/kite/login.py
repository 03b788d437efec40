"""Kite's daily login: a page for the browser, and a token for what the browser brings back.

    url(state)  https://kite.zerodha.com/connect/login?v=3&api_key=…&redirect_params=state%3D…
                  └─▶ our address?status=success&request_token=…&state=…
    exchange()  POST /session/token: api_key, request_token, checksum ──▶ access_token ──▶ use()

A token dies at 06:00 IST of the next day, earlier when another is made for the same API key or
the user logs out. The answer also names the user; only the token is read. Source: Kite Connect
v3, "user": login flow.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from attrs import define, field

from actors.domain.errors import (
    BadRequest,
    BrokerError,
    BrokerRefused,
    DecodeError,
    Fault,
    NeedsLogin,
)
from actors.domain.wire import parse
from actors.runtime.seams import Http, HttpRequest
from actors.upstream.fields import IST, FieldFault, an_object, read_under, required_word
from actors.upstream.rest import unreadable

from . import answers
from .forms import form
from .keys import VERSION, Keys
from .rest import FORM

PAGE: Final = "https://kite.zerodha.com/connect/login"
SESSION: Final = "/session/token"
EXCHANGE_S: Final = 10.0
TOKEN_CHARS_MAX: Final = 512
DIES_AT_HOUR: Final = 6  # IST


@define
class KiteLogin:
    """How one account logs in; see `BrokerLogin`. `page` is the broker's login page."""

    keys: Keys
    url_of_rest: str
    page: str
    _http: Http = field(repr=False)
    _now: Callable[[], datetime] = field(repr=False)
    expires_at: datetime | None = field(default=None, init=False)

    def __attrs_post_init__(self) -> None:
        # How old a configured token is, nobody knows; it cannot live longer than this.
        self.use(self.keys.access_token)

    def use(self, token: str) -> None:
        """Use a new token from the next call and the next connection on; none is an empty one."""
        self.keys.access_token = token
        self.expires_at = dies_at(self._now()) if token else None

    def list_headers(self) -> dict[str, str]:
        """Give the account's keys, as with any call; NeedsLogin without a token."""
        return self.keys.headers()

    def url(self, state: str) -> str:
        """Give the login page; Kite hands `redirect_params` back with its own answer."""
        back = urlencode({"state": state})
        query = {"v": "3", "api_key": self.keys.api_key, "redirect_params": back}
        return f"{self.page}?{urlencode(query)}"

    async def exchange(self, query: Mapping[str, str]) -> str:
        """Make a token of the `request_token` that the browser brought, which is good once.

        BadRequest when it brought none, or when the account has no `api_secret`; BrokerRefused
        when Kite refuses it; another BrokerError when Kite did not answer. It uses no token.
        """
        request_token = self._brought(query)
        body = {
            "api_key": self.keys.api_key,
            "request_token": request_token,
            "checksum": checksum(self.keys, request_token),
        }
        headers = {**VERSION, "Accept": "application/json", "Content-Type": FORM}
        request = HttpRequest("POST", f"{self.url_of_rest}{SESSION}", headers, form(body))
        answer = await self._http(request, timeout_s=EXCHANGE_S)
        secrets = (*self.keys.secrets, request_token)
        _raise(answers.judge(answer.status, answer.body, changes=False, secrets=secrets))
        try:
            value = parse(answer.body)
            _raise(answers.complaint(value, changes=False, secrets=secrets))
            return access_token(value)
        except (DecodeError, FieldFault) as error:
            raise unreadable(SESSION, error) from None

    def _brought(self, query: Mapping[str, str]) -> str:
        if not self.keys.api_secret:
            raise BadRequest("the account has no api_secret to log in with: give it a token")
        if query.get("status", "success") != "success":
            raise BadRequest("the login at the broker did not succeed")
        token = query.get("request_token", "")
        if not (token.isascii() and token.isalnum() and len(token) <= TOKEN_CHARS_MAX):
            fault = Fault("$.request_token", "what the broker's page gave is needed")
            raise BadRequest("the browser brought no request token", (fault,))
        return token


def dies_at(moment: datetime) -> datetime:
    """Give when a token that is used at `moment` is due to die: the next 06:00 IST, in UTC."""
    there = moment.astimezone(IST)
    six = there.replace(hour=DIES_AT_HOUR, minute=0, second=0, microsecond=0)
    return (six if six > there else six + timedelta(days=1)).astimezone(UTC)


def checksum(keys: Keys, request_token: str) -> str:
    """Sign a request token: SHA-256 in hex over key, request token and secret, end to end."""
    text = f"{keys.api_key}{request_token}{keys.api_secret}"
    return hashlib.sha256(text.encode()).hexdigest()


def access_token(value: Any) -> str:
    """Read the answer of a session; FieldFault when it has no token."""
    return read_under(
        "data",
        an_object(value).get("data"),
        lambda row: required_word(row, "access_token", TOKEN_CHARS_MAX),
    )


def _raise(error: BrokerError | None) -> None:
    """Raise what an answer means; here it is the request token that is refused, not the account."""
    if isinstance(error, NeedsLogin):
        raise BrokerRefused(str(error))
    if error is not None:
        raise error
