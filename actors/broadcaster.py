"""Fan-out: who keeps up is written the same bytes as all others; who does not reads for himself.

    journal ──▶ feed (accounts, types, dialect): each event framed once
                  ├─ round ─▶ subscriptions at rest: their sockets take the bytes at once
                  └─ next() ◀─ a subscription behind: woken when a socket would have had to wait

A round costs a subscriber one write and no switch of tasks, however many events there are for him.
When events come faster than a round goes, the next one brings them all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

import trio

from .domain.errors import Unavailable
from .domain.frames import Heads
from .domain.ids import Offset
from .domain.latest import Latest
from .domain.model import Event
from .feed import Feed, Run, Selection
from .runtime.journal import Journal
from .subscription import Room, Subscription

FEEDS_MAX: Final = 256
TURN_MAX: Final = 64  # sockets that are written to before others get their turn


class Broadcaster:
    """Keeps the feeds up with the journal, and those who keep up with the feeds.

    `on_told` is called with the events of a round when it has gone through.
    """

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self.on_told: Callable[[Iterable[Event]], None] = lambda _: None
        self._rooms: dict[Selection, Room] = {}
        self._heads = Heads(journal.epoch)

    async def run(self) -> None:
        """Follow the journal until cancelled."""
        scanned = [room.feed.scanned for room in self._rooms.values()]
        cursor = self.journal.cursor(min(scanned, default=None))
        while True:
            behind = [room for room in self._rooms.values() if room.served < room.feed.last]
            while behind:
                behind = [room for room in behind if await self._round(room)]
            events = await cursor.next()
            for room in list(self._rooms.values()):
                room.extend(events)

    async def _round(self, room: Room) -> bool:
        """Write a run to each who rests, all alike; say whether there is more for some of them."""
        begin, end = room.served, room.feed.last
        runs: dict[Offset, Run | None] = {}
        has_told, has_more, resting = False, False, list(room.resting)
        for n in range(0, len(resting), TURN_MAX):
            for subscription in resting[n : n + TURN_MAX]:
                if subscription not in room.resting:
                    continue  # it left during another's turn
                if (run := subscription.offer(runs)) is not None:
                    has_told = True
                    has_more |= not run.is_all
            await trio.lowlevel.checkpoint()
        if has_more:
            return True
        room.served = end
        if has_told:
            self.on_told(room.feed.events(begin, upto=end))
        return end < room.feed.last

    def subscribe(
        self, selection: Selection, since: Offset | None = None, *, latest: bool = False
    ) -> Subscription:
        """Open a subscription that follows an offset, or what happens from now on.

        `latest`: when it is behind, it is given only the last state of each order.
        """
        place = self.journal.end if since is None else since
        room = self._room(selection)
        last = min(place, room.feed.last) if since is None else place
        subscription = Subscription(room, place, last, self, Latest() if latest else None)
        room.readers[subscription] = None
        return subscription

    def move(self, subscription: Subscription, selection: Selection) -> None:
        """Put a subscription on another feed at its present place."""
        room = self._room(selection)
        self.leave(subscription)
        subscription.room = room
        room.readers[subscription] = None
        self._rooms[selection] = room

    def leave(self, subscription: Subscription) -> None:
        """Take a subscription off its feed; a feed that nobody reads is forgotten."""
        room = subscription.room
        room.readers.pop(subscription, None)
        room.resting.pop(subscription, None)
        if not room.readers:
            self._rooms.pop(room.feed.selection, None)

    def statistics(self) -> dict[str, int]:
        """Count feeds, what they keep, subscribers, the most that one has asked and is behind."""
        # One for whom there was nothing is not behind.
        places = [
            s.offset if s.offset < room.feed.last else max(s.offset, room.feed.scanned)
            for room in self._rooms.values()
            for s in room.readers
        ]
        return {
            "feeds": len(self._rooms),
            "feeds_max": FEEDS_MAX,
            "feed_frames": max((len(r.feed.frames) for r in self._rooms.values()), default=0),
            "feed_heads": len(self._heads),
            "asked": max((s.waiting for r in self._rooms.values() for s in r.readers), default=0),
            "subscribers": len(places),
            "lag_events": self.journal.end - min(places, default=self.journal.end),
        }

    def _room(self, selection: Selection) -> Room:
        if (room := self._rooms.get(selection)) is not None:
            return room
        if len(self._rooms) >= FEEDS_MAX:
            raise Unavailable(f"more than {FEEDS_MAX} different subscriptions at once")
        end = self.journal.end
        room = self._rooms[selection] = Room(Feed(selection, self._heads, end, end, end), end)
        return room
