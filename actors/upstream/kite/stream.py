"""Kite's stream: opened with the keys in its address, alive as long as it is heard.

    wss://ws.kite.trade?api_key=…&access_token=…    403 ──▶ NeedsLogin
    then   reports ◀── receive()    a byte every few seconds    20 s of nothing: StreamLost

There is nothing to subscribe to and nothing to send: Kite's own client sends no ping either, and
does not notice a dead socket. The heartbeat "every couple seconds" is what shows life. Source:
Kite Connect v3, "websocket streaming".
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final

from attrs import evolve, frozen

from actors.domain.errors import NeedsLogin, StreamLost
from actors.domain.model import Note, Report
from actors.runtime.seams import Connect, Socket
from actors.upstream.listening import Listener

from .frames import read_frame, refuses_token
from .keys import VERSION, Keys

CONNECT_S: Final = 10.0
KEEP_ALIVE_S: Final = 10.0  # some heartbeats long, so that a slow network is not an end
SILENCE_S: Final = 2 * KEEP_ALIVE_S


@frozen
class Line:
    """Where the stream is, the account's keys, and the seam that connects."""

    url: str
    keys: Keys
    connect: Connect


@frozen
class OpenStream:
    """An open stream. Made by `open_stream`."""

    keys: Keys
    _listener: Listener

    async def receive(self) -> tuple[Report, ...]:
        """Wait for the next frame's reports; see `ReportStream`."""
        try:
            frame = await self._listener.frame()
        except StreamLost as lost:
            raise _meaning(lost, self.keys) from None
        return tuple(map(self._told, read_frame(frame)))

    def _told(self, report: Report) -> Report:
        """Take the keys out of the broker's words; NeedsLogin when they refuse the token."""
        if not isinstance(report, Note):
            return report
        text = self.keys.hide(report.text)
        if report.level == "error" and refuses_token(report.text):
            raise NeedsLogin(f"the token is refused by the broker: {text}")
        return evolve(report, text=text)


@asynccontextmanager
async def open_stream(line: Line) -> AsyncIterator[OpenStream]:
    """Open the account's stream until the block ends.

    NeedsLogin when there is no token or the token is refused, StreamLost when the stream cannot be
    had within CONNECT_S.
    """
    async with AsyncExitStack() as stack:
        socket = await _reach(line, stack)
        yield OpenStream(line.keys, Listener(socket, SILENCE_S, "a heartbeat"))


async def _reach(line: Line, stack: AsyncExitStack) -> Socket:
    """Connect. The address has the token in it, so no word of a failure goes out unread."""
    opening = line.connect(line.keys.address(line.url), VERSION, timeout_s=CONNECT_S)
    try:
        return await stack.enter_async_context(opening)
    except NeedsLogin as refused:
        raise NeedsLogin(line.keys.hide(str(refused))) from None
    except StreamLost as lost:
        raise StreamLost(line.keys.hide(str(lost))) from None


def _meaning(lost: StreamLost, keys: Keys) -> NeedsLogin | StreamLost:
    """Say what an ending means: only a refused token is beyond trying again."""
    words = keys.hide(str(lost))
    if refuses_token(str(lost)):
        return NeedsLogin(f"the token is refused by the broker: {words}")
    return StreamLost(words)
