"""What ticker_service's answers mean: who failed, what can be concluded, what it said.

    status, body ──judge──▶ None (go on), or the BrokerError to raise
    {"order_id": "", "task_id": "…"} ──placing──▶ Placing ──▶ the task is asked
    {"status": "failed", "last_error": …} ──settle──▶ Placement, or an error, or None: ask again

A refusal is certain only when nothing in it says otherwise (`actors.upstream.doubt`). Anything
that changes an order and got no certain answer is BrokerUnknown.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar

from attrs import frozen

from actors.domain.errors import (
    BrokerError,
    BrokerRefused,
    BrokerUnknown,
    DecodeError,
    NeedsLogin,
)
from actors.domain.ids import OrderId
from actors.domain.model import TaskReport
from actors.domain.wire import parse
from actors.upstream import Placement
from actors.upstream.doubt import refusal, spoken
from actors.upstream.fields import (
    ID_MAX,
    FieldFault,
    Row,
    an_object,
    maybe_count,
    maybe_text,
    maybe_word,
    read_under,
    required_count,
    required_word,
)

from .frames import task_report

R = TypeVar("R")

ERROR_BODY_BYTES_MAX: Final = 64 * 1024


@frozen
class Placing:
    """The answer to a placement: an order, or a task that will make it one."""

    order_id: OrderId | None
    task_id: str | None


@frozen
class Task:
    """A queued operation as it stands. `attempts` is how often it was tried so far."""

    report: TaskReport
    attempts: int


@frozen
class BatchAnswer:
    """What `POST /advanced/batch-orders` answers. It proves nothing.

    The published service names no order; it says `succeeded: 0` after a rollback even if a
    cancel failed or a leg had filled, and retries a timed-out leg after the rollback. Which orders
    exist is learnt from the order book, by tag. Its times have no zone and are not read.
    """

    batch_id: str
    success: bool
    total_orders: int
    succeeded: int
    failed: int
    error: str | None


def judge(status: int, body: bytes, *, changes: bool, secret: str) -> BrokerError | None:
    """Say what a status other than success means; None when the body is to be read.

    `changes` is true of calls that place, modify or cancel. `secret` is taken out of the
    broker's words.
    """
    if 200 <= status < 300:
        return None
    said = spoken(status, _detail(body), secret)
    if status in (401, 403):
        return NeedsLogin(said)
    if status == 429:
        return BrokerRefused(f"rate limit: {said}")
    if status == 408 or not 400 <= status < 500:
        return BrokerUnknown(said)
    return refusal(said, changes=changes)


def complaint(value: Any, *, changes: bool, secret: str) -> BrokerError | None:
    """Find an error that came as a success: `{"status": "error", "message": …}` under 200."""
    if isinstance(value, dict) and value.get("status") == "error":
        return refusal(spoken(200, _words(value), secret), changes=changes)
    return None


def placing(value: Any) -> Placing:
    """Read the answer to a placement; FieldFault when it names neither an order nor a task."""
    return _opened(value, _placing)


def _placing(row: Row) -> Placing:
    order_id = maybe_word(row, "order_id", ID_MAX)
    task_id = maybe_word(row, "task_id", ID_MAX)
    if order_id is None and task_id is None:
        raise FieldFault("order_id", "an order or a task is needed")
    return Placing(None if order_id is None else OrderId(order_id), task_id)


def task(value: Any) -> Task:
    """Read `GET /orders/tasks/{id}`."""
    return _opened(value, lambda row: Task(task_report(row), maybe_count(row, "attempts") or 0))


def settle(found: Task, *, secret: str) -> Placement | BrokerError | None:
    """Say what a placement's task tells: where the order is, that there is none, or nothing yet.

    Its `last_error` is about its last attempt alone. After several, an earlier one may have
    placed the order and only its answer was lost, so that is no certain refusal.
    """
    report = found.report
    if report.status == "completed":
        return Placement(report.order_id)
    if report.status not in ("failed", "dead_letter"):
        return None
    why = spoken(None, report.error or "no reason given", secret)
    if found.attempts > 1:
        return BrokerUnknown(f"the task failed after {found.attempts} attempts: {why}")
    return refusal(why, changes=True)


def batch_answer(value: Any) -> BatchAnswer:
    """Read the answer to a batch."""
    return _opened(value, _batch_answer)


def _batch_answer(row: Row) -> BatchAnswer:
    success = row.get("success")
    if not isinstance(success, bool):
        raise FieldFault("success", "true or false is needed")
    return BatchAnswer(
        batch_id=required_word(row, "batch_id", ID_MAX),
        success=success,
        total_orders=required_count(row, "total_orders"),
        succeeded=required_count(row, "succeeded"),
        failed=required_count(row, "failed"),
        error=maybe_text(row, "error"),
    )


# ---------------------------------------------------------------------------------- helpers


def _opened(value: Any, read: Callable[[Row], R]) -> R:
    """Read an answer that is one object, bare or in Kite's envelope: `{"data": {…}}`."""
    row = an_object(value)
    return read_under("data", row["data"], read) if "data" in row else read(row)


def _detail(body: bytes) -> str:
    """Find the broker's own words in an error's body; a body in another form has none."""
    try:
        return _words(an_object(parse(body, bytes_max=ERROR_BODY_BYTES_MAX)))
    except (DecodeError, FieldFault):
        return ""


def _words(row: Row) -> str:
    """Read `{"detail": "…"}`, Kite's `{"message"}`, or FastAPI's list of faulty fields."""
    detail = row.get("detail")
    if isinstance(detail, list):
        said = [_field(item) for item in detail[:5] if isinstance(item, dict)]
        return "; ".join(words for words in said if words)
    found = detail if isinstance(detail, dict) else row
    for name in ("detail", "message", "error"):
        try:
            text = maybe_text(found, name)
        except FieldFault:
            continue
        if text is not None:
            return text
    return ""


def _field(item: Row) -> str:
    place = item.get("loc")
    steps = place[:8] if isinstance(place, list) else []
    path = ".".join(str(step) for step in steps if isinstance(step, str | int))
    try:
        said = maybe_text(item, "msg") or ""
    except FieldFault:
        return ""
    return f"{path}: {said}" if path else said
