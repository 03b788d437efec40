"""A hub that does nothing but send, to find out what the load client takes.

connections ──▶ handshake ──▶ a sign of life ──▶ the same run of events, as fast as it is taken
"""

from __future__ import annotations

import select
import socket
import time

from .broker import frame
from .drain import stamped

RUN = 64
EVENT_BYTES = 290
WELCOME = (
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Accept: -\r\n\r\n" + frame({"type": "connection_established"})
)


def run_of_events() -> bytes:
    """Give some frames of the usual size, stamped now."""
    event = {"type": "order_update", "data": {"status_message": stamped(time.monotonic_ns())}}
    more = "-" * EVENT_BYTES
    longer = len(frame(event | {"more": more}))
    return frame(event | {"more": more[longer - EVENT_BYTES :]}) * RUN


def main() -> None:
    """Serve on a free port until killed; print `ready URL`."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
    listener.setblocking(False)
    print(f"ready http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
    peers: dict[int, socket.socket] = {}
    rests: dict[int, memoryview] = {}
    with select.epoll() as poll:
        poll.register(listener, select.EPOLLIN)
        while True:
            run = memoryview(run_of_events())
            for number, _ in poll.poll():
                if number == listener.fileno():
                    peer, _ = listener.accept()
                    peers[peer.fileno()] = peer
                    poll.register(peer, select.EPOLLIN)
                    peer.recv(4096)
                    peer.sendall(WELCOME)
                    peer.setblocking(False)
                elif number not in rests:
                    rests[number] = run
                    poll.modify(number, select.EPOLLOUT)
                else:
                    rest = rests[number] or run
                    try:
                        rests[number] = rest[peers[number].send(rest) :]
                    except OSError:
                        poll.unregister(number)
                        peers.pop(number).close()


if __name__ == "__main__":
    main()
