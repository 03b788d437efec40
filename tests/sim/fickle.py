"""Subscribers that are hard to please: one changes its mind, one wants the latest and reads slowly.

    Chooser   subscribe ─▶ answer ─▶ frames of what it chose ─▶ unsubscribe ─▶ … ─▶ cut ─▶ resume
    Hasty     away ─▶ policy=latest ─▶ frames, some of them conflated ─▶ reads slowly ─▶ away

What each must have been given is told by the record of those who hear everything.
"""

from __future__ import annotations

import json
from random import Random
from typing import Any, Final

import trio
from attrs import define, field

from .checkers import Broken, Log
from .client import Dial, Line

TYPES: Final = ("order_update", "correction", "trade_update", "position_update", "message")
STATES: Final = ("order_update", "correction")
STAY_S: Final = 40.0
AWAY_S: Final = 15.0
AWAY_S_MAX: Final = 45.0  # it is back before the story is judged
CHANGE_EACH_S: Final = 8.0
PAUSES_S: Final = (0.0, 0.02, 0.2)


@define
class Period:
    """What one chose, from one place to another, and what it was given."""

    types: frozenset[str]
    begin: int
    end: int
    seen: list[int] = field(factory=list)


@define(eq=False)
class Chooser:
    """One that changes what it hears of while it is connected."""

    name: str
    log: Log
    random: Random
    periods: list[Period] = field(factory=list)
    resumes: int = 0
    changes: int = 0
    _types: frozenset[str] = frozenset(TYPES)
    _wishes: dict[int, frozenset[str]] = field(factory=dict)
    _epoch: str | None = None

    async def run(self, dial: Dial) -> None:
        """Come and go, until cancelled."""
        await _until_kept(self.log)
        while True:
            try:
                with trio.move_on_after(self.random.expovariate(1 / STAY_S)):
                    async with dial(self._query()) as line, trio.open_nursery() as nursery:
                        nursery.start_soon(self._change, line)
                        while True:
                            self.take(json.loads(await line.receive()))
            except* EOFError:
                pass
            self._wishes.clear()
            await trio.sleep(self.random.random())

    def _query(self) -> str:
        types = f"types={','.join(sorted(self._types))}"
        return types if self._epoch is None else f"{types}&since={self._epoch}:{self._place}"

    @property
    def _place(self) -> int:
        return self.periods[-1].end if self.periods else 0

    async def _change(self, line: Line) -> None:
        while True:
            await trio.sleep(self.random.expovariate(1 / CHANGE_EACH_S))
            types = self.random.sample(TYPES, self.random.randint(1, len(TYPES) - 1))
            action = self.random.choice(("subscribe", "unsubscribe"))
            last = [*self._wishes.values(), self._types][-1 if not self._wishes else -2]
            after = last | set(types) if action == "subscribe" else last - set(types)
            if after:
                number = self.changes = self.changes + 1
                self._wishes[number] = after
                await line.send(json.dumps({"action": action, "types": types, "id": number}))

    def take(self, frame: dict[str, Any]) -> None:
        """Take one frame."""
        kind, offset = frame["type"], frame["offset"]
        self.log.take_epoch(frame["epoch"])
        if kind == "connection_established":
            if self._epoch is not None and offset != self._place:
                raise Broken(f"P4: {self.name} resumed at {offset}, not {self._place}")
            self.resumes += self._epoch is not None
            self._epoch = frame["epoch"]
            self.periods.append(Period(self._types, offset, offset))
            return
        period = self.periods[-1]
        if offset < period.end or frame.get("prev", 0) > period.end:
            raise Broken(f"P3: {self.name} is at {period.end}, and is given {frame}")
        period.end = offset
        if kind in ("subscribed", "unsubscribed"):
            self._types = self._wishes.pop(frame["id"])
            if frozenset(frame["types"]) != self._types:
                raise Broken(f"P4: {self.name} wanted {set(self._types)}, and has {frame['types']}")
            self.periods.append(Period(self._types, offset, offset))
        elif kind in TYPES:
            self.log.take(frame)
            period.seen.append(offset)

    def judge(self) -> None:
        """P4: of each period it was given all that it had chosen, once, in order, and no more."""
        for period in self.periods:
            due = [
                offset
                for offset in range(period.begin + 1, period.end + 1)
                if self.log.events[offset]["type"] in period.types
            ]
            if period.seen != due:
                missed, more = set(due) - set(period.seen), set(period.seen) - set(due)
                raise Broken(f"P4: {self.name} missed {sorted(missed)}, was given {sorted(more)}")


