"""Tells a story to a world, step by step, and holds every answer against what it must be.

    Story ──▶ tell ──▶ World: simulated or real
                └─ Wrong, with file:line, what was expected, and what came

The subscriber reads all the while and checks for itself that it misses nothing (P3, P4); the
steps only say what it must have been told.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from decimal import Decimal
from functools import partial
from typing import Any, Final, Protocol

import trio
from attrs import define, field, frozen

from . import pattern
from .pattern import Mismatch
from .script import Answer, Ask, Happen, Hear, Ledger, Let, Say, Step, Story, Subscribe

ANSWER_S: Final = 150.0  # the longest that a caller may wait is 120
AGAIN_S: Final = 0.1
LEDGER_S: Final = 5.0


class Wrong(AssertionError):
    """A step did not go as the story says."""


@frozen
class Came:
    """An answer, whole. Header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: Any


class Line(Protocol):
    """An open websocket to the gateway."""

    async def receive(self) -> str:
        """Wait for a text; EOFError when the line is dead."""

    async def send(self, text: str) -> None:
        """Send a text; EOFError when the line is dead."""


class World(Protocol):
    """A gateway and its broker, as a client and an operator see them."""

    async def request(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes | None
    ) -> Came:
        """Make one request; OSError when nobody is there."""

    def dial(self, path: str) -> AbstractAsyncContextManager[Line]:
        """Open a websocket; EOFError when nobody is there."""

    async def happen(self, event: str) -> None:
        """Make an event of the script happen, and wait until it has."""

    def ledger(self) -> list[dict[str, Any]]:
        """Give the lines of the broker's ledger."""


async def tell(story: Story, world: World) -> None:
    """Tell a story to its end. Wrong for the first step that does not go as it says."""
    wrong: str | None = None
    async with trio.open_nursery() as nursery:
        telling = Telling(world, nursery)
        for step in story.steps:
            try:
                await telling.take(step)
            except (Mismatch, ValueError, OSError, EOFError, trio.TooSlowError) as error:
                is_answer = isinstance(step, Ask) and isinstance(error, Mismatch)
                line = step.answer.line if is_answer else step.line
                wrong = f"{story.name}:{line}: {str(error) or type(error).__name__}"
                break
        nursery.cancel_scope.cancel()
    if wrong is not None:
        raise Wrong(wrong)


@define(eq=False)
class Subscriber:
    """One that is there throughout: cut off, it comes back with the position that it holds."""

    path: str
    frames: list[Any] = field(factory=list)
    taken: int = 0  # how many of them the story has been told
    hole: str | None = None
    _position: tuple[str, int] | None = None
    _line: Line | None = None
    _news: trio.Event = field(factory=trio.Event)

    async def run(self, world: World) -> None:
        """Read until cancelled."""
        while True:
            try:
                async with world.dial(self._resource()) as self._line:
                    while True:
                        self._take(await self._line.receive())
            except (EOFError, OSError):
                self._line = None
            await trio.sleep(AGAIN_S)

    async def say(self, text: str) -> None:
        """Send a text once it is connected."""
        with trio.fail_after(ANSWER_S):
            while self._line is None:
                await trio.sleep(AGAIN_S)
            await self._line.send(text)

    async def hear(self, wanted: Any, names: dict[str, Any], within_s: float) -> dict[str, Any]:
        """Wait for the next frame that is as wanted; Mismatch with what came instead."""
        passed: list[str] = []
        with trio.move_on_after(within_s):
            while True:
                while self.taken < len(self.frames):
                    frame = self.frames[self.taken]
                    self.taken += 1
                    try:
                        return pattern.match(wanted, frame, names)
                    except Mismatch as error:
                        passed.append(str(error))
                await self._news.wait()
        came = "; ".join(passed[-3:]) or "nothing at all"
        raise Mismatch("the socket", pattern.show(wanted), f"{came}, in {within_s:.0f} s")

    def _take(self, text: str) -> None:
        frame = json.loads(text, parse_float=Decimal) if text.startswith("{") else text
        if isinstance(frame, dict) and "offset" in frame:
            self._check_place(frame)
        self.frames.append(frame)
        self._news.set()
        self._news = trio.Event()

    def _check_place(self, frame: dict[str, Any]) -> None:
        epoch, offset = frame["epoch"], frame["offset"]
        if self._position is not None:
            held = self._position[1]
            if frame.get("recovered") is False or frame.get("prev", 0) > held:
                self.hole = f"P3, P4: a hole after {held}: {pattern.show(frame)}"
            offset = max(offset, held)
        self._position = (epoch, offset)

    def _resource(self) -> str:
        if self._position is None:
            return self.path
        mark = "&" if "?" in self.path else "?"
        return f"{self.path}{mark}since={self._position[0]}:{self._position[1]}"


