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
from decimal import Decimal
from functools import partial
from typing import Any, Final, TypeVar
from urllib.parse import quote

import trio
from attrs import define, field

from actors.domain.batch import Leg
from actors.domain.config import AccountConfig
from actors.domain.errors import BrokerError, BrokerProtocol
from actors.domain.ids import AccountId, BrokerTag, OrderId
from actors.domain.model import Note, OrderReport, Position, Snapshot, TaskReport, Trade
from actors.runtime.seams import Seams
from actors.upstream import Change, Placement, ReportStream, Upstream
from actors.upstream.fields import FieldFault, Row, an_object
from actors.upstream.kite import rows
from actors.upstream.listing import Memory, few

from . import answers
from .answers import Task
from .rest import BATCH_S, CANCEL_S, GET_S, MODIFY_S, PLACE_S, Rest, unreadable
from .stream import Line, open_stream

R = TypeVar("R")

TASK_PAUSE_S: Final = 0.5
TASK_CALL_MIN_S: Final = 0.5
FILLS_EACH_MAX: Final = 4  # orders whose trades are asked for one by one
ORDERS: Final = ("data", "orders")
HISTORY: Final = ("data", "history", "orders")
TRADES: Final = ("data", "trades")
POSITIONS: Final = ("data", "positions", "net")


def open_ticker_service(account_id: AccountId, config: AccountConfig, seams: Seams) -> Upstream:
    """Make the upstream of one account; nothing is sent before the first call."""
    url = config.url.rstrip("/")
    rest = Rest(url, config.api_key, seams.http)
    return TickerService(account_id, rest, Line(url, account_id, config.api_key, seams.connect))