@define(eq=False)
class Hasty:
    """One that wants of each order the last state alone, and is often away or slow."""

    name: str
    log: Log
    random: Random
    in_order: bool = False  # all is well from now on: it stays, and reads as fast as it can
    resumes: int = 0
    conflated: int = 0
    _place: int = 0
    _begin: int | None = None
    _epoch: str | None = None
    _seen: set[int] = field(factory=set)
    _states: dict[tuple[str, str], int] = field(factory=dict)

    async def run(self, dial: Dial) -> None:
        """Come, read slowly and go, until cancelled."""
        await _until_kept(self.log)
        while True:
            pause_s = self.random.choice(PAUSES_S)
            try:
                with trio.move_on_after(1e9 if self.in_order else self._stay_s()):
                    async with dial(self._query()) as line:
                        while True:
                            self.take(json.loads(await line.receive()))
                            if pause_s and not self.in_order:
                                await trio.sleep(pause_s)
            except EOFError:
                pass
            await trio.sleep(min(self.random.expovariate(1 / AWAY_S), AWAY_S_MAX))

    def _stay_s(self) -> float:
        return self.random.expovariate(1 / STAY_S)

    def _query(self) -> str:
        query = f"policy=latest&types={','.join(TYPES)}"
        return query if self._epoch is None else f"{query}&since={self._epoch}:{self._place}"

    def take(self, frame: dict[str, Any]) -> None:
        """Take one frame."""
        kind, offset = frame["type"], frame["offset"]
        if kind == "connection_established":
            self.resumes += self._epoch is not None
            self._epoch = frame["epoch"]
            if self._begin is None:
                self._begin = self._place = offset
            return
        if offset < self._place or frame["prev"] > self._place:
            raise Broken(f"P3: {self.name} is at {self._place}, and is given {frame}")
        self._place = offset
        if kind not in TYPES:
            return
        if offset in self._seen:
            raise Broken(f"P4: {self.name} was given {offset} twice")
        spared = frame.pop("conflated", 0)
        if spared and kind not in STATES:
            raise Broken(f"P4: {self.name} was spared {spared} of {kind}")
        self.conflated += spared
        self.log.take(frame)
        self._seen.add(offset)
        if kind in STATES:
            self._states[frame["account_id"], frame["data"]["order_id"]] = offset

    def judge(self) -> None:
        """P4: it has the last state of each order, every event of another kind, and no more."""
        last: dict[tuple[str, str], int] = {}
        for offset in range((self._begin or 0) + 1, self._place + 1):
            event = self.log.events[offset]
            if event["type"] in STATES:
                last[event["account_id"], event["data"]["order_id"]] = offset
            elif event["type"] in TYPES and offset not in self._seen:
                raise Broken(f"P4: {self.name} missed {event['type']} {offset}")
        if last != self._states:
            raise Broken(f"P4: {self.name} has {self._states}, the last states are {last}")
        if self._place != max(self.log.events, default=0):
            raise Broken(f"P4: {self.name} has stayed behind at {self._place}")


async def _until_kept(log: Log) -> None:
    """Wait for one who hears everything: what happened before is in nobody's record."""
    while log.epoch is None:
        await trio.sleep(0.1)
