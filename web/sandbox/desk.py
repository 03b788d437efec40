"""What the REST and the stream of one broker share: its books, its key, its clocks, its faults.

    change ──▶ tell ──▶ one frame, encoded once ──▶ every socket of the account

The frames are ticker_service's: `order_update` with Kite's whole order row as data, or with a
`task_status` in its place.
"""

import hmac
import json
from datetime import datetime
from typing import Any

import trio
from attrs import define

from web.sandbox.exchange import Change
from web.sandbox.faults import Faults
from web.sandbox.market import Market
from web.sandbox.orders import Now
from web.sandbox.rows import stream_row
from web.sandbox.sockets import Hub
from web.sandbox.tasks import Task, Tasks


@define(eq=False)
class Desk:
    """A broker's shared state. `started_s` is on Trio's clock; `latency_s` is there and back."""

    accounts: tuple[str, ...]
    api_key: str
    market: Market
    tasks: Tasks
    faults: Faults
    hub: Hub
    now: Now
    started_s: float
    latency_s: float = 0.0

    def knows(self, key: str | None) -> bool:
        """Whether this is the API key."""
        return key is not None and hmac.compare_digest(key.encode(), self.api_key.encode())

    def elapsed_s(self) -> float:
        """Seconds since the broker started: the time that faults are in."""
        return trio.current_time() - self.started_s

    def tell(self, change: Change) -> None:
        """Push one change to whoever listens to its account."""
        account_id = change.moment.ask.account_id
        if self.hub.of(account_id):
            self._push(account_id, stream_row(change.order, change.moment))

    def tell_task(self, task: Task) -> None:
        """Push the end of a task."""
        self._push(task.account_id, task.frame_data())

    def _push(self, account_id: str, data: dict[str, Any]) -> None:
        text = frame("order_update", account_id, self.now(), data=data)
        for outbox in self.hub.of(account_id):
            fate = self.faults.frame(account_id, self.elapsed_s())
            outbox.put(text, fate, trio.current_time() + self.latency_s / 2)


def frame(kind: str, account_id: str, at: datetime, **fields: Any) -> str:
    """One frame as text. `timestamp` is UTC with milliseconds."""
    stamp = f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"
    whole = {"type": kind, "account_id": account_id, **fields, "timestamp": stamp}
    return json.dumps(whole, separators=(",", ":"))
