"""A client of everything, that comes back with `since` after every kill, and misses nothing.

    frames ──▶ Witness.take ──▶ each offset once, each `prev` the one before, one epoch
                 └─ Broken, with the promise's number, when not

It runs in a thread of its own with a Trio of its own, as a program on another host would.
"""

import json
import threading
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import trio
import trio_websocket

from tests.sim.checkers import Broken, Log

AGAIN_S = 0.1
OPEN_S = 5.0
QUIET_S = 30.0
READ_AGAIN_S = 60.0


class Witness:
    """What one client was told. `position` is the greatest offset that any frame gave it."""

    def __init__(self):
        self.log = Log()
        self.position = 0
        self.told = 0  # events, over all connections
        self.resumed = 0  # connections that went on with `since`

    def take(self, frame):
        """Take a frame; Broken if it is not the next."""
        self.log.take_epoch(frame["epoch"])
        kind, offset = frame["type"], frame["offset"]
        if kind == "connection_established":
            self._take_place(frame)
        elif kind == "heartbeat":
            if frame["prev"] > self.position:
                raise Broken(f"P3: a heartbeat tells of {frame['prev']} after {self.position}")
            self.position = max(self.position, offset)
        elif kind == "snapshot":
            raise Broken("P4: a snapshot that nobody asked for")
        else:
            if frame["prev"] > self.position:
                raise Broken(f"P3: {frame['prev']} was missed, after {self.position}")
            if offset != self.position + 1:
                raise Broken(f"P1, P4: {offset} came after {self.position}")
            self.log.take(frame)
            self.position = offset
            self.told += 1

    def _take_place(self, frame):
        if self.log.events or self.position:
            if frame.get("recovered") is not True:
                raise Broken(f"P4: not resumed from {self.position}: {frame.get('reason')}")
            if frame["offset"] != self.position:
                raise Broken(f"P4: resumed at {frame['offset']}, not at {self.position}")
            self.resumed += 1
        else:
            self.position = frame["offset"]

    @property
    def since(self):
        """The place to come back with."""
        return None if self.log.epoch is None else f"{self.log.epoch}:{self.position}"


class Watching:
    """A witness at a gateway, for the length of the block."""

    def __init__(self, url, headers):
        self.witness = Witness()
        self.broken = None
        self._url = socket_url(url)
        self._headers = headers
        self._over = threading.Event()
        self._thread = threading.Thread(target=trio.run, args=(self._watch,), daemon=True)

    def __enter__(self):
        """Begin to watch."""
        self._thread.start()
        return self

    def __exit__(self, *_):
        """Stop watching."""
        self._over.set()
        self._thread.join(QUIET_S)

    def check(self):
        """Raise what was broken, if something was."""
        if self.broken is not None:
            raise self.broken

    async def _watch(self):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._end_when_over, nursery.cancel_scope)
            while self.broken is None:
                await self._connection()
                await trio.sleep(AGAIN_S)
            nursery.cancel_scope.cancel()

    async def _end_when_over(self, scope):
        await trio.to_thread.run_sync(self._over.wait, abandon_on_cancel=True)
        scope.cancel()

    async def _connection(self):
        try:
            async with connected(self._url, self._headers, self.witness.since) as socket:
                while True:
                    with trio.fail_after(QUIET_S):
                        frame = json.loads(await socket.get_message())
                    self.witness.take(frame)
        except* Broken as group:
            self.broken = group.exceptions[0]
        except* (trio_websocket.HandshakeError, trio_websocket.ConnectionClosed, OSError):
            pass
        except* trio.TooSlowError:
            self.broken = Broken(f"P3: no frame and no heartbeat in {QUIET_S} s")


@asynccontextmanager
async def connected(url, headers, since):
    """Open a websocket whose socket is closed for sure at the end, however its peer ended."""
    parts = urlsplit(url)
    resource = parts.path if since is None else f"{parts.path}?since={since}"
    pairs = [(name.encode(), value.encode()) for name, value in headers.items()]
    stream = await trio.open_tcp_stream(parts.hostname, parts.port)
    async with stream, trio.open_nursery() as nursery:
        with trio.fail_after(OPEN_S):
            yielded = await trio_websocket.wrap_client_stream(
                nursery, stream, parts.netloc, resource, extra_headers=pairs
            )
        yield yielded
        nursery.cancel_scope.cancel()


async def read_again(url, headers, log, last):
    """Have every event from the first to `last` told again to a client that was never there.

    Broken when any of them is not what the witness was told under the same offset.
    """
    again = Witness()
    again.log.events = dict(log.events)
    again.log.epoch = log.epoch
    with trio.fail_after(READ_AGAIN_S):
        async with connected(socket_url(url), headers, f"{log.epoch}:0") as socket:
            while again.position < last:
                again.take(json.loads(await socket.get_message()))
    again.log.check_order()
    again.log.check_lives()
    return again.told


def socket_url(url):
    """Where a gateway tells of all accounts."""
    return url.replace("http", "ws", 1) + "/ws/orders"
