"""The desk's hand at work: one account, a broker by hand, a store in memory."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import trio
from attrs import define, field

from actors.controls import Controls
from actors.domain.books import AccountBook
from actors.orders import OrderDesk

from .fakes import Record, a_row, fake_seams
from .given_stream import Line


@define(eq=False)
class Hand:
    """The controls of an account, its line, and the turns that were asked for."""

    line: Line = field(factory=Line)
    turns: list[bool] = field(factory=list)
    turn_s: float = 0.0  # how long each call waits for its turn
    controls: Controls = field(init=False)

    def __attrs_post_init__(self) -> None:
        record, line = self.line.record, self.line
        orders = OrderDesk(
            book=record.book,
            journal=record.journal,
            stream=line.stream,
            upstream=line.broker,
            writer=record.writer,
            seams=fake_seams(),
            turn=self.turn,
        )
        self.controls = Controls(orders)

    async def turn(self, *, urgent: bool) -> None:
        """Note a call's turn, and let it wait."""
        self.turns.append(urgent)
        await trio.sleep(self.turn_s)

    @property
    def orders(self) -> OrderDesk:
        """Give what commands orders."""
        return self.controls.orders

    @property
    def book(self) -> AccountBook:
        """Give the committed book."""
        book: AccountBook = self.line.record.book
        return book

    @property
    def asked(self) -> list[str]:
        """Give the orders whose cancel reached the broker, in order."""
        return [order_id for order_id, _ in self.line.broker.asked("cancel")]

    def status(self, order_id: str) -> str:
        """Give the committed status of an order."""
        return self.line.orders()[order_id][0]

    def hands(self) -> list[tuple[Any, Any]]:
        """Give what was told of halts and deadmen, without repetitions."""
        rows = [(row.halted, row.deadman) for row in self.line.record.told("stream_status")]
        return [row for i, row in enumerate(rows) if not i or rows[i - 1] != row]


@asynccontextmanager
async def hand_at_work(
    hand: Hand | None = None, *open_ids: str, for_s: float = 1.0
) -> AsyncIterator[Hand]:
    """Run writer, stream and controls; the block begins once the account is live.

    The broker has an open order of each id.
    """
    hand = hand or Hand()
    hand.line.broker.show(*map(a_row, open_ids))
    async with trio.open_nursery() as nursery:
        nursery.start_soon(hand.line.record.writer.run)
        nursery.start_soon(hand.line.stream.run)
        nursery.start_soon(hand.controls.run)
        await trio.sleep(for_s)
        yield hand
        nursery.cancel_scope.cancel()


def restarted(hand: Hand) -> Hand:
    """Give the hand of the next process: the same broker, and what the store has."""
    record = Record(store=hand.line.record.store)
    return Hand(Line(hand.line.config, hand.line.broker, record))
