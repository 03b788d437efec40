"""`GET /events/stream`: the events as Server-Sent Events, for who has no websocket at hand.

    ?since= or Last-Event-ID ──▶ connection_established, [snapshot …] ──▶ events, heartbeats ──▶ end
                                     id: EPOCH:OFFSET                        the client comes back
                                     event: order_update                     with the last id
                                     data: the frame as on the websocket

An id stands where a client can go on from: a snapshot has one only at its last part, so that one
who lost the line half-way is told all of it anew. A reader who stops is cut by his connection, as
any other (peer.py), and comes back.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from functools import partial
from typing import Any, Final, Self

import trio
from attrs import evolve
from prometheus_client.core import Metric
from quart import Response, request
from quart.wrappers.response import ResponseBody
from quart_trio import QuartTrio

from actors import System
from actors.domain.errors import BadRequest, Fault, PositionGone, Unavailable
from actors.domain.frames import answer_frame, texts_in
from actors.domain.ids import Epoch, LogPosition
from actors.domain.model import Event
from actors.runtime.metrics import Metrics
from actors.subscription import Subscription

from .answers import caller
from .auth import Access, Caller
from .beginnings import begin
from .metrics import gauge
from .wishes import Opening, read_opening

MEDIA_TYPE: Final = "text/event-stream"
HEADERS: Final = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
RETRY_MS: Final = 1000  # after which a browser comes back
LAST_ID: Final = "Last-Event-ID"
OFFSET: Final = re.compile(r'"offset":(\d+)(?:,"(?:prev|conflated)":\d+)*\}$')
KIND_AT: Final = len('{"type":"')  # every frame begins so


class EventStreams:
    """The streams of one app."""

    def __init__(self, system: System, access: Access, metrics: Metrics, stop: trio.Event) -> None:
        self._system = system
        self._access = access
        self._metrics = metrics
        self._stop = stop
        self._open: set[EventStream] = set()

    def add_to(self, app: QuartTrio) -> None:
        """Put the surface into an app, and watch for its end when it starts to serve."""
        self._metrics.add_source(self._read)
        app.add_url_rule("/events/stream", "event_stream", self.serve)

        async def watch() -> None:
            app.add_background_task(self._end_all)

        app.before_serving(watch)

    async def serve(self) -> Response:
        """Begin a stream, and let it run until either side ends it."""
        who = caller()
        who.require_some_reading()
        opening = resumed_by(read_opening(request.args, who.readable), request.headers.get(LAST_ID))
        if self._stop.is_set():
            raise Unavailable("the gateway is stopping")
        if request.method == "HEAD":
            return Response(b"", headers=HEADERS, content_type=MEDIA_TYPE)
        self._access.allowances.check_connection(who.name, who.key)
        # There is no status to be given any more when the stream takes its place.
        self._system.broadcaster.subscribe(opening.selection).close()
        response = Response(self._stream(who, opening), headers=HEADERS, content_type=MEDIA_TYPE)
        response.timeout = None
        return response

    def _stream(self, who: Caller, opening: Opening) -> EventStream:
        state: dict[str, Any] = request.scope.get("state", {})
        return EventStream(
            begin=partial(begin, self._system, None, opening),
            metrics=self._metrics,
            stay_s=partial(self._stay_s, who),
            stop=self._stop,
            among=(self._open, self._access.watchers),
            holding=self._access.allowances.connection(who.name),
            connection=state.get("connection"),
        )

    def _stay_s(self, who: Caller) -> float:
        return self._access.left_s(who, self._system.seams.now())

    async def _end_all(self) -> None:
        await self._stop.wait()
        for stream in list(self._open):
            stream.end("restarting")

    def _read(self) -> Iterable[Metric]:
        yield gauge("event_streams", "Open streams of Server-Sent Events.", len(self._open))


class EventStream(ResponseBody, AsyncIterator[bytes]):
    """One client's stream, as the body of its answer: it takes its place when it is first sent.

    `stay_s` says for how long the client's key is good; `holding` counts it among that key's. While
    it is open it is among the streams and, with its `review`, among those who are told of other
    keys.
    """

    def __init__(
        self,
        *,
        begin: Callable[[], tuple[Subscription, list[str]]],
        metrics: Metrics,
        stay_s: Callable[[], float],
        stop: trio.Event,
        among: tuple[set[EventStream], set[Callable[[], None]]],
        holding: AbstractContextManager[None],
        connection: Any,
    ) -> None:
        self._begin = begin
        self._metrics = metrics
        self._stay_s = stay_s
        self._stop = stop
        self._streams, self._watchers = among
        self._holding = holding
        self._connection = connection
        self._ending: str | None = None
        self._is_over = False
        self._events: Sequence[Event] = ()

    async def __aenter__(self) -> Self:
        self._subscription, self._opening = self._begin()
        self._live_from = self._subscription.feed.scanned  # what is older was not delayed by us
        self._holding.__enter__()
        self._streams.add(self)
        self._watchers.add(self.review)
        if self._stop.is_set():  # since it was let in: the others have been told already
            self.end("restarting")
        return self

    async def __aexit__(self, *_: object) -> None:
        self._subscription.close()
        self._holding.__exit__(None, None, None)
        self._streams.discard(self)
        self._watchers.discard(self.review)
        reason = getattr(self._connection, "cut_reason", None)
        if reason == "stalled" or (reason := self._ending) in ("key_gone", "expired"):
            self._metrics.count_evicted(reason)

    def end(self, reason: str) -> None:
        """Have it end, after what is being sent."""
        if self._ending is None:
            self._ending = reason
            self._subscription.ask(tuple)  # wakes it, and says nothing

    def review(self) -> None:
        """End it if its key is good no more."""
        if self._stay_s() <= 0:
            self.end("key_gone")

    async def __anext__(self) -> bytes:
        """Give the next blocks; the ones before have been handed over by now."""
        if self._opening:
            return self._next_of_opening()
        self._metrics.measure(event for event in self._events if event.offset > self._live_from)
        wires: Sequence[bytes] = ()
        self._events = ()
        while not wires:
            if self._is_over:
                raise StopAsyncIteration
            if (left_s := self._stay_s()) <= 0:
                self._ending = self._ending or "key_gone"
            if self._ending is not None:
                self._is_over = True
                return self._last_block(self._ending)
            try:
                with trio.move_on_after(left_s):
                    wires, self._events = await self._subscription.next()
            except PositionGone as gone:  # it comes back with its place, and is told
                self._ending = gone.reason
        epoch = self._subscription.position.epoch
        return b"".join([block(text, id_of(text, epoch)) for text in texts_in(b"".join(wires))])

    def _next_of_opening(self) -> bytes:
        """Give a part of what is said first; whoever has all of it can go on from there."""
        text = self._opening.pop(0)
        position = None if self._opening else str(self._subscription.position)
        return (b"retry: %d\n" % RETRY_MS if is_first(text) else b"") + block(text, position)

    def _last_block(self, reason: str) -> bytes:
        position = self._subscription.position
        return block(answer_frame("end", position, {"reason": reason}), str(position))


def resumed_by(opening: Opening, last_id: str | None) -> Opening:
    """Give the opening of one who comes back: the id that it was given last is later than a URL."""
    if not last_id:
        return opening
    try:
        since = LogPosition.parse(last_id)
    except ValueError as error:
        raise BadRequest("the place is not understood", (Fault(LAST_ID, str(error)),)) from None
    return evolve(opening, since=since, with_snapshot=False)


def block(text: str, position: str | None) -> bytes:
    """Write a frame as an event of the stream; its JSON has no line ends of its own.

    A heartbeat is a comment too, for those who look at bytes alone.
    """
    kind = text[KIND_AT : text.index('"', KIND_AT)]
    comment = ": nothing new\n" if kind == "heartbeat" else ""
    place = "" if position is None else f"id: {position}\n"
    return f"{comment}{place}event: {kind}\ndata: {text}\n\n".encode()


def id_of(text: str, epoch: Epoch) -> str | None:
    """Give the place that a frame moves its reader to."""
    found = OFFSET.search(text)
    return None if found is None else f"{epoch}:{found[1]}"


def is_first(text: str) -> bool:
    """Say whether a frame opens a stream."""
    return text.startswith('{"type":"connection_established"')
