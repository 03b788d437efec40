"""Kite Connect's face: its REST and its socket over one desk.

POST /orders/regular ──▶ order_id          change ──▶ {"type": "order"} ──▶ sockets
"""

from web.sandbox.conversation import serve_socket
from web.sandbox.desk import Desk
from web.sandbox.exchange import Change
from web.sandbox.face import Admission
from web.sandbox.http import Request, Response
from web.sandbox.kite.rest import Rest
from web.sandbox.kite.stream import KiteManners, admit, tell
from web.sandbox.sockets import Socket


class Kite:
    """The broker that calls itself Kite Connect."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._rest = Rest(desk)

    async def handle(self, request: Request) -> Response:
        """Answer one request, sooner or later or never."""
        return await self._rest.handle(request)

    def admit(self, handshake: Request) -> Admission | Response:
        """Whether to accept a websocket handshake; else the answer to refuse it with."""
        return admit(self._desk, handshake)

    async def stream(self, socket: Socket, admission: Admission) -> None:
        """Serve one accepted websocket until either side ends it."""
        await serve_socket(self._desk, socket, admission.account_id, KiteManners())

    def tell(self, change: Change) -> None:
        """Push one change to whoever listens to its account."""
        tell(self._desk, change)
