"""ticker_service's face: its REST and its stream over one desk.

order ──▶ task ──▶ answer          change ──▶ order_update ──▶ sockets
"""

from web.sandbox.desk import Desk
from web.sandbox.exchange import Change
from web.sandbox.face import Admission
from web.sandbox.http import Request, Response
from web.sandbox.sockets import Socket
from web.sandbox.ticker_service.frames import tell
from web.sandbox.ticker_service.rest import Rest
from web.sandbox.ticker_service.stream import admit, stream
from web.sandbox.ticker_service.tasks import Tasks


class TickerService:
    """The broker that calls itself ticker_service."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        tasks = Tasks()
        for account_id in desk.accounts:
            for order in desk.market.exchange.books[account_id].orders.values():
                if order.ask.source == "api":
                    tasks.add("place", order)
        self._rest = Rest(desk, tasks)

    async def handle(self, request: Request) -> Response:
        """Answer one request, sooner or later or never."""
        return await self._rest.handle(request)

    def admit(self, handshake: Request) -> Admission | Response:
        """Whether to accept a websocket handshake; else the answer to refuse it with."""
        return admit(self._desk, handshake)

    async def stream(self, socket: Socket, admission: Admission) -> None:
        """Serve one accepted websocket until either side ends it."""
        await stream(self._desk, socket, admission)

    def tell(self, change: Change) -> None:
        """Push one change to whoever listens to its account."""
        tell(self._desk, change)
