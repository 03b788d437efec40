"""Fyers' order socket: opened with a header, subscribed to once, pinged every ten seconds.

    wss://socket.fyers.in/trade/v3    authorization: APP_ID:TOKEN        403 ──▶ NeedsLogin
      ──▶ SUB_ORD    ◀── an acknowledgement of whatever was sent
      ──▶ ping …     ◀── pong, reports                20 s of nothing: StreamLost

It has no snapshot, no sequence and no way to resume, and allows an account one connection. The
acknowledgement is waited for all the same, for a while: whoever then asks for the day's orders
asks after the subscription, and nothing falls between. Source: Fyers API v3, "order websocket".
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final

import trio
from attrs import define, evolve, field, frozen

from actors.domain.errors import NeedsLogin, StreamLost
from actors.domain.ids import AccountId
from actors.domain.model import Note, Report
from actors.runtime.seams import Connect, Socket
from actors.upstream.listening import Listener, kept_alive, send

from .frames import PING, SUBSCRIBE, read_frame
from .keys import Keys

CONNECT_S: Final = 10.0
SEND_S: Final = 10.0
ANSWER_S: Final = 5.0
KEEP_ALIVE_S: Final = 10.0
SILENCE_S: Final = 2 * KEEP_ALIVE_S


@frozen
class Line:
    """Where an account's socket is, its keys, and the seam that connects."""

    url: str
    account_id: AccountId
    keys: Keys
    connect: Connect


@define
class OpenStream:
    """An open stream; the keep-alive runs beside it. Made by `open_stream`."""

    account_id: AccountId
    keys: Keys
    _listener: Listener
    _backlog: list[str | bytes] = field(factory=list, repr=False)

    async def receive(self) -> tuple[Report, ...]:
        """Wait for the next frame's reports; see `ReportStream`."""
        if self._backlog:
            await trio.lowlevel.checkpoint()
            frame = self._backlog.pop(0)
        else:
            frame = await self._next()
        return tuple(map(self._told, read_frame(frame, self.account_id)))

    async def greet(self) -> None:
        """Subscribe, and wait a while for whatever comes first, which is kept."""
        await send(self._listener.socket, SUBSCRIBE, SEND_S)
        with trio.move_on_after(ANSWER_S):
            self._backlog.append(await self._next())

    async def _next(self) -> str | bytes:
        try:
            return await self._listener.frame()
        except StreamLost as lost:
            raise StreamLost(self.keys.hide(str(lost))) from None

    def _told(self, report: Report) -> Report:
        if isinstance(report, Note):
            return evolve(report, text=self.keys.hide(report.text))
        return report


@asynccontextmanager
async def open_stream(line: Line) -> AsyncIterator[OpenStream]:
    """Open the account's stream and ping it until the block ends.

    NeedsLogin when there is no token or the token is refused, StreamLost when the stream cannot be
    had within CONNECT_S + SEND_S + ANSWER_S.
    """
    async with AsyncExitStack() as stack:
        socket = await _reach(line, stack)
        stream = OpenStream(line.account_id, line.keys, Listener(socket, SILENCE_S, "a pong"))
        await stream.greet()
        await stack.enter_async_context(kept_alive(socket, PING, KEEP_ALIVE_S))
        yield stream


async def _reach(line: Line, stack: AsyncExitStack) -> Socket:
    headers = {"authorization": line.keys.authorization()}
    opening = line.connect(line.url, headers, timeout_s=CONNECT_S)
    try:
        return await stack.enter_async_context(opening)
    except NeedsLogin as refused:
        raise NeedsLogin(line.keys.hide(str(refused))) from None
    except StreamLost as lost:
        raise StreamLost(line.keys.hide(str(lost))) from None
