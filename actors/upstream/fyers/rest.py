"""Fyers' manner: JSON both ways, `Authorization: APP_ID:TOKEN`, and which answer is a certain no.

    request("DELETE", "/orders/sync", {"id": …}) ──▶ HttpRequest      judge(200, body) ──▶ None

Orders, trades and positions come as rows under names of their own, and whatever Fyers answers has
the same envelope around it (`answers`). Source: Fyers API v3, "authorization headers".
"""

from __future__ import annotations

from typing import Any, Final

from attrs import frozen

from actors.domain.errors import BrokerError
from actors.domain.wire import encode
from actors.runtime.seams import HttpRequest
from actors.upstream.rest import Fields

from . import answers
from .keys import Keys

JSON: Final = "application/json"
VERSION: Final = {"version": "3"}


@frozen
class FyersManner:
    """Where Fyers is, and the account's keys; see `Manner`."""

    url: str
    keys: Keys

    def request(
        self,
        method: str,
        path: str,
        fields: Fields | None = None,
    ) -> HttpRequest:
        """Write a call. NeedsLogin when there is no token."""
        headers = {**VERSION, "Accept": JSON, "Authorization": self.keys.authorization()}
        if fields is None:
            return HttpRequest(method, f"{self.url}{path}", headers)
        headers["Content-Type"] = JSON
        return HttpRequest(method, f"{self.url}{path}", headers, encode(fields))

    def judge(self, status: int, body: bytes, *, changes: bool) -> BrokerError | None:
        """Say what an answer means."""
        return answers.judge(status, body, changes=changes, secrets=self.keys.secrets)

    def complaint(self, value: Any, *, changes: bool) -> BrokerError | None:  # noqa: ARG002
        """Find nothing: `judge` has looked inside, whatever the status was."""
        return None
