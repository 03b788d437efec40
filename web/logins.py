"""The daily login over HTTP: a browser sent to the broker and taken back, or a token set by hand.

    GET  /accounts/{id}/login         302 to the broker's page, with a one-time `state`
    GET  /login/back?state=…&…        the broker sends the browser here; 303 to the monitor
    POST /accounts/{id}/token         {"access_token"}

The first and the last need `admin`. The browser that comes back has no key with it: what it may do
is in its state, which only who was sent out knows, which is good once, and for ten minutes.
"""

from __future__ import annotations

import secrets
from collections import OrderedDict
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from attrs import field, frozen
from quart import Response, request
from quart_trio import QuartTrio

from actors import System
from actors.domain.errors import (
    BadRequest,
    BrokerError,
    BrokerRefused,
    Fault,
    Refused,
    Unavailable,
)
from actors.domain.ids import AccountId
from actors.domain.wire import plain
from actors.runtime.metrics import Bound

from .answers import answer_at, caller
from .bodies import read_wish
from .query import asked_once

STATE_WITHIN: Final = timedelta(minutes=10)
STATES_MAX: Final = 100
STATE_BYTES: Final = 24
BACK_BYTES_MAX: Final = 8192  # of what the broker sends the browser back with


@frozen
class TokenWish:
    """What `token` takes."""

    access_token: str = field(repr=False)


class Logins:
    """The daily logins as a surface."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._states: OrderedDict[str, tuple[AccountId, datetime]] = OrderedDict()

    def bounds(self) -> Iterator[Bound]:
        """Give how many browsers are out at their brokers' pages, beside the most."""
        yield "login_states", len(self._states), STATES_MAX

    def add_to(self, app: QuartTrio) -> None:
        """Put the surface into an app."""
        app.add_url_rule("/accounts/<account_id>/login", "login", self.send_out)
        app.add_url_rule("/login/back", "login_back", self.take_back)
        rule = "/accounts/<account_id>/token"
        app.add_url_rule(rule, "token", self.set_token, methods=["POST"])

    async def send_out(self, account_id: str) -> Response:
        """Send a browser to the broker's page."""
        account = caller().require("admin", account_id)
        asked_once(request.args, ())
        state = secrets.token_urlsafe(STATE_BYTES)
        where = self._system.logins.url(account, state)
        self._states[state] = account, self._system.seams.now() + STATE_WITHIN
        while len(self._states) > STATES_MAX:
            self._states.popitem(last=False)
        return Response(b"", 302, headers={"Location": where})

    async def take_back(self) -> Response:
        """Make a token of what the broker's page sent the browser back with."""
        if len(request.query_string) > BACK_BYTES_MAX:
            raise BadRequest("the answer of the broker's page is too long", ())
        account = self._take_state(request.args.get("state", ""))
        query = {name: value for name, value in request.args.items() if name != "state"}
        try:
            await self._system.logins.exchange(account, query)
        except BrokerRefused as error:
            raise Refused(409, f"the broker did not log account {account} in: {error}") from None
        except BrokerError as error:
            raise Unavailable(f"account {account} could not be logged in: {error}") from None
        return Response(b"", 303, headers={"Location": "/"})

    async def set_token(self, account_id: str) -> Response:
        """Use a token that came by another way."""
        account = caller().require("admin", account_id)
        wish = await read_wish(TokenWish, "the body is not a token", may_be_empty=False)
        is_kept = await self._system.use_token(account, wish.access_token)
        row = plain(self._system.status(account))
        fields = {"status": "success", "account_id": account, "data": row, "stored": is_kept}
        return answer_at(self._system.journal.position, fields)

    def _take_state(self, state: str) -> AccountId:
        """Give whose login a state stands for; it is good once."""
        account, until = self._states.pop(state, (None, None))
        if account is None or until is None or until < self._system.seams.now():
            fault = Fault("state", "it is not known, was used already, or is older than 10 minutes")
            raise BadRequest("this login was not begun here; begin it again", (fault,), status=400)
        return account
