"""ticker_service's frames: `order_update`, with Kite's whole row or the end of a task as data.

change ──▶ tell ──▶ one frame, encoded once ──▶ every socket of the account
"""

import json
from datetime import datetime
from typing import Any

from web.sandbox.desk import Desk
from web.sandbox.exchange import Change
from web.sandbox.kite.rows import stream_row
from web.sandbox.ticker_service.tasks import Task


def tell(desk: Desk, change: Change) -> None:
    """Push one change to whoever listens to its account."""
    account_id = change.moment.ask.account_id
    if desk.hub.of(account_id):
        data = stream_row(change.order, change.moment)
        desk.push(account_id, frame("order_update", account_id, desk.now(), data=data))


def tell_task(desk: Desk, task: Task) -> None:
    """Push the end of a task."""
    text = frame("order_update", task.account_id, desk.now(), data=task.frame_data())
    desk.push(task.account_id, text)


def frame(kind: str, account_id: str, at: datetime, **fields: Any) -> str:
    """One frame as text. `timestamp` is UTC with milliseconds."""
    stamp = f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"
    whole = {"type": kind, "account_id": account_id, **fields, "timestamp": stamp}
    return json.dumps(whole, separators=(",", ":"))
