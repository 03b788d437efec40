"""What a broker must offer. One file (or folder) a broker beside this one.

    stream()    reports as they are pushed; () is a sign of life without news
    snapshot()  the whole day, as asked now          history()  every state one order passed
    place() settled() modify() cancel()              find()     orders under a tag of ours
    place_together() place_native()                  margin()   what orders would need

What a broker may refuse: BrokerRefused (a certain no), BrokerUnreachable (nothing was done),
BrokerUnknown (it may have been done: ask), NeedsLogin (the credentials are dead), BrokerProtocol
(an answer that is not what its documentation says). Nothing else escapes these calls.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from decimal import Decimal
from typing import Final, Protocol

from attrs import frozen

from actors.domain.batch import Leg
from actors.domain.ids import BrokerTag, OrderId
from actors.domain.model import OrderReport, Report, Snapshot
from actors.domain.rehearsal import Margin

# Brokers that push a position with each fill; of the others it is derived from the trade.
PUSH_POSITIONS: Final = frozenset({"fyers"})


@frozen
class Placement:
    """A broker took an order in. That is not acceptance by the market, and the id may be pending.

    `order_id` is None when the broker has not named it yet; the order is then known by its tag,
    and what became of it can be asked for where there is a `receipt`.
    """

    order_id: OrderId | None
    receipt: str | None = None


@frozen
class Change:
    """What to change in an open order; None leaves a field as it is."""

    quantity: int | None = None
    price: Decimal | None = None
    trigger_price: Decimal | None = None
    order_type: str | None = None
    validity: str | None = None


class BrokerLogin(Protocol):
    """How an account logs in at a broker whose tokens die each day."""

    @property
    def expires_at(self) -> datetime | None:
        """Say when the token that is in use is due to die; None without one, or unknown."""

    def use(self, token: str) -> None:
        """Use a new token from the next call and the next connection on."""

    def list_headers(self) -> Mapping[str, str]:
        """Give what the broker wants to see of who asks for its list of instruments.

        NeedsLogin while there is no token, where one is needed.
        """

    def url(self, state: str) -> str:
        """Give the broker's login page for a browser, which it sends back with our `state`."""

    async def exchange(self, query: Mapping[str, str]) -> str:
        """Make a token of what the browser brought back.

        BrokerRefused when the broker refuses it; BadRequest when it brought nothing that helps.
        """


class ReportStream(Protocol):
    """An open stream of one account."""

    async def receive(self) -> tuple[Report, ...]:
        """Wait for the next reports; an empty tuple is a sign of life.

        StreamLost when the stream ended, NeedsLogin when the broker says so, DecodeError for a
        frame that could not be read: the stream goes on, the frame is lost.
        """


class Upstream(Protocol):
    """One account at one broker."""

    name: str

    @property
    def expires_at(self) -> datetime | None:
        """Say when the account's login ends; None where it does not, or nobody knows."""

    @property
    def has_native(self) -> bool:
        """Say whether it has orders of several legs, all filled in ratio or none."""

    @property
    def login(self) -> BrokerLogin | None:
        """Give its login; None where the broker's side sees to that itself."""

    def stream(self) -> AbstractAsyncContextManager[ReportStream]:
        """Open the account's stream; it keeps itself alive while the block runs."""

    async def snapshot(self) -> Snapshot:
        """Ask for orders, then trades, then positions."""

    async def fills(self, order_ids: Sequence[OrderId]) -> Snapshot:
        """Ask for these orders' trades and for all positions, as after fills were heard of.

        Gives more trades when that is cheaper to ask for; no orders.
        """

    async def history(self, order_id: OrderId) -> tuple[OrderReport, ...]:
        """Ask for every state that an order passed through, oldest first."""

    async def find(self, tag: BrokerTag) -> tuple[OrderReport, ...]:
        """Ask the order book for the orders under a tag of ours.

        BrokerProtocol when the trades tell of an order that the book lacks: it may be that one.
        """

    async def place(self, leg: Leg) -> Placement:
        """Send one order out under its tag. Never sent twice by this call."""

    async def settled(self, receipt: str) -> Placement:
        """Wait, within bounds, for what became of an order that was taken in with a receipt.

        `Placement(None)` when nobody knows yet. BrokerRefused only when nothing was placed for
        certain.
        """

    async def place_together(self, legs: Sequence[Leg]) -> str | None:
        """Send orders by the broker's own batch call, each under its tag, once.

        Gives the broker's words on what failed: to be shown, not believed. BrokerUnreachable and
        NeedsLogin say that nothing was sent; after anything else each order is asked for.
        """

    async def place_native(self, legs: Sequence[Leg]) -> OrderId:
        """Send legs out as one order, all or none, under the tag that they share, once.

        Gives the id of the whole. Each leg has an order of its own, to be found under the tag by
        its symbol. BrokerRefused where there is no such thing.
        """

    async def margin(self, legs: Sequence[Leg]) -> Margin:
        """Ask what these legs, sent in this order, would need; nothing is sent.

        A question: no error of it says anything of an order.
        """

    async def modify(self, order_id: OrderId, variety: str, change: Change) -> None:
        """Change an open order."""

    async def cancel(self, order_id: OrderId, variety: str) -> None:
        """Ask for an order's end; that it ended is told by the order itself."""
