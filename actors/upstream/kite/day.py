"""An account's day in Kite's rows, from Kite itself or from a bridge that passes them on.

    snapshot()  orders, trades, positions       fills()  trades and positions
    history()   one order's states              find()   orders under a tag of ours

The order book is what is believed. That an order is not in it decides what becomes of a batch, so
`find` is strict: what cannot be read, or what trades and book do not agree on, is never a no.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Final, TypeVar
from urllib.parse import quote

from attrs import field, frozen

from actors.domain.errors import BrokerProtocol
from actors.domain.ids import AccountId, BrokerTag, OrderId
from actors.domain.model import Note, OrderReport, Position, Snapshot, Trade
from actors.upstream.listing import Memory, few
from actors.upstream.rest import Rest

from . import rows

R = TypeVar("R")

FILLS_EACH_MAX: Final = 4  # orders whose trades are asked for one by one
ORDERS: Final = ("data", "orders")
HISTORY: Final = ("data", "history", "orders")
TRADES: Final = ("data", "trades")
POSITIONS: Final = ("data", "positions", "net")


@frozen
class Places:
    """Where a server keeps each list; `{}` is an order's id."""

    orders: str
    trades: str
    positions: str
    history: str
    fills: str


@frozen
class Day:
    """What may be asked of one account's day. `query` goes out with every question.

    Every call raises a BrokerError when it has no answer, and nothing else.
    """

    account_id: AccountId
    rest: Rest
    places: Places
    query: Mapping[str, str] = field(factory=dict)
    _orders: Memory[OrderReport] = field(factory=Memory, init=False, repr=False)
    _trades: Memory[Trade] = field(factory=Memory, init=False, repr=False)

    async def snapshot(self) -> Snapshot:
        """Ask for orders, trades and positions; `notes` names the rows that were unreadable."""
        orders = await self.rest.rows(
            self.places.orders, self.query, rows.order_report, *ORDERS, memory=self._orders
        )
        return await self._with_positions(orders, await self._all_trades())

    async def fills(self, order_ids: Sequence[OrderId]) -> Snapshot:
        """Ask for the trades of a few orders one by one, else for the day's; and for positions."""
        if len(order_ids) > FILLS_EACH_MAX:
            return await self._with_positions([], await self._all_trades())
        found: list[Trade | Note] = []
        for order_id in order_ids:
            path = _of(self.places.fills, order_id)
            found += await self.rest.rows(path, self.query, self._read_trade, *TRADES)
        return await self._with_positions([], found)

    async def history(self, order_id: OrderId) -> tuple[OrderReport, ...]:
        """Ask for an order's states, oldest first; BrokerProtocol if one cannot be read."""
        path = _of(self.places.history, order_id)
        return tuple(_all_read(await self.rest.rows(path, self.query, rows.order_report, *HISTORY)))

    async def find(self, tag: BrokerTag) -> tuple[OrderReport, ...]:
        """Ask for the orders under a tag, and the trades too before saying that there is none.

        A row of another tag may be unreadable; one whose tag is unreadable is BrokerProtocol, and
        so is a trade of an order that is not in the book, because "there is no such order" decides
        what becomes of a batch.
        """
        under = partial(rows.order_under, tag=tag)
        found = _all_read(await self.rest.rows(self.places.orders, self.query, under, *ORDERS))
        if orders := tuple(known.report for known in found if known.report is not None):
            return orders
        ids = {known.order_id for known in found}
        trades = await self.rest.rows(self.places.trades, self.query, self._read_trade, *TRADES)
        for trade in _all_read(trades):
            if trade.order_id not in ids:
                raise BrokerProtocol(f"order {trade.order_id} has traded and is not in the book")
        return ()

    async def _all_trades(self) -> list[Trade | Note]:
        return await self.rest.rows(
            self.places.trades, self.query, self._read_trade, *TRADES, memory=self._trades
        )

    async def _with_positions(
        self, orders: list[OrderReport | Note], trades: list[Trade | Note]
    ) -> Snapshot:
        read = partial(rows.position, account_id=self.account_id)
        held = await self.rest.rows(self.places.positions, self.query, read, *POSITIONS)
        notes = [value for value in (*orders, *trades, *held) if isinstance(value, Note)]
        return Snapshot(
            orders=tuple(value for value in orders if isinstance(value, OrderReport)),
            trades=tuple(value for value in trades if isinstance(value, Trade)),
            positions=tuple(value for value in held if isinstance(value, Position)),
            notes=few(notes),
        )

    def _read_trade(self, row: Any) -> Trade:
        return rows.trade(row, account_id=self.account_id)


def _of(place: str, order_id: OrderId) -> str:
    return place.format(quote(order_id, safe=""))


def _all_read(found: list[R | Note]) -> list[R]:
    """Insist that every row could be read."""
    read: list[R] = []
    for value in found:
        if isinstance(value, Note):
            raise BrokerProtocol(value.text)
        read.append(value)
    return read
