"""The packets: what no honest client sends, each with what may come back.

PACKETS ── sent as they are, on a connection of their own
FRAMES ─── sent over a websocket that was opened properly
SLOW ───── begun and never ended: the gateway has to end them itself

`answers` are the statuses (or close codes) that are right; HUNG_UP is an end without a word, OPEN
is a connection that waits for more. A copy that was mutated may be answered with anything that the
contract knows, and never with 500.
"""

import attrs

from .wire import (
    BINARY,
    CLOSE,
    CONTINUED,
    PING,
    PONG,
    TEXT,
    frame,
    request,
    text,
    upgrade,
)

HUNG_UP, OPEN = 0, -1
REFUSED = frozenset({400})
BATCH = "/accounts/primary/batch-orders"
ORDERS = "/accounts/primary/orders"
SOCKET = "/ws/orders"
H2_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
H2_SETTINGS = b"\0\0\0\4\0\0\0\0\0"
BIG = 1 << 21
DEEP = 20_000


@attrs.frozen
class Packet:
    """Bytes with a name, and what may come back."""

    name: str
    data: bytes
    answers: frozenset


def packet(name, data, *answers):
    """A packet that must be answered so."""
    return Packet(name, data, frozenset(answers))


def post(body, *headers):
    """A batch of these bytes."""
    return request("POST", BATCH, body, "Content-Type: application/json", *headers)


def get(*headers, path=ORDERS, key=None):
    """A GET with headers of its own."""
    return request("GET", path, b"", *headers) if key is None else request("GET", path, key=key)


def chunked(body):
    """A batch that says it comes in chunks."""
    return (
        request("GET", BATCH, b"", "Transfer-Encoding: chunked").replace(b"GET", b"POST", 1) + body
    )


