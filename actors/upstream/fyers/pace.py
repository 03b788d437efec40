"""How often Fyers is asked: no faster than it likes, and not at all while it wants quiet.

    question ──turn──▶ sent: six at once, then one each 0.67 s
                 └───▶ BrokerRefused: too long a queue, or a 429 is not over yet; nothing was sent
    order, change, cancel ──▶ sent; after a 429 when it is over, or BrokerRefused if that is far off

Fyers allows ten calls a second and two hundred a minute, questions and orders together, and
blocks a user for the rest of the day who goes over the minute's limit more than three times. An
account that is asked for its day each second, three calls a time, would be blocked in minutes. So
questions keep to half of it, and after a 429 nothing goes out before its `X-Retry-After-Ms` is
over: it would be refused, and counted. Orders are counted elsewhere, against the account's limits,
and keep no pace here. Source: Fyers API v3, "rate limit", "user blocking".
"""

from __future__ import annotations

from typing import Final

import trio
from attrs import define, field

from actors.domain.errors import BrokerRefused
from actors.runtime.seams import Http, HttpRequest, HttpResponse

from .answers import retry_after_s

QUESTIONS_AT_ONCE: Final = 6
QUESTION_EACH_S: Final = 60 / 90
TURN_MAX_S: Final = 10.0
MARGIN: Final = "/multiorder/margin"


@define
class Paced:
    """An `Http` whose questions keep the pace: each GET, and what is asked of margins.

    One an account.
    """

    _http: Http = field(repr=False)
    _next_s: float = field(default=0.0, init=False)  # when the pace, kept exactly, would be due
    _quiet_until_s: float = field(default=0.0, init=False)

    async def __call__(self, request: HttpRequest, *, timeout_s: float) -> HttpResponse:
        """Make a call, a question in its turn; BrokerRefused when that is too far off."""
        if request.method == "GET" or request.url.endswith(MARGIN):
            await self._turn()
        else:
            await self._quiet()
        answer = await self._http(request, timeout_s=timeout_s)
        if answer.status == 429:
            self._quiet_until_s = trio.current_time() + retry_after_s(answer.headers)
        return answer

    async def _turn(self) -> None:
        """Wait for this question's turn, which is taken before the waiting: first come, first."""
        now_s = trio.current_time()
        due_s = max(now_s, self._next_s - (QUESTIONS_AT_ONCE - 1) * QUESTION_EACH_S)
        if due_s - now_s > TURN_MAX_S:
            raise BrokerRefused("rate limit: too many questions wait already; not asked")
        self._next_s = max(now_s, self._next_s) + QUESTION_EACH_S
        await trio.sleep_until(due_s)
        left_s = self._quiet_until_s - trio.current_time()
        if left_s > 0:
            raise BrokerRefused(f"rate limit: the broker wants {left_s:.1f} s of quiet; not asked")

    async def _quiet(self) -> None:
        """Let what moves orders wait for the end of a quiet, where that is near."""
        while (left_s := self._quiet_until_s - trio.current_time()) > 0:
            if left_s > TURN_MAX_S:
                said = f"rate limit: the broker wants {left_s:.1f} s of quiet; nothing was sent"
                raise BrokerRefused(said)
            await trio.sleep(left_s)
