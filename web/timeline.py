"""`GET /accounts/{id}/timeline`: the places of an account's day, for who wants to go back in it.

    ?points=N ──▶ the day's first event ─ N between, evenly ─ the last ──▶ [{"offset", "at"}, …]

Each `offset` is one that `?at=` takes; `at` is when that event came. The day is the account's own:
it begins with the turn of its trading day, or with what is left of the record.
"""

from __future__ import annotations

from typing import Final

from quart import Response, request
from quart_trio import QuartTrio

from actors import System
from actors.domain.wire import time_text
from actors.past import Past

from .answers import answer_at, caller
from .query import asked_once, read_whole

POINTS: Final = 100
POINTS_MAX: Final = 1000


class Timeline:
    """The days of the accounts as a surface."""

    def __init__(self, system: System, past: Past) -> None:
        self._journal = system.journal
        self._past = past

    def add_to(self, app: QuartTrio) -> None:
        """Put the surface into an app."""
        app.add_url_rule("/accounts/<account_id>/timeline", "timeline", self.show)

    async def show(self, account_id: str) -> Response:
        """Give the first place of the present day, the last, and so many between."""
        account = caller().require("read", account_id)
        points = read_whole(asked_once(request.args, ("points",)), "points", 0, POINTS_MAX)
        position = self._journal.position
        day = await self._past.day(account, POINTS if points is None else points)
        rows = [{"offset": offset, "at": time_text(at)} for offset, at in day]
        return answer_at(position, {"status": "success", "count": len(rows), "data": rows})
