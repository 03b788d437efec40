"""What a broker looks like from outside: the one thing that differs from broker to broker.

                     ┌── handle    one HTTP request ──▶ its answer
    desk ── Face ────┼── admit     a handshake ──▶ Admission, or the answer that refuses it
                     ├── stream    one accepted websocket, to its end
                     └── tell      a change ──▶ frames to whoever listens

Market, books, ledger, faults and test symbols stand behind it and are the same for all.
"""

from typing import Protocol

from attrs import frozen

from web.sandbox.exchange import Change
from web.sandbox.http import Request, Response
from web.sandbox.sockets import Socket


@frozen
class Admission:
    """A handshake that may be accepted. Not `authenticated`: the auth frame is still to come."""

    account_id: str
    authenticated: bool = True


class Face(Protocol):
    """One broker's wire format on one broker's paths."""

    async def handle(self, request: Request) -> Response:
        """Answer one request, sooner or later or never."""

    def admit(self, handshake: Request) -> Admission | Response:
        """Whether to accept a websocket handshake; else the answer to refuse it with."""

    async def stream(self, socket: Socket, admission: Admission) -> None:
        """Serve one accepted websocket until either side ends it."""

    def tell(self, change: Change) -> None:
        """Push one change to whoever listens to its account."""
