"""The batch desk: carries out what the saga decides, and nothing else.

    place ─▶ check ─▶ runner:  decide ─▶ commit ─▶ act ─▶ learn ─┐
                                 ▲───────────────────────────────┘      until it has ended

A runner learns from the view, like everyone: it is woken when an order of its account changed and
looks how its own stand. So a runner that a restart begins, half-way through, needs no code of its
own. Every action happens only after the commit of the step that called for it.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

import structlog
import trio
from attrs import asdict, define, field

from .domain import saga
from .domain.batch import Batch, BatchRequest, IdempotencyClaim, Leg, LegRequest
from .domain.books import AccountBook
from .domain.checks import check
from .domain.errors import (
    BadRequest,
    BrokerError,
    BrokerRefused,
    BrokerUnreachable,
    NeedsLogin,
    Refused,
    StoreError,
    Unavailable,
)
from .domain.ids import AccountId, BatchId
from .domain.model import Draft, Event
from .runtime.journal import Journal
from .runtime.seams import Seams
from .stream import AccountStream
from .upstream import Upstream
from .writer import Writer

log = structlog.get_logger()

TICK_S: Final = 1.0  # how long a runner waits for news before it asks
ASK_PAUSE_S: Final = 1.0  # between two questions about one order
NEWS_PAUSE_S: Final = 0.3  # what the stream gets to tell before the account is asked
RETRY_S: Final = 1.0  # after a commit that failed
CLAIM_S: Final = 24 * 3600  # how long an Idempotency-Key stands for its batch
RUNNING_MAX: Final = 200

Fact: TypeAlias = Callable[[Batch], Batch]


@define(eq=False)
class Runner:
    """One running batch. `batch` is what is durable, once `is_durable`."""

    batch: Batch
    is_durable: bool = False
    failure: Exception | None = None
    facts: list[Fact] = field(factory=list)
    in_flight: set[str] = field(factory=set)  # tags and order ids of calls under way
    asked: set[str] = field(factory=set)
    news: trio.Event = field(factory=trio.Event)
    ended: trio.Event = field(factory=trio.Event)  # there is an outcome, or there was no start
    finished: trio.Event = field(factory=trio.Event)  # and nothing is under way

    def tell(self, fact: Fact) -> None:
        """Take a fact that an action brought back."""
        self.facts.append(fact)
        self.news.set()

    def stand(self, batch: Batch) -> None:
        """Stand on a batch that is durable now."""
        self.batch = batch
        self.is_durable = True
        if batch.ended:
            self.ended.set()

    def settle(self) -> None:
        """Let go of all who wait."""
        self.ended.set()
        self.finished.set()


class BatchDesk:
    """Places batches for all accounts, one runner a batch."""

    def __init__(
        self,
        journal: Journal,
        writer: Writer,
        seams: Seams,
        streams: Mapping[AccountId, AccountStream],
        upstreams: Mapping[AccountId, Upstream],
    ) -> None:
        self._journal = journal
        self._writer = writer
        self._seams = seams
        self._streams = streams
        self._upstreams = upstreams
        self._runners: dict[BatchId, Runner] = {}
        self._claims: dict[tuple[AccountId, str], Runner] = {}
        self._nursery: trio.Nursery | None = None
        self._is_open = True

    async def run(self) -> None:
        """Take up what a restart left running, then serve until cancelled."""
        cursor = self._journal.cursor()
        async with trio.open_nursery() as nursery:
            self._nursery = nursery
            for book in self._journal.view.values():
                for row in list(book.batches.values()):
                    self._take_up(row.value)
            while True:
                for event in await cursor.next():
                    self._pass_on(event)

    async def settle(self) -> None:
        """Take no more batches, and wait until none runs. The caller sets the deadline."""
        self._is_open = False
        while self._runners:
            await next(iter(self._runners.values())).finished.wait()

    def _take_up(self, batch: Batch) -> None:
        """Go on with a batch that has not ended and that nobody runs."""
        if not batch.ended and batch.batch_id not in self._runners:
            self._start(Runner(batch, is_durable=True))

    def _pass_on(self, event: Event) -> None:
        """Wake the runners of an account whose orders changed."""
        if event.type in ("order_update", "correction"):
            for runner in self._runners.values():
                if runner.batch.account_id == event.account_id:
                    runner.news.set()
        elif event.type == "batch_update":
            # One whose first commit was given up on, and went through all the same.
            book = self._journal.view[event.account_id]
            self._take_up(book.batches[BatchId(event.subject)].value)

    @property
    def running(self) -> int:
        """Count the batches that have not ended."""
        return len(self._runners)

    async def place(
        self,
        account_id: AccountId,
        request: BatchRequest,
        *,
        claim: IdempotencyClaim | None = None,
        path: str = "$",
    ) -> Batch:
        """Check, make durable, place, and wait up to `wait_s`; see `System.place_batch`."""
        stream = self._streams[account_id]
        if faults := check(request, stream.config, path):
            raise BadRequest("the batch was refused, nothing was sent", faults)
        if claim is not None and (twin := self._twin(account_id, claim)) is not None:
            return await self._wait(twin, request.wait_s)
        self._refuse_if_not_ready(stream)
        runner = Runner(self._begin(account_id, request, claim, stream))
        if claim is not None:
            self._claims[account_id, claim.key_sha256] = runner
        self._start(runner)
        return await self._wait(runner, request.wait_s)

    def _twin(self, account_id: AccountId, claim: IdempotencyClaim) -> Runner | None:
        """Find the batch that this key already stands for; 409 when its body was another."""
        book = self._journal.view[account_id]
        runner = self._claims.get((account_id, claim.key_sha256))
        batch_id = book.claims.get(claim.key_sha256)
        if runner is None and batch_id is not None:
            runner = self._runners.get(batch_id) or _finished(book.batches[batch_id].value)
        if runner is None:
            return None
        owner = runner.batch.idempotency
        age_s = (self._seams.now() - runner.batch.created_at).total_seconds()
        if age_s > CLAIM_S:
            return None
        if owner is not None and owner.body_sha256 != claim.body_sha256:
            raise Refused(409, "this Idempotency-Key belongs to a request with another body")
        return runner

    def _refuse_if_not_ready(self, stream: AccountStream) -> None:
        if stream.config.mode == "shadow":
            raise Refused(403, f"account {stream.account_id} is in shadow mode: it is only read")
        if not stream.reconciled_once.is_set():
            raise Unavailable(f"account {stream.account_id} has not reconciled yet")
        if stream.status.state in ("needs_login", "down", "stopped", "resyncing"):
            raise Unavailable(f"account {stream.account_id} is {stream.status.state}")
        if len(self._runners) >= RUNNING_MAX or not self._is_open:
            raise Unavailable("no more batches can run at once")

    def _begin(
        self,
        account_id: AccountId,
        request: BatchRequest,
        claim: IdempotencyClaim | None,
        stream: AccountStream,
    ) -> Batch:
        number = uuid.UUID(int=self._seams.random.getrandbits(128), version=4)
        batch_id = BatchId(str(number))
        by_wish = stream.config.rollback if request.rollback_on_failure else "keep"
        return Batch(
            batch_id=batch_id,
            account_id=account_id,
            mode=request.mode,
            advance_on=request.advance_on,
            on_failure=request.on_failure or by_wish,
            legs=tuple(_leg(batch_id, i, leg) for i, leg in enumerate(request.orders)),
            created_at=self._seams.now(),
            idempotency=claim,
        )

    async def _wait(self, runner: Runner, wait_s: float) -> Batch:
        with trio.move_on_after(wait_s):
            await runner.ended.wait()
        if runner.failure is not None:
            raise runner.failure
        return runner.batch

    def _start(self, runner: Runner) -> None:
        assert self._nursery is not None, "the desk is open before it takes batches"
        self._runners[runner.batch.batch_id] = runner
        self._nursery.start_soon(self._run, runner)

    # ----------------------------------------------------------------------------- one batch

    async def _run(self, runner: Runner) -> None:
        try:
            async with trio.open_nursery() as calls:
                while not (runner.batch.ended and not runner.in_flight) and not runner.failure:
                    await self._step(runner, calls)
        finally:
            batch = runner.batch
            del self._runners[batch.batch_id]
            if batch.idempotency is not None:
                self._claims.pop((batch.account_id, batch.idempotency.key_sha256), None)
            runner.settle()
            log.info("batch", batch=batch.batch_id, outcome=batch.outcome)

    async def _step(self, runner: Runner, calls: trio.Nursery) -> None:
        """Learn, decide, make durable, act, wait."""
        batch = self._learn(runner)
        step = saga.decide(batch, self._seams.now(), runner.in_flight)
        if step.batch != runner.batch or not runner.is_durable:
            try:
                await self._commit(step.batch)
            except (Unavailable, StoreError) as error:
                await self._commit_failed(runner, batch, error)
                return
            runner.stand(step.batch)
        for action in step.actions:
            runner.in_flight.add(_name(action))
            calls.start_soon(self._act, runner, action)
        if not step.actions and not runner.facts:
            await self._wait_for_news(runner)

    async def _commit_failed(self, runner: Runner, batch: Batch, error: Exception) -> None:
        """Do nothing of a step that is not durable; a batch not yet durable never was."""
        if not runner.is_durable:
            runner.failure = error
            return
        log.error("batch waits for the store", batch=batch.batch_id, reason=str(error))
        runner.facts.insert(0, lambda _: batch)
        await trio.sleep(RETRY_S)

    async def _wait_for_news(self, runner: Runner) -> None:
        with trio.move_on_after(TICK_S) as quiet:
            await runner.news.wait()
        runner.news = trio.Event()
        if quiet.cancelled_caught and not runner.in_flight:
            self._streams[runner.batch.account_id].nudge()

    def _learn(self, runner: Runner) -> Batch:
        """Lay over the durable batch what came back, and how its orders stand in the view."""
        batch = runner.batch
        facts, runner.facts = runner.facts, []
        for fact in facts:
            batch = fact(batch)
        return _look(batch, self._journal.view[batch.account_id])

    async def _commit(self, batch: Batch) -> None:
        draft = Draft(
            type="batch_update",
            account_id=batch.account_id,
            subject=batch.batch_id,
            value=batch,
            received_at=self._seams.now(),
            received_s=trio.current_time(),
        )
        await self._writer.commit([draft])

    # ------------------------------------------------------------------------------- actions

    async def _act(self, runner: Runner, action: saga.Action) -> None:
        upstream = self._upstreams[runner.batch.account_id]
        try:
            match action:
                case saga.Send():
                    await self._send(runner, upstream, action.leg)
                case saga.Ask():
                    await self._ask(runner, upstream, action)
                case saga.Cancel():
                    await self._cancel(runner, upstream, action)
        finally:
            runner.in_flight.discard(_name(action))
            runner.news.set()

    async def _send(self, runner: Runner, upstream: Upstream, leg: Leg) -> None:
        tag = leg.broker_tag
        try:
            placement = await upstream.place(leg)
        except (BrokerRefused, BrokerUnreachable, NeedsLogin) as error:
            reason = str(error)
            runner.tell(lambda batch: saga.refused(batch, tag, reason))
        except BrokerError as error:
            reason = str(error)
            runner.tell(lambda batch: saga.unclear(batch, tag, reason))
        else:
            runner.tell(lambda batch: saga.answered(batch, tag, placement.order_id))
            await self._let_the_stream_tell(runner)

    async def _ask(self, runner: Runner, upstream: Upstream, ask: saga.Ask) -> None:
        if ask.tag in runner.asked:
            await trio.sleep(ASK_PAUSE_S)
        runner.asked.add(ask.tag)
        try:
            found = await upstream.find(ask.tag)
        except BrokerError:
            runner.tell(lambda batch: saga.can_ask(batch, possible=False))
            return
        runner.tell(lambda batch: saga.can_ask(batch, possible=True))
        if not found:
            runner.tell(lambda batch: saga.denied(batch, ask.tag))
            return
        order_id = found[0].order_id
        runner.tell(lambda batch: saga.answered(batch, ask.tag, order_id))
        self._streams[runner.batch.account_id].nudge()

    async def _cancel(self, runner: Runner, upstream: Upstream, cancel: saga.Cancel) -> None:
        try:
            await upstream.cancel(cancel.order_id, cancel.variety)
        except BrokerError as error:
            log.info("cancel not confirmed", order=cancel.order_id, reason=str(error))
            self._streams[runner.batch.account_id].nudge()
            await trio.sleep(ASK_PAUSE_S)
            runner.tell(lambda batch: saga.cancel_failed(batch, cancel.order_id))
        else:
            await self._let_the_stream_tell(runner)

    async def _let_the_stream_tell(self, runner: Runner) -> None:
        """Give the stream its moment; when it has not spoken, ask."""
        before = runner.batch
        await trio.sleep(NEWS_PAUSE_S)
        if runner.batch == before:
            self._streams[before.account_id].nudge()


def _look(batch: Batch, book: AccountBook) -> Batch:
    """Learn from the view how each order of a batch stands."""
    flattens = [action.order for action in batch.rollback if action.order is not None]
    for leg in (*batch.legs, *flattens):
        order_id = leg.order_id or book.our_orders.get(leg.broker_tag)
        if order_id is not None and (row := book.orders.get(order_id)) is not None:
            batch = saga.learn(batch, row.value)
    return batch


def _leg(batch_id: BatchId, index: int, request: LegRequest) -> Leg:
    asked = asdict(request)
    return Leg(index=index, broker_tag=saga.tag_for(batch_id, index), **asked)


def _finished(batch: Batch) -> Runner:
    runner = Runner(batch, is_durable=True)
    runner.settle()
    return runner


def _name(action: saga.Action) -> str:
    match action:
        case saga.Send(leg):
            return leg.broker_tag
        case saga.Ask(tag):
            return tag
        case saga.Cancel(order_id):
            return order_id
