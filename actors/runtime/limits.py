"""Limits toward one account's broker: a gate that paces calls, and a breaker that sees it fail.

    turn(urgent) ──▶ [ cancels, exits ] ─┐
    turn ──────────▶ [ the others     ] ─┴─▶ at most N in any second ──▶ counted in the budget
    question ──────▶ among the others, and not counted: it moves no order

    closed ── 5 failures in a row ──▶ open ── pause ──▶ half open ─┐
      ▲                                │ ◀── failure: twice the pause
      └──────────── any success ───────┴───────────────────────────┘

The gate makes calls wait and refuses what the budget has no room for; the breaker refuses nothing
itself. Who waits does so in its own task: the first in line sleeps until its second comes, and
then wakes the next.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from datetime import datetime
from itertools import chain
from typing import Final, Literal

import trio
from attrs import define, evolve, field, frozen

from actors.domain.budget import Budget
from actors.domain.config import LimitsConfig
from actors.domain.errors import Refused, Unavailable

SECOND_S: Final = 1.05  # the broker's second is not ours: what we space may arrive closer
TURN_WITHIN_S: Final = 30.0

FAILURES: Final = 5  # in a row, that open a breaker
PAUSE_FIRST_S: Final = 10.0
PAUSE_MOST_S: Final = 60.0

BreakerState = Literal[0, 1, 2]
CLOSED: Final = 0
HALF_OPEN: Final = 1
OPEN: Final = 2


@define(eq=False)
class _Waiter:
    owner: str | None
    is_counted: bool = True
    first: trio.Event = field(factory=trio.Event)  # it may have become the first in line


class Gate:
    """Gives an account's calls their turns. `now` is the wall clock, for the budget alone."""

    def __init__(self, limits: LimitsConfig, now: Callable[[], datetime], budget: Budget) -> None:
        self.limits = limits
        self.budget = budget
        self._now = now
        self._made_s: deque[float] = deque(maxlen=limits.calls_per_second)
        # Dicts, for their order and for leaving from the middle.
        self._urgent: dict[_Waiter, None] = {}
        self._ordinary: dict[_Waiter, None] = {}
        self._turns = 0

    @property
    def waiting(self) -> int:
        """Count the calls that wait for their turn."""
        return len(self._urgent) + len(self._ordinary)

    @property
    def waiting_max(self) -> int:
        """Give how many ordinary calls may wait: more could not have their turn in time."""
        return self.limits.calls_per_second * int(TURN_WITHIN_S / SECOND_S)

    @property
    def made_in_second(self) -> int:
        """Count the calls of the last second; there may be as many as the limits allow in one."""
        since_s = trio.current_time() - SECOND_S
        return sum(made_s > since_s for made_s in self._made_s)

    def reserve(self, owner: str, calls: int) -> None:
        """Reserve calls of the minute and the day; Refused (429) when there is no room for them."""
        wait_s = self.budget.reserve(owner, calls, self._now())
        if wait_s is not None:
            raise _no_room(calls, wait_s)

    def release(self, owner: str) -> None:
        """Give back what an owner reserved and did not call."""
        self.budget.release(owner)

    async def turn(self, *, urgent: bool, owner: str | None = None) -> None:
        """Wait until one call may be made, and count it; the caller makes it at once.

        Cancels and exits are urgent: they go before all others, and the budget never stops them;
        they wait for other urgent calls alone. An ordinary call has 30 s, then Unavailable. Where
        its owner has nothing reserved for it and the budget no room, it is Refused (429). In both
        cases nothing was counted, and nothing may be sent.
        """
        await trio.lowlevel.checkpoint()
        if urgent:
            await self._wait(_Waiter(owner), self._urgent)
            return
        if len(self._ordinary) >= self.waiting_max:
            raise Unavailable("too many calls wait for the broker; nothing was sent")
        payer = owner if owner is not None and self._can_pay(owner) else self._reserve_one()
        try:
            with trio.move_on_after(TURN_WITHIN_S) as scope:
                await self._wait(_Waiter(payer), self._ordinary)
        finally:
            if payer != owner:
                self.budget.release(payer)
        if scope.cancelled_caught:
            raise Unavailable(f"no turn came within {TURN_WITHIN_S:g} s; nothing was sent")

    async def question(self) -> None:
        """Wait until a question may be asked; the caller has the deadline.

        It takes its turn among ordinary calls, and a place in the second's pace. The minute and
        the day are for orders.
        """
        await trio.lowlevel.checkpoint()
        if len(self._ordinary) >= self.waiting_max:
            raise Unavailable("too many calls wait for the broker; nothing was sent")
        await self._wait(_Waiter(None, is_counted=False), self._ordinary)

    def _can_pay(self, owner: str) -> bool:
        """Say whether an owner has reserved more calls than it already has waiting."""
        return self.budget.reserved(owner) > sum(call.owner == owner for call in self._ordinary)

    def _reserve_one(self) -> str:
        """Keep a place in the budget for a call that waits and that nobody reserved for."""
        self._turns += 1
        name = f"turn {self._turns}"
        self.reserve(name, 1)
        return name

    async def _wait(self, waiter: _Waiter, line: dict[_Waiter, None]) -> None:
        """Stand in line until the first place and a free second are there; then count the call.

        Nothing is awaited once it is counted, so a turn that was had is never lost.
        """
        line[waiter] = None
        try:
            while True:
                if self._first() is not waiter:
                    await waiter.first.wait()
                    waiter.first = trio.Event()
                elif (opens_s := next_turn_s(self._made_s)) > trio.current_time():
                    await trio.sleep_until(opens_s)
                else:
                    break
            self._made_s.append(trio.current_time())
            if waiter.is_counted:
                self.budget.spend(self._now(), waiter.owner)
        finally:
            del line[waiter]
            if (first := self._first()) is not None:
                first.first.set()

    def _first(self) -> _Waiter | None:
        return next(chain(self._urgent, self._ordinary), None)


