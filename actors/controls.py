"""The desk's hand on one account: stop it, let it go on, watch that the desk is there.

    halt ────▶ the row, at once ──▶ told, durable ──▶ a sweep of the open orders, if asked for
    deadman ─▶ a timer ── not called again in time ──▶ halt
    resume ──▶ the row

A halt acts in memory first: what refuses new orders looks at the row. Cancels and exits pass. The
timer runs on the monotonic clock, and begins anew, in full, when the process does.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final

import structlog
import trio
from attrs import evolve, frozen

from .domain.errors import BadRequest, Fault
from .domain.ids import OrderId
from .domain.model import AccountStatus, Deadman, Halt
from .orders import OrderDesk
from .sweep import Sweep

log = structlog.get_logger()

REASON_CHARS_MAX: Final = 200
DEADMAN_MAX_S: Final = 3600
TOLD_S: Final = 2.0  # how long an answer waits until what it says is durable
ANSWER_S: Final = 10.0  # how long it waits for a sweep, which goes on after it


@frozen
class CancelFailure:
    """An order that a sweep could not cancel, and why."""

    order_id: OrderId
    error: str


@frozen
class Held:
    """What the desk's word has come to: the account's row, and what became of its orders.

    `is_told` says that the word is durable; it acts in any case. Orders are `cancelled` when their
    end is known, `asked` while it is not.
    """

    status: AccountStatus
    is_told: bool
    cancelled: tuple[OrderId, ...] = ()
    asked: tuple[OrderId, ...] = ()
    failed: tuple[CancelFailure, ...] = ()


class Controls:
    """Halts, resumes and watches one account."""

    def __init__(self, orders: OrderDesk) -> None:
        self.orders = orders
        self._row = orders.stream.row
        self._nursery: trio.Nursery | None = None
        self._begun = trio.Event()
        self._rewound = trio.Event()
        self._fires_at_s: float | None = None  # None until the timer has begun in this process
        self._sweep: Sweep | None = None

    async def run(self) -> None:
        """Keep the timer, tell what is to be told, and carry sweeps, until cancelled."""
        if self._fires_at_s is None:
            self._rewind()
        try:
            async with trio.open_nursery() as nursery:
                self._nursery = nursery
                self._begun.set()
                nursery.start_soon(self._row.keep_told)
                await self._watch()
        finally:
            self._nursery = None
            self._begun = trio.Event()

    async def halt(self, reason: str = "", *, cancel_open: bool = False) -> Held:
        """Refuse new orders from now on; cancel the open ones if asked to.

        A halt that stands already stays as it began, with the new reason if there is one.
        BadRequest when the reason is too long. A sweep goes on though nobody waits for it.
        """
        check_reason(reason)
        standing = self._row.now.halted
        if standing is None:
            self._hold(Halt(self.orders.seams.now(), reason, "desk"))
        elif reason:
            self._hold(evolve(standing, reason=reason))
        if not cancel_open:
            return await self._answer(None)
        with trio.move_on_after(TOLD_S):
            await self._begun.wait()
        return await self._answer(self._begin_sweep(reason or "the desk halted the account"))

    async def resume(self) -> Held:
        """Take new orders again. Of an account that is not halted it changes nothing."""
        self._hold(None)
        return await self._answer(None)

    async def deadman(self, seconds: int, *, cancel_open: bool = False) -> Held:
        """Halt in so many seconds, unless this is called again before; 0 ends it.

        BadRequest when they are more than an hour. Calling it does not end a halt.
        """
        if not 0 <= seconds <= DEADMAN_MAX_S:
            message = f"0 to {DEADMAN_MAX_S} seconds are needed"
            raise BadRequest("the deadman was refused", (Fault("$.seconds", message),))
        wanted = Deadman(seconds, cancel_open) if seconds else None
        self._row.set_hand(halted=self._row.now.halted, deadman=wanted)
        self._rewind()
        return await self._answer(None)

    # -------------------------------------------------------------------------------- parts

    def _hold(self, halted: Halt | None) -> None:
        self._row.set_hand(halted=halted, deadman=self._row.now.deadman)

    def _rewind(self) -> None:
        deadman = self._row.now.deadman
        seconds = math.inf if deadman is None else deadman.seconds
        self._fires_at_s = trio.current_time() + seconds
        self._rewound.set()
        self._rewound = trio.Event()

    async def _watch(self) -> None:
        """Fire whenever the timer runs out."""
        while True:
            assert self._fires_at_s is not None, "it has begun"
            with trio.move_on_at(self._fires_at_s):
                await self._rewound.wait()
            if trio.current_time() >= self._fires_at_s:
                self._fire()

    def _fire(self) -> None:
        row = self._row.now
        self._fires_at_s = math.inf
        if row.deadman is None:
            return
        reason = f"the desk was not heard of for {row.deadman.seconds} s"
        log.warning("deadman", account=self.orders.book.account_id, reason=reason)
        halted = row.halted or Halt(self.orders.seams.now(), reason, "deadman")
        self._row.set_hand(halted=halted, deadman=None)
        if row.deadman.cancel_open:
            self._begin_sweep(reason)

    def _begin_sweep(self, reason: str) -> Sweep:
        """Begin a sweep, or join the one under way when it has all that is open."""
        sweep = Sweep.plan(self.orders)
        running = self._sweep
        if running is not None and not running.done.is_set():
            is_covered = set(sweep.order_ids) <= set(running.order_ids)
            if is_covered:
                return running
        self._sweep = sweep
        if self._nursery is None:
            sweep.give_up("the gateway is closing")
            sweep.done.set()
        else:
            self._nursery.start_soon(self._run_sweep, sweep, reason)
        return sweep

    async def _run_sweep(self, sweep: Sweep, reason: str) -> None:
        try:
            await sweep.run(reason)
        except Exception:
            # A defect in one sweep must not stop the timer.
            log.exception("sweep fell", account=self.orders.book.account_id)

    async def _answer(self, sweep: Sweep | None) -> Held:
        deadline_s = trio.current_time() + ANSWER_S
        is_told = await self._row.is_told(within_s=TOLD_S)
        if sweep is None:
            return Held(self._row.now, is_told)
        with trio.move_on_at(deadline_s):
            await sweep.done.wait()
        open_ids = self.orders.book.open_orders
        failed = tuple(self._failed(sweep))
        failed_ids = {failure.order_id for failure in failed}
        others = [order_id for order_id in sweep.order_ids if order_id not in failed_ids]
        cancelled = tuple(order_id for order_id in others if order_id not in open_ids)
        asked = tuple(order_id for order_id in others if order_id in open_ids)
        return Held(self._row.now, is_told, cancelled, asked, failed)

    def _failed(self, sweep: Sweep) -> Iterator[CancelFailure]:
        """Name the orders of a sweep that were not cancelled: they ended otherwise, or live on."""
        book = self.orders.book
        for order_id in sweep.order_ids:
            if order_id in book.open_orders:
                if (error := sweep.failures.get(order_id)) is not None:
                    yield CancelFailure(order_id, error)
            elif (status := book.orders[order_id].value.status) != "CANCELLED":
                yield CancelFailure(order_id, f"it had ended: {status}")


def check_reason(reason: str) -> None:
    """Raise BadRequest for a reason that a person could not read in one line."""
    if len(reason) > REASON_CHARS_MAX or not reason.isprintable():
        message = f"at most {REASON_CHARS_MAX} printable characters are needed"
        raise BadRequest("the halt was refused", (Fault("$.reason", message),))
