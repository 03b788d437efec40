"""Kite Connect v3 as an upstream: REST to ask and to act, a stream to hear, a login each day.

    snapshot() ──▶ GET /orders, /trades, /portfolio/positions
    place()    ──▶ POST /orders/VARIETY ──▶ order id        modify() PUT, cancel() DELETE
    stream()   ──▶ wss://ws.kite.trade

Kite knows no id of the caller's and no batch: an order is known by the tag it was sent under, and
legs go out one by one. An order id is not acceptance, and a change that was taken in is told by
the order itself. The book lives for a day.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Final
from urllib.parse import quote

from attrs import define, field

from actors.domain.batch import Leg
from actors.domain.config_accounts import ADDRESSES, AccountConfig
from actors.domain.errors import BrokerRefused
from actors.domain.ids import AccountId, BrokerTag, OrderId
from actors.domain.model import OrderReport, Snapshot
from actors.domain.rehearsal import Margin
from actors.runtime.seams import Seams
from actors.upstream import Change, Placement, ReportStream, Upstream
from actors.upstream.fields import an_object
from actors.upstream.joined import Joined
from actors.upstream.rest import CANCEL_S, MODIFY_S, PLACE_S, Rest

from . import answers
from .day import Day
from .forms import change_fields, margin_fields, order_fields, protected
from .keys import Keys
from .login import PAGE, KiteLogin
from .rest import PLACES, KiteManner
from .stream import Line, open_stream

NAME: Final = "kite"
MARGIN: Final = "/margins/basket?consider_positions=true&mode=compact"


def open_kite(account_id: AccountId, config: AccountConfig, seams: Seams) -> Upstream:
    """Make the upstream of one account; nothing is sent before the first call."""
    keys = Keys(config.api_key, config.access_token, config.api_secret)
    rest = Rest(KiteManner(config.address, keys), Joined(seams.http))
    is_real = config.address == ADDRESSES[NAME][0]
    page = PAGE if is_real else f"{config.address}/connect/login"
    return Kite(
        account_id=account_id,
        login=KiteLogin(keys, config.address, page, seams.http, seams.now),
        rest=rest,
        day=Day(account_id, rest, PLACES),
        line=Line(config.socket_address, keys, seams.connect),
    )


@define
class Kite:
    """One account at Kite; see `Upstream` for what each call gives and raises."""

    account_id: AccountId
    login: KiteLogin
    _rest: Rest
    _day: Day
    _line: Line
    name: str = field(default=NAME, init=False)
    has_native: bool = field(default=False, init=False)

    @property
    def expires_at(self) -> datetime | None:
        """Say when the token is due to die: a morning at 06:00 IST; None without one."""
        return self.login.expires_at

    def stream(self) -> AbstractAsyncContextManager[ReportStream]:
        """Open the account's stream."""
        return open_stream(self._line)

    async def snapshot(self) -> Snapshot:
        """Ask for orders, trades and net positions; `notes` names what was unreadable."""
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
        """Send one order out under its tag, with market protection where it has no price."""
        order_id = await self._rest.change(
            "POST",
            f"/orders/{_step(leg.variety)}",
            protected(order_fields(leg)),
            timeout_s=PLACE_S,
            read=answers.placed,
        )
        return Placement(order_id)

    async def settled(self, receipt: str) -> Placement:  # noqa: ARG002 - there are no receipts
        """Say that nobody knows: Kite names each order that it takes in, and gives no receipts."""
        return Placement(None)

    async def place_together(self, legs: Sequence[Leg]) -> str | None:  # noqa: ARG002 - none goes
        """Refuse, and send nothing: Kite has no batch call; legs go out one by one, by `place`."""
        raise BrokerRefused("Kite has no batch call; nothing was sent")

    async def place_native(self, legs: Sequence[Leg]) -> OrderId:  # noqa: ARG002 - none goes
        """Refuse, and send nothing: Kite has no orders of several legs."""
        raise BrokerRefused("Kite has no native batches; nothing was sent")

    async def margin(self, legs: Sequence[Leg]) -> Margin:
        """Ask what a basket would need, beside what the account holds."""
        return await self._rest.ask(
            MARGIN, [margin_fields(leg) for leg in legs], read=answers.margin
        )

    async def modify(self, order_id: OrderId, variety: str, change: Change) -> None:
        """Change an open order; Kite allows 25 changes of one order."""
        await self._rest.change(
            "PUT",
            f"/orders/{_step(variety)}/{_step(order_id)}",
            protected(change_fields(change)),
            timeout_s=MODIFY_S,
            read=an_object,
        )

    async def cancel(self, order_id: OrderId, variety: str) -> None:
        """Ask for an order's end."""
        await self._rest.change(
            "DELETE",
            f"/orders/{_step(variety)}/{_step(order_id)}",
            timeout_s=CANCEL_S,
            read=an_object,
        )


def _step(name: str) -> str:
    """Write a name as one step of a path."""
    return quote(name, safe="")
