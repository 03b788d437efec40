"""One client's place in the record: what it is given next, whether it keeps up or is behind.

    keeps up ─ rests ─▶ a round writes to its socket, and no task of its own runs
    behind ──▶ next() ─▶ frames of its feed; older: from the journal, then the store
               next() ─▶ an answer to what it asked, a heartbeat when nothing happens

There is no queue, only the place. All comes out in one order, so an answer always fits the frames
around it. One that wants only the latest is spared the states of an order that are over by the
time it gets there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, Protocol, TypeAlias

import trio
from attrs import define, field

from .domain.errors import Unavailable
from .domain.frames import framed, heartbeat_frame, texts_in
from .domain.ids import LogPosition, Offset
from .domain.latest import Latest
from .domain.model import Event
from .feed import RUN_MAX, Feed, Frame, Run, Selection, Sent, Sink
from .runtime.journal import Journal

HEARTBEAT_S: Final = 15.0
ASKED_MAX: Final = 64  # what a client may have asked and not been answered
AHEAD_MAX: Final = 2048  # frames that are looked through for the latest

Said: TypeAlias = tuple[Sequence[bytes], Sequence[Event]]  # frames in order, the events among them


class Host(Protocol):
    """Who keeps the feeds."""

    journal: Journal

    def move(self, subscription: Subscription, selection: Selection) -> None:
        """Put a subscription on another feed at its present place."""

    def leave(self, subscription: Subscription) -> None:
        """Take a subscription off its feed."""


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
    host: Host = field(repr=False)
    latest: Latest | None = None  # for one that wants no more than that
    sink: Sink | None = None
    _asked: list[Callable[[], Sequence[str]]] = field(factory=list)  # a deque takes 0.6 KiB
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

    @property
    def waiting(self) -> int:
        """Count what was asked and not answered yet."""
        return len(self._asked)

    def select(self, selection: Selection) -> None:
        """Change what it hears of, from its present place on."""
        self.host.move(self, selection)

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
                return [framed(text) for text in self._asked.pop(0)()], ()
            frames = self.feed.after(self.offset)
            if frames is None:
                if wires := await self._catch_up():
                    return wires, ()
                continue
            if frames and self.latest is not None:
                return self._tell_latest(self.feed.events(self.offset, most=AHEAD_MAX))
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
        self.host.leave(self)

    def jump(self) -> list[str]:
        """Give at once what memory has up to the journal's end, and stand there.

        For a snapshot of the end, which makes up for what memory no longer has.
        """
        journal = self.host.journal
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
        read = await self.host.journal.read(self.offset)
        events = [event for event in read if self.feed.selection.takes(event)]
        if self.latest is not None and events:
            return self._tell_latest(events)[0]
        wires = []
        for event in events:
            wires.append(self._frame(event))
            self.last_frame = event.offset
        self.offset = read[-1].offset
        return wires

    def _tell_latest(self, events: Sequence[Event]) -> tuple[list[bytes], list[Event]]:
        """Choose what is still worth telling of the next events; what is left keeps waiting."""
        assert self.latest is not None, "asked of one that wants the latest"
        chosen, self.offset = self.latest.choose(events, RUN_MAX)
        wires = []
        for event, conflated in chosen:
            wires.append(self._frame(event, conflated))
            self.last_frame = event.offset
        return wires, [event for event, _ in chosen]

    def _frame(self, event: Event, conflated: int = 0) -> bytes:
        """Write a frame for this client alone."""
        dialect, heads = self.feed.selection.dialect, self.feed.heads
        return framed(heads.frame(event, self.last_frame, dialect, conflated))
