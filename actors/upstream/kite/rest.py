"""Kite's manner: forms out, JSON back, the keys in a header and in no word of ours.

GET    /orders  /orders/ID  /trades  /orders/ID/trades  /portfolio/positions
POST   /orders/VARIETY        PUT, DELETE  /orders/VARIETY/ID
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from attrs import frozen

from actors.domain.errors import BrokerError
from actors.runtime.seams import HttpRequest

from . import answers
from .day import Places
from .forms import form
from .keys import Keys

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

    def request(
        self, method: str, path: str, fields: Mapping[str, Any] | None = None
    ) -> HttpRequest:
        """Write a call; NeedsLogin without a token."""
        headers = {**self.keys.headers(), "Accept": "application/json"}
        if fields is None:
            return HttpRequest(method, f"{self.url}{path}", headers)
        headers["Content-Type"] = FORM
        return HttpRequest(method, f"{self.url}{path}", headers, form(fields))

    def judge(self, status: int, body: bytes, *, changes: bool) -> BrokerError | None:
        """Say what a status other than success means."""
        return answers.judge(status, body, changes=changes, secrets=self.keys.secrets)

    def complaint(self, value: Any, *, changes: bool) -> BrokerError | None:
        """Find an error that came as a success."""
        return answers.complaint(value, changes=changes, secrets=self.keys.secrets)
