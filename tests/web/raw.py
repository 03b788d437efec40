"""A client that sends bytes as it likes: for what no library would send.

async with plug(url) as wire:  await wire.send(b"…");  status, headers, body = await wire.answer()
"""

from __future__ import annotations

import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import trio
from attrs import define

HANDSHAKE = (
    b"GET %s HTTP/1.1\r\nHost: localhost:%s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n%s\r\n"
)
PING_FRAME = b"\x89\x80\x00\x00\x00\x00"
PONG_FRAME = b"\x8a\x80\x00\x00\x00\x00"
TEXT_FRAME = b"\x81\x84\x00\x00\x00\x00ping"


@define(eq=False)
class Wire:
    """A TCP connection, and what came over it that was not read yet."""

    stream: trio.SocketStream
    port: bytes
    buffer: bytes = b""

    async def send(self, data: bytes) -> None:
        """Send bytes."""
        with trio.fail_after(5):
            await self.stream.send_all(data)

    async def ask(self, method: str, path: str, body: bytes = b"", *headers: bytes) -> None:
        """Send a whole request."""
        lines = [
            f"{method} {path} HTTP/1.1".encode(),
            b"Host: localhost:" + self.port,
            *headers,
            *([b"Content-Length: %d" % len(body)] if body else []),
        ]
        await self.send(b"\r\n".join(lines) + b"\r\n\r\n" + body)

    async def upgrade(self, path: str, *, early: bytes = b"", extra: bytes = b"") -> None:
        """Send the opening of a websocket, with bytes behind it in the same packet."""
        await self.send(HANDSHAKE % (path.encode(), self.port, extra) + early)

    async def answer(self) -> tuple[int, dict[str, str], bytes]:
        """Wait for an answer: its status, its headers, its body."""
        head = (await self.until(b"\r\n\r\n")).decode("latin1").split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in head[1:] if line)
        length = int(headers.get("content-length", 0))
        with trio.fail_after(5):
            while len(self.buffer) < length:
                await self._more()
        body, self.buffer = self.buffer[:length], self.buffer[length:]
        return int(head[0].split(" ")[1]), headers, body

    async def until(self, mark: bytes) -> bytes:
        """Wait for bytes up to and with a mark."""
        with trio.fail_after(5):
            while mark not in self.buffer:
                await self._more()
        found, _, self.buffer = self.buffer.partition(mark)
        return found + mark

    def is_silent(self) -> bool:
        """Say whether nothing more has come: no bytes, and no end."""
        with socket.socket(fileno=os.dup(self.stream.socket.fileno())) as looking:
            try:
                looking.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
            except BlockingIOError:
                return True
        return False

    async def rest(self) -> bytes:
        """Wait for the end of the connection, and give all that came before it."""
        with trio.fail_after(8):
            try:
                while True:
                    await self._more()
            except (EOFError, trio.BrokenResourceError):
                return self.buffer

    async def _more(self) -> None:
        data = await self.stream.receive_some(65536)
        if not data:
            raise EOFError("the connection has ended")
        self.buffer += data


@asynccontextmanager
async def plug(url: str, *, receive_bytes: int | None = None) -> AsyncIterator[Any]:
    """Connect to a server, with a receive buffer of a given size if need be."""
    host, _, port = url.removeprefix("http://").rpartition(":")
    with trio.socket.socket() as connecting:
        if receive_bytes is not None:
            connecting.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        await connecting.connect((host, int(port)))
        async with trio.SocketStream(connecting) as stream:
            yield Wire(stream, port.encode())
