"""Fyers API v3 as an upstream: REST to ask and to act, a socket to hear, a login each day.

    snapshot() ──▶ GET /orders, /tradebook, /positions
    place()    ──▶ POST /orders/sync ──▶ order id       modify() PATCH, cancel() DELETE
    place_native() ──▶ POST /multileg/orders/sync ──▶ one id for all legs
    stream()   ──▶ wss://socket.fyers.in/trade/v3

An order id is not acceptance, and "no acknowledgement" (code 201) is not a no: the order book is
what is believed, and an order is known in it by the tag it was sent under. Fyers keeps no history
of an order: its last state is all that can be asked for.

What becomes of an order of two or three legs (2L, 3L) is told by no published sample. This is
how it is read here: the book has a row a leg, each with an id of its own, with the answered id as
its `parentId`, and with the one `orderTag`; so the legs are told apart by their symbols.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from functools import partial
from typing import Any, Final, TypeVar

import trio
from attrs import define, field

from actors.domain.batch import Leg
from actors.domain.config_accounts import AccountConfig
from actors.domain.errors import (
    BrokerProtocol,
    BrokerRefused,
    BrokerUnknown,
    BrokerUnreachable,
    DecodeError,
)
from actors.domain.ids import AccountId, BrokerTag, OrderId
from actors.domain.model import Note, OrderReport, Position, Snapshot, Trade
from actors.domain.rehearsal import Margin
from actors.domain.wire import parse
from actors.runtime.seams import Seams
from actors.upstream import Change, Placement, ReportStream, Upstream
from actors.upstream.fields import FieldFault, an_object
from actors.upstream.joined import Joined
from actors.upstream.listing import Memory, few
from actors.upstream.rest import CANCEL_S, MODIFY_S, PLACE_S, Rest, unreadable

from . import answers, rows
from .forms import change_fields, margin_fields, native_fields, order_fields, says_enough
from .keys import Keys
from .login import FyersLogin
from .pace import MARGIN, Paced
from .rest import FyersManner
from .stream import Line, open_stream

R = TypeVar("R")

NAME: Final = "fyers"
ORDERS: Final = "/orders"
TRADES: Final = "/tradebook"
POSITIONS: Final = "/positions"
ORDER: Final = "/orders/sync"
SEVERAL: Final = "/multi-order/sync"
NATIVE: Final = "/multileg/orders/sync"
SEVERAL_S: Final = 30.0


def open_fyers(account_id: AccountId, config: AccountConfig, seams: Seams) -> Upstream:
    """Make the upstream of one account; nothing is sent before the first call."""
    keys = Keys(config.app_id, config.access_token, config.api_secret)
    manner = FyersManner(config.address, keys)
    return Fyers(
        account_id=account_id,
        login=FyersLogin(keys, config.address, seams.http, seams.now, config.redirect_url),
        manner=manner,
        rest=Rest(manner, Joined(Paced(seams.http))),
        line=Line(config.socket_address, account_id, keys, seams.connect),
    )


@define
class Fyers:
    """One account at Fyers; see `Upstream` for what each call gives and raises."""

    account_id: AccountId
    login: FyersLogin
    _manner: FyersManner
    _rest: Rest
    _line: Line
    name: str = field(default=NAME, init=False)
    has_native: bool = field(default=True, init=False)
    _orders: Memory[OrderReport] = field(factory=Memory, init=False, repr=False)
    _trades: Memory[Trade] = field(factory=Memory, init=False, repr=False)
    _last: Mapping[OrderId, OrderReport] = field(factory=dict, init=False, repr=False)

    @property
    def expires_at(self) -> datetime | None:
        """Say when the token ends: as it says, else at 06:00 IST; None without one."""
        return self.login.expires_at

    def stream(self) -> AbstractAsyncContextManager[ReportStream]:
        """Open the account's stream."""
        return open_stream(self._line)

    async def snapshot(self) -> Snapshot:
        """Ask for orders, trades and positions; `notes` names the rows that were unreadable."""
        orders = await self._book({}, rows.order_report, self._orders)
        self._last = {one.order_id: one for one in orders if isinstance(one, OrderReport)}
        return await self._day(orders)

    async def fills(self, order_ids: Sequence[OrderId]) -> Snapshot:  # noqa: ARG002 - the day's come
        """Ask for the day's trades and positions: Fyers gives no order's trades alone."""
        return await self._day([])

    async def history(self, order_id: OrderId) -> tuple[OrderReport, ...]:
        """Give an order's last state, which is all that Fyers keeps; () when it has no such order.

        One that the last snapshot had is not asked for again: after it come questions for each
        order that moved, and Fyers allows two hundred calls a minute.
        """
        if (known := self._last.get(order_id)) is not None:
            await trio.lowlevel.checkpoint()
            return (known,)
        return await self._ask(order_id)

    async def find(self, tag: BrokerTag) -> tuple[OrderReport, ...]:
        """Ask for the orders under a tag, and for the trades too before saying that there is none.

        A row of another tag may be unreadable; one whose tag is unreadable is BrokerProtocol, and
        so is a trade of an order that is not in the book, because "there is no such order" decides
        what becomes of a batch. The whole book is asked for: the no of a filter is not believed,
        and one book answers for each order that is looked for at the time.
        """
        found = await self._book({}, partial(rows.order_under, tag=tag))
        known = [one for one in found if not isinstance(one, Note)]
        if orders := tuple(one.report for one in known if one.report is not None):
            return orders
        ids = {one.order_id for one in _all_read(found)}
        for trade in _all_read(await self._tradebook()):
            if trade.order_id not in ids:
                raise BrokerProtocol(f"order {trade.order_id} has traded and is not in the book")
        return ()

    async def place(self, leg: Leg) -> Placement:
        """Send one order out under its tag."""
        order_id = await self._rest.change(
            "POST", ORDER, order_fields(leg), timeout_s=PLACE_S, read=answers.placed
        )
        return Placement(order_id)

    async def settled(self, receipt: str) -> Placement:  # noqa: ARG002 - there are no receipts
        """Say that nobody knows: Fyers names each order that it takes in, and gives no receipts."""
        await trio.lowlevel.checkpoint()
        return Placement(None)

    async def place_together(self, legs: Sequence[Leg]) -> str | None:
        """Send up to ten orders in one call. They are independent of each other at the broker.

        Gives its words on what failed; which orders exist is learnt from the book, by tag.
        """
        request = self._manner.request("POST", SEVERAL, [order_fields(leg) for leg in legs])
        answer = await self._rest.http(request, timeout_s=SEVERAL_S)
        error = self._manner.judge(answer.status, answer.body, changes=True)
        if error is not None:
            raise error
        try:
            return answers.complaints(parse(answer.body), secrets=self._manner.keys.secrets)
        except (DecodeError, FieldFault) as fault:
            raise BrokerUnknown(str(unreadable(SEVERAL, fault))) from None

    async def place_native(self, legs: Sequence[Leg]) -> OrderId:
        """Send legs out as one order; the id of the whole is no leg's."""
        fields = native_fields(legs)
        return await self._rest.change(
            "POST", NATIVE, fields, timeout_s=PLACE_S, read=answers.placed
        )

    async def margin(self, legs: Sequence[Leg]) -> Margin:
        """Ask what legs would need: a short that stands behind its hedge needs less."""
        return await self._rest.ask(MARGIN, margin_fields(legs), read=answers.margin)

    async def modify(self, order_id: OrderId, variety: str, change: Change) -> None:  # noqa: ARG002
        """Change an open order, asking first for what Fyers wants told and the change leaves out.

        BrokerUnreachable when that could not be asked for: nothing was changed.
        """
        order = None if says_enough(change) else await self._present(order_id)
        fields = change_fields(order_id, change, order)
        await self._rest.change("PATCH", ORDER, fields, timeout_s=MODIFY_S, read=an_object)

    async def cancel(self, order_id: OrderId, variety: str) -> None:  # noqa: ARG002 - one for all
        """Ask for an order's end."""
        await self._rest.change(
            "DELETE", ORDER, {"id": order_id}, timeout_s=CANCEL_S, read=an_object
        )

    # -------------------------------------------------------------------------------- parts

    async def _ask(self, order_id: OrderId) -> tuple[OrderReport, ...]:
        found = _all_read(await self._book({"id": order_id}, rows.order_report))
        return tuple(one for one in found if one.order_id == order_id)

    async def _present(self, order_id: OrderId) -> OrderReport:
        try:
            found = await self._ask(order_id)
        except (BrokerUnknown, BrokerProtocol) as error:
            raise BrokerUnreachable(f"the order could not be asked for first: {error}") from None
        if not found:
            raise BrokerRefused(f"the broker has no order {order_id}; nothing was changed")
        return found[0]

    async def _book(
        self, query: Mapping[str, str], read: Callable[[Any], R], memory: Memory[R] | None = None
    ) -> list[R | Note]:
        return await self._rest.rows(ORDERS, query, read, "orderBook", memory=memory)

    async def _tradebook(self, memory: Memory[Trade] | None = None) -> list[Trade | Note]:
        read = partial(rows.trade, account_id=self.account_id)
        return await self._rest.rows(TRADES, {}, read, "tradeBook", memory=memory)

    async def _day(self, orders: list[OrderReport | Note]) -> Snapshot:
        trades = await self._tradebook(self._trades)
        read = partial(rows.position, account_id=self.account_id)
        held = await self._rest.rows(POSITIONS, {}, read, "netPositions")
        notes = [value for value in (*orders, *trades, *held) if isinstance(value, Note)]
        return Snapshot(
            orders=tuple(value for value in orders if isinstance(value, OrderReport)),
            trades=tuple(value for value in trades if isinstance(value, Trade)),
            positions=tuple(value for value in held if isinstance(value, Position)),
            notes=few(notes),
        )


def _all_read(found: list[R | Note]) -> list[R]:
    """Insist that every row could be read."""
    read: list[R] = []
    for value in found:
        if isinstance(value, Note):
            raise BrokerProtocol(value.text)
        read.append(value)
    return read
