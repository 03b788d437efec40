"""The batch desk: lets batches in, one runner each, and takes up what a restart left running.

    place ─▶ check ─▶ claim (idempotency) ─▶ ready? ─▶ runner ─▶ wait up to wait_s ─▶ Batch
    start ─▶ every batch without an outcome ─────────▶ runner

A request that is refused leaves no trace; one that is let in is durable before a byte goes out.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Final

import structlog
import trio
from attrs import asdict

from .domain.batch import Batch, BatchRequest, IdempotencyClaim, Leg, LegRequest
from .domain.checks import check
from .domain.errors import BadRequest, GatewayBug, Refused, Unavailable
from .domain.ids import AccountId, BatchId
from .domain.model import Event
from .domain.saga import tag_for
from .runner import Means, Runner
from .runtime.journal import Journal

log = structlog.get_logger()

CLAIM_S: Final = 24 * 3600  # how long an Idempotency-Key stands for its batch
RUNNING_MAX: Final = 200


class BatchDesk:
    """Places batches for all accounts."""

    def __init__(self, journal: Journal, means: Mapping[AccountId, Means]) -> None:
        self._journal = journal
        self._means = means
        self._runners: dict[BatchId, Runner] = {}
        self._claims: dict[tuple[AccountId, str], Runner] = {}
        self._nursery: trio.Nursery | None = None
        self._is_open = True

    @property
    def running(self) -> int:
        """Count the batches that have not ended."""
        return len(self._runners)

    async def run(self) -> None:
        """Take up what a restart left running, then serve until cancelled."""
        cursor = self._journal.cursor()
        async with trio.open_nursery() as nursery:
            self._nursery = nursery
            for means in self._means.values():
                for row in list(means.book.batches.values()):
                    self._take_up(row.value)
            while True:
                for event in await cursor.next():
                    self._pass_on(event)

    async def settle(self) -> None:
        """Take no more batches, and wait until none runs. The caller sets the deadline."""
        self._is_open = False
        while self._runners:
            await next(iter(self._runners.values())).finished.wait()

    async def place(
        self,
        account_id: AccountId,
        request: BatchRequest,
        *,
        claim: IdempotencyClaim | None = None,
    ) -> Batch:
        """Check, make durable, place, and wait up to `wait_s`; see `System.place_batch`."""
        means = self._means[account_id]
        if faults := check(request, means.stream.config):
            raise BadRequest("the batch was refused, nothing was sent", faults)
        if claim is not None and (twin := self._twin(account_id, claim)) is not None:
            return await _wait(twin, request.wait_s)
        self._refuse_if_not_ready(means)
        runner = Runner(_begin(account_id, request, claim, means), means)
        if claim is not None:
            self._claims[account_id, claim.key_sha256] = runner
        self._start(runner)
        return await _wait(runner, request.wait_s)

    def _twin(self, account_id: AccountId, claim: IdempotencyClaim) -> Runner | None:
        """Find the batch that this key already stands for; 409 when its body was another."""
        means = self._means[account_id]
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

    def _refuse_if_not_ready(self, means: Means) -> None:
        stream = means.stream
        if stream.config.mode == "shadow":
            raise Refused(403, f"account {stream.account_id} is in shadow mode: it is only read")
        if not stream.reconciled_once.is_set():
            raise Unavailable(f"account {stream.account_id} has not reconciled yet")
        if stream.status.state in ("needs_login", "down", "stopped", "resyncing"):
            raise Unavailable(f"account {stream.account_id} is {stream.status.state}")
        if len(self._runners) >= RUNNING_MAX or not self._is_open:
            raise Unavailable("no more batches can run at once")

    def _take_up(self, batch: Batch) -> None:
        """Go on with a batch that has not ended and that nobody runs."""
        if not batch.ended and batch.batch_id not in self._runners:
            self._start(Runner(batch, self._means[batch.account_id], is_durable=True))

    def _pass_on(self, event: Event) -> None:
        """Wake the runners of an account whose orders changed."""
        if event.type in ("order_update", "correction"):
            for runner in self._runners.values():
                if runner.batch.account_id == event.account_id:
                    runner.wake()
        elif event.type == "batch_update" and event.account_id in self._means:
            # One whose first commit was given up on, and went through all the same.
            book = self._means[event.account_id].book
            self._take_up(book.batches[BatchId(event.subject)].value)

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


def _begin(
    account_id: AccountId, request: BatchRequest, claim: IdempotencyClaim | None, means: Means
) -> Batch:
    number = uuid.UUID(int=means.seams.random.getrandbits(128), version=4)
    batch_id = BatchId(str(number))
    by_wish = means.stream.config.rollback if request.rollback_on_failure else "keep"
    return Batch(
        batch_id=batch_id,
        account_id=account_id,
        mode=request.mode,
        advance_on=request.advance_on,
        on_failure=request.on_failure or by_wish,
        legs=tuple(_leg(batch_id, i, leg) for i, leg in enumerate(request.orders)),
        created_at=means.seams.now(),
        idempotency=claim,
    )


def _leg(batch_id: BatchId, index: int, request: LegRequest) -> Leg:
    return Leg(index=index, broker_tag=tag_for(batch_id, index), **asdict(request))


def _finished(batch: Batch, means: Means) -> Runner:
    runner = Runner(batch, means, is_durable=True)
    runner.ended.set()
    return runner
