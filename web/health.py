"""How the gateway is: for load balancers, for a watchman, for a person with curl.

GET /health      needs nothing: it lives; `degraded` when something is amiss
GET /ready       needs nothing; names accounts to readers only
GET /ws/status   needs `read`: each account's stream
"""

from __future__ import annotations

from typing import Any, Final

from quart import Response, request
from quart_trio import QuartTrio

from actors import System
from actors.domain.errors import Refused
from actors.domain.wire import encode, plain, time_text

from .answers import answer, answer_at, caller
from .asked import Asked
from .auth import Access
from .query import asked_once

WELL: Final = ("connecting", "live", "resyncing", "stopped")


class Health:
    """What the gateway says of itself."""

    def __init__(self, system: System, access: Access, version: str) -> None:
        self._system = system
        self._access = access
        self._version = version

    def add_to(self, app: QuartTrio) -> None:
        """Put the surface into an app."""
        app.add_url_rule("/health", "health", self.show_health)
        app.add_url_rule("/ready", "ready", self.show_ready)
        app.add_url_rule("/ws/status", "status", self.show_status)

    async def show_health(self) -> Response:
        """Say that the process lives, and whether all is well; nothing that needs a right."""
        fields = {
            "status": self._word(),
            "version": self._version,
            "started_at": time_text(self._system.started_at),
            "timestamp": time_text(self._system.seams.now()),
        }
        return answer(encode(fields))

    async def show_ready(self) -> Response:
        """Give 200 once the store is open and every account has reconciled, else 503."""
        waiting = self._system.not_ready()
        is_ready = self._system.writer.healthy and not waiting
        fields: dict[str, Any] = {
            "status": "ready" if is_ready else "not_ready",
            "store": "open" if self._system.writer.healthy else "failing",
        }
        readable = self._readable()
        if readable:
            fields["accounts"] = {
                name: "waiting" if name in waiting else "reconciled"
                for name in self._system.accounts
                if name in readable
            }
        elif waiting:
            fields["waiting"] = len(waiting)
        return answer(encode(fields), 200 if is_ready else 503)

    async def show_status(self) -> Response:
        """Give the row of each account that the caller may read."""
        caller().require_some_reading()
        asked_once(request.args, ())
        rows = {
            name: plain(self._system.status(name))
            for name in self._system.accounts
            if name in caller().readable
        }
        subscribers = self._system.broadcaster.statistics()["subscribers"]
        fields = {"status": self._word(), "subscribers": subscribers, "accounts": rows}
        return answer_at(self._system.journal.position, fields)

    def _word(self) -> str:
        states = [self._system.status(name).state for name in self._system.accounts]
        is_well = self._system.writer.healthy and all(state in WELL for state in states)
        return "ok" if is_well else "degraded"

    def _readable(self) -> frozenset[Any]:
        """Give what the caller may read, if he is known at all."""
        try:
            asked = Asked.of(request.headers, request.scope)
            return self._access.identify(asked, self._system.seams.now()).readable
        except Refused:
            return frozenset()
