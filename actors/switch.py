"""One of two things that run, by turns: the one while it is wanted, the other while it is not.

turn(on=True) ──▶ on(), from its beginning      turn(on=False) ──▶ off()
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import trio
from attrs import define, field


@define(eq=False)
class Switch:
    """What was asked for last."""

    is_on: bool = True
    _scope: trio.CancelScope = field(factory=trio.CancelScope)

    def turn(self, *, on: bool) -> None:
        """Have the other begin; or the same anew."""
        self.is_on = on
        self._scope.cancel()

    async def run(
        self, on: Callable[[], Awaitable[None]], off: Callable[[], Awaitable[None]]
    ) -> None:
        """Run one or the other until cancelled; what they raise comes out."""
        while True:
            with trio.CancelScope() as self._scope:
                await (on if self.is_on else off)()
