"""One running batch: learns, has the saga decide, makes it durable, acts, and waits for news.

    learn ─▶ decide ─▶ commit ─▶ act ─▶ wait ─┐        until there is an outcome and
      ▲───────────────────────────────────────┘        nothing is under way

It learns from the view, like everyone: it is woken when an order of its account changed, and looks
how its own stand. So a runner that a restart begins, half-way through, needs no code of its own.
An action happens only after the commit of the step that called for it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Final, TypeAlias

import structlog
import trio
from attrs import define, field, frozen

from .domain import exposure, legs, saga
from .domain.batch import FAILED, STANDING, Batch, Leg, LegState
from .domain.books import AccountBook
from .domain.errors import (
    BrokerError,
    BrokerRefused,
    BrokerUnreachable,
    NeedsLogin,
    Refused,
    StoreError,
    Unavailable,
)
from .domain.ids import BrokerTag, MessageId
from .domain.model import Draft, Message
from .domain.unwind import Prices, prices_of
from .listings import NONE_ASKED_FOR, Listed
from .runtime.limits import Breaker, Gate
from .runtime.seams import Seams
from .stream import AccountStream
from .upstream import Placement, Upstream
from .writer import Writer

log = structlog.get_logger()

TICK_S: Final = 1.0  # how long a runner waits for news before it asks
ASK_PAUSE_S: Final = 1.0  # between two questions about one order
NEWS_PAUSE_S: Final = 0.3  # what the stream gets to tell before the account is asked
RECEIPT_PAUSE_S: Final = 0.1  # what the stream gets to tell of an order that was queued
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
    gate: Gate
    breaker: Breaker
    listed: Listed = NONE_ASKED_FOR

    def prices_of(self, batch: Batch) -> Prices:
        """Give what the account knows of the prices of a batch's instruments."""
        return prices_of(batch, self.book, self.listed)


