"""Tickets: for who cannot send a header, a value that is good once and for half a minute. Pure.

    POST /auth/ticket ──▶ issue ──▶ ticket (to the caller, only now) ──▶ SHA-256 ──▶ whose
    ?ticket=T ── Ticketed: out of the URL, before anything sees it ──▶ take ──▶ whose, once

Some clients of websockets and of Server-Sent Events can set nothing but a URL, and URLs are written
down everywhere on their way. What is written down there is worth nothing by then.
"""

from __future__ import annotations

import math
import secrets
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final, TypeAlias
from urllib.parse import parse_qsl

from attrs import define, field, frozen

from actors.domain.config import KeyConfig
from actors.domain.errors import Refused

TICKET_S: Final = 30
TICKET_BYTES: Final = 32
TICKETS_PER_KEY_MAX: Final = 200  # unused, at a time
STREAMS: Final = frozenset({"/events/stream"})  # of the paths of HTTP, those that take a ticket
PARAMETER: Final = "ticket"
PLACE: Final = "orderwire.ticket"  # where a scope has what stood in its URL

Asgi: TypeAlias = Callable[[Any, Any, Any], Awaitable[None]]


@frozen
class Holder:
    """Whose a ticket is: who asked for it, by which key, in which session."""

    name: str
    key: KeyConfig | None
    session: str | None


@define
class Tickets:
    """The tickets that nobody has used yet, oldest first; each by its digest alone."""

    _unused: dict[str, tuple[Holder, datetime]] = field(factory=dict, init=False)
    _by_name: Counter[str] = field(factory=Counter, init=False)

    def __len__(self) -> int:
        return len(self._unused)

    @property
    def most_of_one_key(self) -> int:
        """Count the unused tickets of the key that has most."""
        return max(self._by_name.values(), default=0)

    def issue(self, holder: Holder, now: datetime) -> tuple[str, datetime]:
        """Make a ticket, and say until when it is good. Refused (429) to one who has too many."""
        self._forget_old(now)
        if self._by_name[holder.name] >= TICKETS_PER_KEY_MAX:
            oldest = next(until for who, until in self._unused.values() if who.name == holder.name)
            wait_s = max(1, math.ceil((oldest - now).total_seconds()))
            raise Refused(429, f"{holder.name} has too many unused tickets", retry_after_s=wait_s)
        ticket, until = secrets.token_urlsafe(TICKET_BYTES), now + timedelta(seconds=TICKET_S)
        self._unused[_digest(ticket)] = holder, until
        self._by_name[holder.name] += 1
        return ticket, until

    def take(self, ticket: str, now: datetime) -> Holder | None:
        """Say whose a ticket is, this once; None when it is not known, was used, or is too old."""
        self._forget_old(now)
        found = self._unused.pop(_digest(ticket), None)
        if found is None:
            return None
        self._uncount(found[0].name)
        return found[0]

    def _forget_old(self, now: datetime) -> None:
        while self._unused:
            digest = next(iter(self._unused))
            holder, until = self._unused[digest]
            if now < until:
                return
            del self._unused[digest]
            self._uncount(holder.name)

    def _uncount(self, name: str) -> None:
        self._by_name[name] -= 1
        if not self._by_name[name]:
            del self._by_name[name]


class Ticketed:
    """An ASGI app whose URLs carry no ticket: it stands in the scope, for the door alone."""

    def __init__(self, app: Asgi) -> None:
        self._app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Carry a request or a websocket."""
        if is_stream(scope) and scope["query_string"]:
            rest, tickets = without_tickets(scope["query_string"])
            scope = {**scope, "query_string": rest}
            if tickets:
                scope[PLACE] = tickets[0] if len(tickets) == 1 else ""
        await self._app(scope, receive, send)


def is_stream(scope: Any) -> bool:
    """Say whether it is a websocket or another stream: what takes a ticket, and stays."""
    return scope["type"] == "websocket" or (scope["type"] == "http" and scope["path"] in STREAMS)


def ticket_of(scope: Any) -> str | None:
    """Give the ticket that stood in a URL; of several, one that is never good."""
    found: str | None = scope.get(PLACE)
    return found


def without_tickets(query: bytes) -> tuple[bytes, list[str]]:
    """Take the tickets out of what stands behind the question mark."""
    kept, tickets = [], []
    for pair in query.split(b"&"):
        named = parse_qsl(pair.decode("latin1"), keep_blank_values=True)
        if named and named[0][0] == PARAMETER:
            tickets.append(named[0][1])
        else:
            kept.append(pair)
    return b"&".join(kept), tickets


def _digest(ticket: str) -> str:
    return sha256(ticket.encode()).hexdigest()
