"""`/ws/orders` and `/ws/orders/{account_id}`: who may listen, and to what.

    URL, caller ──▶ Opening ──▶ place in the record ──▶ accept ──▶ Conversation
                       └ 401 403 404 422 503: refused before it is accepted

A place costs nothing while nothing happens, so it is taken before the client is let in. Another
surface over the same events has its own URL and words, and is served by the same `hold`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from typing import Any

import trio
from quart import websocket
from quart_trio import QuartTrio

from actors import System
from actors.domain.errors import Unavailable
from actors.domain.ids import AccountId
from actors.domain.wire import plain
from actors.feed import Selection
from actors.runtime.metrics import Bound, Metrics

from .answers import caller
from .auth import Access, Caller
from .beginnings import begin
from .connection import FAULTS
from .conversation import MESSAGES, Conversation
from .peer import PeerGoneError
from .wishes import OURS, Opening, Words, read_opening


class Sockets:
    """The websockets of one app."""

    def __init__(self, system: System, access: Access, metrics: Metrics, stop: trio.Event) -> None:
        self._system = system
        self._access = access
        self._metrics = metrics
        self._stop = stop
        self._talking: set[Conversation] = set()
        metrics.add_bounds(self._read_bounds)

    def add_to(self, app: QuartTrio) -> None:
        """Put the surface into an app, and watch for its end when it starts to serve."""
        app.add_websocket("/ws/orders", "all_orders", self.serve_all)
        app.add_websocket("/ws/orders/<account_id>", "account_orders", self.serve_account)

        async def watch() -> None:
            app.add_background_task(self._end_all)

        app.before_serving(watch)

    async def serve_all(self) -> None:
        """Serve every account that the caller may read."""
        caller().require_some_reading()
        await self._serve(None, caller().readable)

    async def serve_account(self, account_id: str) -> None:
        """Serve one account."""
        account = caller().require("read", account_id)
        await self._serve(account, frozenset({account}))

    async def _serve(self, account: AccountId | None, readable: frozenset[AccountId]) -> None:
        opening = read_opening(websocket.args, readable)

        def status(_: Selection) -> dict[str, Any]:
            return {
                "accounts": {name: plain(self._system.status(name)) for name in sorted(readable)}
            }

        await self.hold(account, readable, opening, OURS, status)

    async def hold(
        self,
        account: AccountId | None,
        readable: frozenset[AccountId],
        opening: Opening,
        words: Words,
        status: Callable[[Selection], dict[str, Any]],
    ) -> None:
        """Let the client of the websocket at hand in, and talk with it until the end.

        It may ever hear of what is `readable`; `account` is the one that it named, if it did.
        Before it is accepted: Unavailable when the gateway stops or has too much to follow; Refused
        when the client's key has too many open.
        """
        if self._stop.is_set():
            raise Unavailable("the gateway is stopping")
        who = caller()
        self._access.allowances.check_connection(who.name, who.key)
        conversation = Conversation(
            system=self._system,
            metrics=self._metrics,
            readable=readable,
            words=words,
            status=status,
            stay_s=partial(self._stay_s, who),
        )
        with self._access.allowances.connection(who.name):
            subscription, texts = begin(self._system, account, opening)
            self._metrics.sockets.inc()
            self._talking.add(conversation)
            self._access.watchers.add(conversation.review)
            try:
                with suppress(PeerGoneError):
                    await websocket.accept()
                    await conversation.hold(subscription, texts)
            finally:
                subscription.close()
                self._access.watchers.discard(conversation.review)
                self._talking.discard(conversation)
                self._metrics.sockets.dec()
                self._count_end(conversation)

    async def _end_all(self) -> None:
        await self._stop.wait()
        for conversation in list(self._talking):
            conversation.restart()

    def _read_bounds(self) -> Iterator[Bound]:
        """Give how much is used by the client that uses most."""
        talking, now_s = self._talking, trio.current_time()
        messages = max((each.allowance.used(now_s) for each in talking), default=0)
        yield "client_messages", messages, MESSAGES.burst

    def _stay_s(self, who: Caller) -> float:
        return self._access.left_s(who, self._system.seams.now())

    def _count_end(self, conversation: Conversation) -> None:
        connection = websocket.scope.get("state", {}).get("connection")
        reason = getattr(connection, "cut_reason", None)
        if reason not in FAULTS:
            reason = conversation.ending.reason if conversation.ending is not None else None
        if reason is not None:
            self._metrics.count_evicted(reason)