@define(eq=False)
class Runner:
    """One batch on its way. `batch` is what is durable, once `is_durable`.

    One that has ended may be run again, with a fact that its end did not know.
    """

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
    _since: datetime | None = None

    async def run(self) -> None:
        """Run until the batch has ended, or could not begin (`failure`)."""
        self._since = self.means.seams.now()
        try:
            async with trio.open_nursery() as calls:
                await self._step(calls)
                while not self._is_done():
                    await self._step(calls)
        finally:
            self.means.gate.release(self.batch.batch_id)
            self.begun.set()
            self.ended.set()
            self.finished.set()
            log.info("batch", batch=self.batch.batch_id, outcome=self.batch.outcome)

    def wake(self) -> None:
        """Have it look again."""
        self._news.set()

    def tell(self, fact: Fact) -> None:
        """Have it take something into account."""
        self._facts.append(fact)
        self._news.set()

    def _is_done(self) -> bool:
        is_quiet = not self._in_flight and not self._facts
        return self.failure is not None or (self.batch.ended and is_quiet)

    async def _step(self, calls: trio.Nursery) -> None:
        batch = self._learn()
        step = saga.decide(batch, self._scene(batch))
        if step.batch != self.batch or not self.is_durable:
            try:
                await self._commit(step.batch)
            except (Unavailable, StoreError) as error:
                await self._commit_failed(batch, error)
                return
        self._in_flight.update(map(_name, step.actions))
        for group in self._grouped(step.actions):
            calls.start_soon(self._act, group)
        if not step.actions and not self._facts and not self._is_done():
            await self._wait_for_news()

    def _learn(self) -> Batch:
        """Lay over the durable batch what came back, and how its orders stand in the view."""
        batch = self.batch
        facts, self._facts = self._facts, []
        for fact in facts:
            batch = fact(batch)
        found = exposure.look(batch, self.means.book)
        return exposure.revised(batch, found, self.means.seams.now()) if batch.ended else found

    def _scene(self, batch: Batch) -> saga.Scene:
        means = self.means
        return saga.Scene(
            now=means.seams.now(),
            in_flight=frozenset(self._in_flight),
            prices=means.prices_of(batch),
            halted=means.stream.status.halted is not None and not batch.is_exit,
            since=self._since,
        )

    async def _commit(self, batch: Batch) -> None:
        await self.means.writer.commit(self._drafts(batch))
        self.batch = batch
        self.is_durable = True
        self.begun.set()
        if batch.ended:
            self.means.gate.release(batch.batch_id)
            self.ended.set()

    def _drafts(self, batch: Batch) -> list[Draft]:
        """Give the batch as an event, and what a person should read of it as another."""
        now, now_s = self.means.seams.now(), trio.current_time()
        account, subject = batch.account_id, batch.batch_id
        drafts = [Draft("batch_update", account, subject, batch, now, now_s)]
        if (told := exposure.words(self.batch, batch)) is not None:
            level, text = told
            message_id = MessageId(f"batch:{subject}:{now.isoformat()}")
            message = Message(message_id, level, text, None, now)
            drafts.append(Draft("message", account, message_id, message, now, now_s))
        return drafts

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

    def _grouped(self, actions: tuple[saga.Action, ...]) -> list[tuple[saga.Action, ...]]:
        """Give what is done in one call: each by itself, or new legs by the broker's batch."""
        sends = tuple(
            action
            for action in actions
            if isinstance(action, saga.Send) and not self._is_way_out(action)
        )
        if self.means.stream.config.batch_endpoint == "legs" or len(sends) < 2:
            return [(action,) for action in actions]
        return [sends, *((action,) for action in actions if action not in sends)]

    def _is_way_out(self, send: saga.Send | saga.SendAsOne) -> bool:
        return isinstance(send, saga.Send) and send.leg.index >= len(self.batch.legs)

    async def _act(self, group: tuple[saga.Action, ...]) -> None:
        try:
            match group:
                case (saga.Send() | saga.SendAsOne() as send,):
                    await self._send(send)
                case (saga.Ask() as ask,):
                    await self._ask(ask)
                case (saga.Cancel() as cancel,):
                    await self._cancel(cancel)
                case _:
                    await self._send_together([a.leg for a in group if isinstance(a, saga.Send)])
        finally:
            self._in_flight.difference_update(map(_name, group))
            self._news.set()

    async def _send(self, send: saga.Send | saga.SendAsOne) -> None:
        tag = send.tag
        try:
            await self._turn(urgent=self._is_way_out(send))
            fact = await self._placed(send)
        except (BrokerRefused, BrokerUnreachable, NeedsLogin, Refused, Unavailable) as error:
            reason = str(error)
            self.tell(lambda batch: legs.refused(batch, tag, reason))
        except BrokerError as error:
            reason = str(error)
            self.tell(lambda batch: legs.unclear(batch, tag, reason))
        else:
            self.tell(fact)
            await self._let_the_stream_tell(tag, STANDING | FAILED)

    async def _placed(self, send: saga.Send | saga.SendAsOne) -> Fact:
        """Place one order, or all legs as one; give what the broker's word on it is."""
        if isinstance(send, saga.SendAsOne):
            whole = await self.means.upstream.place_native(send.legs)
            return partial(legs.taken, order_id=whole)
        placement = await self.means.upstream.place(send.leg)
        if placement.order_id is None and placement.receipt is not None:
            placement = await self._settled(send.tag, placement.receipt)
        return partial(legs.answered, tag=send.tag, order_id=placement.order_id)

    async def _settled(self, tag: BrokerTag, receipt: str) -> Placement:
        """Ask what became of a queued order, unless the stream has told of it by then."""
        await trio.sleep(RECEIPT_PAUSE_S)
        for order_id in self.means.book.our_orders.get(tag, ()):
            return Placement(order_id)
        return await self.means.upstream.settled(receipt)

    async def _send_together(self, sent: list[Leg]) -> None:
        """Send legs by the broker's own batch call, whose answer is not believed but asked about.

        Only that it was never reached, or let nobody in, is certain.
        """
        is_certain, reason = False, "the broker's batch call names no orders"
        try:
            await self._turn(urgent=False)
            reason = await self.means.upstream.place_together(sent) or reason
        except (BrokerUnreachable, NeedsLogin, Refused, Unavailable) as error:
            is_certain, reason = True, str(error)
        except BrokerError as error:
            reason = str(error)
        take = legs.refused if is_certain else legs.unclear
        for leg in sent:
            self.tell(partial(take, tag=leg.broker_tag, reason=reason))

    async def _turn(self, *, urgent: bool) -> None:
        await self.means.gate.turn(urgent=urgent, owner=self.batch.batch_id)

    async def _ask(self, ask: saga.Ask) -> None:
        if ask.tag in self._asked:
            await trio.sleep(ASK_PAUSE_S)
        self._asked.add(ask.tag)
        try:
            found = await self.means.upstream.find(ask.tag)
        except BrokerError:
            self.tell(lambda batch: legs.can_ask(batch, possible=False))
            return
        self.tell(lambda batch: legs.can_ask(batch, possible=True))
        self.tell(lambda batch: legs.asked(batch, ask.tag, found))
        if found:
            self.means.stream.nudge()

    async def _cancel(self, cancel: saga.Cancel) -> None:
        await self._turn(urgent=True)
        try:
            await self.means.upstream.cancel(cancel.order_id, cancel.variety)
        except BrokerError as error:
            log.info("cancel not confirmed", order=cancel.order_id, reason=str(error))
            self.means.stream.nudge()
            self.tell(lambda batch: legs.cancel_failed(batch, cancel.order_id))
        else:
            await self._let_the_stream_tell(cancel.order_id, FAILED | {"filled"})

    async def _let_the_stream_tell(self, name: str, told: frozenset[LegState]) -> None:
        """Give the stream its moment to tell what an order has become; when it has not, ask.

        `name` is its tag or its id. That it has an id now is the answer's word, not the stream's.
        """
        await trio.sleep(NEWS_PAUSE_S)
        mine = (leg for leg in legs.orders_of(self.batch) if name in (leg.broker_tag, leg.order_id))
        if any(leg.state not in told for leg in mine):
            self.means.stream.nudge()


def _name(action: saga.Action) -> str:
    return action.order_id if isinstance(action, saga.Cancel) else action.tag
