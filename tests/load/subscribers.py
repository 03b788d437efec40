"""Subscribers as cheap as they can be: raw sockets in one loop, frames read by one expression.

    open_all(url, 50) ──▶ [Subscriber] ──▶ listen(until) ──▶ Subscriber.seen: offset, due, sent, received

They must not be what is measured: a frame costs about a microsecond here, whatever its size. Only
its stamp and its offset are looked at; each read's frames share the time at which the read returned.
"""

from __future__ import annotations

import base64
import re
import select
import socket
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

READ_BYTES = 1 << 18
OPEN_S = 10.0
TICK_S = 0.05
KEY = base64.b64encode(bytes(16)).decode()
SEEN = re.compile(rb'"status_message":"t(\d+)\.(\d+)".{0,400}?"offset":(\d+),"prev":')


@dataclass(eq=False)
class Subscriber:
    """One client, and what it has seen of the load: offset, and due, sent, received in ns."""

    socket: socket.socket
    port: int
    seen: list[tuple[int, int, int, int]] = field(default_factory=list)
    rest: bytes = b""

    def read(self) -> bool:
        """Take what is there; False when the gateway has hung up."""
        try:
            chunk = self.socket.recv(READ_BYTES)
        except BlockingIOError:
            return True
        received_ns = time.monotonic_ns()
        if not chunk:
            return False
        text = self.rest + chunk
        end = 0
        for match in SEEN.finditer(text):
            due, sent, offset = match.groups()
            self.seen.append((int(offset), int(due), int(sent), received_ns))
            end = match.end()
        self.rest = text[end:][-READ_BYTES:]
        return True


def open_all(url: str, count: int) -> list[Subscriber]:
    """Open so many websockets, each past its handshake."""
    return [_open(url) for _ in range(count)]


def _open(url: str) -> Subscriber:
    place = urlsplit(url)
    assert place.hostname is not None
    assert place.port is not None
    peer = socket.create_connection((place.hostname, place.port), timeout=OPEN_S)
    peer.sendall(
        f"GET /ws/orders HTTP/1.1\r\nHost: {place.netloc}\r\nUpgrade: websocket\r\n"
        f"Connection: Upgrade\r\nSec-WebSocket-Key: {KEY}\r\n"
        "Sec-WebSocket-Version: 13\r\n\r\n".encode()
    )
    head = b""
    while b"connection_established" not in head:
        chunk = peer.recv(READ_BYTES)
        if not chunk or b" 101 " not in (head + chunk)[:32]:
            raise ConnectionError(f"the gateway refused a subscriber: {(head + chunk)[:200]!r}")
        head += chunk
    peer.setblocking(False)
    return Subscriber(peer, peer.getsockname()[1])


def listen(subscribers: Sequence[Subscriber], wanted: int, *, until_s: float) -> None:
    """Read until each has seen `wanted` frames, or until a time of CLOCK_MONOTONIC."""
    with select.epoll() as poll:
        by_number = {each.socket.fileno(): each for each in subscribers}
        for number in by_number:
            poll.register(number, select.EPOLLIN)
        while time.monotonic() < until_s:
            ready = poll.poll(TICK_S)
            for number, _ in ready:
                if not by_number[number].read():
                    raise ConnectionError("the gateway hung up on a subscriber")
            if not ready and all(len(each.seen) >= wanted for each in subscribers):
                return


def close_all(subscribers: Sequence[Subscriber]) -> None:
    """Hang up."""
    for each in subscribers:
        with suppress(OSError):
            each.socket.close()
