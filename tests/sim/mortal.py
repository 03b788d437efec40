"""What a story of batches needs beside the world's own: a wire that outlives its sender, a disk.

    gateway ── http ──▶ LongWire: on the wire ──▶ arrives, be its sender dead or impatient
            ── commit ▶ Disk: slow, full, stuck ──▶ the store
    desk ──── request ▶ Mortal: answered, or dead before it answered (NoAnswer)

A killed process makes no call any more; what it had sent arrives all the same. A commit that was
under way when it died is done or not done.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from random import Random
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlsplit

import trio
from attrs import define, evolve, field, frozen

from actors.domain.config import Config
from actors.domain.errors import BrokerUnknown, BrokerUnreachable, StoreError
from actors.runtime.seams import HttpRequest, HttpResponse, offload_inline
from web.sandbox.http import Request, Response

from .asgi import ask
from .network import Network
from .world import Gateway, Killed

T = TypeVar("T")

STRAY_S = (0.5, 12.0)
FYERS = "/api/v3"
JSON_PLACES = {"/orders/place": "tag", "/orders/sync": "orderTag"}  # Kite's are forms


class NoAnswer(Exception):
    """The gateway was away, or died before it answered. `was_sent`: it may have taken it in."""

    def __init__(self, *, was_sent: bool) -> None:
        super().__init__("no answer")
        self.was_sent = was_sent


@frozen
class Answer:
    """What came back, its JSON read."""

    status: int
    body: Any


@define(eq=False)
class LongWire(Network):
    """A network on which a request, once sent, is on its way whatever becomes of its sender."""

    nursery: trio.Nursery | None = None
    stray: float = 0.0
    strayed: set[str] = field(factory=set)  # the tags of such orders
    last_arrival_s: float = 0.0

    async def http(self, request: HttpRequest, *, timeout_s: float) -> HttpResponse:
        """Send one call, and wait for its answer for as long as the sender would."""
        self.calls += 1
        latency_s = self.odds.latency_s * self.random.random()
        if self.is_down or self.random.random() < self.odds.unreachable:
            await trio.sleep(latency_s)
            raise BrokerUnreachable("the broker cannot be reached")
        replies, reply = trio.open_memory_channel[Response | None](1)
        tag = tag_placed(request)
        if tag is not None and self.random.random() < self.stray:
            self.strayed.add(tag)
            latency_s = self.random.uniform(*STRAY_S)
            self.last_arrival_s = max(self.last_arrival_s, trio.current_time() + latency_s)
            replies.send_nowait(None)
        assert self.nursery is not None, "the wire is up before anyone calls"
        self.nursery.start_soon(self._deliver, request, latency_s, timeout_s, replies)
        answer: Response | None = None
        with trio.move_on_after(timeout_s):
            answer = await reply.receive()
        if answer is None:
            raise BrokerUnknown("the broker did not answer: ReadTimeout")
        await trio.sleep(self.odds.latency_s * self.random.random())
        return HttpResponse(answer.status, answer.headers, answer.body)

    async def _deliver(
        self,
        request: HttpRequest,
        latency_s: float,
        timeout_s: float,
        replies: trio.MemorySendChannel[Response | None],
    ) -> None:
        await trio.sleep(latency_s)
        if self.is_down:
            return
        parts = urlsplit(request.url)
        headers = {name.lower(): value for name, value in request.headers.items()}
        query = dict(parse_qsl(parts.query))
        answer: Response | None = None
        with trio.move_on_after(timeout_s):
            asked = Request(request.method, parts.path, query, headers, request.body)
            answer = await self.broker.handle(asked)
        is_lost = self.is_down or self.random.random() < self.odds.lost_answer
        if is_lost and self.random.random() < 0.5:
            return  # its sender waits in vain; else the connection is seen to break
        with suppress(trio.WouldBlock, trio.BrokenResourceError):  # nobody waits any more
            replies.send_nowait(None if is_lost else answer)


@define
class Disk:
    """A disk as it is now. `delay_s` is how long a write takes at most."""

    random: Random
    delay_s: float = 0.0
    is_full: bool = False
    is_stuck: bool = False

    async def pass_time(self, death: trio.Event) -> None:
        """Take half of a write's time, and more while it is stuck. Killed when its process is."""
        await trio.sleep(self.delay_s / 2 * self.random.random())
        while self.is_stuck and not death.is_set():
            await trio.sleep(0.1)
        if death.is_set():
            raise Killed


@define(eq=False)
class Mortal(Gateway):
    """A gateway that may be killed at any moment, on a disk that may fail, asked over HTTP."""

    disk: Disk = field(factory=lambda: Disk(Random(0)))
    _waiting: set[trio.CancelScope] = field(factory=set)

    def kill(self) -> None:
        """End it; whoever waits for an answer waits in vain."""
        super().kill()
        for scope in self._waiting:
            scope.cancel()

    async def request(
        self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Ask the app. NoAnswer."""
        if self.front is None:
            raise NoAnswer(was_sent=False)
        app, data = self.front.app, b"" if body is None else json.dumps(body).encode()
        with trio.CancelScope() as scope:
            self._waiting.add(scope)
            try:
                status, raw = await ask(app, method, path, headers or {}, data)
                return Answer(status, json.loads(raw) if raw else None)
            finally:
                self._waiting.discard(scope)
        raise NoAnswer(was_sent=True)

    async def _offload(self, call: Callable[..., T], *args: Any) -> T:
        death = self._death
        if getattr(call, "__name__", "") not in ("commit", "probe"):
            return await super()._offload(call, *args)
        await self.disk.pass_time(death)
        if self.disk.is_full:
            raise StoreError("the disk is full")
        done = await offload_inline(call, *args)
        await self.disk.pass_time(death)
        return done

    async def _call(self, network: Network, request: HttpRequest, *, timeout_s: float) -> Any:
        """Call the broker, as long as the process lives."""
        if self._death.is_set():
            await trio.sleep_forever()
        return await network.http(request, timeout_s=timeout_s)


def tag_placed(request: HttpRequest) -> str | None:
    """Give the tag that a call places an order under, at whichever broker; None of any other."""
    path = urlsplit(request.url).path.removeprefix(FYERS)
    if request.method != "POST" or not path.startswith("/orders/"):
        return None
    if path in JSON_PLACES:
        return json.loads(request.body)[JSON_PLACES[path]]
    return dict(parse_qsl(request.body.decode()))["tag"]


def mortal_gateway(config: Config, network: Network, random: Random, disk: Disk) -> Mortal:
    """Make a gateway on a network and a disk."""
    gateway = Mortal(config, network.seams(random), disk=disk)
    gateway.seams = evolve(gateway.seams, http=partial(gateway._call, network))
    return gateway
