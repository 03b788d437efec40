"""Bytes of a gateway's two kinds of stream, as a stranger reads them. Pure.

    websocket   ask_socket ──▶ Head ──▶ Frames.feed ──▶ texts       RFC 6455, unmasked, whole frames
    SSE         ask_events ──▶ Head ──▶ Events.feed ──▶ texts       chunks, lines, an empty line
                                                       └─ last_id

Nothing of the gateway's own code is used, so that both cannot be wrong in the same way.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator

KEY = base64.b64encode(bytes(16)).decode()
TEXT = 0x1
CLOSE = 0x8


class Ended(Exception):
    """The gateway ended the stream, or refused it; the words are its own."""


class Head:
    """The head of an answer: fed until it is whole, then it gives what came behind it."""

    def __init__(self, status):
        self.status = status
        self.data = b""
        self.is_whole = False

    def feed(self, data):
        """Take bytes; give those of the stream. Ended for another status."""
        if self.is_whole:
            return data
        self.data += data
        head, end, rest = self.data.partition(b"\r\n\r\n")
        if not end:
            return b""
        if not head.startswith(b"HTTP/1.1 %d" % self.status):
            raise Ended(f"{head[:60]!r} {rest[:300]!r}")
        self.is_whole = True
        return rest


class Frames:
    """A websocket's frames, as its client reads them."""

    last_id = None

    def __init__(self):
        self._head = Head(101)
        self._rest = b""

    def feed(self, data) -> Iterator[str]:
        """Take bytes; give the texts that are whole now. Ended at a close."""
        self._rest += self._head.feed(data)
        at, rest = 0, self._rest
        try:
            while (found := frame_at(rest, at)) is not None:
                opcode, begin, at = found
                if opcode == CLOSE:
                    raise Ended(repr(rest[begin:at]))
                if opcode == TEXT:
                    yield rest[begin:at].decode()
        finally:
            self._rest = rest[at:]


class Events:
    """A stream of Server-Sent Events over HTTP/1.1, as a browser reads it."""

    def __init__(self):
        self.last_id = None
        self._head = Head(200)
        self._chunks = b""
        self._lines = b""

    def feed(self, data) -> Iterator[str]:
        """Take bytes; give the data of the events that are whole now. Ended at the last chunk."""
        self._chunks += self._head.feed(data)
        ended = self._unchunk()
        while b"\n\n" in self._lines:
            block, _, self._lines = self._lines.partition(b"\n\n")
            text = None
            for line in block.decode().split("\n"):
                name, _, value = line.partition(": ")
                if name == "id":
                    self.last_id = value
                elif name == "data":
                    text = value
            if text is not None:
                yield text
        if ended:
            raise Ended("the stream ended")

    def _unchunk(self):
        """Take the chunks that are whole out of their wrapping; say whether it was the last."""
        while True:
            size, end, rest = self._chunks.partition(b"\r\n")
            if not end:
                return False
            length = int(size, 16)
            if len(rest) < length + 2:
                return False
            self._lines += rest[:length]
            self._chunks = rest[length + 2 :]
            if length == 0:
                return True


def frame_at(data, at):
    """Find the frame that begins there: its opcode, where its payload begins and ends."""
    if len(data) < at + 2:
        return None
    assert data[at] & 0xF0 == 0x80, "a frame is whole, and has no extension's bits"
    size, begin = data[at + 1], at + 2
    if size >= 126:
        width = 2 if size == 126 else 8
        if len(data) < begin + width:
            return None
        size, begin = int.from_bytes(data[begin : begin + width], "big"), begin + width
    end = begin + size
    return None if len(data) < end else (data[at] & 0x0F, begin, end)


def ask_socket(netloc, path):
    """The opening of a websocket."""
    return (
        f"GET {path} HTTP/1.1\r\nHost: {netloc}\r\nUpgrade: websocket\r\n"
        f"Connection: Upgrade\r\nSec-WebSocket-Key: {KEY}\r\n"
        "Sec-WebSocket-Version: 13\r\n\r\n"
    ).encode()


def ask_events(netloc, path, last_id=None):
    """The opening of a stream of Server-Sent Events."""
    line = "" if last_id is None else f"Last-Event-ID: {last_id}\r\n"
    return (
        f"GET {path} HTTP/1.1\r\nHost: {netloc}\r\nAccept: text/event-stream\r\n{line}\r\n"
    ).encode()


def say(wish):
    """A client's frame with a wish; its mask is of zeros, which leaves it readable."""
    text = json.dumps(wish).encode()
    assert len(text) < 1 << 16
    size = bytes([0x80 | len(text)]) if len(text) < 126 else b"\xfe" + len(text).to_bytes(2, "big")
    return b"\x81" + size + bytes(4) + text
