"""One client's conversation over its websocket: what it hears, what it asks, how it ends.

    open ─▶ connection_established ─▶ [snapshot] ─▶ events, answers, heartbeats ─▶ close
              reader: drains all that comes ──▶ asks ─┐
              pump:   subscription.next() ◀───────────┘ ──▶ socket

Answers come out of the same `next` as events, so one always fits the frames around it. The reader
waits for nothing but the client, so that a disconnect is always noticed. What is being sent when
the end comes is sent whole: the position that a close names is one that the client has.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import nullcontext
from typing import Any, Final

import structlog
import trio
from attrs import frozen
from quart import websocket

from actors import System
from actors.domain.errors import PositionGone, Unavailable
from actors.domain.frames import answer_frame, framed, texts_in
from actors.domain.ids import AccountId
from actors.domain.model import Event
from actors.domain.wire import encode
from actors.feed import Selection
from actors.runtime.metrics import Metrics
from actors.subscription import Subscription

from .allowances import Bucket, Rate
from .beginnings import snapshot_of
from .connection import Connection
from .lane import Lane
from .peer import PeerGoneError, PeerStalledError
from .stacks import LeftError
from .wishes import NotUnderstood, Wish, Words, granted, read_wish

log = structlog.get_logger()

MESSAGE_CHARS_MAX: Final = 64 * 1024
MESSAGES: Final = Rate(per_s=20.0, burst=100.0)

GONE: Final = (PeerGoneError, LeftError)


@frozen
class Close:
    """How a websocket ends by our doing: what is told, and the `reason` that is counted."""

    code: int
    text: str | None  # None: the position that the client has
    reason: str | None = None


RESTARTING: Final = Close(1012, None)
NOT_TEXT: Final = Close(1003, "text frames only", "not_text")
TOO_LARGE: Final = Close(1009, f"more than {MESSAGE_CHARS_MAX} characters", "too_large")
BROKEN: Final = Close(1011, "a fault of ours", "fault")
KEY_GONE: Final = Close(4001, "the key was revoked or has expired", "key_gone")
TOO_SLOW: Final = Close(4008, None, "stalled")
EXPIRED: Final = Close(4008, None, "expired")  # what it was to read next has been retired
FLOODING: Final = Close(4009, "too many messages", "flooding")


class Conversation:
    """A client's place in the record and all that is said over its socket.

    `readable` is what it may ever hear of; `words` are its surface's, and `status` is what that
    answers to `get_status`; `stay_s` says for how long its key is good, by the wall clock. `ending`
    is how it was closed, when it was we who closed it.
    """

    def __init__(
        self,
        *,
        system: System,
        metrics: Metrics,
        readable: frozenset[AccountId],
        words: Words,
        status: Callable[[Selection], dict[str, Any]],
        stay_s: Callable[[], float],
    ) -> None:
        self.ending: Close | None = None
        self.allowance = Bucket(MESSAGES, trio.current_time())
        self._system = system
        self._metrics = metrics
        self._readable = readable
        self._words = words
        self._status = status
        self._stay_s = stay_s
        self._scope = trio.CancelScope()

    async def hold(self, subscription: Subscription, texts: Sequence[str]) -> None:
        """Talk until the client leaves, breaks a rule, or is told that it is over.

        PeerGoneError when the client has gone before it could be told how it ended.
        """
        self._scope.deadline = trio.current_time() + self._stay_s()
        with self._scope:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._guarded, self._read, subscription)
                await self._guarded(self._pump, subscription, texts)
        if self.ending is None and self._stay_s() <= 0:
            self.ending = KEY_GONE
        if self.ending is not None:
            text = str(subscription.position) if self.ending.text is None else self.ending.text
            await websocket.close(self.ending.code, text)

    def restart(self) -> None:
        """End it because the gateway stops."""
        self._end(RESTARTING)

    def review(self) -> None:
        """End it if its key is good no more."""
        if self._stay_s() <= 0:
            self._end(KEY_GONE)

    async def _guarded(self, run: Callable[..., Awaitable[None]], *args: Any) -> None:
        try:
            await run(*args)
        except PositionGone:
            self._end(EXPIRED)
        except PeerStalledError:
            self._end(TOO_SLOW)
        except GONE:
            self._scope.cancel()
        except Exception:
            log.exception("a websocket ended in a defect")
            self._end(BROKEN)

    def _end(self, how: Close) -> None:
        if self.ending is None:
            self.ending = how
        self._scope.cancel()

    # -------------------------------------------------------------------------------- pump

    async def _pump(self, subscription: Subscription, texts: Sequence[str]) -> None:
        lane = lane_at_hand()
        subscription.sink = None if lane is None else lane.push
        send = by_codec if lane is None else lane.send
        wire = b"".join(map(framed, texts))
        live_from = subscription.feed.scanned  # what is older was not delayed by us
        events: Sequence[Event] = ()
        with nullcontext() if lane is None else self._metrics.lanes.track_inprogress():
            while True:
                await send(wire)
                self._metrics.measure(event for event in events if event.offset > live_from)
                wires, events = await subscription.next()
                wire = b"".join(wires)

    # ------------------------------------------------------------------------------ reader

    async def _read(self, subscription: Subscription) -> None:
        while True:
            message = await websocket.receive()
            if not isinstance(message, str):
                return self._end(NOT_TEXT)
            if len(message) > MESSAGE_CHARS_MAX:
                return self._end(TOO_LARGE)
            if not self.allowance.take(trio.current_time()):
                return self._end(FLOODING)
            try:
                subscription.ask(self._answer_to(message, subscription))
            except Unavailable:
                return self._end(FLOODING)

    def _answer_to(self, text: str, subscription: Subscription) -> Callable[[], Sequence[str]]:
        """Give what makes the answer, once its turn among the frames has come."""
        try:
            wish = read_wish(text, self._readable, self._words)
        except NotUnderstood as error:
            refusal = error_frame(str(error), error.request_id)
            return lambda: [refusal]
        return lambda: self._answer(wish, subscription)

    def _answer(self, wish: Wish, subscription: Subscription) -> Sequence[str]:
        match wish.action:
            case "ping":
                return ["pong"]
            case "get_status":
                fields = self._status(subscription.feed.selection)
                return [answer_frame("status", subscription.position, fields, wish.request_id)]
            case "snapshot":
                before = subscription.jump()
                frames = snapshot_of(self._system, subscription.feed.selection)
                return before + [with_id(frame, wish.request_id) for frame in frames]
        try:
            subscription.select(granted(subscription.feed.selection, wish))
        except Unavailable as error:
            return [error_frame(str(error), wish.request_id)]
        fields = self._words.row(subscription.feed.selection)
        return [answer_frame(f"{wish.action}d", subscription.position, fields, wish.request_id)]


def lane_at_hand() -> Lane | None:
    """Give the lane of this websocket; one that no Connection carries has none."""
    connection = websocket.scope.get("state", {}).get("connection")
    return connection.lane() if isinstance(connection, Connection) else None


async def by_codec(wire: bytes) -> None:
    """Send frames as texts: wholly, even if the end comes in between.

    The client's place is past all of them by then.
    """
    with trio.CancelScope(shield=True):
        for text in texts_in(wire):
            await websocket.send(text)


def error_frame(message: str, request_id: str | int | None = None) -> str:
    """Write the answer to what cannot be understood."""
    frame: dict[str, Any] = {"type": "error", "message": message}
    if request_id is not None:
        frame["id"] = request_id
    return encode(frame).decode()


def with_id(frame: str, request_id: str | int | None) -> str:
    """Put the client's `id` into a frame that is encoded already."""
    if request_id is None:
        return frame
    return f'{frame[:-1]},"id":{encode(request_id).decode()}}}'
