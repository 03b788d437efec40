"""`python -m tests.load.unkind_clients KIND URL`: a client that is not kind, a process of its own.

    stopped ──▶ asks for much, has itself SIGSTOPped; once it goes on it reads to the end
    crowd ────▶ fifty of them in one process: what do they cost?
    trickling ▶ reads 4 KiB each 0.25 s; on a line OFFSET it reads on to there, and from then on all
    flooding ─▶ sends `ping` without end, whatever it is told        pinging: the protocol's own

    "open" on stdout ─▶ a line on stdin: begin ─▶ … ─▶ how it ended, as JSON on stdout

Its kernel takes what fits, and no more. Every frame must be the next: a hole ends it as broken.
"""

import json
import math
import os
import select
import signal
import sys
import time
from functools import partial

from tests.hostile.place import Place
from tests.hostile.reader import read_on
from tests.hostile.wire import (
    CLOSE,
    PING,
    PONG,
    READ_BYTES,
    TEXT,
    Frames,
    close_of,
    dial,
    frame,
    place_of,
    text,
)
from tests.sim.checkers import Broken

from .subscribers import KEY

RECEIVE_BYTES = 1 << 14
SEGMENT_BYTES = 1024
STOPPED_WISHES = 60  # as many as may wait to be answered, nearly
CROWD = 50
TRICKLE_BYTES = 4096
TRICKLE_EACH_S = 0.25
LONG_S = 60.0


def main():
    """Be that client."""
    kind, url = sys.argv[1:]
    peer, rest = opened(url)
    more = [opened(url)[0] for _ in range(CROWD - 1)] if kind == "crowd" else []
    print("open", flush=True)
    sys.stdin.readline()
    for each in more:
        ask_for_much(each)
    say(KINDS[kind](peer, Frames(rest), Place()))


def say(told):
    """Tell the parent."""
    print(json.dumps(told), flush=True)


def opened(url):
    """Open a websocket; give its socket, and the frames that came with the handshake."""
    peer = dial(url, receive_bytes=RECEIVE_BYTES, segment_bytes=SEGMENT_BYTES)
    host, port = place_of(url)
    peer.sendall(
        f"GET /ws/orders HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\n"
        f"Connection: Upgrade\r\nSec-WebSocket-Key: {KEY}\r\n"
        "Sec-WebSocket-Version: 13\r\n\r\n".encode()
    )
    head = b""
    while b"\r\n\r\n" not in head:
        if not (chunk := peer.recv(READ_BYTES)):
            raise ConnectionError(f"hung up during the handshake: {head[:200]!r}")
        head += chunk
    return peer, head.partition(b"\r\n\r\n")[2]


def ask_for_much(peer):
    """Wish for more than fits anywhere."""
    peer.sendall(text('{"action":"snapshot"}') * STOPPED_WISHES)


def stop(peer, frames, place):
    """Ask for much, read nothing until it goes on, then read to the end."""
    ask_for_much(peer)
    os.kill(os.getpid(), signal.SIGSTOP)
    end, _ = read_on(peer, frames, place)
    return {"end": end, "since": place.since}


def trickle(peer, frames, place):
    """Read a little now and then; told an offset, read on to there, say so, and go on reading."""
    peer.settimeout(TRICKLE_EACH_S)
    until_s = time.monotonic() + LONG_S
    wanted, size, end = math.inf, TRICKLE_BYTES, None
    while end is None and time.monotonic() < until_s:
        if asked := asked_within(TRICKLE_EACH_S if size == TRICKLE_BYTES else 0):
            wanted, behind, size = int(asked), int(asked) - place.position, READ_BYTES
        end = take(peer, frames, place, size)
        if place.position >= wanted:
            said = {"end": ("kept", ""), "since": place.since, "told": place.told}
            say(said | {"behind": behind})
            wanted = math.inf
    return {"end": end or ("late", ""), "since": place.since}


def asked_within(seconds):
    """Wait for a line on stdin; nothing when none comes in time."""
    return sys.stdin.readline() if select.select([sys.stdin], [], [], seconds)[0] else ""


def take(peer, frames, place, size):
    """Read once, if there is something; how it ended, when it has."""
    try:
        if not (data := peer.recv(size)):
            return ("cut", "hung up")
        for opcode, payload in frames.take(data):
            if opcode == TEXT:
                place.take(json.loads(payload))
            elif opcode == PING:
                peer.sendall(frame(PONG, payload))
            elif opcode == CLOSE:
                return close_of(payload)
    except TimeoutError:
        return None
    except (OSError, Broken) as error:
        return ("broken", repr(error))
    return None


def flood(flooding, peer, frames, _):
    """Send for as long as it is let, the close and its answer no matter; a line on stdin ends it."""
    end, sent, began_s = ("kept", ""), 0, time.monotonic()
    peer.setblocking(False)
    try:
        while time.monotonic() < began_s + LONG_S:
            reading, writing, _ = select.select([peer, sys.stdin], [peer], [], 1.0)
            if sys.stdin in reading:
                break
            if writing:
                # A frame that was cut goes on where it was.
                sent += peer.send(flooding[sent % len(flooding) :])
            if reading:
                if not (data := peer.recv(READ_BYTES)):
                    break
                closes = [payload for opcode, payload in frames.take(data) if opcode == CLOSE]
                end = close_of(closes[0]) if closes else end
    except OSError:
        pass
    return {"end": end, "sent": sent, "seconds": time.monotonic() - began_s}


KINDS = {
    "stopped": stop,
    "crowd": stop,
    "trickling": trickle,
    "flooding": partial(flood, text("ping") * 1000),
    "pinging": partial(flood, frame(PING, b"x") * 1000),
}

if __name__ == "__main__":
    main()
