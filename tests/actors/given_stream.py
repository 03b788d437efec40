"""An account's stream at work between a broker by hand and a store in memory."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise
from typing import Any

import trio
from attrs import define, field

from actors.book import Book
from actors.domain.config import AccountConfig
from actors.stream import AccountStream

from .broker import FakeUpstream
from .fakes import PRIMARY, Record, a_config, fake_seams


@define(eq=False)
class Line:
    """A broker, a record, and the stream between them."""

    config: AccountConfig = field(factory=a_config)
    broker: FakeUpstream = field(factory=FakeUpstream)
    record: Record = field(factory=Record)
    stream: AccountStream = field(init=False)

    def __attrs_post_init__(self) -> None:
        book = Book(self.record.journal.view[PRIMARY])
        self.stream = AccountStream(
            self.config, self.broker, book, self.record.writer, fake_seams()
        )
        if (before := self.record.journal.view[PRIMARY].status) is not None:
            self.stream.row.remember(before.value)

    @property
    def state(self) -> str:
        """Give the account's state."""
        return self.stream.status.state

    def states(self) -> list[str]:
        """Give the states that were told, without repetitions."""
        told = [status.state for status in self.record.told("stream_status")]
        return [state for i, state in enumerate(told) if not i or told[i - 1] != state]

    def orders(self) -> dict[str, tuple[str, int]]:
        """Give the committed orders."""
        rows = [row.value for row in self.record.book.orders.values()]
        return {order.order_id: (order.status, order.filled_quantity) for order in rows}

    def texts(self) -> list[str]:
        """Give the messages told."""
        return [message.text for message in self.record.told("message")]


@asynccontextmanager
async def at_work(line: Line, *, for_s: float = 1.0) -> AsyncIterator[Line]:
    """Run writer and stream; the block begins after a while."""
    async with trio.open_nursery() as nursery:
        nursery.start_soon(line.record.writer.run)
        nursery.start_soon(line.stream.run)
        await trio.sleep(for_s)
        yield line
        nursery.cancel_scope.cancel()


def gaps(times: list[float]) -> list[Any]:
    """Give the time between each two moments."""
    return [b - a for a, b in pairwise(times)]
