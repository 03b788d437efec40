"""One running batch: learns, has the saga decide, makes it durable, acts, and waits for news.

    learn ─▶ decide ─▶ commit ─▶ act ─▶ wait ─┐        until there is an outcome and
      ▲───────────────────────────────────────┘        nothing is under way

It learns from the view, like everyone: it is woken when an order of its account changed, and looks
how its own stand. So a runner that a restart begins, half-way through, needs no code of its own.
An action happens only after the commit of the step that called for it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeAlias

import structlog
import trio
from attrs import define, field, frozen

from .domain import legs, saga
from .domain.batch import Batch, Leg
from .domain.books import AccountBook
from .domain.errors import (
    BrokerError,
    BrokerRefused,
    BrokerUnreachable,
    NeedsLogin,
    StoreError,
    Unavailable,
)
from .domain.model import Draft
from .runtime.seams import Seams
from .stream import AccountStream
from .upstream import Upstream
from .writer import Writer

log = structlog.get_logger()

TICK_S: Final = 1.0  # how long a runner waits for news before it asks
ASK_PAUSE_S: Final = 1.0  # between two questions about one order
NEWS_PAUSE_S: Final = 0.3  # what the stream gets to tell before the account is asked
RETRY_S: Final = 1.0  # after a commit that failed

Fact: TypeAlias = Callable[[Batch], Batch]


@frozen
class Means:
    """What the batches of one account work with."""

    book: AccountBook  # the view's: committed, and folded on
    stream: AccountStream
    upstream: Upstream
    writer: Writer
    seams: Seams


@define(eq=False)
class Runner:
    """One batch on its way. `batch` is what is durable, once `is_durable`."""

    batch: Batch
    means: Means
    is_durable: bool = False
    failure: Exception | None = None  # why it never began
    begun: trio.Event = field(factory=trio.Event)  # it is durable, or there was no start
    ended: trio.Event = field(factory=trio.Event)  # there is an outcome, or there was no start
    finished: trio.Event = field(factory=trio.Event)  # and nothing is under way
    _news: trio.Event = field(factory=trio.Event)
    _facts: list[Fact] = field(factory=list)
    _in_flight: set[str] = field(factory=set)  # tags and order ids of calls under way
    _asked: set[str] = field(factory=set)

    async def run(self) -> None:
        """Run until the batch has ended, or could not begin (`failure`)."""
        try:
            async with trio.open_nursery() as calls:
                while not self._is_done():
                    await self._step(calls)
        finally:
            self.begun.set()
            self.ended.set()
            self.finished.set()
            log.info("batch", batch=self.batch.batch_id, outcome=self.batch.outcome)

    def wake(self) -> None:
        """Have it look again."""
        self._news.set()

    def _is_done(self) -> bool:
        return self.failure is not None or (self.batch.ended and not self._in_flight)

    async def _step(self, calls: trio.Nursery) -> None:
        batch = self._learn()
        step = saga.decide(batch, self.means.seams.now(), self._in_flight)
        if step.batch != self.batch or not self.is_durable:
            try:
                await self._commit(step.batch)
            except (Unavailable, StoreError) as error:
                await self._commit_failed(batch, error)
                return
        for action in step.actions:
            self._in_flight.add(_name(action))
            calls.start_soon(self._act, action)
        if not step.actions and not self._facts and not self._is_done():
            await self._wait_for_news()

    def _learn(self) -> Batch:
        """Lay over the durable batch what came back, and how its orders stand in the view."""
        batch = self.batch
        facts, self._facts = self._facts, []
        for fact in facts:
            batch = fact(batch)
        return _look(batch, self.means.book)

    async def _commit(self, batch: Batch) -> None:
        draft = Draft(
            type="batch_update",
            account_id=batch.account_id,
            subject=batch.batch_id,
            value=batch,
            received_at=self.means.seams.now(),
            received_s=trio.current_time(),
        )
        await self.means.writer.commit([draft])
        self.batch = batch
        self.is_durable = True
        self.begun.set()
        if batch.ended:
            self.ended.set()

    async def _commit_failed(self, batch: Batch, error: Exception) -> None:
        """Do nothing of a step that is not durable; a batch not yet durable never was."""
        if not self.is_durable:
            self.failure = error
            return
        log.error("batch waits for the store", batch=batch.batch_id, reason=str(error))
        self._facts.insert(0, lambda _: batch)
        await trio.sleep(RETRY_S)

    async def _wait_for_news(self) -> None:
        with trio.move_on_after(TICK_S) as quiet:
            await self._news.wait()
        self._news = trio.Event()
        if quiet.cancelled_caught and not self._in_flight:
            self.means.stream.nudge()

    # ------------------------------------------------------------------------------- actions

    async def _act(self, action: saga.Action) -> None:
        try:
            match action:
                case saga.Send():
                    await self._send(action.leg)
                case saga.Ask():
                    await self._ask(action)
                case saga.Cancel():
                    await self._cancel(action)
        finally:
            self._in_flight.discard(_name(action))
            self._news.set()

    def _tell(self, fact: Fact) -> None:
        self._facts.append(fact)
        self._news.set()

    async def _send(self, leg: Leg) -> None:
        tag = leg.broker_tag
        try:
            placement = await self.means.upstream.place(leg)
        except (BrokerRefused, BrokerUnreachable, NeedsLogin) as error:
            reason = str(error)
            self._tell(lambda batch: legs.refused(batch, tag, reason))
        except BrokerError as error:
            reason = str(error)
            self._tell(lambda batch: legs.unclear(batch, tag, reason))
        else:
            self._tell(lambda batch: legs.answered(batch, tag, placement.order_id))
            await self._let_the_stream_tell()

    async def _ask(self, ask: saga.Ask) -> None:
        if ask.tag in self._asked:
            await trio.sleep(ASK_PAUSE_S)
        self._asked.add(ask.tag)
        try:
            found = await self.means.upstream.find(ask.tag)
        except BrokerError:
            self._tell(lambda batch: legs.can_ask(batch, possible=False))
            return
        self._tell(lambda batch: legs.can_ask(batch, possible=True))
        if not found:
            self._tell(lambda batch: legs.denied(batch, ask.tag))
            return
        order_id = found[0].order_id
        self._tell(lambda batch: legs.answered(batch, ask.tag, order_id))
        self.means.stream.nudge()

    async def _cancel(self, cancel: saga.Cancel) -> None:
        try:
            await self.means.upstream.cancel(cancel.order_id, cancel.variety)
        except BrokerError as error:
            log.info("cancel not confirmed", order=cancel.order_id, reason=str(error))
            self.means.stream.nudge()
            await trio.sleep(ASK_PAUSE_S)
            self._tell(lambda batch: legs.cancel_failed(batch, cancel.order_id))
        else:
            await self._let_the_stream_tell()

    async def _let_the_stream_tell(self) -> None:
        """Give the stream its moment; when it has not spoken, ask."""
        before = self.batch
        await trio.sleep(NEWS_PAUSE_S)
        if self.batch == before:
            self.means.stream.nudge()


def _look(batch: Batch, book: AccountBook) -> Batch:
    """Learn from the view how each order of a batch stands."""
    flattens = [action.order for action in batch.rollback if action.order is not None]
    for leg in (*batch.legs, *flattens):
        order_id = leg.order_id or book.our_orders.get(leg.broker_tag)
        if order_id is not None and (row := book.orders.get(order_id)) is not None:
            batch = legs.learn(batch, row.value)
    return batch


def _name(action: saga.Action) -> str:
    match action:
        case saga.Send(leg):
            return leg.broker_tag
        case saga.Ask(tag):
            return tag
        case saga.Cancel(order_id):
            return order_id
