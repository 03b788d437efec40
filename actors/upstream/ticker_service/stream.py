"""ticker_service's stream: opened in whichever dialect the server speaks, and kept alive.

    dialect 1   ws://…/orders/ID?api_key=KEY  ──▶ connected
    dialect 2   ws://…/orders/ID  ──▶ {"type":"auth",…}  ──▶ authenticated, connected
    then        ping ──▶ every 30 s       reports ◀── receive()       60 s of nothing: StreamLost

A server of dialect 1 speaks first; one of dialect 2 waits 10 s for the key. So: connect with the
key in the address, listen GREETING_S, and if nothing was said give the key in a frame too. A
server that minds the address gets a second connection without. Which dialect worked is
remembered, and a dialect 2 server sees no key in its address again. Only a refusal of the key
itself is NeedsLogin.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from enum import Enum
from typing import Final
from urllib.parse import quote

import trio
from attrs import define, evolve, field, frozen

from actors.domain.errors import NeedsLogin, StreamLost
from actors.domain.ids import AccountId
from actors.domain.model import Note, Report
from actors.runtime.seams import Connect, Socket
from actors.upstream.doubt import hide
from actors.upstream.listening import Listener, kept_alive, send

from .frames import PING, asks_for_login, auth_frame, first_word, read_frame, refuses_key

CONNECT_S: Final = 10.0
GREETING_S: Final = 2.0  # how long a server may take to speak first; dialect 2 gives the key 10 s
LOGIN_S: Final = 10.0
KEEP_ALIVE_S: Final = 30.0
SILENCE_S: Final = 2 * KEEP_ALIVE_S


class Dialect(Enum):
    """How the key is given."""

    IN_ADDRESS = 1
    IN_FRAME = 2


@define
class Line:
    """Where an account's stream is, its key, and the dialect that worked last."""

    url: str
    account_id: AccountId
    api_key: str = field(repr=False)
    connect: Connect
    dialect: Dialect = Dialect.IN_ADDRESS

    def address(self, dialect: Dialect) -> str:
        """Give the address to connect to; in dialect 1 it carries the key."""
        scheme, _, rest = self.url.partition("://")
        socket_scheme = {"https": "wss"}.get(scheme, "ws")
        path = f"{socket_scheme}://{rest}/advanced/ws/orders/{quote(self.account_id, safe='')}"
        if dialect is Dialect.IN_FRAME:
            return path
        return f"{path}?api_key={quote(self.api_key, safe='')}"


@define
class OpenStream:
    """An open stream; the keep-alive runs beside it. Made by `open_stream`."""

    account_id: AccountId
    api_key: str = field(repr=False)
    _listener: Listener
    _backlog: list[str | bytes] = field(factory=list, repr=False)

    async def receive(self) -> tuple[Report, ...]:
        """Wait for the next frame's reports; see `ReportStream`."""
        if self._backlog:
            await trio.lowlevel.checkpoint()
            frame = self._backlog.pop(0)
        else:
            frame = await self._next()
        return tuple(map(self._without_key, read_frame(frame, self.account_id)))

    async def _next(self) -> str | bytes:
        try:
            return await self._listener.frame()
        except StreamLost as lost:
            raise _meaning(str(lost), self.api_key) from None

    def _without_key(self, report: Report) -> Report:
        if isinstance(report, Note):
            return evolve(report, text=hide(report.text, self.api_key))
        return report


@asynccontextmanager
async def open_stream(line: Line) -> AsyncIterator[OpenStream]:
    """Open the account's stream and ping it until the block ends.

    NeedsLogin when the key is refused, StreamLost when the stream cannot be had, within
    2 (CONNECT_S + GREETING_S + 2 LOGIN_S) at most.
    """
    other = Dialect.IN_ADDRESS if line.dialect is Dialect.IN_FRAME else Dialect.IN_FRAME
    said = ""
    for dialect in (line.dialect, other):
        async with AsyncExitStack() as stack:
            socket = await _reach(line, dialect, stack)
            if socket is None:
                continue
            greeting = await greet(socket, line.api_key, dialect)
            if isinstance(greeting, str):
                said = greeting
                continue
            line.dialect = greeting.dialect
            listener = Listener(socket, SILENCE_S, "a pong")
            stream = OpenStream(line.account_id, line.api_key, listener, greeting.backlog)
            # Protocol pings do not count with this server.
            async with kept_alive(socket, PING, KEEP_ALIVE_S):
                yield stream
            return
    raise _meaning(f"the key is wanted neither in the address nor in a frame: {said}", line.api_key)


async def _reach(line: Line, dialect: Dialect, stack: AsyncExitStack) -> Socket | None:
    """Connect; None when a handshake without the key is refused, which says nothing of the key."""
    opening = line.connect(line.address(dialect), {}, timeout_s=CONNECT_S)
    try:
        return await stack.enter_async_context(opening)
    except NeedsLogin:
        if dialect is Dialect.IN_FRAME:
            return None
        raise


# --------------------------------------------------------------------------------- greeting


@frozen
class Greeting:
    """How the server took us in, and frames that came with it and are news."""

    dialect: Dialect
    backlog: list[str | bytes]


async def greet(socket: Socket, api_key: str, dialect: Dialect) -> Greeting | str:
    """Wait to be let in, giving the key in a frame if that is wanted.

    Gives the server's words when it wants the key in the other dialect; NeedsLogin when it
    refuses the key itself; StreamLost when it refuses or ends for another reason or says nothing.
    """
    given = False
    try:
        if dialect is Dialect.IN_ADDRESS:
            greeting = await _listen(socket, GREETING_S, dialect)
            if greeting is not None:
                return greeting
        given = True
        await send(socket, auth_frame(api_key), LOGIN_S)
        greeting = await _listen(socket, LOGIN_S, dialect)
    except StreamLost as lost:
        # What a server says before it was given a frame is not yet a word on the key.
        error = _meaning(str(lost), api_key)
        if (given and isinstance(error, NeedsLogin)) or not asks_for_login(str(lost)):
            raise error from None
        return str(lost)
    if greeting is None:
        raise StreamLost(f"the broker let the stream in and said nothing for {LOGIN_S:.0f} s")
    return greeting


async def _listen(socket: Socket, timeout_s: float, dialect: Dialect) -> Greeting | None:
    """Wait for a welcome; None when none came in time. A complaint waits for the close's reason."""
    complaints: list[str] = []
    with trio.move_on_after(timeout_s):
        try:
            while True:
                frame = await socket.receive()
                word = first_word(frame)
                if word.kind == "authenticated":
                    return Greeting(Dialect.IN_FRAME, [])
                if word.kind in ("welcome", "news"):
                    return Greeting(dialect, [frame] if word.kind == "news" else [])
                if word.kind == "complaint":
                    complaints = [*complaints, word.text][:3]
        except StreamLost as lost:
            raise StreamLost("; ".join([*complaints, str(lost)])) from None
    if complaints:
        raise StreamLost("; ".join(complaints))
    return None


def _meaning(said: str, api_key: str) -> NeedsLogin | StreamLost:
    """Say what an ending means: only a refused key is beyond trying again."""
    words = hide(said, api_key)
    if refuses_key(said):
        return NeedsLogin(f"the broker refuses the key: {words}")
    return StreamLost(words)
