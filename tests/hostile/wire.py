"""A client of plain sockets: it sends what it likes, and reads frames off the bytes that come.

dial(url, …) ──▶ socket, as slow, small or far away as asked
upgrade(path) ─▶ the opening of a websocket      frame(…) ──▶ a frame, whole or wrong
Frames().take(bytes) ──▶ the frames that these bytes completed
"""

import socket
import struct
import time
from urllib.parse import urlsplit

KEY = "ow_hostile"
WITHIN_S = 20.0
READ_BYTES = 1 << 16
CONTINUED, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
MASK = b"\x11\x22\x33\x44"
RESET = struct.pack("ii", 1, 0)


def place_of(url):
    """The host and the port of a URL."""
    parts = urlsplit(url)
    return parts.hostname, parts.port


def dial(url, *, receive_bytes=None, segment_bytes=None, source=None, within_s=WITHIN_S):
    """Connect. A small buffer makes a slow reader felt soon, a small segment makes it felt finely.

    `source` is the address of this host to come from: each has its own share of connections.
    """
    peer = socket.socket()
    try:
        if receive_bytes is not None:
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        if segment_bytes is not None:
            peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, segment_bytes)
        if source is not None:
            peer.bind((source, 0))
        peer.settimeout(within_s)
        peer.connect(place_of(url))
    except BaseException:
        peer.close()
        raise
    return peer


def reset(peer):
    """Hang up as a process that dies with bytes unread does: no farewell, RST."""
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    peer.close()


def request(method, path, body=b"", *headers, key=KEY):
    """A whole request of someone who is known."""
    lines = [f"{method} {path} HTTP/1.1", "Host: gateway"]
    if key is not None:
        lines.append(f"X-API-Key: {key}")
    if body or method == "POST":
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, *headers, "", ""]).encode("latin1") + body


def upgrade(path, *headers, key=KEY):
    """The opening of a websocket."""
    return request(
        "GET",
        path,
        b"",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version: 13",
        *headers,
        key=key,
    )


def frame(opcode, payload=b"", *, final=True, masked=True, bits=0, length=None):
    """A frame of a client. `length` is what it says of itself, when that is a lie."""
    said = len(payload) if length is None else length
    head = bytes([final << 7 | bits << 4 | opcode])
    flag = masked << 7
    if said < 126:
        head += bytes([flag | said])
    elif said < 1 << 16:
        head += struct.pack("!BH", flag | 126, said)
    else:
        head += struct.pack("!BQ", flag | 127, said)
    if not masked:
        return head + payload
    return head + MASK + bytes(byte ^ MASK[i % 4] for i, byte in enumerate(payload))


def text(words):
    """A text frame of a client."""
    return frame(TEXT, words.encode())


class Frames:
    """Bytes of a websocket's server, put together to frames."""

    def __init__(self, rest=b""):
        self._rest = bytearray(rest)

    def take(self, data):
        """The (opcode, payload) pairs that are whole by now. A server's frames have no mask."""
        self._rest += data
        found = []
        start = 0
        while (end := self._end(start)) is not None:
            head, end = end
            found.append((self._rest[start] & 15, bytes(self._rest[head:end])))
            start = end
        del self._rest[:start]
        return found

    def _end(self, start):
        """Where the payload of the frame at `start` begins and ends; None if it is not all here."""
        have = len(self._rest) - start
        if have < 2:
            return None
        size, head = self._rest[start + 1] & 127, start + 2
        if size >= 126:
            width = 2 if size == 126 else 8
            if have < 2 + width:
                return None
            size, head = int.from_bytes(self._rest[head : head + width]), head + width
        return (head, head + size) if head + size <= len(self._rest) else None


def close_of(payload):
    """The code and the reason of a close frame."""
    code = int.from_bytes(payload[:2]) if len(payload) >= 2 else None
    return code, payload[2:].decode(errors="replace")


def handshake(peer, path, *headers):
    """Open a websocket over a connected socket, and wait for 101; the frames that came with it."""
    peer.sendall(upgrade(path, *headers))
    head = b""
    while b"\r\n\r\n" not in head:
        if not (chunk := peer.recv(READ_BYTES)):
            raise ConnectionError(f"hung up during the handshake: {head[:200]!r}")
        head += chunk
    status, _, rest = head.partition(b"\r\n\r\n")
    if not status.startswith(b"HTTP/1.1 101 "):
        raise ConnectionError(f"refused: {head[:300]!r}")
    return rest


def answer(peer, held=b"", *, has_body=True):
    """Read one answer: (status, headers, body, bytes after it). EOFError when it does not come."""
    while b"\r\n\r\n" not in held:
        held += _more(peer, held)
    head, _, held = held.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin1").split("\r\n")
    status = int(first.split(" ")[1])
    headers = dict(line.lower().split(": ", 1) for line in lines)
    size = int(headers.get("content-length", 0)) if has_body and status >= 200 else 0
    while len(held) < size:
        held += _more(peer, held)
    return status, headers, held[:size], held[size:]


def _more(peer, held):
    if not (chunk := peer.recv(READ_BYTES)):
        raise EOFError(f"hung up after {held[:80]!r}")
    return chunk


def drain(peer, within_s, is_enough=lambda _: False):
    """Read until the other side ends it, for so long, or enough: (bytes, whether it has ended)."""
    deadline_s = time.monotonic() + within_s
    found = bytearray()
    while (left_s := deadline_s - time.monotonic()) > 0 and not is_enough(found):
        peer.settimeout(left_s)
        try:
            if not (chunk := peer.recv(READ_BYTES)):
                return bytes(found), True
        except TimeoutError:
            break
        except OSError:
            return bytes(found), True
        found += chunk
    return bytes(found), False
