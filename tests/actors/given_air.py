"""A journal on air, and readers that believe nothing."""

import json

import trio
from attrs import define, field, frozen

from actors.broadcaster import Broadcaster
from actors.domain.frames import texts_in
from actors.domain.model import Draft
from actors.feed import Selection
from actors.runtime.journal import Journal
from actors.writer import number

from .domain.given import an_order
from .fakes import HEDGE, PRIMARY, START, FakeStore, a_draft, a_journal, a_trade

ALL = Selection(frozenset({PRIMARY, HEDGE}), frozenset({"message", "trade_update"}))
MESSAGES = Selection(frozenset({PRIMARY, HEDGE}), frozenset({"message"}))
ORDERS = Selection(frozenset({PRIMARY}), frozenset({"order_update", "trade_update"}))
TRADES = Selection(frozenset({PRIMARY}), frozenset({"trade_update"}))


@define
class Air:
    """A journal with a broadcaster at work on it."""

    store: FakeStore = field(factory=FakeStore)
    tail_max: int = 20_000
    journal: Journal = field(init=False)
    broadcaster: Broadcaster = field(init=False)

    def __attrs_post_init__(self):
        self.journal = a_journal(self.store, PRIMARY, HEDGE, tail_max=self.tail_max)
        self.broadcaster = Broadcaster(self.journal)

    def publish(self, *kinds):
        """Commit and show events: m(essage), h(edge's message), t(rade), or an order's name."""
        drafts = []
        for n, kind in enumerate(kinds, self.journal.end + 1):
            if kind == "t":
                drafts.append(Draft("trade_update", PRIMARY, f"t{n}", a_trade(str(n)), START))
            elif kind[0].isupper():
                order = an_order(order_id=kind, quantity=n)
                drafts.append(Draft("order_update", PRIMARY, kind, order, START))
            else:
                drafts.append(a_draft(n, HEDGE if kind == "h" else PRIMARY))
        events = number(drafts, after=self.journal.end)
        self.store.commit(events)
        self.journal.append(events)

    def offsets(self, selection, since=0):
        """Give the offsets of all events of a selection after a place."""
        return [e.offset for e in self.store.events if selection.takes(e) and e.offset > since]


@frozen
class Reader:
    """A client that believes nothing: it checks each frame against its own position."""

    subscription: object
    seen: list = field(factory=list)
    frames: list = field(factory=list)
    place: list = field(factory=list)  # its position, as it was told
    wishes: list = field(factory=list)  # each selection, and from where it holds

    @classmethod
    def open(cls, air, selection, since=None, *, latest=False):
        """Subscribe, and take the position that the door tells."""
        subscription = air.broadcaster.subscribe(selection, since, latest=latest)
        place = subscription.offset
        return cls(subscription, place=[place], wishes=[(selection, place)])

    def select(self, selection):
        """Wish for something else from here on."""
        self.wishes.append((selection, self.subscription.offset))
        self.subscription.select(selection)

    def due(self, air):
        """Give the offsets that it must have seen by now."""
        ends = [start for _, start in self.wishes[1:]] + [self.subscription.offset]
        return [
            offset
            for (selection, start), end in zip(self.wishes, ends, strict=True)
            for offset in air.offsets(selection, start)
            if offset <= end
        ]

    async def read(self, quiet_s=1.0):
        """Read until nothing comes for a while; give the new frames."""
        new = []
        while True:
            with trio.move_on_after(quiet_s):
                wires, _ = await self.subscription.next()
                new += [self.take(text) for text in texts_in(b"".join(wires))]
                continue
            return new

    def take(self, text):
        """Take one frame: P3 must hold for it."""
        frame = json.loads(text)
        if "prev" in frame:
            assert frame["prev"] <= self.place[-1], "something was missed"
        if frame["type"] in ("message", "trade_update", "order_update"):
            assert frame["offset"] > self.place[-1], "twice, or out of order"
            self.seen.append(frame["offset"])
        assert frame["offset"] >= self.place[-1]
        self.place.append(frame["offset"])
        self.frames.append(frame)
        return frame
