"""One websocket from its first frame to its last, whatever the broker.

    outbox ──▶ deliver (due? held? overtaken?) ──▶ socket ──▶ heard, by the broker's Manners
       └── nothing for a while: the broker's own heartbeat

A broker brings its `Manners`: what it says first, what it makes of a text, when it has had enough.
"""

from collections.abc import Awaitable, Callable
from math import inf
from typing import ClassVar, Final

import trio
from attrs import Factory, define

from web.sandbox.desk import Desk
from web.sandbox.sockets import Outbox, Parcel, Socket, SocketClosedError

SEND_S: Final = 10.0
"""A client that takes no byte for so long is cut."""
CLOSE_S: Final = 1.0
CHECK_S: Final = 10.0
FRAMES_A_TURN: Final = 16


@define(eq=False)
class Manners:
    """How a broker behaves on one socket; a broker says here what it does otherwise."""

    idle_s: ClassVar[float] = inf
    """After so long without a frame `idle_frame` is sent."""
    idle_frame: ClassVar[bytes] = b""

    topics: set[str] = Factory(set)
    """What the client has asked for, at a broker that lets it choose."""

    def greeting(self) -> str | None:
        """Give the first frame, or None."""
        return None

    def hear(self, text: str) -> str | None:
        """Give the answer to one text of the client's, or None; a binary frame is an empty text."""
        del text  # A broker that only talks listens to nothing.
        return None

    def enough(self) -> tuple[int, str] | None:
        """Give a close code and reason when the client is to be closed on; asked every CHECK_S."""
        return None


async def serve_socket(desk: Desk, socket: Socket, account_id: str, manners: Manners) -> None:
    """Carry the frames of an account to one socket until either side ends it."""
    try:
        if desk.hub.full(account_id):
            await socket.close(1008, "Maximum connections reached")
            return
        with desk.hub.join(account_id, manners.topics) as outbox:
            # Joined before it is greeted: nothing that happens after the greeting is missed.
            greeting = manners.greeting()
            if greeting is not None:
                await socket.send(greeting)
            await _converse(socket, outbox, manners)
    except SocketClosedError:
        return
    await _part(socket, outbox)


async def _converse(socket: Socket, outbox: Outbox, manners: Manners) -> None:
    async def read() -> None:
        while True:
            reply = manners.hear(await socket.receive())
            if reply is not None:
                await socket.send(reply)

    async def write() -> None:
        while True:
            for _ in range(FRAMES_A_TURN):
                await _write_one(socket, outbox, manners)
            # Neither a full outbox nor a socket that takes all at once need ever make it wait.
            await trio.lowlevel.checkpoint()

    async def watch() -> None:
        while True:
            await trio.sleep(CHECK_S)
            farewell = manners.enough()
            if farewell is not None:
                outbox.end(*farewell)

    with outbox.scope:
        async with trio.open_nursery() as nursery:
            for work in (read, write, watch):
                nursery.start_soon(_while_open, outbox, work)


async def _while_open(outbox: Outbox, work: Callable[[], Awaitable[None]]) -> None:
    try:
        await work()
    except SocketClosedError:
        outbox.scope.cancel()


async def _write_one(socket: Socket, outbox: Outbox, manners: Manners) -> None:
    parcel = Parcel(manners.idle_frame)
    with trio.move_on_after(manners.idle_s):
        parcel = await outbox.take()
    await _deliver(socket, outbox, parcel)


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
            await socket.send(each.frame)
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
