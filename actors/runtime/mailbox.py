"""A bounded mailbox with statistics, and a reply that can be waited for.

    put ──▶ [ at most `bound` items ] ──▶ get, drain

A full mailbox makes the sender wait: that is how pressure runs back to where it comes from.
"""

from __future__ import annotations

import math
from typing import Generic, TypeVar

import trio
from attrs import define, field, frozen

T = TypeVar("T")


@frozen
class MailboxStatistics:
    """How full a mailbox is, beside its bound, and how much went through it."""

    name: str
    used: int
    bound: int
    senders_waiting: int
    total: int


class Mailbox(Generic[T]):
    """One actor's inbox: many senders, one receiver, items in the order they were put."""

    def __init__(self, name: str, bound: int) -> None:
        if not 0 < bound < math.inf:
            raise ValueError("a mailbox has a bound")
        self.name = name
        self._bound = bound
        self._total = 0
        self._send, self._receive = trio.open_memory_channel[T](bound)

    def put_nowait(self, item: T) -> None:
        """Put an item in; trio.WouldBlock when there is no room."""
        self._send.send_nowait(item)
        self._total += 1

    async def put(self, item: T, *, timeout_s: float) -> None:
        """Put an item in, waiting for room; trio.TooSlowError when none came in time.

        Without a wait there is no checkpoint, so what two tasks decide in an order they also put
        in that order.
        """
        try:
            self.put_nowait(item)
        except trio.WouldBlock:
            with trio.fail_after(timeout_s):
                await self._send.send(item)
            self._total += 1

    async def get(self) -> T:
        """Wait for the next item. The receiver of a mailbox may wait forever: it is idle."""
        return await self._receive.receive()

    def drain(self, items_max: int) -> list[T]:
        """Take what is there already, at most `items_max`."""
        items: list[T] = []
        while len(items) < items_max:
            try:
                items.append(self._receive.receive_nowait())
            except trio.WouldBlock:
                break
        return items

    def statistics(self) -> MailboxStatistics:
        """Tell how full it is."""
        now = self._send.statistics()
        return MailboxStatistics(
            name=self.name,
            used=now.current_buffer_used,
            bound=self._bound,
            senders_waiting=now.tasks_waiting_send,
            total=self._total,
        )


@define(eq=False)
class Reply(Generic[T]):
    """A value, or an error, that one task promises to another."""

    _done: trio.Event = field(factory=trio.Event)
    _value: T | None = None
    _error: Exception | None = None

    def give(self, value: T) -> None:
        """Answer."""
        self._value = value
        self._done.set()

    def fail(self, error: Exception) -> None:
        """Answer with an error, which is raised where the answer is awaited."""
        self._error = error
        self._done.set()

    async def wait(self, *, timeout_s: float) -> T:
        """Wait for the answer; trio.TooSlowError when none came in time."""
        with trio.fail_after(timeout_s):
            await self._done.wait()
        if self._error is not None:
            raise self._error
        return self._value  # type: ignore[return-value]  # set whenever there is no error