@define
class TickerService:
    """One account at a ticker_service; see `Upstream` for what each call gives and raises."""

    account_id: AccountId
    _rest: Rest
    _line: Line
    name: str = field(default="ticker_service", init=False)
    login: None = field(default=None, init=False)  # its login is its own affair
    expires_at: datetime | None = field(default=None, init=False)
    _orders: Memory[OrderReport] = field(factory=Memory, init=False, repr=False)
    _trades: Memory[Trade] = field(factory=Memory, init=False, repr=False)

    def stream(self) -> AbstractAsyncContextManager[ReportStream]:
        """Open the account's stream."""
        return open_stream(self._line)

    async def snapshot(self) -> Snapshot:
        """Ask for orders, trades and positions; `notes` names the rows that were unreadable."""
        orders = await self._rest.rows(
            "/orders/", self._mine(), rows.order_report, *ORDERS, memory=self._orders
        )
        return await self._day(orders)

    async def fills(self, order_ids: Sequence[OrderId]) -> Snapshot:
        """Ask for the trades of a few orders one by one, else for the day's; and for positions."""
        if len(order_ids) > FILLS_EACH_MAX:
            return await self._day([])
        found: list[Trade | Note] = []
        for order_id in order_ids:
            path = f"/orders/{quote(order_id, safe='')}/trades"
            found += await self._rest.rows(path, self._mine(), self._read_trade, *TRADES)
        return await self._holdings([], found)

    async def history(self, order_id: OrderId) -> tuple[OrderReport, ...]:
        """Ask for an order's states, oldest first; BrokerProtocol if one cannot be read."""
        path = f"/orders/{quote(order_id, safe='')}/history"
        found = await self._rest.rows(path, self._mine(), rows.order_report, *HISTORY)
        return tuple(_all_read(found))

    async def find(self, tag: BrokerTag) -> tuple[OrderReport, ...]:
        """Ask for the orders under a tag, and the trades too before saying that there is none.

        A row of another tag may be unreadable; one whose tag is unreadable is BrokerProtocol, and
        so is a trade of an order that is not in the book, because "there is no such order" decides
        what becomes of a batch.
        """
        under = partial(rows.order_under, tag=tag)
        found = _all_read(await self._rest.rows("/orders/", self._mine(), under, *ORDERS))
        if orders := tuple(known.report for known in found if known.report is not None):
            return orders
        ids = {known.order_id for known in found}
        path = "/orders/trades/all"
        trades = await self._rest.rows(path, self._mine(), self._read_trade, *TRADES)
        for trade in _all_read(trades):
            if trade.order_id not in ids:
                raise BrokerProtocol(f"order {trade.order_id} has traded and is not in the book")
        return ()

    async def place(self, leg: Leg) -> Placement:
        """Send one order out under its tag; the receipt is the task that it was queued as."""
        body = {**_order(leg), "account_id": self.account_id}
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
            told = None if found is None else answers.settle(found, secret=self._rest.api_key)
            if isinstance(told, BrokerError):
                raise told
            if told is not None:
                return told
            if trio.current_time() + TASK_PAUSE_S > deadline_s:
                return Placement(None)
            await trio.sleep(TASK_PAUSE_S)

    async def modify(self, order_id: OrderId, variety: str, change: Change) -> None:
        """Change an open order. That the change was queued is all that the answer says."""
        wanted = {
            "quantity": change.quantity,
            "price": change.price,
            "trigger_price": change.trigger_price,
            "order_type": change.order_type,
            "validity": change.validity,
        }
        body = {name: value for name, value in wanted.items() if value is not None}
        await self._rest.change(
            "PUT",
            "/orders/modify",
            {**self._order_key(order_id, variety), **body},
            timeout_s=MODIFY_S,
            read=an_object,
        )

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
            "orders": [_order(leg) for leg in legs],
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

    async def task(self, task_id: str) -> TaskReport:
        """Ask what became of a queued operation."""
        return (await self._task(task_id, GET_S)).report

    # -------------------------------------------------------------------------------- parts

    async def _day(self, orders: list[OrderReport | Note]) -> Snapshot:
        path = "/orders/trades/all"
        trades = await self._rest.rows(
            path, self._mine(), self._read_trade, *TRADES, memory=self._trades
        )
        return await self._holdings(orders, trades)

    async def _holdings(
        self, orders: list[OrderReport | Note], trades: list[Trade | Note]
    ) -> Snapshot:
        read = partial(rows.position, account_id=self.account_id)
        path = "/portfolio/positions"
        held = await self._rest.rows(path, self._mine(), read, *POSITIONS)
        notes = [value for value in (*orders, *trades, *held) if isinstance(value, Note)]
        return Snapshot(
            orders=tuple(value for value in orders if isinstance(value, OrderReport)),
            trades=tuple(value for value in trades if isinstance(value, Trade)),
            positions=tuple(value for value in held if isinstance(value, Position)),
            notes=few(notes),
        )

    def _read_trade(self, row: Any) -> Trade:
        return rows.trade(row, account_id=self.account_id)

    async def _task(self, task_id: str, timeout_s: float) -> Task:
        path = f"/orders/tasks/{quote(task_id, safe='')}"
        value = await self._rest.get(path, timeout_s=timeout_s)
        try:
            return answers.task(value)
        except FieldFault as fault:
            raise unreadable(path, fault) from None

    def _mine(self) -> dict[str, str]:
        return {"account_id": self.account_id}

    def _order_key(self, order_id: OrderId, variety: str) -> Row:
        return {"account_id": self.account_id, "order_id": order_id, "variety": variety}


def _order(leg: Leg) -> Row:
    """Write a leg in Kite's fields, under our tag; prices only where they are set."""
    order: dict[str, Any] = {
        "exchange": leg.exchange,
        "tradingsymbol": leg.tradingsymbol,
        "transaction_type": leg.transaction_type,
        "quantity": leg.quantity,
        "product": leg.product,
        "order_type": leg.order_type,
        "variety": leg.variety,
        "validity": leg.validity,
        "tag": leg.broker_tag,
    }
    prices: dict[str, Decimal | None] = {"price": leg.price, "trigger_price": leg.trigger_price}
    return order | {name: price for name, price in prices.items() if price is not None}


def _all_read(found: list[R | Note]) -> list[R]:
    """Insist that every row could be read."""
    read: list[R] = []
    for value in found:
        if isinstance(value, Note):
            raise BrokerProtocol(value.text)
        read.append(value)
    return read
