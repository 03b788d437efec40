"""Supervision: restart what falls, with pauses, a limited number of times, then give up.

    supervise(run) ── falls ──▶ pause (back-off with jitter) ──▶ run again
                   ── falls too often in a window ──▶ GaveUp, to the parent

An expected failure, such as a lost connection, is the actor's own business. What comes here is a
defect, and a defect that repeats is not mended by trying for ever.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable
from random import Random
from typing import Final

import structlog
import trio
from attrs import frozen

from actors.domain.errors import GatewayBug

log = structlog.get_logger()

ATTEMPTS_COUNTED: Final = 30  # beyond this the pause has long been at its greatest


class GaveUp(GatewayBug):
    """An actor fell more often than its allowance."""


@frozen
class Backoff:
    """Pauses that double from `first_s` to `most_s`, each shortened at random by up to a half.

    The randomness keeps a thousand clients of one broker from coming back at one moment.
    """

    first_s: float = 1.0
    most_s: float = 60.0

    def pause_s(self, attempt: int, random: Random) -> float:
        """Give the pause before the attempt, of which 0 is the first repetition."""
        doubled = self.first_s * 2.0 ** min(attempt, ATTEMPTS_COUNTED)
        return min(doubled, self.most_s) * (0.5 + random.random() / 2)


@frozen
class Allowance:
    """How often an actor may fall: at most `restarts_max` times within `window_s`."""

    restarts_max: int = 5
    window_s: float = 60.0


async def supervise(
    name: str,
    run: Callable[[], Awaitable[None]],
    *,
    random: Random,
    backoff: Backoff = Backoff(),
    allowance: Allowance = Allowance(),
    on_fall: Callable[[Exception], None] = lambda _: None,
    falls: deque[float] | None = None,
) -> None:
    """Run an actor until it returns; when it raises, run it again after a pause.

    GaveUp, with the last error as its cause, once the allowance is used up. Cancellation passes.
    `falls` gets the times of those that count: who gave it sees how much is used.
    """
    falls = deque() if falls is None else falls
    while True:
        try:
            await run()
        except Exception as error:
            falls.append(trio.current_time())
            while falls[0] < falls[-1] - allowance.window_s:
                falls.popleft()
            log.exception("actor fell", actor=name, falls=len(falls))
            on_fall(error)
            if len(falls) > allowance.restarts_max:
                raise GaveUp(
                    f"{name} fell {len(falls)} times in {allowance.window_s:g} s"
                ) from error
        else:
            return
        await trio.sleep(backoff.pause_s(len(falls) - 1, random))
