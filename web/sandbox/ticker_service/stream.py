"""The conversation with one websocket, in either of ticker_service's two dialects.

    ?api_key=KEY   refused before it is accepted, or ── connected, order_update, order_update …
    (no query)     auth within 10 s ── authenticated, connected, order_update, order_update …

A text `ping` is answered by a text `pong`. Who sends none for 60 s is closed with 1000; protocol
pings do not count. All as published.
"""

import json
from typing import Any, Final

import trio
from attrs import Factory, define

from web.sandbox.conversation import Manners, serve_socket
from web.sandbox.desk import Desk
from web.sandbox.face import Admission
from web.sandbox.http import Request, Response, fault
from web.sandbox.sockets import Socket, SocketClosedError
from web.sandbox.ticker_service.frames import frame

PATH: Final = "/advanced/ws/orders/"
AUTH_S: Final = 10.0
HEARTBEAT_S: Final = 60.0


def admit(desk: Desk, handshake: Request) -> Admission | Response:
    """Whether to accept a handshake; else the HTTP answer to refuse it with."""
    account_id = handshake.path.removeprefix(PATH)
    if not handshake.path.startswith(PATH) or not account_id or "/" in account_id:
        return fault(404, "Not Found")
    fate = desk.faults.request("socket", account_id, desk.elapsed_s())
    if fate.refuse_status is not None:
        return fault(fate.refuse_status, "Service Unavailable")
    if "api_key" not in handshake.query:
        return Admission(account_id, authenticated=False)
    if desk.knows(handshake.query["api_key"]) and account_id in desk.accounts:
        return Admission(account_id)
    return fault(403, "Forbidden")


async def stream(desk: Desk, socket: Socket, admission: Admission) -> None:
    """Serve one accepted websocket until either side ends it."""
    account_id = admission.account_id
    if not admission.authenticated:
        try:
            if not await _authenticated(desk, socket, account_id):
                return
        except SocketClosedError:
            return
    connected = frame("connected", account_id, desk.now())
    await serve_socket(desk, socket, account_id, TickerManners(connected=connected))


@define(eq=False, kw_only=True)
class TickerManners(Manners):
    """It greets, answers pings, and closes on who sends none for a minute."""

    connected: str
    pinged: float = Factory(trio.current_time)

    def greeting(self) -> str:
        """Give the `connected` frame."""
        return self.connected

    def hear(self, text: str) -> str | None:
        """Answer a ping; nothing else has a meaning."""
        if text != "ping":
            return None
        self.pinged = trio.current_time()
        return "pong"

    def enough(self) -> tuple[int, str] | None:
        """End it after a minute without a ping."""
        if trio.current_time() - self.pinged <= HEARTBEAT_S:
            return None
        return 1000, "Heartbeat timeout"


async def _authenticated(desk: Desk, socket: Socket, account_id: str) -> bool:
    problem: str | None = "Auth timeout"
    with trio.move_on_after(AUTH_S):
        text = await socket.receive()
        problem = auth_problem(desk, account_id, text)
    if problem is None:
        told = {"type": "authenticated", "account_id": account_id}
        await socket.send(json.dumps({**told, "message": "Authentication successful"}))
        return True
    await socket.send(json.dumps({"type": "error", "message": problem}))
    await socket.close(1008, problem)
    return False


def auth_problem(desk: Desk, account_id: str, text: str) -> str | None:
    """Say what is wrong with an auth frame, in the published words; None when nothing is."""
    try:
        message: Any = json.loads(text)
    except (ValueError, RecursionError):
        return "Invalid auth format"
    if not isinstance(message, dict):
        return "Invalid auth format"
    key = message.get("api_key")
    if message.get("type") != "auth" or not isinstance(key, str):
        return "Authentication required"
    return None if desk.knows(key) and account_id in desk.accounts else "Unauthorized"