HEADS = (
    packet("nothing at all", b"", OPEN, HUNG_UP),
    packet("line ends only", b"\r\n" * 10_000, OPEN, 400, 431),
    packet("NUL bytes", b"\0" * 3000, 400),
    packet("every byte there is", bytes(range(256)) * 8, 400),
    packet("a TLS hello", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\r\n\r\n", 400),
    packet("another protocol", b"SSH-2.0-OpenSSH_9.2\r\n\r\n", 400),
    packet("half a request line", b"GET /ws/or", OPEN),
    packet("half a handshake", upgrade(SOCKET)[:120], OPEN),
    packet("a handshake without its last line", upgrade(SOCKET)[:-2], OPEN),
    packet("no method", b" / HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    packet("an unknown method", b"BREW /health HTTP/1.1\r\nHost: x\r\n\r\n", 405),
    packet("a method of 5000 letters", b"A" * 5000 + b" / HTTP/1.1\r\nHost: x\r\n\r\n", 404, 405),
    packet("no version", b"GET /health\r\n\r\n", 400),
    packet("HTTP/0.9", b"GET /health HTTP/0.9\r\n\r\n", 400, 505),
    packet("HTTP/1.0", b"GET /health HTTP/1.0\r\n\r\n", 200),
    packet("HTTP/2.0 in HTTP/1's words", b"GET /health HTTP/2.0\r\nHost: x\r\n\r\n", 400, 505),
    packet("HTTP/9.9", b"GET /health HTTP/9.9\r\nHost: x\r\n\r\n", 400, 505),
    packet("no Host", b"GET /health HTTP/1.1\r\n\r\n", 400),
    packet("two Hosts", b"GET /health HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", 400),
    packet("a Host of a dot", b"GET /health HTTP/1.1\r\nHost: .\r\n\r\n", 400),
    packet("a Host of 500 letters", b"GET /health HTTP/1.1\r\nHost: %s\r\n\r\n" % (b"x" * 500), 400),
    packet("a folded header", b"GET /health HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n", 200, 400),
    packet("a NUL in a header", b"GET /health HTTP/1.1\r\nHost: x\r\nA: b\0c\r\n\r\n", 400),
    packet("a CR in a header", b"GET /health HTTP/1.1\r\nHost: x\r\nA: b\rc\r\n\r\n", 400),
    packet("a space before the colon", b"GET /health HTTP/1.1\r\nHost : x\r\n\r\n", 400),
    packet("a header without a name", b"GET /health HTTP/1.1\r\nHost: x\r\n: y\r\n\r\n", 400),
    packet("bytes above 127 in a header", get("X-Note: \xff\xfe\xe9"), 200, 400),
    packet("bytes above 127 in the path", get(path="/\xff\xfe\xc0\x80"), 400, 404),
    packet("bad escapes in the path", get(path="/accounts/%zz%00%ff/orders"), 400, 403, 404),
    packet("a path of 10 kB", get(path="/" + "a" * 10_000), 404),
    packet("a path of 2 MB", get(path="/" + "a" * BIG), 400, 414, 431),
    packet("a path that climbs", get(path="/../../../etc/passwd"), 404),
    packet("a header of 2 MB", get("A: " + "b" * BIG), 400, 431),
    packet("40,000 headers", get(*(f"A{n}: b" for n in range(40_000))), 400, 431),
    packet("1,000 headers", get(*(f"A{n}: b" for n in range(1000))), 200),
    packet("absolute form", get(path="http://gateway/health"), 200, 400),
    packet("asterisk form", b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", 400, 404),
    packet("CONNECT", b"CONNECT other:443 HTTP/1.1\r\nHost: other:443\r\n\r\n", 400, 404, 405),
    packet("another site's Origin", get("Origin: http://evil.example"), 403),
    packet("no origin's Origin", get("Origin: null"), 403),
    packet("no key", get(key="") and b"GET " + ORDERS.encode() + b" HTTP/1.1\r\nHost: x\r\n\r\n", 401),
    packet("a wrong key", get(key="ow_wrong"), 401),
    packet("a key of bytes", get(key="\xff\x80\xfe"), 401),
    packet("h2 preface", H2_PREFACE + H2_SETTINGS * 3, 400, 505),
    packet("h2 preface and noise", H2_PREFACE + bytes(range(256)) * 40, 400, 505),
    packet("h2c upgrade", get("Upgrade: h2c", "HTTP2-Settings: AAMAAABk"), 200),
    packet("h2c upgrade, then h2", get("Upgrade: h2c") + H2_PREFACE + H2_SETTINGS, 200),
    packet("50 in one packet", get() * 50, 200),
    packet("data after the last answer", get("Connection: close") + get() * 3, 200),
    packet("Expect and no body", post(b"", "Expect: 100-continue"), 100, 400),
    packet("an unknown Expect", get("Expect: 999-nonsense"), 200, 400, 417),
)  # fmt: skip

BODIES = (
    packet("no JSON", post(b"{"), 400),
    packet("bad UTF-8 in JSON", post(b'{"orders":"\xff\xfe"}'), 400),
    packet("JSON with a byte-order mark", post(b"\xef\xbb\xbf{}"), 400, 422),
    packet("UTF-16", post('{"orders":[]}'.encode("utf-16")), 400),
    packet("deep lists", post(b"[" * DEEP + b"]" * DEEP), 400, 422),
    packet("deep lists, never closed", post(b"[" * DEEP), 400),
    packet("deep objects", post(b'{"a":' * DEEP + b"1" + b"}" * DEEP), 400, 422),
    packet("duplicate names", post(b'{"orders":[],"orders":[1]}'), 400, 422),
    packet("NaN", post(b'{"orders":[{"quantity":NaN}]}'), 400, 422),
    packet("a number of 5,000 digits", post(b'{"wait_s":' + b"9" * 5000 + b"}"), 400, 422),
    packet("an exponent", post(b'{"wait_s":1e999999999}'), 400, 422),
    packet("lone surrogates", post(rb'{"orders":[{"tag":"\ud800"}]}'), 400, 422),
    packet("wrong shapes", post(b'{"orders":{"a":[null,true,"x",{}]}}'), 422),
    packet("a body of 2 MB", post(b"x" * BIG), 413),
    packet("2 MB promised, some sent", post(b"x" * BIG)[:5000], 413),
    packet("a length below the body", post(b"{}" * 40).replace(b": 80", b": 2"), 400, 422),
    packet("a length that is no number", post(b"{}").replace(b": 2", b": 2x"), 400),
    packet("a negative length", post(b"{}").replace(b": 2", b": -2"), 400),
    packet("a length beyond counting", post(b"{}").replace(b": 2", b": " + b"9" * 40), 400, 413),
    packet("two lengths", post(b"{}", "Content-Length: 9"), 400),
    packet("a length and chunks", post(b"{}", "Transfer-Encoding: chunked"), 400, OPEN),
    packet("chunks of garbage", chunked(b"zz\r\nxx\r\n0\r\n\r\n"), 400),
    packet("a chunk of 16 exabytes", chunked(b"f" * 16 + b"\r\n" + b"x" * 900), 400, 413, OPEN),
    packet("a chunk without its end", chunked(b"2\r\n{}XX0\r\n\r\n"), 400),
    packet("chunks one byte each", chunked(b"1\r\nx\r\n" * 2000 + b"0\r\n\r\n"), 400),
    packet("an unknown transfer encoding", post(b"{}", "Transfer-Encoding: gzip, pig"), 400, 501),
    packet("gzip that is none", post(b"\x1f\x8b\x08garbage", "Content-Encoding: gzip"), 400, 415),
    packet("a body to GET", request("GET", ORDERS, b"[" * 1000), 200),
    packet("an Idempotency-Key of 5 kB", post(b"{}", "Idempotency-Key: " + "k" * 5000), 400, 422),
)

HANDSHAKES = (
    packet("an early frame in the upgrade's packet", upgrade(SOCKET) + text("ping"), 400, HUNG_UP),
    packet("an early ping", upgrade(SOCKET) + frame(PING), 400, HUNG_UP),
    packet("early noise", upgrade(SOCKET) + b"\0" * 3000, 400, HUNG_UP),
    packet("a handshake without a key", upgrade(SOCKET).replace(b"Sec-WebSocket-Key", b"X"), 400),
    packet("version 99", upgrade(SOCKET).replace(b"Version: 13", b"Version: 99"), 400, 426),
    packet("a handshake by POST", upgrade(SOCKET).replace(b"GET", b"POST", 1), 400, 404, 405),
    packet("a handshake in HTTP/1.0", upgrade(SOCKET).replace(b"/1.1", b"/1.0", 1), 400, 404, 405),
    packet("a handshake with a body", upgrade(SOCKET, "Content-Length: 9") + b"x" * 9, 400, HUNG_UP),
    packet("a handshake nowhere", upgrade("/nowhere"), 404),
    packet("a handshake to a page", upgrade("/health"), 400, 404, 405),
    packet("a handshake from another site", upgrade(SOCKET, "Origin: https://evil.example"), 403),
    packet("a handshake without the right key", upgrade(SOCKET, key="ow_wrong"), 401),
    packet("extensions nobody knows", upgrade(SOCKET, "Sec-WebSocket-Extensions: x; y=z, ,"), 101, 400),
    packet("protocols nobody knows", upgrade(SOCKET, "Sec-WebSocket-Protocol: a, b"), 101),
    packet("a place that is none", upgrade(SOCKET + "?since=x:y"), 422),
    packet("a place beyond counting", upgrade(SOCKET + "?since=e:" + "9" * 5000), 101, 422),
    packet("a request for a socket's path", get(path=SOCKET), 400, 404, 405),
)  # fmt: skip

FRAMES = (
    packet("no mask", frame(TEXT, b"ping", masked=False), 1002),
    packet("reserved bits", frame(TEXT, b"ping", bits=7), 1002),
    packet("an unknown opcode", frame(3, b"ping"), 1002),
    packet("an unknown control opcode", frame(11), 1002),
    packet("a control frame in pieces", frame(PING, b"x", final=False), 1002),
    packet("a long control frame", frame(PING, b"x" * 126), 1002),
    packet("a continuation of nothing", frame(CONTINUED, b"x"), 1002),
    packet("a text within a text", frame(TEXT, b"x", final=False) + text("y"), 1002),
    packet("bad UTF-8", frame(TEXT, b"\xff\xfe\xfd"), 1002, 1007),
    packet("bad UTF-8 in pieces", frame(TEXT, b"\xe2\x82", final=False) + frame(0, b"\x28"), 1002, 1007),
    packet("UTF-8 that is torn", frame(TEXT, b"\xe2\x82"), 1002, 1007),
    packet("a length of 8 exabytes", frame(TEXT, b"x", length=(1 << 63) - 1), 1009, OPEN, 1002),
    packet("a length with its top bit", frame(TEXT, b"x", length=(1 << 64) - 1), 1002, 1009),
    packet("a message of 2 MB", frame(TEXT, b"x" * BIG), 1009),
    packet("2 MB in small pieces", frame(TEXT, b"x" * 4000, final=False) + frame(0, b"x" * 4000, final=False) * 520, 1009),
    packet("100,000 characters", text("x" * 100_000), 1009),
    packet("empty pieces without end", frame(TEXT, final=False) + frame(0, final=False) * 5000, 4009),
    packet("a binary message", frame(BINARY, b"ping"), 1003),
    packet("half a frame", text("ping")[:4], OPEN),
    packet("pongs nobody asked for", frame(PONG, b"x") * 500, OPEN),
    packet("pongs without end", frame(PONG, b"x") * 2000, 4009),
    packet("pings without end", frame(PING, b"x" * 125) * 2000, 4009),
    packet("a flood of messages", text("ping") * 2000, 4009),
    packet("a close with one byte", frame(CLOSE, b"\x03"), 1002, 1000, HUNG_UP),
    packet("a close with a code that is none", frame(CLOSE, b"\x00\x01"), 1002, 1000, HUNG_UP),
    packet("a close with bad UTF-8", frame(CLOSE, b"\x03\xe8\xff"), 1007, 1000, 1002, HUNG_UP),
    packet("words after the close", frame(CLOSE, b"\x03\xe8") + text("ping") * 50, 1000, HUNG_UP),
    packet("HTTP over the websocket", request("GET", ORDERS), 1002),
    packet("noise", bytes(range(256)) * 16, 1002),
    packet("a wish that is no JSON", text("{"), OPEN),
    packet("deep JSON", text("[" * 30_000), OPEN),
    packet("a wish of wrong shapes", text('{"action":["subscribe"],"types":{"a":1},"id":[[]]}'), OPEN),
    packet("a wish of 1,000 types", text('{"action":"subscribe","types":' + str([f"t{n}" for n in range(1000)]).replace("'", '"') + "}"), OPEN),
    packet("an id of bytes", text('{"action":"get_status","id":"' + "\\u0000" * 300 + '"}'), OPEN),
    packet("60 snapshots at once", text('{"action":"snapshot"}') * 60, OPEN),
)  # fmt: skip

SLOW = (
    packet("nothing", b"", HUNG_UP),
    packet("half a request line", b"GET /hea", HUNG_UP),
    packet("a head without its end", get()[:-2], HUNG_UP),
    packet("half a handshake", upgrade(SOCKET)[:-2], HUNG_UP),
    packet("a body that never comes", post(b"x" * 900)[:-900], 408),
    packet("a body that stops", post(b"x" * 900)[:-400], 408),
    packet("a chunk that never comes", chunked(b"5\r\nab"), 408),
    packet("idle after an answer", get(), 200),
)

PACKETS = HEADS + BODIES + HANDSHAKES
