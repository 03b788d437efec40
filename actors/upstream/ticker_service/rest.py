"""ticker_service's manner: JSON both ways, the key in `X-API-Key` and in no words of ours.

orders, trades, positions   under the account's name (`PLACES`)
/advanced/batch-orders      worked off leg by leg before it is answered
"""

from __future__ import annotations

from typing import Any, Final

from attrs import field, frozen

from actors.domain.errors import BrokerError
from actors.domain.wire import encode
from actors.runtime.seams import HttpRequest
from actors.upstream.kite.day import Places
from actors.upstream.rest import Fields

from . import answers

BATCH_S: Final = 60.0  # the service itself gives a batch up at 600 s
PLACES: Final = Places(
    orders="/orders/",
    trades="/orders/trades/all",
    positions="/portfolio/positions",
    history="/orders/{}/history",
    fills="/orders/{}/trades",
)


@frozen
class TickerManner:
    """Where a ticker_service is, and its key; see `Manner`."""

    url: str
    api_key: str = field(repr=False)

    def request(self, method: str, path: str, fields: Fields | None = None) -> HttpRequest:
        """Write a call."""
        headers = {"X-API-Key": self.api_key, "Accept": "application/json"}
        if fields is None:
            return HttpRequest(method, f"{self.url}{path}", headers)
        headers["Content-Type"] = "application/json"
        return HttpRequest(method, f"{self.url}{path}", headers, encode(fields))

    def judge(self, status: int, body: bytes, *, changes: bool) -> BrokerError | None:
        """Say what a status other than success means."""
        return answers.judge(status, body, changes=changes, secret=self.api_key)

    def complaint(self, value: Any, *, changes: bool) -> BrokerError | None:
        """Find an error that came as a success."""
        return answers.complaint(value, changes=changes, secret=self.api_key)
