"""A client as a stranger would write one: it keeps its place, checks `prev`, and resumes.

dial ─▶ connection_established ─▶ frames … ─▶ cut ─▶ dial with since=EPOCH:OFFSET ─▶ …
"""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from random import Random
from typing import Any, Protocol

import trio
from attrs import define, field

from .checkers import Books, Broken, Log


class Line(Protocol):
    """An open connection to the gateway."""

    async def receive(self) -> str:
        """Wait for a text; EOFError when the line is dead."""

    async def send(self, text: str) -> None:
        """Say something; EOFError when the line is dead."""


Dial = Callable[[str], AbstractAsyncContextManager[Line]]  # by the query of the URL


@define(eq=False)
class Client:
    """One subscriber of everything, and its record."""

    name: str
    log: Log
    random: Random
    stays_s: float = 0.0  # how long it stays on average before it goes away; 0: for good
    books: Books = field(factory=Books)
    epoch: str | None = None
    offset: int = 0
    resumes: int = 0
    frames: int = 0
    _last: int = 0  # of the newest event, to see that none comes twice

    async def run(self, dial: Dial) -> None:
        """Stay connected, or come and go, until cancelled."""
        while True:
            is_new = self.epoch is None
            query = "snapshot=true" if is_new else f"since={self.epoch}:{self.offset}"
            stay_s = self.random.expovariate(1 / self.stays_s) if self.stays_s else 1e9
            try:
                with trio.move_on_after(stay_s):
                    async with dial(query) as line:
                        self.resumes += not is_new
                        while True:
                            self.take(json.loads(await line.receive()))
            except EOFError:
                pass
            await trio.sleep(0.1 + self.random.random())

    def take(self, frame: dict[str, Any]) -> None:
        """Take one frame, and check it against what it must be."""
        self.frames += 1
        self.log.take_epoch(frame["epoch"])
        kind, offset = frame["type"], frame["offset"]
        if kind == "connection_established":
            self._greeted(frame)
        elif kind == "snapshot":
            self.books.take(frame)
        elif kind == "heartbeat":
            self._continues(frame)
        else:
            self._continues(frame)
            if offset <= self._last:
                raise Broken(f"P4: {self.name} was given {offset} after {self._last}")
            self._last = offset
            self.log.take(frame)
            if kind in ("order_update", "correction", "trade_update", "position_update"):
                self.books.take(frame)
        self.offset = max(self.offset, offset)

    def _greeted(self, frame: dict[str, Any]) -> None:
        if self.epoch is not None and not frame.get("recovered"):
            raise Broken(f"P4: {self.name} came back and was not resumed: {frame}")
        if self.epoch is not None and frame["offset"] != self.offset:
            raise Broken(f"P4: {self.name} resumed at {frame['offset']}, not {self.offset}")
        self.epoch = frame["epoch"]

    def _continues(self, frame: dict[str, Any]) -> None:
        if frame["prev"] > self.offset:
            raise Broken(f"P3: {self.name} is at {self.offset}, and prev is {frame['prev']}")
        if frame["offset"] < self.offset:
            raise Broken(f"P1: {self.name} is at {self.offset}, and is given {frame['offset']}")
