"""The writer: one task that makes events durable, in groups, and only then lets them be seen.

    books ──submit──▶ ┌─────────┐ number ─▶ encode ─▶ commit (one fsync a group) ─▶ journal
    batch ──commit──▶ │ mailbox │
                      └─────────┘ ◀─between─ retention, a piece at a time

While one group is being written the next one gathers, so the disk sets the size of the groups.
When a commit fails nothing of it is shown: the books that ran ahead start again from the view
(`generation` tells them), and the writer tries the disk every second until it is well.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final, TypeVar

import structlog
import trio
from attrs import frozen

from actors.domain.errors import StoreError, Unavailable
from actors.domain.ids import Offset
from actors.domain.model import Draft, Event
from actors.domain.wire import encode
from actors.runtime.journal import Journal
from actors.runtime.mailbox import Mailbox, MailboxStatistics, Reply
from actors.runtime.seams import Offload
from actors.storage import Store

log = structlog.get_logger()

T = TypeVar("T")

GROUPS_MAX: Final = 1024  # waiting; beyond it the streams feel the pressure
EVENTS_PER_COMMIT_MAX: Final = 512  # but a group is never parted
STUCK_S: Final = 2.0  # how long a book waits for room before it discards and reconciles
COMMIT_S: Final = 30.0
PROBE_PAUSE_S: Final = 1.0


@frozen
class _Group:
    drafts: Sequence[Draft]
    generation: int
    reply: Reply[Offset] | None


class Writer:
    """The only task that appends to the journal."""

    def __init__(self, store: Store, journal: Journal, offload: Offload) -> None:
        self.generation = 0  # grows with each failed commit
        self.healthy = True
        self.on_commit: Callable[[float], None] = lambda _: None  # is told each one's length, in s
        self.lost = trio.Event()  # set at a failed commit, then another one takes its place
        self._store = store
        self._journal = journal
        self._offload = offload
        self._inbox: Mailbox[_Group] = Mailbox("writer", GROUPS_MAX)
        self._turn = trio.Lock()

    async def submit(self, drafts: Sequence[Draft]) -> None:
        """Hand drafts over, in order. Unavailable when the disk fails or has been stuck for 2 s."""
        if not self.healthy:
            raise Unavailable("the store cannot be written")
        try:
            await self._inbox.put(_Group(drafts, self.generation, None), timeout_s=STUCK_S)
        except trio.TooSlowError:
            raise Unavailable("the store has been stuck for 2 s") from None

    async def commit(self, drafts: Sequence[Draft]) -> Offset:
        """Hand drafts over and wait until they are durable and visible; give the last offset.

        Unavailable or StoreError when they are not; then nothing of them is there, unless the wait
        itself ran out (Unavailable, "not confirmed").
        """
        if not self.healthy:
            raise Unavailable("the store cannot be written")
        reply: Reply[Offset] = Reply()
        try:
            await self._inbox.put(_Group(drafts, self.generation, reply), timeout_s=STUCK_S)
            return await reply.wait(timeout_s=COMMIT_S)
        except trio.TooSlowError:
            raise Unavailable("the store is stuck; the write is not confirmed") from None

    async def between(self, call: Callable[[Store], T]) -> T:
        """Make a call of the store between two commits; seen through, once it has begun.

        A short one: those who hand over wait for it. Unavailable while the disk fails.
        """
        if not self.healthy:
            raise Unavailable("the store cannot be written")
        async with self._turn:
            with trio.CancelScope(shield=True):
                given = await self._offload(call, self._store)
        return given

    async def flush(self) -> None:
        """Wait until all that was handed over is durable, or refused."""
        with suppress(Unavailable, StoreError):
            await self.commit([])

    def statistics(self) -> MailboxStatistics:
        """Tell how full the mailbox is."""
        return self._inbox.statistics()

    async def run(self) -> None:
        """Write until cancelled."""
        while True:
            groups = [await self._inbox.get()]
            room = EVENTS_PER_COMMIT_MAX - len(groups[0].drafts)
            while room > 0 and (more := self._inbox.drain(1)):
                groups += more
                room -= len(more[0].drafts)
            await self._write([group for group in groups if self._is_current(group)])

    def _is_current(self, group: _Group) -> bool:
        """Refuse what a book decided before a failed commit took its ground away."""
        if group.generation == self.generation:
            return True
        if group.reply is not None:
            group.reply.fail(StoreError("an earlier write failed"))
        return False

    async def _write(self, groups: list[_Group]) -> None:
        drafts = [draft for group in groups for draft in group.drafts]
        events = number(drafts, after=self._journal.end)
        begun_s = trio.current_time()
        try:
            # A commit that has begun is seen through: what is durable must also become visible,
            # or the next group would be numbered over it.
            with trio.CancelScope(shield=True):
                async with self._turn:
                    await self._offload(self._store.commit, events)
        except StoreError as error:
            self._fail(groups, error)
            await self._recover()
            return
        self.on_commit(trio.current_time() - begun_s)
        self._journal.append(events)
        done = self._journal.end - len(events)
        for group in groups:
            done += len(group.drafts)
            if group.reply is not None:
                group.reply.give(Offset(done))

    def _fail(self, groups: list[_Group], error: StoreError) -> None:
        log.error("commit failed, nothing new is shown", reason=str(error))
        self.generation += 1
        self.healthy = False
        self.lost.set()
        self.lost = trio.Event()
        for group in (*groups, *self._inbox.drain(GROUPS_MAX)):
            if group.reply is not None:
                group.reply.fail(error)

    async def _recover(self) -> None:
        while not self.healthy:
            await trio.sleep(PROBE_PAUSE_S)
            try:
                await self._offload(self._store.probe)
            except StoreError:
                continue
            log.info("the store can be written again")
            self.healthy = True


def number(drafts: Sequence[Draft], *, after: Offset) -> list[Event]:
    """Give drafts their offsets, one after another, and their bytes, encoded this once."""
    return [
        Event(
            offset=Offset(offset),
            type=draft.type,
            account_id=draft.account_id,
            subject=draft.subject,
            data=encode(draft.value),
            received_at=draft.received_at,
            received_s=draft.received_s,
            value=draft.value,
        )
        for offset, draft in enumerate(drafts, after + 1)
    ]
