"""ticker_service as an upstream: REST to ask and to act, a stream to hear.

    snapshot() ──▶ GET /orders/, /orders/trades/all, /portfolio/positions
    place()    ──▶ POST /orders/place ──▶ order id, or a task ──▶ settled(): GET /orders/tasks/ID …
    stream()   ──▶ /advanced/ws/orders/ID, two dialects

The published service queues what it is told and answers with a task; its stream is connected and
never says anything; its batch endpoint answers without order ids. So the order book is what is
believed here, an order is known by the tag it was sent under, and a queued operation is not done.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Final
from urllib.parse import quote

import trio
from attrs import define, field

from actors.domain.batch import Leg
from actors.domain.config import AccountConfig
from actors.domain.errors import BrokerError, BrokerRefused
from actors.domain.ids import AccountId, BrokerTag, OrderId
from actors.domain.model import OrderReport, Snapshot, TaskReport
from actors.domain.rehearsal import Margin
from actors.runtime.seams import Seams
from actors.upstream import Change, Placement, ReportStream, Upstream
from actors.upstream.fields import FieldFault, Row, an_object
from actors.upstream.joined import Joined
from actors.upstream.kite.answers import margin
from actors.upstream.kite.day import Day
from actors.upstream.kite.forms import change_fields, margin_fields, order_fields
from actors.upstream.rest import CANCEL_S, GET_S, MODIFY_S, PLACE_S, Rest, unreadable

from . import answers
from .answers import Task
from .rest import BATCH_S, PLACES, TickerManner
from .stream import Line, open_stream

TASK_PAUSE_S: Final = 0.5
TASK_CALL_MIN_S: Final = 0.5


def open_ticker_service(account_id: AccountId, config: AccountConfig, seams: Seams) -> Upstream:
    """Make the upstream of one account; nothing is sent before the first call."""
    url = config.url.rstrip("/")
    rest = Rest(TickerManner(url, config.api_key), Joined(seams.http))
    day = Day(account_id, rest, PLACES, {"account_id": account_id})
    line = Line(url, account_id, config.api_key, seams.connect)
    return TickerService(account_id, rest, day, line)


@define
class TickerService:
    """One account at a ticker_service; see `Upstream` for what each call gives and raises."""

    account_id: AccountId
    _rest: Rest
    _day: Day
    _line: Line
    name: str = field(default="ticker_service", init=False)
    has_native: bool = field(default=False, init=False)
    login: None = field(default=None, init=False)  # its login is its own affair
    expires_at: datetime | None = field(default=None, init=False)

    def stream(self) -> AbstractAsyncContextManager[ReportStream]:
        """Open the account's stream."""
        return open_stream(self._line)

    async def snapshot(self) -> Snapshot:
        """Ask for orders, trades and positions; `notes` names the rows that were unreadable."""
        return await self._day.snapshot()

    async def fills(self, order_ids: Sequence[OrderId]) -> Snapshot:
        """Ask for the trades of a few orders one by one, else for the day's; and for positions."""
        return await self._day.fills(order_ids)

    async def history(self, order_id: OrderId) -> tuple[OrderReport, ...]:
        """Ask for an order's states, oldest first; BrokerProtocol if one cannot be read."""
        return await self._day.history(order_id)

    async def find(self, tag: BrokerTag) -> tuple[OrderReport, ...]:
        """Ask for the orders under a tag; see `Day.find` for when none is no answer."""
        return await self._day.find(tag)

    async def place(self, leg: Leg) -> Placement:
        """Send one order out under its tag; the receipt is the task that it was queued as."""
        body = {**_fields(leg), "account_id": self.account_id}
        taken = await self._rest.change(
            "POST", "/orders/place", body, timeout_s=PLACE_S, read=answers.placing
        )
        return Placement(taken.order_id, taken.task_id)

    async def settled(self, receipt: str) -> Placement:
        """Ask a placement's task until it is settled, for PLACE_S at most.

        A question that fails is no word on the order, which is queued whatever it says.
        """
        deadline_s = trio.current_time() + PLACE_S
        while True:
            left_s = deadline_s - trio.current_time()
            found: Task | None
            try:
                found = await self._task(receipt, max(left_s, TASK_CALL_MIN_S))
            except BrokerError:
                found = None
            told = None if found is None else answers.settle(found, secret=self._line.api_key)
            if isinstance(told, BrokerError):
                raise told
            if told is not None:
                return told
            if trio.current_time() + TASK_PAUSE_S > deadline_s:
                return Placement(None)
            await trio.sleep(TASK_PAUSE_S)

    async def modify(self, order_id: OrderId, variety: str, change: Change) -> None:
        """Change an open order. That the change was queued is all that the answer says."""
        body = {**self._order_key(order_id, variety), **change_fields(change)}
        await self._rest.change("PUT", "/orders/modify", body, timeout_s=MODIFY_S, read=an_object)

    async def cancel(self, order_id: OrderId, variety: str) -> None:
        """Ask for an order's end."""
        await self._rest.change(
            "DELETE",
            "/orders/cancel",
            self._order_key(order_id, variety),
            timeout_s=CANCEL_S,
            read=an_object,
        )

    async def place_together(self, legs: Sequence[Leg]) -> str | None:
        """Send orders to the broker's own batch endpoint, and tell it not to roll back by itself.

        As published it names no orders, calls done what was merely taken, lengthens each tag
        beyond what Kite takes (then every leg is refused), and makes one order of two equal legs.
        """
        body = {
            "orders": [_fields(leg) for leg in legs],
            "account_id": self.account_id,
            "rollback_on_failure": False,
        }
        told = await self._rest.change(
            "POST",
            "/advanced/batch-orders",
            body,
            timeout_s=BATCH_S,
            read=answers.batch_answer,
        )
        return told.error

    async def place_native(self, legs: Sequence[Leg]) -> OrderId:  # noqa: ARG002 - none goes
        """Refuse, and send nothing: there are no orders of several legs."""
        raise BrokerRefused("ticker_service has no native batches; nothing was sent")

    async def margin(self, legs: Sequence[Leg]) -> Margin:
        """Ask what a basket would need, beside what the account holds; Kite's answer comes back."""
        body = {
            "account_id": self.account_id,
            "consider_positions": True,
            "orders": [margin_fields(leg) for leg in legs],
        }
        return await self._rest.ask("/orders/margins/basket", body, read=margin)

    async def task(self, task_id: str) -> TaskReport:
        """Ask what became of a queued operation."""
        return (await self._task(task_id, GET_S)).report

    # -------------------------------------------------------------------------------- parts

    async def _task(self, task_id: str, timeout_s: float) -> Task:
        path = f"/orders/tasks/{quote(task_id, safe='')}"
        value = await self._rest.get(path, timeout_s=timeout_s)
        try:
            return answers.task(value)
        except FieldFault as fault:
            raise unreadable(path, fault) from None

    def _order_key(self, order_id: OrderId, variety: str) -> Row:
        return {"account_id": self.account_id, "order_id": order_id, "variety": variety}


def _fields(leg: Leg) -> Row:
    """Write a leg in Kite's fields, of which the variety is one here and a path at Kite."""
    return {**order_fields(leg), "variety": leg.variety}
