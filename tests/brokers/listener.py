"""A client of a websocket of the gateway that never goes away: whatever ends it is a fault.

Listener(url, path, take) ── frames, as they came ──▶ take(frame): Broken when it is not right
                          ◀── send({"action": …})
"""

import json
import threading
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import trio
import trio_websocket

from tests.sim.checkers import Broken
from tests.web.commands.processes import until

QUIET_S = 40.0  # without so much as a heartbeat
OPEN_S = 10.0


class Listener:
    """A client in a thread of its own, for the length of the block."""

    def __init__(self, url, headers, take=lambda _: None):
        self.frames = []
        self.raw = []
        self.broken = None
        self._url, self._headers, self._take = url, headers, take
        self._ready = threading.Event()
        self._token = self._socket = self._scope = None
        self._thread = threading.Thread(target=trio.run, args=(self._run,), daemon=True)

    def __enter__(self):
        """Connect."""
        self._thread.start()
        self._ready.wait(QUIET_S)
        self.check()
        return self

    def __exit__(self, *_):
        """Go away."""
        if self._thread.is_alive():
            self._token.run_sync_soon(self._scope.cancel)
        self._thread.join(QUIET_S)

    def send(self, message):
        """Send a message, and give the answer to it."""
        known = len(self.frames)
        trio.from_thread.run(
            self._socket.send_message, json.dumps({**message, "id": known}), trio_token=self._token
        )
        return self.until(lambda frame: frame.get("id") == known, known)

    def until(self, is_it, since=0, within_s=30.0):
        """Wait for a frame that is it, from the `since`th on, and give it."""

        def found():
            self.check()
            return next((frame for frame in self.frames[since:] if is_it(frame)), None)

        return until(found, "a frame", within_s)

    def check(self):
        """Raise what was broken, if something was."""
        if self.broken is not None:
            raise self.broken

    async def _run(self):
        self._token = trio.lowlevel.current_trio_token()
        try:
            with trio.CancelScope() as self._scope:
                async with connected(self._url, self._headers) as self._socket:
                    while True:
                        with trio.fail_after(QUIET_S):
                            text = await self._socket.get_message()
                        self._hear(text)
        except* Broken as group:
            self.broken = group.exceptions[0]
        except* (trio_websocket.HandshakeError, trio_websocket.ConnectionClosed, OSError) as group:
            self.broken = Broken(f"P3: it was ended: {group.exceptions[0]!r}")
        except* trio.TooSlowError:
            self.broken = Broken(f"P3: no frame and no heartbeat in {QUIET_S} s")
        finally:
            self._ready.set()

    def _hear(self, text):
        frame = json.loads(text)
        self.raw.append(text)
        self._take(frame)
        self.frames.append(frame)
        self._ready.set()


@asynccontextmanager
async def connected(url, headers):
    """Open a websocket whose TCP stream is closed for sure at the end, however its peer ended."""
    parts = urlsplit(url)
    resource = f"{parts.path}?{parts.query}" if parts.query else parts.path
    pairs = [(name.encode(), value.encode()) for name, value in headers.items()]
    stream = await trio.open_tcp_stream(parts.hostname, parts.port)
    async with stream, trio.open_nursery() as nursery:
        with trio.fail_after(OPEN_S):
            socket = await trio_websocket.wrap_client_stream(
                nursery, stream, parts.netloc, resource, extra_headers=pairs
            )
        yield socket
        nursery.cancel_scope.cancel()
