"""A sweep: the end of every order that is open, asked for at once.

    plan ─▶ all that is open now ─▶ trail ─▶ cancels, some at once ─▶ each tried a few times
                                                                  └─▶ a little wait for their ends

It is bounded in orders, tries and time, and what it could not do it names. What opens after it
began is not swept: a batch that unwinds itself must be able to.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import structlog
import trio
from attrs import define, field

from .domain.errors import BrokerError, BrokerRefused, NeedsLogin, Unavailable
from .domain.ids import OrderId
from .domain.lifecycle import is_ended
from .orders import OrderDesk

log = structlog.get_logger()

SWEEP_S: Final = 120.0
ORDERS_MAX: Final = 500
AT_ONCE_MAX: Final = 8  # cancels under way
TRIES_MAX: Final = 3  # of one order's cancel
RETRY_S: Final = 1.0


@define(eq=False)
class Sweep:
    """One round of cancels, while it goes on and afterwards."""

    orders: OrderDesk
    order_ids: tuple[OrderId, ...]
    failures: dict[OrderId, str] = field(factory=dict)
    done: trio.Event = field(factory=trio.Event)

    @classmethod
    def plan(cls, orders: OrderDesk) -> Sweep:
        """Choose what is to be cancelled: all that is open now."""
        sweep = cls(orders, tuple(orders.book.open_orders))
        if orders.stream.config.mode == "shadow":
            sweep.give_up("the account is only read")
        for order_id in sweep.order_ids[ORDERS_MAX:]:
            sweep.failures[order_id] = f"not tried: it is beyond {ORDERS_MAX} open orders"
        return sweep

    def give_up(self, reason: str) -> None:
        """Try nothing, and say why of each order."""
        self.failures = dict.fromkeys(self.order_ids, f"not tried: {reason}")

    async def run(self, reason: str) -> None:
        """Ask the broker for the end of each order, and wait a little for their ends."""
        book = self.orders.book
        wanted = [order_id for order_id in self.order_ids if order_id not in self.failures]
        untried = iter(wanted)
        try:
            with trio.move_on_after(SWEEP_S):
                orders = [book.orders[order_id].value for order_id in wanted]
                await self.orders.note_cancels(orders, f"cancel asked: {reason}")
                async with trio.open_nursery() as nursery:
                    for _ in range(AT_ONCE_MAX):
                        nursery.start_soon(self._cancel_some, untried)
                # Also of those that were refused: they may have ended, and that be why.
                tried = set(wanted)
                await self.orders.comes(lambda: tried.isdisjoint(book.open_orders))
            self.failures |= dict.fromkeys(untried, f"not tried within {SWEEP_S:g} s")
        finally:
            self.done.set()

    async def _cancel_some(self, untried: Iterator[OrderId]) -> None:
        """Cancel one order after another until none is left."""
        for order_id in untried:
            await self._cancel(order_id)

    async def _cancel(self, order_id: OrderId) -> None:
        for attempt in range(TRIES_MAX):
            if attempt:
                self.orders.stream.nudge()
                await trio.sleep(RETRY_S)
            order = self.orders.book.orders[order_id].value
            if is_ended(order.status):
                return
            try:
                await self.orders.send_cancel(order)
            except (BrokerError, Unavailable) as error:
                log.warning("cancel failed", order=order_id, reason=str(error))
                self.failures[order_id] = str(error)
                if isinstance(error, BrokerRefused | NeedsLogin):
                    return
            else:
                self.failures.pop(order_id, None)
                return
