"""The batch desk: lets batches in, one runner each, and takes up what a restart left running.

    place ─▶ admission ─▶ claim (idempotency) ─▶ runner ─▶ wait up to wait_s ─▶ Batch
    start ─▶ every batch without an outcome ─▶ runner
    news  ─▶ of an order of a batch that has ended ─▶ runner, if it is otherwise than was told

A request that is refused leaves no trace; one that is let in is durable before a byte goes out.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import partial
from typing import Final

import structlog
import trio

from .admission import Admission
from .domain import exposure
from .domain.batch import Batch, BatchRequest, IdempotencyClaim
from .domain.budget import calls_for
from .domain.errors import GatewayBug, Refused, Unavailable
from .domain.ids import AccountId, BatchId, OrderId
from .domain.legs import orders_of
from .domain.model import Event
from .domain.rehearsal import DryRun, rehearse
from .preview import with_margin
from .runner import Fact, Means, Runner
from .runtime.journal import Journal

log = structlog.get_logger()

CLAIM_S: Final = 24 * 3600  # how long an Idempotency-Key stands for its batch
RUNNING_MAX: Final = 200
STORE_WITHIN_S: Final = 10.0  # what the store gets to take an acknowledgement
LAST_CALLS_S: Final = 10.0  # what the calls get that a batch left behind at its end


class BatchDesk:
    """Places batches for all accounts.

    `settle_by_s` is until when they may run at the end, where that is known before it comes.
    """

    def __init__(
        self, journal: Journal, means: Mapping[AccountId, Means], admission: Admission
    ) -> None:
        self._journal = journal
        self.means = means
        self._admission = admission
        self._runners: dict[BatchId, Runner] = {}
        self._claims: dict[tuple[AccountId, str], Runner] = {}
        self._exposing: dict[BatchId, AccountId] = {}
        self._nursery: trio.Nursery | None = None
        self._is_open = True
        self.settle_by_s = math.inf

    @property
    def running(self) -> int:
        """Count the batches that have not ended."""
        return len(self._runners)

    @property
    def orders_of_one(self) -> int:
        """Count the orders of the running batch that has most, its way out included."""
        return max((sum(1 for _ in orders_of(batch)) for batch in self._running()), default=0)

    @property
    def exposing(self) -> int:
        """Count the batches that left something in the market which nobody has cleared."""
        return len(self._exposing)

    async def run(self) -> None:
        """Take up what a restart left running, then serve until cancelled."""
        cursor = self._journal.cursor()
        async with trio.open_nursery() as nursery:
            self._nursery = nursery
            for account_id, means in self.means.items():
                for row in list(means.book.batches.values()):
                    self._heed(account_id, row.value)
            while True:
                for event in await cursor.next():
                    self._pass_on(event)

    async def settle(self, within_s: float) -> None:
        """Take no more batches, and wait until none runs; for so long, whoever cancels it.

        Where `settle_by_s` is set it is that instead: what ended before has taken none of it.
        """
        self._is_open = False
        by_s = trio.current_time() + within_s if self.settle_by_s == math.inf else self.settle_by_s
        with trio.move_on_at(by_s, shield=True):
            while self._runners:
                await next(iter(self._runners.values())).finished.wait()

    # ------------------------------------------------------------------------------- placing

    async def place(
        self,
        account_id: AccountId,
        request: BatchRequest,
        *,
        claim: IdempotencyClaim | None = None,
    ) -> Batch:
        """Check, make durable, place, and wait up to `wait_s`; see `System.place_batch`."""
        means = self.means[account_id]
        if claim is not None and (twin := self._twin(account_id, claim)) is not None:
            return await _wait(twin, request.wait_s)
        running = self._running()
        self._admission.check(request, means, running)
        self._admission.admit(request, means, running)
        if len(self._runners) >= RUNNING_MAX or not self._is_open:
            raise Unavailable("no more batches can run at once")
        batch = self._admission.begin(request, means, claim)
        means.gate.reserve(batch.batch_id, calls_for(len(batch.legs), batch.mode))
        runner = Runner(batch, means)
        if claim is not None:
            self._claims[account_id, claim.key_sha256] = runner
        self._start(runner)
        return await _wait(runner, request.wait_s)

    async def dry_run(self, account_id: AccountId, request: BatchRequest) -> DryRun:
        """Do all that `place` does before it sends; say what would be sent, and what it needs."""
        means = self.means[account_id]
        running = self._running()
        self._admission.check(request, means, running)
        self._admission.admit(request, means, running)
        batch = self._admission.begin(request, means, None)
        means.gate.reserve(batch.batch_id, calls_for(len(batch.legs), batch.mode))
        means.gate.release(batch.batch_id)
        return await with_margin(rehearse(batch, means.prices_of(batch)), batch, means)

    def _twin(self, account_id: AccountId, claim: IdempotencyClaim) -> Runner | None:
        """Find the batch that this key already stands for; 409 when its body was another."""
        means = self.means[account_id]
        runner = self._claims.get((account_id, claim.key_sha256))
        batch_id = means.book.claims.get(claim.key_sha256)
        if runner is None and batch_id is not None:
            runner = self._runners.get(batch_id)
            runner = runner or _finished(means.book.batches[batch_id].value, means)
        if runner is None:
            return None
        age_s = (means.seams.now() - runner.batch.created_at).total_seconds()
        if age_s > CLAIM_S:
            return None
        owner = runner.batch.idempotency
        if owner is not None and owner.body_sha256 != claim.body_sha256:
            raise Refused(409, "this Idempotency-Key belongs to a request with another body")
        return runner

    def _running(self) -> list[Batch]:
        return [runner.batch for runner in self._runners.values()]

    # ------------------------------------------------------------------------- after the end

    async def acknowledge(self, account_id: AccountId, batch_id: BatchId) -> Batch:
        """Take what an exposed batch left as the desk's own. Again does nothing."""
        batch = await self._ended(account_id, batch_id)
        if batch.outcome != "exposed":
            raise Refused(409, f"batch {batch_id} left no exposure: it is {batch.outcome}")
        now = self.means[account_id].seams.now()
        fact = partial(exposure.acknowledged, now=now)
        batch = await self._revise(batch, fact, STORE_WITHIN_S)
        if batch.is_exposing:
            raise Unavailable(f"that batch {batch_id} is acknowledged cannot be stored yet")
        return batch

    async def flatten(self, account_id: AccountId, batch_id: BatchId, wait_s: float) -> Batch:
        """Try again to unwind what an exposed batch left, and wait up to `wait_s` for its end."""
        batch = await self._ended(account_id, batch_id)
        if not batch.is_exposing:
            raise Refused(409, f"batch {batch_id} leaves nothing to flatten")
        means = self.means[account_id]
        self._admission.check_can_act(means)
        return await self._revise(
            batch, partial(exposure.flatten_again, now=means.seams.now()), wait_s
        )

    async def _ended(self, account_id: AccountId, batch_id: BatchId) -> Batch:
        """Give a batch that has ended and that nobody runs; its last calls are waited for."""
        with trio.move_on_after(LAST_CALLS_S):
            while (runner := self._runners.get(batch_id)) is not None and runner.batch.ended:
                await runner.finished.wait()
        row = self.means[account_id].book.batches.get(batch_id)
        if row is None:
            raise Refused(404, f"there is no batch {batch_id[:80]!r} among the current ones")
        if batch_id in self._runners or not row.value.ended:
            raise Refused(409, f"batch {batch_id} is running")
        return row.value

    async def _revise(self, batch: Batch, fact: Fact, wait_s: float) -> Batch:
        runner = Runner(batch, self.means[batch.account_id], is_durable=True)
        runner.tell(fact)
        self._start(runner)
        return await _wait(runner, wait_s)

    # ---------------------------------------------------------------------------------- news

    def _pass_on(self, event: Event) -> None:
        """Wake the runners of an account whose orders changed; heed what is news after an end."""
        if (means := self.means.get(event.account_id)) is None:
            return
        match event.type:
            case "order_update" | "correction":
                for runner in self._runners.values():
                    if runner.batch.account_id == event.account_id:
                        runner.wake()
                order = means.book.orders[OrderId(event.subject)].value
                if order.broker_tag is not None:
                    ours = means.book.legs.get(order.broker_tag)
                    if ours is not None and ours.batch_id in means.book.batches:
                        self._heed(event.account_id, means.book.batches[ours.batch_id].value)
            case "batch_update":
                # Also one whose first commit was given up on, and went through all the same.
                batch_id = BatchId(event.subject)
                self._heed(event.account_id, means.book.batches[batch_id].value)
            case "position_update":
                for batch_id, account_id in list(self._exposing.items()):
                    if account_id == event.account_id:
                        self._heed(account_id, means.book.batches[batch_id].value)

    def _heed(self, account_id: AccountId, batch: Batch) -> None:
        """Start a runner for a batch that needs one and has none."""
        batch_id = batch.batch_id
        if batch.is_exposing:
            self._exposing[batch_id] = account_id
        else:
            self._exposing.pop(batch_id, None)
        if batch_id in self._runners:
            return
        means = self.means[account_id]
        runner = Runner(batch, means, is_durable=True)
        if batch.ended:
            now = means.seams.now()
            found = exposure.look(batch, means.book)
            told_at = means.book.batches[batch_id].offset
            if batch.is_exposing and exposure.is_flat(batch, told_at, means.book):
                runner.tell(partial(exposure.flattened_elsewhere, now=now))
            elif exposure.revised(batch, found, now) == batch:
                return
        means.gate.budget.hold(batch_id, calls_for(len(batch.legs), batch.mode))
        self._start(runner)

    def _start(self, runner: Runner) -> None:
        assert self._nursery is not None, "the desk is open before it takes batches"
        self._runners[runner.batch.batch_id] = runner
        self._nursery.start_soon(self._run, runner)

    async def _run(self, runner: Runner) -> None:
        batch = runner.batch
        try:
            await runner.run()
        except Exception:
            # A defect in one batch must not end the others. It is taken up at the next start.
            log.exception("batch fell", batch=batch.batch_id)
            runner.failure = GatewayBug(f"batch {batch.batch_id} fell; it goes on at a restart")
        finally:
            del self._runners[batch.batch_id]
            if batch.idempotency is not None:
                self._claims.pop((batch.account_id, batch.idempotency.key_sha256), None)
        if runner.batch.ended:  # what came after its last look
            self._heed(batch.account_id, runner.batch)


async def _wait(runner: Runner, wait_s: float) -> Batch:
    deadline_s = trio.current_time() + wait_s
    if not runner.is_durable:  # what is answered has to be durable; the writer has its deadlines
        await runner.begun.wait()
    with trio.move_on_at(deadline_s):
        await runner.ended.wait()
    if runner.failure is not None:
        raise runner.failure
    if not runner.is_durable:
        raise Unavailable("the gateway is closing; nothing was sent")
    return runner.batch


def _finished(batch: Batch, means: Means) -> Runner:
    runner = Runner(batch, means, is_durable=True)
    runner.ended.set()
    return runner
