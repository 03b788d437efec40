"""`WS /api/order-stream/stream`: the order stream, live.

    {"type": "OnOrders", "data", "account_id", "timestamp", "epoch", "offset", "prev"}
    {"action": "subscribe" | "unsubscribe" | "get_status", "event_types": […]}   answered

The conversation is that of `/ws/orders` in other words: it resumes, beats and ends alike. What a
client subscribes to here is for its own websocket alone.
"""

from __future__ import annotations

from typing import Any

from quart import websocket

from actors import System
from actors.feed import Selection

from .answers import caller
from .dialect import WORDS
from .order_stream_state import Usual, chosen, standing
from .order_stream_wishes import read_stream_opening
from .sockets import Sockets


class OrderStreamSocket:
    """The websocket of the order stream."""

    def __init__(self, system: System, sockets: Sockets, usual: Usual) -> None:
        self._system = system
        self._sockets = sockets
        self._usual = usual

    async def serve(self) -> None:
        """Serve the account that the URL names, or every one that the caller may read."""
        who = caller()
        account, accounts = chosen(who, websocket.args)
        opening = read_stream_opening(websocket.args, accounts, self._usual.of(who))

        def status(selection: Selection) -> dict[str, Any]:
            return {"data": standing(self._system, accounts, selection.types)}

        await self._sockets.hold(account, accounts, opening, WORDS, status)
