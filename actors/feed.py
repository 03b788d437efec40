"""A feed: one selection of the events, each worded and framed once for all who read it. Pure.

    events ──extend──▶ [ frame, frame, frame … ]  bounded; older: the journal, then the store
                           └─ run(after) ──▶ the bytes that all who stand there are written

A frame is what goes out on a websocket, header and all, so that sharing it is sharing bytes.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from enum import Enum, auto
from typing import Final, NamedTuple, TypeAlias

from attrs import define, field, frozen

from .domain.frames import OURS, Dialect, Heads, framed
from .domain.ids import AccountId, Offset
from .domain.model import Event, EventType

FRAMES_MAX: Final = 8192  # kept in memory a feed; half as many at least
RUN_MAX: Final = 128  # frames given at once


class Sent(Enum):
    """What became of frames that a socket was offered."""

    WHOLE = auto()
    BEGUN = auto()  # it has taken them, and sends the rest before anything else, when it is asked
    NOT = auto()  # it has taken none of them


Sink: TypeAlias = Callable[[bytes], Sent]  # never waits


@frozen
class Selection:
    """What a subscriber wants to hear of, and how. An empty set of types is none, not all."""

    accounts: frozenset[AccountId]
    types: frozenset[EventType]
    dialect: Dialect = OURS

    def takes(self, event: Event) -> bool:
        """Say whether an event belongs to it."""
        return event.account_id in self.accounts and event.type in self.types


class Frame(NamedTuple):
    """One event of a feed, framed."""

    offset: Offset
    prev: Offset
    wire: bytes
    event: Event


class Run(NamedTuple):
    """Frames that follow each other, as one piece of bytes."""

    prev: Offset
    wire: bytes
    last: Offset
    is_all: bool  # nothing of the feed follows it yet


@define(eq=False)
class Feed:
    """The frames of one selection.

    Frames after `floor` are here; `scanned` is how far the journal has been looked through.
    """

    selection: Selection
    heads: Heads
    floor: Offset
    scanned: Offset
    last: Offset  # of the newest frame: the `prev` of the next
    frames: list[Frame] = field(factory=list)

    def extend(self, events: Iterable[Event]) -> None:
        """Look through the next events, and frame those that belong here."""
        for event in events:
            self.scanned = event.offset
            if self.selection.takes(event):
                text = self.heads.frame(event, self.last, self.selection.dialect)
                self.frames.append(Frame(event.offset, self.last, framed(text), event))
                self.last = event.offset
        if len(self.frames) > FRAMES_MAX:
            cut = len(self.frames) - FRAMES_MAX // 2
            self.floor = self.frames[cut - 1].offset
            del self.frames[:cut]

    def after(self, offset: Offset) -> Sequence[Frame] | None:
        """Give the next frames after an offset; None when they are no longer here."""
        if offset < self.floor:
            return None
        start = self._place(offset)
        return self.frames[start : start + RUN_MAX]

    def run(self, after: Offset) -> Run | None:
        """Give the next frames after an offset as one piece; None when there are none here."""
        frames = self.after(after)
        if not frames:
            return None
        last = frames[-1].offset
        wire = frames[0].wire if len(frames) == 1 else b"".join([f.wire for f in frames])
        return Run(frames[0].prev, wire, last, last == self.last)

    def events(
        self, after: Offset, *, upto: Offset | None = None, most: int = FRAMES_MAX
    ) -> Sequence[Event]:
        """Give the events of the next frames after an offset, up to another one, included."""
        start = self._place(after)
        end = len(self.frames) if upto is None else self._place(upto)
        return [frame.event for frame in self.frames[start : min(end, start + most)]]

    def _place(self, offset: Offset) -> int:
        """Find the first frame after an offset; mostly it is asked for the newest."""
        if offset >= self.last:
            return len(self.frames)
        return bisect_right(self.frames, offset, key=_offset_of)


def _offset_of(frame: Frame) -> Offset:
    return frame.offset
