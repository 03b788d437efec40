"""The peer in the fan-out benchmark: FastAPI, uvicorn, uvloop, and a bounded queue a client.

    stamps on stdin ──▶ event ──▶ encoded once ──▶ queue ──▶ task ──▶ send_text
    --broker URL ──▶ websockets ──▶ decoded, encoded once ─▶ queue ──▶ task ──▶ send_text

The architecture that Orderwire's brief describes, as a careful engineer writes it: the fastest event
loop and websocket code there is for it, JSON in C, one encoding for all clients, a queue that drops
its oldest when a client is slow. Nothing is committed anywhere.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import signal
import socket
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from functools import partial
from itertools import count
from typing import Any

import msgspec
import uvicorn
import websockets
from fastapi import FastAPI, WebSocket, WebSocketDisconnect

from . import plain
from .drain import stamped
from .pace import GROUP_BYTES, STAMP
from .plain import ACCOUNT

QUEUE_MAX = 1024
ALIVE = 64
RETRY_S = 1.0
ORDER: dict[str, Any] = {
    "order_id": "",
    **plain.ORDER,
    "price": 0,
    "origin": "external",
    "placed_at": None,
    "updated_at": None,
    "status_message": None,
}
FIELDS = tuple(ORDER)


class Hub:
    """The queues of those who listen."""

    def __init__(self) -> None:
        self._queues: set[asyncio.Queue[str]] = set()

    def subscribe(self) -> asyncio.Queue[str]:
        """Open a queue."""
        queue: asyncio.Queue[str] = asyncio.Queue(QUEUE_MAX)
        self._queues.add(queue)
        return queue

    def leave(self, queue: asyncio.Queue[str]) -> None:
        """Close a queue."""
        self._queues.discard(queue)

    def broadcast(self, event: dict[str, Any]) -> None:
        """Tell everyone; a client that is too slow loses its oldest."""
        text = msgspec.json.encode(event).decode()
        for queue in self._queues:
            if queue.full():
                queue.get_nowait()
            queue.put_nowait(text)


def make_app(hub: Hub, broker: str | None) -> FastAPI:
    """Build the app; its events come from a broker's stream or from stdin."""

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        work = relay(hub, broker) if broker else feed(hub)
        task = asyncio.create_task(work)
        yield
        task.cancel()

    app = FastAPI(lifespan=lifespan)
    app.add_api_websocket_route("/ws/orders", partial(serve_orders, hub))
    return app


async def serve_orders(hub: Hub, client: WebSocket) -> None:
    """Send a client what comes, and answer its pings, until it leaves."""
    await client.accept()
    welcome = {"type": "connection_established", "account_id": ACCOUNT, "timestamp": utc_text()}
    await client.send_text(msgspec.json.encode(welcome).decode())
    queue = hub.subscribe()
    sender = asyncio.create_task(send(client, queue))
    try:
        while True:
            if await client.receive_text() == "ping":
                await client.send_text("pong")
    except WebSocketDisconnect:
        pass
    finally:
        hub.leave(queue)
        sender.cancel()


async def send(client: WebSocket, queue: asyncio.Queue[str]) -> None:
    """Send a client what is in its queue, until it leaves."""
    with contextlib.suppress(WebSocketDisconnect):
        while True:
            await client.send_text(await queue.get())


async def feed(hub: Hub) -> None:
    """Tell of what is due, as soon as it is; when stdin ends, so does the server."""
    stamps = asyncio.StreamReader(GROUP_BYTES)
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(stamps), sys.stdin)
    numbers, rest = count(), b""
    while data := await stamps.read(GROUP_BYTES):
        data = rest + data
        whole = len(data) - len(data) % STAMP.size
        rest = data[whole:]
        for (stamp_ns,), number in zip(STAMP.iter_unpack(data[:whole]), numbers, strict=False):
            now = utc_text()
            hub.broadcast(update(order(number, stamped(stamp_ns), now), now))
        await asyncio.sleep(0)
    signal.raise_signal(signal.SIGTERM)


async def relay(hub: Hub, broker: str) -> None:
    """Pass a broker's updates on; a stream that ends is opened again."""
    url = f"{broker.replace('http', 'ws', 1)}/advanced/ws/orders/{ACCOUNT}"
    while True:
        with contextlib.suppress(OSError, websockets.WebSocketException):
            async with websockets.connect(url, compression=None, ping_interval=None) as stream:
                async for frame in stream:
                    told = msgspec.json.decode(frame)
                    if told["type"] == "order_update":
                        hub.broadcast(update(told["data"], utc_text()))
        await asyncio.sleep(RETRY_S)


def utc_text() -> str:
    """Give the time as the frames write it."""
    return f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "Z"


def update(row: dict[str, Any], now: str) -> dict[str, Any]:
    """Give an update whose data has the same fields as Orderwire's."""
    data = {name: row.get(name) for name in FIELDS}
    return {"type": "order_update", "account_id": ACCOUNT, "data": data, "timestamp": now}


def order(number: int, status_message: str, now: str) -> dict[str, Any]:
    """Give an order as a desk sees it, with its price changed again."""
    return {
        **ORDER,
        "order_id": f"261121{number % ALIVE:09d}",
        "price": 100 + number % 101 / 20,
        "placed_at": now,
        "updated_at": now,
        "status_message": status_message,
    }


def main() -> None:
    """Serve on a free port until SIGTERM; print `ready URL`."""
    parser = argparse.ArgumentParser(prog="python -m tests.load.peer_hub", description=__doc__)
    parser.add_argument("folder", nargs="?", help="not needed: nothing is kept")
    parser.add_argument("--broker", help="take its frames; otherwise stamps from stdin")
    parser.add_argument("--ws", default="auto", help="uvicorn's websocket code")
    asked = parser.parse_args()
    listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
    config = uvicorn.Config(
        make_app(Hub(), asked.broker),
        loop="uvloop",
        http="httptools",
        ws=asked.ws,
        ws_per_message_deflate=False,
        ws_ping_interval=None,
        log_level="warning",
        access_log=False,
    )
    print(f"ready http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
    uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
