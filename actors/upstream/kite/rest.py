"""Kite's manner: forms out, JSON back, the keys in a header and in no word of ours.

What is a list goes out as JSON: a basket, of which the margin is asked for.

GET    /orders  /orders/ID  /trades  /orders/ID/trades  /portfolio/positions
POST   /margins/basket  /orders/VARIETY        PUT, DELETE  /orders/VARIETY/ID
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from attrs import frozen

from actors.domain.errors import BrokerError
from actors.domain.wire import encode
from actors.runtime.seams import HttpRequest
from actors.upstream.rest import Fields

from . import answers
from .day import Places
from .forms import form
from .keys import Keys

JSON: Final = "application/json"
FORM: Final = "application/x-www-form-urlencoded"
PLACES: Final = Places(
    orders="/orders",
    trades="/trades",
    positions="/portfolio/positions",
    history="/orders/{}",
    fills="/orders/{}/trades",
)


@frozen
class KiteManner:
    """Where Kite is, and an account's keys; see `Manner`."""

    url: str
    keys: Keys

    def request(self, method: str, path: str, fields: Fields | None = None) -> HttpRequest:
        """Write a call; NeedsLogin without a token."""
        headers = {**self.keys.headers(), "Accept": "application/json"}
        if fields is None:
            return HttpRequest(method, f"{self.url}{path}", headers)
        if isinstance(fields, Mapping):
            headers["Content-Type"], body = FORM, form(fields)
        else:
            headers["Content-Type"], body = JSON, encode(fields)
        return HttpRequest(method, f"{self.url}{path}", headers, body)

    def judge(self, status: int, body: bytes, *, changes: bool) -> BrokerError | None:
        """Say what a status other than success means."""
        return answers.judge(status, body, changes=changes, secrets=self.keys.secrets)

    def complaint(self, value: Any, *, changes: bool) -> BrokerError | None:
        """Find an error that came as a success."""
        return answers.complaint(value, changes=changes, secrets=self.keys.secrets)
