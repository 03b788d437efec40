"""Fan-out: feeds that encode each event once, and the subscriptions that read them.

    journal ──▶ heads: each event, worded once a dialect
                  └─▶ feed (accounts, types, dialect): frames ──▶ subscription ─▶ socket
                       │  in memory, bounded                      subscription ─▶ socket
                       └─ older: the journal, then the store ───▶ …

A subscription has no queue, only a place. It pulls: frames of its feed, answers to what its client
asked, a heartbeat when nothing happens. All of them come out of one `next`, in order, so an answer
always fits the frames around it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import Final

import trio
from attrs import define, field, frozen

from .domain.errors import Unavailable
from .domain.frames import OURS, Dialect, Heads, event_frame, heartbeat_frame
from .domain.ids import AccountId, LogPosition, Offset
from .domain.model import Event, EventType
from .runtime.journal import Journal

FRAMES_MAX: Final = 8192  # kept in memory a feed; half as many at least
FEEDS_MAX: Final = 256
RUN_MAX: Final = 64  # frames given at once
HEARTBEAT_S: Final = 15.0
ASKED_MAX: Final = 64  # what a client may have asked and not been answered


@frozen
class Selection:
    """What a subscriber wants to hear of, and how. An empty set of types is none, not all."""

    accounts: frozenset[AccountId]
    types: frozenset[EventType]
    dialect: Dialect = OURS

    def takes(self, event: Event) -> bool:
        """Say whether an event belongs to it."""
        return event.account_id in self.accounts and event.type in self.types


@frozen
class Frame:
    """One encoded event of a feed."""

    offset: Offset
    prev: Offset
    text: str
    event: Event


@define(eq=False)
class Feed:
    """The frames of one selection, each encoded once for all who read it.

    Frames after `floor` are here; `scanned` is how far the journal has been looked through.
    """

    selection: Selection
    heads: Heads
    floor: Offset
    scanned: Offset
    last: Offset  # of the newest frame: the `prev` of the next
    frames: list[Frame] = field(factory=list)
    subscriptions: dict[Subscription, None] = field(factory=dict)

    def extend(self, events: Iterable[Event]) -> bool:
        """Look through the next events; say whether there were frames among them."""
        before = self.last
        for event in events:
            self.scanned = event.offset
            if self.selection.takes(event):
                text = self.heads.frame(event, self.last, self.selection.dialect)
                self.frames.append(Frame(event.offset, self.last, text, event))
                self.last = event.offset
        if len(self.frames) > FRAMES_MAX:
            cut = len(self.frames) - FRAMES_MAX // 2
            self.floor = self.frames[cut - 1].offset
            del self.frames[:cut]
        return self.last != before

    def after(self, offset: Offset) -> Sequence[Frame] | None:
        """Give the next frames after an offset; None when they are no longer here."""
        if offset < self.floor:
            return None
        start = bisect_right(self.frames, offset, key=lambda frame: frame.offset)
        return self.frames[start : start + RUN_MAX]


@define(eq=False)
class Subscription:
    """One client's place in the record, and what it has asked.

    `offset` is the client's position: every frame that it may see up to there has been given.
    """

    feed: Feed
    offset: Offset
    last_frame: Offset  # the `prev` of what follows, and of a heartbeat
    broadcaster: Broadcaster = field(repr=False)
    _asked: deque[Callable[[], Sequence[str]]] = field(factory=deque)
    _wake: trio.Event = field(factory=trio.Event)

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

    async def next(self) -> tuple[Sequence[str], Sequence[Event]]:
        """Wait for what comes next: texts to send in order, and the events among them.

        Gives a heartbeat after 15 s of quiet, so it never waits longer.
        """
        while True:
            if self._asked:
                self._pass_over()
                return self._asked.popleft()(), ()
            frames = self.feed.after(self.offset)
            if frames is None:
                if texts := await self._catch_up():
                    return texts, ()
                continue
            if frames:
                return self._take(frames), [frame.event for frame in frames]
            self._pass_over()
            self._wake = trio.Event()
            with trio.move_on_after(HEARTBEAT_S) as quiet:
                await self._wake.wait()
            if quiet.cancelled_caught:
                self._pass_over()
                return [heartbeat_frame(self.position, self.last_frame)], ()

    @property
    def position(self) -> LogPosition:
        """Give the place up to which everything has been given."""
        return LogPosition(self.feed.heads.epoch, self.offset)

    def wake(self) -> None:
        """Let it look again."""
        self._wake.set()

    def close(self) -> None:
        """Leave the feed."""
        self.broadcaster.leave(self)

    def jump(self) -> list[str]:
        """Give at once what memory has up to the journal's end, and stand there.

        For a snapshot of the end, which makes up for what memory no longer has.
        """
        journal = self.broadcaster.journal
        self.broadcaster.tell(self.feed, journal.recent(self.feed.scanned, journal.end) or ())
        texts: list[str] = []
        while frames := self.feed.after(self.offset):
            texts += self._take(frames)
        self.offset = journal.end
        return texts

    def _pass_over(self) -> None:
        """Move past what was looked through and is not for this client."""
        frames = self.feed.after(self.offset)
        if frames is not None and not frames:
            self.offset = max(self.offset, self.feed.scanned)

    def _take(self, frames: Sequence[Frame]) -> list[str]:
        texts = [frame.text for frame in frames]
        if frames[0].prev > self.last_frame:
            # The feed knows of a later place than this client was given.
            texts[0] = self._frame(frames[0].event)
        self.offset = self.last_frame = frames[-1].offset
        return texts

    async def _catch_up(self) -> list[str]:
        """Read what the feed no longer holds, from the journal or the store."""
        events = await self.broadcaster.journal.read(self.offset)
        texts = []
        for event in events:
            self.offset = event.offset
            if self.feed.selection.takes(event):
                texts.append(self._frame(event))
                self.last_frame = event.offset
        return texts

    def _frame(self, event: Event) -> str:
        """Write a frame for this client alone."""
        return event_frame(
            event, self.feed.heads.epoch, self.last_frame, self.feed.selection.dialect
        )


class Broadcaster:
    """Keeps the feeds up with the journal and wakes their subscribers."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self._feeds: dict[Selection, Feed] = {}
        self._heads = Heads(journal.epoch)

    async def run(self) -> None:
        """Follow the journal until cancelled."""
        scanned = [feed.scanned for feed in self._feeds.values()]
        cursor = self.journal.cursor(min(scanned, default=None))
        while True:
            events = await cursor.next()
            for feed in list(self._feeds.values()):
                self.tell(feed, events)

    def tell(self, feed: Feed, events: Iterable[Event]) -> None:
        """Give a feed the events that it has not seen, and wake those who read it."""
        if feed.extend(event for event in events if event.offset > feed.scanned):
            for subscription in feed.subscriptions:
                subscription.wake()

    def subscribe(self, selection: Selection, since: Offset | None = None) -> Subscription:
        """Open a subscription that follows an offset, or what happens from now on."""
        place = self.journal.end if since is None else since
        feed = self._feed(selection)
        last = min(place, feed.last) if since is None else place
        subscription = Subscription(feed, place, last, self)
        feed.subscriptions[subscription] = None
        return subscription

    def move(self, subscription: Subscription, selection: Selection) -> None:
        """Put a subscription on another feed at its present place."""
        feed = self._feed(selection)
        self.leave(subscription)
        subscription.feed = feed
        feed.subscriptions[subscription] = None
        self._feeds[selection] = feed

    def leave(self, subscription: Subscription) -> None:
        """Take a subscription off its feed; a feed that nobody reads is forgotten."""
        feed = subscription.feed
        feed.subscriptions.pop(subscription, None)
        if not feed.subscriptions:
            self._feeds.pop(feed.selection, None)

    def statistics(self) -> dict[str, int]:
        """Count feeds, subscribers, and how far the furthest subscriber is behind."""
        # One for whom there was nothing is not behind.
        places = [
            s.offset if s.offset < feed.last else max(s.offset, feed.scanned)
            for feed in self._feeds.values()
            for s in feed.subscriptions
        ]
        return {
            "feeds": len(self._feeds),
            "feeds_max": FEEDS_MAX,
            "subscribers": len(places),
            "lag_events": self.journal.end - min(places, default=self.journal.end),
        }

    def _feed(self, selection: Selection) -> Feed:
        if (feed := self._feeds.get(selection)) is not None:
            return feed
        if len(self._feeds) >= FEEDS_MAX:
            raise Unavailable(f"more than {FEEDS_MAX} different subscriptions at once")
        end = self.journal.end
        feed = self._feeds[selection] = Feed(selection, self._heads, end, end, end)
        return feed
