"""The orders that an account has at its broker, changed and cancelled by the desk's hand.

    modify ─▶ rules ─▶ audit trail, durable ─▶ turn ─▶ broker ─▶ the order's own event
    cancel ─────────▶ audit trail, if it can ▶ turn, urgent ─▶ broker ─▶ the order's own event

A command never touches the book: what became of an order is what its events say. A broker's yes
says no more than that it took the command in.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Final, Protocol

import trio
from attrs import frozen

from .changes import faults_of, is_made, only_reduces, words_of
from .domain.books import AccountBook
from .domain.checks import check
from .domain.errors import (
    BadRequest,
    BrokerError,
    BrokerProtocol,
    BrokerRefused,
    BrokerUnknown,
    Refused,
    StoreError,
    Unavailable,
)
from .domain.ids import MessageId, OrderId
from .domain.lifecycle import is_ended
from .domain.model import Draft, Message, Order
from .runtime.journal import Journal
from .runtime.seams import Seams
from .stream import AccountStream
from .upstream import Change, Upstream
from .writer import Writer

TURN_S: Final = 30.0  # how long a call waits for its turn
CALL_S: Final = 15.0  # how long the broker gets to answer one
AUDIT_S: Final = 0.5  # how long a cancel waits for its trail to be durable
EVENT_S: Final = 4.0  # how long an order gets to tell what became of it
REFUSED_S: Final = 1.5  # and to tell why a command was refused
NEWS_PAUSE_S: Final = 0.3  # what the stream gets to tell before the account is asked
ASK_PAUSE_S: Final = 1.0  # between two such questions


class Turn(Protocol):
    """Wait until a call may go to the broker; urgent ones go first."""

    def __call__(self, *, urgent: bool) -> Awaitable[None]:
        """Give the wait. Unavailable when it is too long."""


@frozen
class OrderAnswer:
    """An order as it stands after a command; `has_come` says whether its own event told so."""

    order: Order
    has_come: bool


@frozen
class OrderDesk:
    """Commands about one account's orders."""

    book: AccountBook  # the view's: committed, and folded on
    journal: Journal
    stream: AccountStream
    upstream: Upstream
    writer: Writer
    seams: Seams
    turn: Turn

    async def modify(self, order_id: OrderId, change: Change) -> OrderAnswer:
        """Change an open order, and wait a little for its event.

        Refused: 404 when there is no such order, 409 when it has ended or the account is halted
        and this is no exit, 403 in shadow mode. BadRequest names each field at fault. A store
        that cannot take the trail, or a broker's fault, is raised as it is.
        """
        order = self._changeable(order_id, change)
        rules = partial(check, account=self.stream.config)
        if faults := faults_of(order, change, rules):
            raise BadRequest("the change was refused, nothing was sent", faults)
        await self.writer.commit([self._trail(order, f"modify asked: {words_of(order, change)}")])
        order = self._changeable(order_id, change)  # the commit took its time
        call = partial(self.upstream.modify, order_id, order.variety, change)

        def stands() -> bool:
            return is_made(self.book.orders[order_id].value, change)

        try:
            await self._call(call, is_urgent=False)
        except (BrokerRefused, BrokerUnknown, BrokerProtocol) as error:
            if not await self.comes(stands, within_s=patience_s(error)):
                raise
            self._open_order(order_id)  # it had ended, and that is why
        has_come = await self.comes(stands)
        return OrderAnswer(self.book.orders[order_id].value, has_come)

    async def cancel(self, order_id: OrderId) -> OrderAnswer:
        """Ask for an open order's end, and wait a little for its event; errors as of `modify`.

        It is asked for even when the store takes nothing, and while the account is halted.
        """
        order = self._open_order(order_id)
        await self.note_cancels([order], "cancel asked")

        def has_ended() -> bool:
            return order_id not in self.book.open_orders

        try:
            await self.send_cancel(order)
        except (BrokerRefused, BrokerUnknown, BrokerProtocol) as error:
            if not await self.comes(has_ended, within_s=patience_s(error)):
                raise
            if self.book.orders[order_id].value.status != "CANCELLED":
                self._open_order(order_id)  # it ended otherwise, and that is why
        has_come = await self.comes(has_ended)
        return OrderAnswer(self.book.orders[order_id].value, has_come)

    async def note_cancels(self, orders: Sequence[Order], text: str) -> None:
        """Write down what is asked for, if the store takes it soon. A cancel waits for no disk."""
        with trio.move_on_after(AUDIT_S), suppress(Unavailable, StoreError):
            await self.writer.commit([self._trail(order, text) for order in orders])

    async def send_cancel(self, order: Order) -> None:
        """Ask the broker for an order's end, in its turn; no wait for its event.

        BrokerError when that failed, Unavailable when no turn came.
        """
        await self._call(
            partial(self.upstream.cancel, order.order_id, order.variety), is_urgent=True
        )

    async def comes(self, is_so: Callable[[], bool], *, within_s: float = EVENT_S) -> bool:
        """Wait until the view has it so; False when it has not in time.

        What the stream does not tell, the account is asked for.
        """
        ask_at_s = trio.current_time() + NEWS_PAUSE_S
        with trio.move_on_after(within_s):
            while not is_so():
                with trio.move_on_at(ask_at_s) as quiet:
                    await self.journal.wait_beyond(self.journal.end)
                if quiet.cancelled_caught:
                    self.stream.nudge()
                    ask_at_s += ASK_PAUSE_S
            return True
        return False

    # -------------------------------------------------------------------------------- parts

    def _open_order(self, order_id: OrderId) -> Order:
        """Give an order that a command can still be about."""
        row = self.book.orders.get(order_id)
        if row is None:
            raise Refused(404, f"there is no order {order_id[:80]!r}")
        if self.stream.config.mode == "shadow":
            account_id = self.book.account_id
            raise Refused(403, f"account {account_id} is in shadow mode: it is only read")
        order = row.value
        if is_ended(order.status):
            raise Refused(409, f"order {order_id} has ended: {order.status}")
        return order

    def _changeable(self, order_id: OrderId, change: Change) -> Order:
        order = self._open_order(order_id)
        if self.stream.status.halted is not None and not only_reduces(order, change, self.book):
            account_id = self.book.account_id
            raise Refused(409, f"account {account_id} is halted, and this is no exit")
        return order

    def _trail(self, order: Order, text: str) -> Draft:
        """Write down what the desk asks for."""
        now = self.seams.now()
        message_id = MessageId(f"command:{self.seams.random.getrandbits(64):016x}")
        message = Message(message_id, "info", text, order.order_id, now)
        subject, now_s = order.order_id, trio.current_time()
        return Draft("message", self.book.account_id, subject, message, now, now_s)

    async def _call(self, call: Callable[[], Awaitable[None]], *, is_urgent: bool) -> None:
        """Make one call in its turn. BrokerError when it failed, Unavailable with no turn."""
        try:
            with trio.fail_after(TURN_S):
                await self.turn(urgent=is_urgent)
        except trio.TooSlowError:
            raise Unavailable("too many calls wait for the broker; nothing was sent") from None
        try:
            with trio.fail_after(CALL_S):
                await call()
        except trio.TooSlowError:
            raise BrokerUnknown("the broker did not answer in time") from None


async def turn_at_once(*, urgent: bool) -> None:  # noqa: ARG001 - the form of a Turn
    """Let a call go at once: the turn of an account without limits."""
    await trio.lowlevel.checkpoint()


def patience_s(error: BrokerError) -> float:
    """Say how long an order gets to explain a command that failed.

    After a no it may have ended before; without an answer it may all have been done.
    """
    return REFUSED_S if isinstance(error, BrokerRefused) else EVENT_S
