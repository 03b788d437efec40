"""Fyers' daily login: a page for the browser, and a token for what the browser brings back.

    url(state)  …/generate-authcode?client_id=…&redirect_uri=…&response_type=code&state=…
                  └─▶ our address?s=ok&code=200&auth_code=…&state=…
    exchange()  POST …/validate-authcode: appIdHash, code ──▶ access_token ──▶ use()

In what comes back `code` is a status and `auth_code` the code. The token, and the code too, are
JWTs that hold the client's name, so neither stands in any word. Source: Fyers API v3,
"authentication and login flow".
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import urlencode

from attrs import define, field

from actors.domain.errors import BadRequest, BrokerRefused, DecodeError, Fault, NeedsLogin
from actors.domain.wire import encode, parse
from actors.runtime.seams import Http, HttpRequest
from actors.upstream.fields import IST, FieldFault, an_object, required_word
from actors.upstream.rest import unreadable

from . import answers
from .keys import TOKEN_CHARS_MAX, Keys, ends_at, is_sendable
from .rest import JSON

PAGE: Final = "/generate-authcode"
VALIDATE: Final = "/validate-authcode"
EXCHANGE_S: Final = 10.0
DIES_AT_HOUR: Final = 6  # IST: what is known of a token that does not say


@define
class FyersLogin:
    """How one account logs in; see `BrokerLogin`.

    `redirect_uri` is the address that the app was registered with at Fyers, which wants to see it
    again; without one it is left out.
    """

    keys: Keys
    url_of_rest: str
    _http: Http = field(repr=False)
    _now: Callable[[], datetime] = field(repr=False)
    redirect_uri: str = ""
    expires_at: datetime | None = field(default=None, init=False)

    def __attrs_post_init__(self) -> None:
        self.use(self.keys.access_token)

    def use(self, token: str) -> None:
        """Use a new token from the next call and the next connection on; none is an empty one.

        It ends when it says so itself, else at the next 06:00 IST.
        """
        token = token.strip()
        self.keys.access_token = token
        self.expires_at = (ends_at(token) or dies_at(self._now())) if token else None

    def list_headers(self) -> dict[str, str]:
        """Give nothing: the symbol master is anyone's."""
        return {}

    def url(self, state: str) -> str:
        """Give the login page."""
        query = {"client_id": self.keys.app_id, "redirect_uri": self.redirect_uri}
        query |= {"response_type": "code", "state": state}
        given = {name: value for name, value in query.items() if value}
        return f"{self.url_of_rest}{PAGE}?{urlencode(given)}"

    async def exchange(self, query: Mapping[str, str]) -> str:
        """Make a token of the `auth_code` that the browser brought, which is good once.

        BadRequest when it brought none, or when the account has no `api_secret`; BrokerRefused
        when Fyers refuses it; another BrokerError when Fyers did not answer. It uses no token.
        """
        code = self._brought(query)
        body = {
            "grant_type": "authorization_code",
            "appIdHash": app_id_hash(self.keys),
            "code": code,
        }
        headers = {"Accept": JSON, "Content-Type": JSON}
        request = HttpRequest("POST", f"{self.url_of_rest}{VALIDATE}", headers, encode(body))
        answer = await self._http(request, timeout_s=EXCHANGE_S)
        secrets = (code, body["appIdHash"], *self.keys.secrets)
        error = answers.judge(answer.status, answer.body, changes=False, secrets=secrets)
        if isinstance(error, NeedsLogin):
            raise BrokerRefused(str(error))  # it is the code that is refused, not the account
        if error is not None:
            raise error
        try:
            return required_word(an_object(parse(answer.body)), "access_token", TOKEN_CHARS_MAX)
        except (DecodeError, FieldFault) as fault:
            raise unreadable(VALIDATE, fault) from None

    def _brought(self, query: Mapping[str, str]) -> str:
        if not self.keys.api_secret:
            raise BadRequest("the account has no api_secret to log in with: give it a token")
        if query.get("s", "ok") != "ok":
            raise BadRequest("the login at the broker did not succeed")
        code = query.get("auth_code", "")
        if not code or not is_sendable(code):
            fault = Fault("$.auth_code", "what the broker's page gave is needed")
            raise BadRequest("the browser brought no auth_code", (fault,))
        return code


def dies_at(moment: datetime) -> datetime:
    """Give when a token that is used at `moment` is due to die: the next 06:00 IST, in UTC."""
    there = moment.astimezone(IST)
    six = there.replace(hour=DIES_AT_HOUR, minute=0, second=0, microsecond=0)
    return (six if six > there else six + timedelta(days=1)).astimezone(UTC)


def app_id_hash(keys: Keys) -> str:
    """Sign for the app: SHA-256 in hex over its id, a colon and its secret."""
    return hashlib.sha256(f"{keys.app_id}:{keys.api_secret}".encode()).hexdigest()
