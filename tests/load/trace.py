"""Time stamps at the joints of a running gateway, put on from outside: the house knows nothing.

    arrived ─ heard ─ handed ─ begun ─ fsynced ─ committed ─ framed ─┬ taken ─ written
                                                                    └ … one pair a subscriber,
                                                      by the round, or by a task of its own

One frame in `every` is followed, to one subscriber in `stride`; the others cost a comparison. A
frame's events are known again by `Event.received_s`, which each carries from the moment it was
heard. The stamps are CLOCK_MONOTONIC in s, as are the broker's and the subscribers'.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterable, Sequence
from pathlib import Path
from time import monotonic
from typing import Any

import trio
from quart import websocket

from actors.domain.model import Draft, Event
from actors.feed import Feed, Run
from actors.runtime.journal import Journal
from actors.runtime.seams import TrioSocket
from actors.storage.sqlite import SqliteStore
from actors.subscription import Subscription
from actors.writer import Writer
from web.lane import Lane


class Trace:
    """What became of the followed frames. Made once a process, before the gateway starts."""

    def __init__(self, every: int, stride: int) -> None:
        self.every = every
        self.stride = stride
        self.followed: dict[int, dict[str, float]] = {}  # by offset
        self.delivered: list[tuple[int, int, float, float]] = []  # offset, port, taken, written
        self._frames = 0
        self._arrived = 0.0
        self._handed: dict[float, dict[str, float]] = {}  # by received_s
        self._taken: dict[int, list[tuple[int, float]]] = {}  # offsets, by the subscriber's port
        self._ports: dict[Subscription, int] = {}  # 0: not followed

    def put_on(self) -> None:
        """Wrap the joints."""
        _around(TrioSocket, "receive", self._receive)
        _around(Writer, "submit", self._submit)
        _around(SqliteStore, "commit", self._commit)
        _around(Journal, "append", self._append)
        _around(Feed, "extend", self._extend)
        _around(Subscription, "next", self._next)
        _around(Subscription, "offer", self._offer)
        _around(Lane, "send", self._send)

    def write(self, path: Path) -> None:
        """Write what was seen, the loop's own times put on the common clock. Called in the loop."""
        shift = trio.current_time() - monotonic()
        rows = []
        for offset, seen in self.followed.items():
            seen["heard"] -= shift
            rows.append({"offset": offset, **seen})
        path.write_text(json.dumps({"events": rows, "delivered": self.delivered}))

    async def _receive(self, inner: Callable[..., Awaitable[Any]], *args: Any) -> Any:
        frame = await inner(*args)
        self._frames += 1
        self._arrived = monotonic() if self._frames % self.every == 0 else 0.0
        return frame

    async def _submit(
        self, inner: Callable[..., Awaitable[None]], writer: Writer, drafts: Sequence[Draft]
    ) -> None:
        if self._arrived and drafts and drafts[0].type == "order_update":
            times = {"arrived": self._arrived, "handed": monotonic()}
            self._handed[drafts[0].received_s] = times
            self._arrived = 0.0
        await inner(writer, drafts)

    def _commit(
        self, inner: Callable[..., None], store: SqliteStore, events: Sequence[Event]
    ) -> None:
        begun = monotonic()
        inner(store, events)
        fsynced = monotonic()
        for event in events:
            if event.received_s in self._handed and event.type == "order_update":
                times = self._handed.pop(event.received_s)
                times |= {"heard": event.received_s, "begun": begun, "fsynced": fsynced}
                self.followed[event.offset] = times

    def _append(
        self, inner: Callable[..., None], journal: Journal, events: Sequence[Event]
    ) -> None:
        now = monotonic()
        inner(journal, events)
        for event in events:
            if event.offset in self.followed:
                self.followed[event.offset]["committed"] = now

    def _extend(self, inner: Callable[..., None], feed: Feed, events: Any) -> None:
        events = list(events)
        inner(feed, events)
        for event in events:
            if event.offset in self.followed:
                self.followed[event.offset]["framed"] = monotonic()

    def _offer(
        self, inner: Callable[..., Run | None], place: Subscription, runs: Any
    ) -> Run | None:
        if not self._ports.get(place):
            return inner(place, runs)
        taken, after = monotonic(), place.offset
        if (run := inner(place, runs)) is not None:
            self._deliver(self._ports[place], taken, place.feed.events(after, upto=run.last))
        return run

    async def _next(self, inner: Callable[..., Awaitable[Any]], place: Subscription) -> Any:
        if place not in self._ports:
            followed = len(self._ports) % self.stride == 0
            self._ports[place] = _port_at_hand() if followed else 0
        wires, events = await inner(place)
        if port := self._ports[place]:
            now = monotonic()
            self._taken[port] = [(e.offset, now) for e in events if e.offset in self.followed]
        return wires, events

    async def _send(self, inner: Callable[..., Awaitable[None]], *args: Any) -> None:
        await inner(*args)
        port = _port_at_hand()
        for offset, taken in self._taken.pop(port, ()):
            self.delivered.append((offset, port, taken, monotonic()))

    def _deliver(self, port: int, taken: float, events: Iterable[Event]) -> None:
        for event in events:
            if event.offset in self.followed:
                self.delivered.append((event.offset, port, taken, monotonic()))


def _port_at_hand() -> int:
    """Give the port of the subscriber whose task runs."""
    return int(websocket.scope["client"][1])


def _around(kind: Any, name: str, wrapper: Callable[..., Any]) -> None:
    inner = getattr(kind, name)

    def wrapped(*args: Any) -> Any:
        return wrapper(inner, *args)

    setattr(kind, name, wrapped)
