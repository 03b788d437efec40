"""A batch desk at work: one account, a broker by hand, a store in memory."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import trio
from attrs import define, field

from actors.admission import Admission
from actors.batch import BatchDesk
from actors.domain.batch import Batch, BatchRequest, IdempotencyClaim, LegRequest
from actors.domain.budget import Budget
from actors.domain.config import LimitsConfig
from actors.listings import NONE_ASKED_FOR, Listed
from actors.runner import Means
from actors.runtime.limits import Breaker, Gate

from .fakes import PRIMARY, a_leg_request, fake_seams
from .given_stream import Line

NO_LIMITS = LimitsConfig(calls_per_second=1000)
KEY = IdempotencyClaim("key", "body")


@define(eq=False)
class Desk:
    """The desk, its account's line, and what happened to its batches."""

    line: Line = field(factory=Line)
    desk: BatchDesk = field(init=False)
    seams: Any = field(factory=fake_seams)
    limits: LimitsConfig = field(default=NO_LIMITS)
    listed: Listed = NONE_ASKED_FOR

    def __attrs_post_init__(self) -> None:
        record, line, limits = self.line.record, self.line, self.limits
        means = Means(
            record.book,
            line.stream,
            line.broker,
            record.writer,
            self.seams,
            Gate(limits, self.seams.now, Budget(limits)),
            Breaker(),
            listed=self.listed,
        )
        self.desk = BatchDesk(record.journal, {PRIMARY: means}, Admission())

    async def place(self, *symbols: str, wait_s: int = 60, **options: Any) -> Batch:
        """Place a batch of one leg a symbol."""
        legs = map(a_leg_request, symbols)
        return await self.place_legs(*legs, wait_s=wait_s, **options)

    async def place_legs(self, *legs: LegRequest, wait_s: int = 60, **options: Any) -> Batch:
        """Place a batch of these legs."""
        claim = options.pop("claim", None)
        request = BatchRequest(legs, wait_s=wait_s, **options)
        return await self.desk.place(PRIMARY, request, claim=claim)

    def batches(self) -> list[Batch]:
        """Give what is committed of each batch."""
        return [row.value for row in self.line.record.book.batches.values()]

    def net(self) -> dict[str, int]:
        """Give what the broker really holds of each symbol."""
        return {symbol: quantity for symbol, quantity in self.line.broker._net.items() if quantity}


@asynccontextmanager
async def desk_at_work(desk: Desk | None = None, *, for_s: float = 1.0) -> AsyncIterator[Desk]:
    """Run writer, stream and desk; the block begins once the account is live."""
    desk = desk or Desk()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(desk.line.record.writer.run)
        nursery.start_soon(desk.line.stream.run)
        nursery.start_soon(desk.desk.run)
        await trio.sleep(for_s)
        yield desk
        nursery.cancel_scope.cancel()


def means_of(desk: Desk) -> Means:
    """Give what the desk works with."""
    return desk.desk.means[PRIMARY]


def restarted(desk: Desk) -> Desk:
    """Give the desk of the next process: the same broker, and what the store has."""
    from .fakes import Record

    record = Record(store=desk.line.record.store)
    return Desk(Line(desk.line.config, desk.line.broker, record))
