"""The journal: committed events in one order, their fold, and the cursors that read them.

    writer ──append──▶ [ tail in memory ] ──▶ cursors          older: the store, down to its base
                  └──fold──▶ view

A live socket, one that was away for an hour, a webhook and the metrics are one thing: a cursor.
There is no queue per reader; who is slow is simply further back. Appending and folding happen in
one step without a checkpoint, so a view and `end`, read together, fit exactly.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final, TypeVar

import trio
from attrs import define

from actors.domain.books import AccountBook
from actors.domain.errors import GatewayBug, PositionGone
from actors.domain.ids import AccountId, LogPosition, Offset
from actors.domain.model import Event
from actors.storage import Loaded, Store

from .seams import Offload

T = TypeVar("T")

TAIL_MAX: Final = 20_000  # events kept in memory; half as many at least
READ_MAX: Final = 500
HISTORY_MAX: Final = 10_000  # events of one order; none lives that long


class Journal:
    """The record as readers see it. Only the writer appends."""

    def __init__(
        self,
        store: Store,
        loaded: Loaded,
        accounts: Iterable[AccountId],
        offload: Offload,
        *,
        tail_max: int = TAIL_MAX,
    ) -> None:
        self.epoch = store.epoch
        self.end: Offset = loaded.last
        self.base: Offset = loaded.base  # events up to there are retired
        self.view = {account_id: AccountBook(account_id) for account_id in accounts}
        self.tail_max = tail_max
        self._store = store
        self._offload = offload
        self._tail: list[Event] = list(loaded.tail)
        self._news = trio.Event()
        for row in loaded.current:
            if (book := self.view.get(row.account_id)) is not None:
                book.load(row)

    @property
    def floor(self) -> Offset:
        """Give the offset after which every event is in memory."""
        return Offset(self._tail[0].offset - 1) if self._tail else self.end

    @property
    def held(self) -> int:
        """Count the events in memory."""
        return len(self._tail)

    @property
    def position(self) -> LogPosition:
        """Give the place of the last event."""
        return LogPosition(self.epoch, self.end)

    def append(self, events: Sequence[Event]) -> None:
        """Take committed events in, fold them, and wake whoever waits. No checkpoint."""
        for event in events:
            if event.offset != self.end + 1:
                raise GatewayBug(f"event {event.offset} cannot follow {self.end}")
            self.end = event.offset
            if (book := self.view.get(event.account_id)) is not None:
                book.fold(event)
        self._tail.extend(events)
        if len(self._tail) > self.tail_max:
            del self._tail[: len(self._tail) - self.tail_max // 2]
        self._news.set()
        self._news = trio.Event()

    def retire(self, base: Offset) -> None:
        """Note that events up to there are retired; from then on nobody is promised them."""
        self.base = base

    def recent(self, after: Offset, limit: int = READ_MAX) -> Sequence[Event] | None:
        """Give at most `limit` events after an offset from memory; None when it is too old."""
        if after < self.floor:
            return None
        start = after - self.floor
        return self._tail[start : start + limit]

    async def wait_beyond(self, offset: Offset) -> None:
        """Wait until there is an event after this offset. The caller sets the deadline."""
        while self.end <= offset:
            await self._news.wait()

    def check(self, position: LogPosition) -> None:
        """Raise PositionGone, with the reason, when one cannot resume from this position."""
        if position.epoch != self.epoch:
            raise PositionGone("epoch")
        if position.offset < self.base:
            raise PositionGone("expired")
        if position.offset > self.end:
            raise PositionGone("ahead")

    async def read(self, after: Offset, limit: int = READ_MAX) -> Sequence[Event]:
        """Give the events after an offset, from memory or else from the store; maybe none.

        PositionGone when they have been retired.
        """
        recent = self.recent(after, limit)
        if recent is not None:
            return recent
        end = self.end  # the store may be a commit ahead, which is not visible yet
        found = await self._offload(lambda: self._store.read(after, limit=min(limit, end - after)))
        if after < self.base:
            raise PositionGone("expired")
        if not found or found[0].offset != after + 1:
            raise GatewayBug(f"the record has a hole after {after}")
        return found

    async def history(self, account_id: AccountId, subject: str) -> Sequence[Event]:
        """Give every event about one order or batch, in order; of the retired ones the last."""
        return await self._offload(
            lambda: self._store.read(
                Offset(0), limit=HISTORY_MAX, account_id=account_id, subject=subject
            )
        )

    async def look(self, call: Callable[[Store], T]) -> T:
        """Make a call of the store that reads, where it holds nobody up."""
        return await self._offload(call, self._store)

    def cursor(self, since: Offset | None = None) -> Cursor:
        """Open a cursor that gives what follows `since`, or what follows now."""
        return Cursor(self, self.end if since is None else since)


@define(eq=False)
class Cursor:
    """A reader's place in the journal. It holds nothing but the place."""

    journal: Journal
    offset: Offset

    async def next(self, limit: int = READ_MAX) -> Sequence[Event]:
        """Wait for events after the place, give them in order, and move on. Never empty."""
        await self.journal.wait_beyond(self.offset)
        events = await self.journal.read(self.offset, limit)
        self.offset = events[-1].offset
        return events
