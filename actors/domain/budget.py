"""The budget of calls: what a broker allows an account in a minute and in a day. Pure.

    reserve(batch, 3 calls a leg) ─▶ [ reserved ]         room = allowed - spent - reserved
    spend(now, batch) ─▶ one reserved call becomes [ spent: the last 60 s, and today ]
    release(batch) ─▶ what it did not need is free again

A batch is let in only when there is room for its legs and for its whole way out, since a broker
that has had enough calls in a day refuses exits too (Kite), or blocks the account (Fyers). The
way out may always be spent: it is counted, also beyond the windows. The second's pace is not
kept here; see `actors.runtime.limits`.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable
from datetime import date, datetime, timedelta, timezone
from typing import Final

from attrs import frozen

from .batch import Mode
from .config_accounts import CALLS_PER_LEG, LimitsConfig

MINUTE: Final = timedelta(seconds=60)
DAY: Final = timedelta(days=1)
INDIA: Final = timezone(timedelta(hours=5, minutes=30))  # no summer time; a day ends at midnight
RELEASE_WITHIN_S: Final = 5  # reservations are in the way: batches end, nobody knows when


@frozen
class BudgetUse:
    """How much of the windows is used, and how much is reserved besides."""

    minute: int
    day: int
    reserved: int


def calls_for(legs: int, mode: Mode = "parallel") -> int:
    """Give the calls that a batch may need: each leg placed, cancelled, and its fill flattened.

    Native legs are placed in one call.
    """
    return CALLS_PER_LEG * legs - (legs - 1 if mode == "native" else 0)


class Budget:
    """One account's calls. `now` is the wall clock in UTC; an owner is a batch's id."""

    def __init__(self, limits: LimitsConfig) -> None:
        self.limits = limits
        self._minute: deque[datetime] = deque()
        self._day = date.min
        self._day_calls = 0
        self._reserved: dict[str, int] = {}
        self._reserved_calls = 0

    def load(self, times: Iterable[datetime]) -> None:
        """Take in the calls that were made before this start, as the store knows them."""
        for at in sorted(times):
            self.spend(at)

    def use(self, now: datetime) -> BudgetUse:
        """Say how much is used; the bounds are in `limits`."""
        self._turn_to(now)
        return BudgetUse(len(self._minute), self._day_calls, self._reserved_calls)

    def reserved(self, owner: str) -> int:
        """Say how many calls an owner has left of what was reserved for it."""
        return self._reserved.get(owner, 0)

    def room(self, calls: int, now: datetime) -> int | None:
        """Say whether so many calls more would fit: None, or the seconds after which to ask again.

        The seconds are exact where time alone makes room, and a guess where a batch must end.
        """
        self._turn_to(now)
        spared = self._reserved_calls + calls
        waits = [0]
        if self._day_calls + spared > self.limits.calls_per_day:
            is_todays = self._day_calls + calls > self.limits.calls_per_day
            waits.append(_seconds_of_day_left(now) if is_todays else RELEASE_WITHIN_S)
        if (over := len(self._minute) + spared - self.limits.calls_per_minute) > 0:
            is_times = over <= len(self._minute)
            waits.append(
                _seconds(self._minute[over - 1] + MINUTE - now) if is_times else RELEASE_WITHIN_S
            )
        return max(waits) or None

    def reserve(self, owner: str, calls: int, now: datetime) -> int | None:
        """Reserve calls if there is room, besides what the owner has; the answer is `room`'s."""
        wait_s = self.room(calls, now)
        if wait_s is None:
            self.hold(owner, calls)
        return wait_s

    def hold(self, owner: str, calls: int) -> None:
        """Reserve calls whether there is room or not: for what a restart found half-way."""
        self._reserved[owner] = self.reserved(owner) + calls
        self._reserved_calls += calls

    def release(self, owner: str) -> None:
        """Give back what an owner has not spent; nothing when it has nothing."""
        self._reserved_calls -= self._reserved.pop(owner, 0)

    def spend(self, now: datetime, owner: str | None = None) -> None:
        """Count one call: its owner's while that has any reserved, else one from the free room.

        It is counted in any case. Who wants an ordinary call without a reservation asks `room`.
        """
        self._turn_to(now)
        self._minute.append(now)
        self._day_calls += 1
        if owner is not None and (left := self.reserved(owner)):
            self._reserved_calls -= 1
            if left == 1:
                del self._reserved[owner]
            else:
                self._reserved[owner] = left - 1

    def _turn_to(self, now: datetime) -> None:
        """Forget what has left the windows. A clock that was set back makes nothing fall out."""
        today = now.astimezone(INDIA).date()
        if today > self._day:
            self._day_calls = 0
        self._day = today
        future = 0
        while self._minute and self._minute[-1] > now:
            self._minute.pop()
            future += 1
        # A call from the future counts as one of this moment, or it would stay for hours.
        self._minute.extend([now] * future)
        while self._minute and self._minute[0] <= now - MINUTE:
            self._minute.popleft()


def _seconds_of_day_left(now: datetime) -> int:
    midnight = now.astimezone(INDIA).replace(hour=0, minute=0, second=0, microsecond=0) + DAY
    return _seconds(midnight - now)


def _seconds(left: timedelta) -> int:
    return max(1, math.ceil(left.total_seconds()))
