"""When an account is asked what: pure bookkeeping of deadlines on the monotonic clock.

    the whole day   on connect, when asked for, on a period         `full_s`
    fills           after a fill was heard of, not too often        `fills_s`
    silence         a little after a snapshot found news            `silence_s`
    a new day       when it begins                                  `day_s`

While it rests, after an error, nothing is due, whoever asks.
"""

from __future__ import annotations

import math
from typing import Final

from attrs import define

from .domain.config import AccountConfig
from .domain.model import StreamState

FILLS_PAUSE_S: Final = 1.0  # between two fetches of trades, at least
FILLS_LOAD_MAX: Final = 0.1  # and never more than this share of the time goes into them
UNTOLD_GRACE_S: Final = 2.0  # how long a stream may lag behind a snapshot and not be silent


@define
class Agenda:
    """What is due when. `inf` is never."""

    full_s: float = math.inf
    fills_s: float = math.inf
    silence_s: float = math.inf
    day_s: float = math.inf
    _rests_until_s: float = -math.inf
    _last_fills_s: float = -math.inf
    _fills_took_s: float = 0.0

    @property
    def next_s(self) -> float:
        """Give when something is due next."""
        return min(self.full_s, self.fills_s, self.silence_s, self.day_s)

    def ask_full(self, at_s: float) -> None:
        """Ask for the whole day at a time, or before if it is due before."""
        self.full_s = min(self.full_s, max(at_s, self._rests_until_s))

    def ask_fills(self) -> None:
        """Ask for fills, as soon as the last fetch of them is long enough ago."""
        pause_s = max(FILLS_PAUSE_S, self._fills_took_s / FILLS_LOAD_MAX)
        due_s = max(self._last_fills_s + pause_s, self._rests_until_s)
        self.fills_s = min(self.fills_s, due_s)

    def doubt(self, now_s: float) -> None:
        """Give the stream a little time to tell what a snapshot has told."""
        self.silence_s = now_s + UNTOLD_GRACE_S

    def begin_full(self) -> None:
        """Take the whole day off: it is being asked for, its fills too."""
        self.full_s = self.fills_s = math.inf

    def begin_fills(self) -> None:
        """Take the fills off: they are being asked for."""
        self.fills_s = math.inf

    def end_fills(self, begun_s: float, now_s: float) -> None:
        """Note what a fetch of fills cost."""
        self._last_fills_s = now_s
        self._fills_took_s = now_s - begun_s

    def rest(self, until_s: float) -> None:
        """Ask nothing until then, and the whole day then."""
        self._rests_until_s = self.full_s = until_s
        self.fills_s = math.inf

    def wake(self) -> None:
        """Rest no longer: there is a connection."""
        self._rests_until_s = -math.inf


def period_s(config: AccountConfig, state: StreamState, open_orders: int) -> float:
    """Decide how soon an account is asked again, when nothing else calls for it."""
    if state == "stopped":
        return math.inf
    if open_orders and state in ("silent", "connecting", "down"):
        return config.poll_s
    return config.reconcile_s
