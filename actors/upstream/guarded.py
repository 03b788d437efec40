"""A guarded broker: the same broker, with a witness who is told how each call to it went.

    caller ──▶ guarded(upstream, witness) ──▶ upstream
                          └─▶ witness: failed, succeeded, locked out

A refusal is an answer, and dead credentials are one too: the broker is there. What counts as
failure is silence, a connection that does not come about, and an answer that is none. The
witness stops nothing: whether to call at all is decided before (`actors.runtime.limits`). But after
credentials were refused, nothing is asked or placed for a while; exits are tried all the same. A
call that went out with the token before, and is refused after a new one came, says nothing of it.
"""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from functools import partial
from typing import Final, Protocol, TypeVar

import trio
from attrs import define

from actors.domain.batch import Leg
from actors.domain.errors import (
    BrokerProtocol,
    BrokerRefused,
    BrokerUnknown,
    BrokerUnreachable,
    NeedsLogin,
)
from actors.domain.ids import BrokerTag, OrderId
from actors.domain.model import OrderReport, Snapshot
from actors.domain.rehearsal import Margin

from . import BrokerLogin, Change, Placement, ReportStream, Upstream

T = TypeVar("T")

LOCKED_S: Final = 10.0  # in which nobody tries refused credentials again


class Witness(Protocol):
    """Who is told; a breaker is one."""

    def failed(self) -> None:
        """Take that the broker did not answer, or not in its own language."""

    def succeeded(self) -> None:
        """Take that the broker answered."""


LockedOut = Callable[[NeedsLogin], None]


def guarded(upstream: Upstream, witness: Witness) -> Guarded:
    """Give the same broker, whose calls the witness is told of. Streams are none of them."""
    return Guarded(upstream.name, upstream, witness)


def _nobody(_: NeedsLogin) -> None:
    """Tell nobody."""


@define(eq=False)
class Guarded:
    """A broker under guard. `on_lock_out` hears of each call whose credentials were refused."""

    name: str
    _upstream: Upstream
    _witness: Witness
    on_lock_out: LockedOut = _nobody
    _shut_until_s: float = -math.inf
    _refusal: str = ""
    _renewals: int = 0

    def renew(self) -> None:
        """Let calls through again: there is a new token."""
        self._shut_until_s = -math.inf
        self._renewals += 1

    @property
    def expires_at(self) -> datetime | None:
        """See `Upstream`."""
        return self._upstream.expires_at

    @property
    def has_native(self) -> bool:
        """See `Upstream`."""
        return self._upstream.has_native

    @property
    def login(self) -> BrokerLogin | None:
        """See `Upstream`."""
        return self._upstream.login

    def stream(self) -> AbstractAsyncContextManager[ReportStream]:
        """See `Upstream`."""
        return self._upstream.stream()

    async def snapshot(self) -> Snapshot:
        """See `Upstream`."""
        return await self._ask(self._upstream.snapshot)

    async def fills(self, order_ids: Sequence[OrderId]) -> Snapshot:
        """See `Upstream`."""
        return await self._ask(partial(self._upstream.fills, order_ids))

    async def history(self, order_id: OrderId) -> tuple[OrderReport, ...]:
        """See `Upstream`."""
        return await self._ask(partial(self._upstream.history, order_id))

    async def find(self, tag: BrokerTag) -> tuple[OrderReport, ...]:
        """See `Upstream`."""
        return await self._ask(partial(self._upstream.find, tag))

    async def place(self, leg: Leg) -> Placement:
        """See `Upstream`."""
        return await self._tell(partial(self._upstream.place, leg))

    async def settled(self, receipt: str) -> Placement:
        """See `Upstream`."""
        return await self._ask(partial(self._upstream.settled, receipt))

    async def place_together(self, legs: Sequence[Leg]) -> str | None:
        """See `Upstream`."""
        return await self._tell(partial(self._upstream.place_together, legs))

    async def place_native(self, legs: Sequence[Leg]) -> OrderId:
        """See `Upstream`."""
        return await self._tell(partial(self._upstream.place_native, legs))

    async def margin(self, legs: Sequence[Leg]) -> Margin:
        """See `Upstream`. The witness is not told: what calculates is not what takes orders."""
        self._check_open()
        return await self._upstream.margin(legs)

    async def modify(self, order_id: OrderId, variety: str, change: Change) -> None:
        """See `Upstream`."""
        await self._tell(partial(self._upstream.modify, order_id, variety, change), is_urgent=True)

    async def cancel(self, order_id: OrderId, variety: str) -> None:
        """See `Upstream`."""
        await self._tell(partial(self._upstream.cancel, order_id, variety), is_urgent=True)

    async def _ask(self, call: Callable[[], Awaitable[T]]) -> T:
        """Ask; what was refused for a token that has been replaced meanwhile is asked again."""
        while True:
            renewals = self._renewals
            try:
                return await self._tell(call)
            except NeedsLogin:
                if renewals == self._renewals:
                    raise

    async def _tell(self, call: Callable[[], Awaitable[T]], *, is_urgent: bool = False) -> T:
        """Make the call, tell how it went, and pass on what came of it.

        A call that was cancelled, or fell over a defect of ours, says nothing of the broker.
        """
        if not is_urgent:
            self._check_open()
        renewals = self._renewals
        try:
            answer = await call()
        except NeedsLogin as error:
            self._witness.succeeded()
            if renewals == self._renewals:
                self._shut_until_s = trio.current_time() + LOCKED_S
                self._refusal = str(error)
                self.on_lock_out(error)
            raise
        except BrokerRefused:
            self._witness.succeeded()
            raise
        except (BrokerProtocol, BrokerUnknown, BrokerUnreachable):
            self._witness.failed()
            raise
        self._witness.succeeded()
        self._shut_until_s = -math.inf
        return answer

    def _check_open(self) -> None:
        if trio.current_time() < self._shut_until_s:
            raise NeedsLogin(self._refusal)
