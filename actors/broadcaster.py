"""Fan-out: who keeps up is written the same bytes as all others; who does not reads for himself.

    journal ──▶ feed (accounts, types, dialect): each event framed once
                  ├─ round ─▶ subscription at rest: its socket takes the bytes at once, no task runs
                  └─ next() ◀─ subscription behind: its own task, from memory, journal or store

A subscription has no queue, only a place. Its task pulls frames of its feed, answers to what its
client asked, a heartbeat when nothing happens; with nothing to give it rests, and while it does
rounds write to its socket, as far as that takes it without a wait. One that would have to wait is
woken. All come out in order, so an answer always fits the frames around it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import Final, TypeAlias

import trio
from attrs import define, field

from .domain.errors import Unavailable
from .domain.frames import Heads, event_frame, framed, heartbeat_frame, texts_in
from .domain.ids import LogPosition, Offset
from .domain.model import Event
from .feed import Feed, Frame, Run, Selection, Sent, Sink
from .runtime.journal import Journal

FEEDS_MAX: Final = 256
HEARTBEAT_S: Final = 15.0
ASKED_MAX: Final = 64  # what a client may have asked and not been answered
TURN_MAX: Final = 64  # sockets that are written to before others get their turn


Said: TypeAlias = tuple[Sequence[bytes], Sequence[Event]]  # frames in order, the events among them


@define(eq=False)
class Room:
    """A feed, those who read it, and those of them who have all that there is.

    `served` is how far rounds have gone.
    """

    feed: Feed
    served: Offset
    readers: dict[Subscription, None] = field(factory=dict)
    resting: dict[Subscription, None] = field(factory=dict)

    def extend(self, events: Sequence[Event]) -> None:
        """Give the feed those of some events that it has not seen."""
        scanned = self.feed.scanned
        self.feed.extend(event for event in events if event.offset > scanned)


@define(eq=False)
class Subscription:
    """One client's place in the record, and what it has asked.

    `offset` is the client's position: every frame that it may see up to there has been given.
    A `sink` lets rounds write to it while it rests.
    """

    room: Room
    offset: Offset
    last_frame: Offset  # the `prev` of what follows, and of a heartbeat
    broadcaster: Broadcaster = field(repr=False)
    sink: Sink | None = None
    _asked: deque[Callable[[], Sequence[str]]] = field(factory=deque)
    _wake: trio.Event = field(factory=trio.Event)
    _said_s: float = 0.0
    _has_begun: bool = False

    @property
    def feed(self) -> Feed:
        """Give what it reads."""
        return self.room.feed

    def ask(self, answer: Callable[[], Sequence[str]]) -> None:
        """Have an answer made and given in its place among the frames.

        Unavailable when too much is waiting already: the client floods, or does not read.
        """
        if len(self._asked) >= ASKED_MAX:
            raise Unavailable("too many requests are waiting to be answered")
        self._asked.append(answer)
        self._wake.set()

    def select(self, selection: Selection) -> None:
        """Change what it hears of, from its present place on."""
        self.broadcaster.move(self, selection)

    async def next(self) -> Said:
        """Wait for what comes next: frames to send in order, and the events among them.

        Gives a heartbeat after 15 s of quiet. With a sink, frames may go out meanwhile, and what
        it gives can be nothing: then what the sink has begun is to be sent.
        """
        while True:
            if self._has_begun:
                self._has_begun = False
                return (), ()
            if self._asked:
                self._pass_over()
                return [framed(text) for text in self._asked.popleft()()], ()
            frames = self.feed.after(self.offset)
            if frames is None:
                if wires := await self._catch_up():
                    return wires, ()
                continue
            if frames:
                return self._take(frames), [frame.event for frame in frames]
            self._pass_over()
            if not await self._rest():
                self._pass_over()
                return [framed(heartbeat_frame(self.position, self.last_frame))], ()

    async def _rest(self) -> bool:
        """Wait until there is something to do here; False when nothing was said for 15 s."""
        self._wake = trio.Event()
        self._said_s = trio.current_time()
        self.room.resting[self] = None
        try:
            while (due_s := self._said_s + HEARTBEAT_S) > trio.current_time():
                with trio.move_on_at(due_s):
                    await self._wake.wait()
                    return True
            return False
        finally:
            self.room.resting.pop(self, None)

    def offer(self, runs: dict[Offset, Run | None]) -> Run | None:
        """Write the next run to one at rest, or wake it; give what was written whole.

        `runs` are those that were made in this round, by the place that they follow.
        """
        if self.sink is None or self._wake.is_set() or self.offset < self.feed.floor:
            self._wake.set()
            return None
        if self.offset not in runs:
            runs[self.offset] = self.feed.run(self.offset)
        if (run := runs[self.offset]) is None:
            return None
        sent = self.sink(run.wire) if run.prev <= self.last_frame else Sent.NOT
        if sent is Sent.NOT:
            self._wake.set()
            return None
        self.offset = self.last_frame = run.last
        self._said_s = trio.current_time()
        if sent is Sent.WHOLE:
            return run
        self._has_begun = True
        self._wake.set()
        return None

    @property
    def position(self) -> LogPosition:
        """Give the place up to which everything has been given."""
        return LogPosition(self.feed.heads.epoch, self.offset)

    def close(self) -> None:
        """Leave the feed."""
        self.broadcaster.leave(self)

    def jump(self) -> list[str]:
        """Give at once what memory has up to the journal's end, and stand there.

        For a snapshot of the end, which makes up for what memory no longer has.
        """
        journal = self.broadcaster.journal
        self.room.extend(journal.recent(self.feed.scanned, journal.end) or ())
        wires: list[bytes] = []
        while frames := self.feed.after(self.offset):
            wires += self._take(frames)
        self.offset = journal.end
        return list(texts_in(b"".join(wires)))

    def _pass_over(self) -> None:
        """Move past what was looked through and is not for this client."""
        frames = self.feed.after(self.offset)
        if frames is not None and not frames:
            self.offset = max(self.offset, self.feed.scanned)

    def _take(self, frames: Sequence[Frame]) -> list[bytes]:
        wires = [frame.wire for frame in frames]
        if frames[0].prev > self.last_frame:
            # The feed knows of a later place than this client was given.
            wires[0] = self._frame(frames[0].event)
        self.offset = self.last_frame = frames[-1].offset
        return wires

    async def _catch_up(self) -> list[bytes]:
        """Read what the feed no longer holds, from the journal or the store."""
        events = await self.broadcaster.journal.read(self.offset)
        wires = []
        for event in events:
            self.offset = event.offset
            if self.feed.selection.takes(event):
                wires.append(self._frame(event))
                self.last_frame = event.offset
        return wires

    def _frame(self, event: Event) -> bytes:
        """Write a frame for this client alone."""
        dialect = self.feed.selection.dialect
        return framed(event_frame(event, self.feed.heads.epoch, self.last_frame, dialect))


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
            self.on_told(room.feed.events(begin, end))
        return end < room.feed.last

    def subscribe(self, selection: Selection, since: Offset | None = None) -> Subscription:
        """Open a subscription that follows an offset, or what happens from now on."""
        place = self.journal.end if since is None else since
        room = self._room(selection)
        last = min(place, room.feed.last) if since is None else place
        subscription = Subscription(room, place, last, self)
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
        """Count feeds, subscribers, and how far the furthest subscriber is behind."""
        # One for whom there was nothing is not behind.
        places = [
            s.offset if s.offset < room.feed.last else max(s.offset, room.feed.scanned)
            for room in self._rooms.values()
            for s in room.readers
        ]
        return {
            "feeds": len(self._rooms),
            "feeds_max": FEEDS_MAX,
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
