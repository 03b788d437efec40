"""ticker_service's tasks: the answer to an order is a task, the order's id is the task's result.

    POST /orders/place ──▶ {"order_id": "", "task_id"} ──▶ GET /orders/tasks/{task_id} ──▶ order_id

A task's id is made from what it did, so it is the same after a restart and never used again. The
published service runs its tasks in a worker that polls every second; here the work is done when
the answer goes out, and the task is `completed` from the first look. Its idempotency key is
computed as published, but two equal orders are two orders.
"""

import hashlib
from datetime import datetime
from typing import Any, Final
from uuid import NAMESPACE_OID, uuid5

from attrs import frozen

from web.sandbox.orders import Order

TASKS_MAX: Final = 50_000


@frozen
class Task:
    """One thing done: `operation` is place, modify or cancel."""

    task_id: str
    operation: str
    account_id: str
    order_id: str
    idempotency_key: str

    def row(self) -> dict[str, Any]:
        """As `GET /orders/tasks/{id}` shows it."""
        return {
            "task_id": self.task_id,
            "idempotency_key": self.idempotency_key,
            "operation": self.operation,
            "status": "completed",
            "attempts": 1,
            "max_attempts": 5,
            "last_error": None,
            "result": {"order_id": self.order_id},
            "account_id": self.account_id,
        }

    def frame_data(self) -> dict[str, Any]:
        """Give the `data` of its `task_status` frame: no order id at the top."""
        return {
            "event": "task_status",
            "task_id": self.task_id,
            "status": "completed",
            "result": {"order_id": self.order_id},
        }


class Tasks:
    """The latest tasks, at most TASKS_MAX; the oldest are forgotten first."""

    def __init__(self) -> None:
        self._tasks: dict[str, Task] = {}

    def add(self, operation: str, order: Order) -> Task:
        """Note what was just done to an order."""
        step = 0 if operation == "place" else len(order.history)
        task_id = str(uuid5(NAMESPACE_OID, f"{order.order_id}/{operation}/{step}"))
        at = order.history[0 if operation == "place" else -1].at
        task = Task(
            task_id, operation, order.ask.account_id, order.order_id, key_of(operation, order, at)
        )
        self._tasks[task_id] = task
        if len(self._tasks) > TASKS_MAX:
            del self._tasks[next(iter(self._tasks))]
        return task

    def get(self, task_id: str) -> Task | None:
        """One task, if it is remembered."""
        return self._tasks.get(task_id)

    def __len__(self) -> int:
        return len(self._tasks)


def key_of(operation: str, order: Order, at: datetime) -> str:
    """Give the published idempotency key: price and tag ignored, a new one every 5 minutes."""
    ask = order.ask
    parts = (
        operation,
        ask.account_id,
        ask.exchange,
        ask.tradingsymbol,
        ask.transaction_type,
        ask.quantity,
        ask.product,
        ask.order_type,
        int(at.timestamp()) // 300,
    )
    return hashlib.sha256("|".join(map(str, parts)).encode()).hexdigest()
