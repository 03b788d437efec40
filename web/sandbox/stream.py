"""The conversation with one websocket, in either of ticker_service's two dialects.

    ?api_key=KEY   refused before it is accepted, or ── connected, order_update, order_update …
    (no query)     auth within 10 s ── authenticated, connected, order_update, order_update …

A text `ping` is answered by a text `pong`. Who sends none for 60 s is closed with 1000; protocol
pings do not count. All as published.
"""

import json
from collections.abc import Awaitable, Callable
from typing import Any, Final

import trio
from attrs import frozen

from web.sandbox.desk import Desk, frame
from web.sandbox.http import Response, fault
from web.sandbox.sockets import Outbox, Parcel, Socket, SocketClosedError

PATH: Final = "/advanced/ws/orders/"
AUTH_S: Final = 10.0
HEARTBEAT_S: Final = 60.0
CHECK_S: Final = 10.0
SEND_S: Final = 10.0
"""A client that takes no byte for so long is cut."""
CLOSE_S: Final = 1.0
FRAMES_A_TURN: Final = 16


@frozen
class Admission:
    """A handshake that may be accepted. Not `authenticated`: the auth frame is still to come."""

    account_id: str
    authenticated: bool


def admit(desk: Desk, path: str, query: dict[str, str]) -> Admission | Response:
    """Whether to accept a handshake; else the HTTP answer to refuse it with."""
    account_id = path.removeprefix(PATH)
    if not path.startswith(PATH) or not account_id or "/" in account_id:
        return fault(404, "Not Found")
    fate = desk.faults.request("socket", account_id, desk.elapsed_s())
    if fate.refuse_status is not None:
        return fault(fate.refuse_status, "Service Unavailable")
    if "api_key" not in query:
        return Admission(account_id, authenticated=False)
    if desk.knows(query["api_key"]) and account_id in desk.accounts:
        return Admission(account_id, authenticated=True)
    return fault(403, "Forbidden")


async def stream(desk: Desk, socket: Socket, admission: Admission) -> None:
    """Serve one accepted websocket until either side ends it."""
    account_id = admission.account_id
    try:
        if not admission.authenticated and not await _authenticated(desk, socket, account_id):
            return
        if desk.hub.full(account_id):
            await socket.close(1008, "Maximum connections reached")
            return
        with desk.hub.join(account_id) as outbox:
            # Joined before it is told so: nothing that happens after `connected` is missed.
            await socket.send(frame("connected", account_id, desk.now()))
            await _converse(socket, outbox)
    except SocketClosedError:
        return
    await _part(socket, outbox)


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


async def _converse(socket: Socket, outbox: Outbox) -> None:
    pinged = [trio.current_time()]

    async def read() -> None:
        while True:
            if await socket.receive() == "ping":
                pinged[0] = trio.current_time()
                await socket.send("pong")

    async def write() -> None:
        while True:
            for _ in range(FRAMES_A_TURN):
                await _deliver(socket, outbox, await outbox.take())
            # Neither a full outbox nor a socket that takes all at once need ever make it wait.
            await trio.lowlevel.checkpoint()

    async def watch() -> None:
        while True:
            await trio.sleep(CHECK_S)
            if trio.current_time() - pinged[0] > HEARTBEAT_S:
                outbox.end(1000, "Heartbeat timeout")

    with outbox.scope:
        async with trio.open_nursery() as nursery:
            for work in (read, write, watch):
                nursery.start_soon(_while_open, outbox, work)


async def _while_open(outbox: Outbox, work: Callable[[], Awaitable[None]]) -> None:
    try:
        await work()
    except SocketClosedError:
        outbox.scope.cancel()


async def _deliver(socket: Socket, outbox: Outbox, parcel: Parcel) -> None:
    overtaker: Parcel | None = None
    if parcel.hold_s:
        with trio.move_on_after(parcel.hold_s):
            overtaker = await outbox.take()
    for each in (overtaker, parcel):
        if each is None:
            continue
        if each.due > trio.current_time():
            await trio.sleep_until(each.due)
        with trio.move_on_after(SEND_S) as patience:
            await socket.send(each.text)
        if patience.cancelled_caught:
            outbox.cut_off()


async def _part(socket: Socket, outbox: Outbox) -> None:
    with trio.move_on_after(CLOSE_S):
        try:
            if outbox.cut:
                await socket.abort()
            elif outbox.farewell is not None:
                await socket.close(*outbox.farewell)
        except SocketClosedError:
            return