def next_turn_s(made_s: deque[float]) -> float:
    """Give when the next call may be made, after the last calls: as many as a second may hold."""
    return made_s[0] + SECOND_S if len(made_s) == made_s.maxlen else -math.inf


def _no_room(calls: int, wait_s: int) -> Refused:
    detail = f"the broker's limits have no room for {calls} more calls now; nothing was sent"
    return Refused(429, detail, retry_after_s=wait_s)


# ---------------------------------------------------------------------------------- breaker


@frozen
class Circuit:
    """What a breaker knows: failures in a row; since when it is open, and for how long."""

    failures: int = 0
    opened_s: float | None = None
    pause_s: float = PAUSE_FIRST_S


def state_of(circuit: Circuit, now_s: float) -> BreakerState:
    """Say how a circuit stands at a time."""
    if circuit.opened_s is None:
        return CLOSED
    return OPEN if now_s < circuit.opened_s + circuit.pause_s else HALF_OPEN


def after_failure(circuit: Circuit, now_s: float) -> Circuit:
    """Take a call that failed. While open it changes nothing: that is what was expected."""
    match state_of(circuit, now_s):
        case 0 if circuit.failures + 1 < FAILURES:
            return evolve(circuit, failures=circuit.failures + 1)
        case 0:
            return Circuit(FAILURES, now_s)
        case 1:
            return Circuit(FAILURES, now_s, min(circuit.pause_s * 2, PAUSE_MOST_S))
        case _:
            return circuit


class Breaker:
    """Sees how the calls to one account's broker go, and says whether to begin anything new."""

    def __init__(self) -> None:
        self._circuit = Circuit()

    @property
    def state(self) -> BreakerState:
        """Give the state in the metrics' numbers: 0 closed, 1 half open, 2 open."""
        return state_of(self._circuit, trio.current_time())

    @property
    def failures(self) -> int:
        """Count the failures in a row; FAILURES of them have opened it."""
        return self._circuit.failures

    @property
    def is_open(self) -> bool:
        """Say whether the broker is to be spared anything new."""
        return self.state == OPEN

    @property
    def retry_after_s(self) -> int:
        """Give the seconds until it is half open; 0 when it is not open."""
        if not self.is_open or self._circuit.opened_s is None:
            return 0
        left_s = self._circuit.opened_s + self._circuit.pause_s - trio.current_time()
        return math.ceil(left_s)

    def failed(self) -> None:
        """Take that a call failed: no answer, or none that can be understood."""
        self._circuit = after_failure(self._circuit, trio.current_time())

    def succeeded(self) -> None:
        """Take that a call was answered, be it with a no: the broker is there, and it closes.

        An account is asked all the time, so its questions are the probe.
        """
        self._circuit = Circuit()