@define(eq=False)
class Telling:
    """How far a story has come: the names that are known, and the subscriber."""

    world: World
    nursery: trio.Nursery
    names: dict[str, Any] = field(factory=dict)
    subscriber: Subscriber | None = None

    async def take(self, step: Step) -> None:
        """Take one step. Mismatch, ValueError, TooSlowError when it does not go as it says."""
        match step:
            case Ask():
                await self._until(step.within_s, partial(self._ask, step))
            case Ledger():
                await self._until(LEDGER_S, partial(self._ledger, step))
            case Subscribe():
                path = pattern.fill_text(step.path, self.names)
                self.subscriber = Subscriber(path)
                self.nursery.start_soon(self.subscriber.run, self.world)
            case Say():
                await self._subscribed().say(pattern.fill_text(step.text, self.names))
            case Hear():
                hear = self._subscribed().hear
                self.names = await hear(step.frame, self.names, step.within_s)
            case Let():
                self.names[step.name] = pattern.fill(step.value, self.names)
            case Happen(event="time passes"):
                await trio.sleep(step.seconds)
            case Happen():
                with trio.fail_after(ANSWER_S):
                    await self.world.happen(step.event)
        if self.subscriber is not None and self.subscriber.hole is not None:
            raise ValueError(self.subscriber.hole)

    async def _until(self, within_s: float | None, attempt: Any) -> None:
        """Try until it is as it must be, or the time is over; then as it was last."""
        deadline_s = trio.current_time() + (within_s or 0.0)
        while True:
            try:
                return await attempt()
            except (Mismatch, OSError):
                if trio.current_time() >= deadline_s:
                    raise
            await trio.sleep(AGAIN_S)

    async def _ask(self, step: Ask) -> None:
        path = pattern.fill_text(step.path, self.names)
        headers = {n: pattern.fill_text(value, self.names) for n, value in step.headers.items()}
        body = None if step.body is None else pattern.fill(step.body, self.names)
        raw = None if body is None else json.dumps(body, default=_number).encode()
        with trio.fail_after(ANSWER_S):
            came = await self.world.request(step.method, path, headers, raw)
        self.names = check(step.answer, came, self.names)

    async def _ledger(self, step: Ledger) -> None:
        symbol = pattern.fill_text(step.symbol, self.names)
        placed, net, is_over = read_ledger(self.world.ledger(), symbol, step.side)
        ending = ", nothing open" if step.is_over else ""
        expected = f"{step.orders} {step.side} in {symbol}, net {step.net}{ending}"
        ending = ", nothing open" if step.is_over and is_over else ""
        came = f"{placed} {step.side} in {symbol}, net {net}{ending}"
        if came != expected:
            raise Mismatch("the broker's ledger", expected, came)

    def _subscribed(self) -> Subscriber:
        if self.subscriber is None:
            raise ValueError("nobody has subscribed")
        return self.subscriber


def check(answer: Answer, came: Came, names: Mapping[str, Any]) -> dict[str, Any]:
    """Hold an answer against what it must be; the names, with those that it gives. Mismatch."""
    said = pattern.show(came.body)
    if came.status != answer.status:
        raise Mismatch("the status", str(answer.status), f"{came.status}: {said}")
    known = dict(names)
    for name, wanted in answer.headers.items():
        text = came.headers.get(name.lower(), "")
        pattern.match_text(wanted, text, known, f"header {name}")
    if answer.body is None:
        return known
    return pattern.match(answer.body, came.body, known)


def read_ledger(lines: list[dict[str, Any]], symbol: str, side: str) -> tuple[int, int, bool]:
    """Give a symbol's orders of a side, the net of its fills, and whether all its orders ended."""
    mine = [line for line in lines if line["tradingsymbol"] == symbol]
    orders = [line for line in mine if line["event"] == "order"]
    ends = [line for line in mine if line["event"] == "end"]
    net = sum(
        line["quantity"] * (1 if line["transaction_type"] == "BUY" else -1)
        for line in mine
        if line["event"] == "fill"
    )
    placed = sum(line["transaction_type"] == side for line in orders)
    return placed, net, len(ends) == len(orders)


def _number(value: Any) -> Any:
    """Write a Decimal as the number that it is."""
    assert isinstance(value, Decimal)
    return int(value) if value == value.to_integral_value() else float(value)
