"""The world of the web's tests: a whole system on a real store, brokers by hand, a real server.

a_gateway ── System (SQLite in a folder) + FakeUpstream an account ── app
serving ──── the same behind the real listener, on a free loopback port
told, get ── what a client reads, as JSON with its numbers as they were written
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any
from unittest.mock import patch

import attrs
import trio
import trio_websocket
from quart_trio import QuartTrio

import actors.system
from actors import System, open_system
from actors.domain.config import Config, KeyConfig, ServerConfig, StoreConfig
from actors.domain.ids import AccountId
from actors.domain.model import Report
from tests.actors.broker import FakeUpstream
from tests.actors.fakes import a_config, fake_seams
from web.app import make_app
from web.auth import Access
from web.server import Listen, serve

ACCOUNTS = ("primary", "hedge")
ALL_TYPES = [
    "batch_update",
    "correction",
    "message",
    "order_update",
    "position_update",
    "stream_status",
    "trade_update",
]


@attrs.define(eq=False)
class Gateway:
    """A running system with its app, and the brokers behind it."""

    system: System
    brokers: dict[str, FakeUpstream]
    access: Access
    stop: trio.Event
    app: QuartTrio

    async def tell(self, *reports: Report, account: str = "primary", events: int = 1) -> None:
        """Have a broker say something, and wait until so many events of it are committed."""
        end = self.system.journal.end
        for report in reports:
            self.brokers[account].push(report)
        with trio.fail_after(5):
            await self.system.journal.wait_beyond(end + events - 1)

    async def get(self, path: str, status: int = 200, **headers: str) -> Any:
        """Ask for a path and give the JSON of the answer, which has this status."""
        answer = await self.app.test_client().get(path, headers=dashed(headers))
        assert answer.status_code == status, await answer.get_data(as_text=True)
        return exact(await answer.get_data())

    async def post(self, path: str, body: Any, status: int = 200, **headers: str) -> Any:
        """Post JSON, or bytes as they are, and give the JSON of the answer."""
        return await self.send("POST", path, body, status, **headers)

    async def send(
        self, method: str, path: str, body: Any = b"", status: int = 200, **headers: str
    ) -> Any:
        """Send JSON, or bytes as they are, by any method, and give the JSON of the answer."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        client = self.app.test_client()
        answer = await client.open(path, method=method, data=data, headers=dashed(headers))
        assert answer.status_code == status, await answer.get_data(as_text=True)
        return exact(await answer.get_data())


@asynccontextmanager
async def a_gateway(
    folder: Path, *, keys: dict[str, KeyConfig] | None = None, settled: bool = True, **server: Any
) -> AsyncIterator[Gateway]:
    """Run a system with two accounts, all inline. With `keys` it is not open on loopback.

    Unless it is not `settled`, both accounts have reconciled when the block begins.
    """
    config = Config(
        accounts={AccountId(name): a_config() for name in ACCOUNTS},
        server=ServerConfig(**server),
        store=StoreConfig(str(folder / "orderwire.db")),
        keys=keys or {},
    )
    brokers = {name: FakeUpstream() for name in ACCOUNTS}
    if not settled:
        for broker in brokers.values():
            broker.answer_s = 5.0
    upstreams = {"ticker_service": lambda name, *_: brokers[name]}
    stop = trio.Event()
    with patch.dict(actors.system.UPSTREAMS, upstreams):
        async with open_system(config, fake_seams()) as system:
            if settled:
                await until_live(system)
            access = Access.open_on_loopback(config) if keys is None else Access.from_keys(config)
            app = make_app(system, access, stop=stop, version="1.2.3")
            yield Gateway(system, brokers, access, stop, app)
            stop.set()


async def until_live(system: System) -> None:
    """Wait until every account has said, in this run, that it is live."""
    with trio.fail_after(5):
        for stream in system.streams.values():
            await stream.reconciled_once.wait()
        while any(
            book.status is None or b'"live"' not in book.status.data for book in books(system)
        ):
            await system.journal.wait_beyond(system.journal.end)


def books(system: System) -> list[Any]:
    """Give the committed books."""
    return list(system.journal.view.values())


@asynccontextmanager
async def serving(gateway: Gateway, **changes: Any) -> AsyncIterator[str]:
    """Serve the app on a free port of loopback, and stop in order at the end of the block."""
    listen = attrs.evolve(Listen("127.0.0.1", 0, grace_s=1.0), **changes)
    async with trio.open_nursery() as nursery:
        yield await nursery.start(partial(serve, gateway.app, listen, stop=gateway.stop))
        gateway.stop.set()


@asynccontextmanager
async def dial(url: str, path: str, **headers: str) -> AsyncIterator[Any]:
    """Open a websocket at a path of a server; its TCP connection ends with the block.

    What the block or the handshake raises comes out as it is.
    """
    place = url.removeprefix("http://")
    host, _, port = place.rpartition(":")
    extra = [(name.encode(), value.encode()) for name, value in dashed(headers).items()]
    failure: Exception | None = None
    async with await trio.open_tcp_stream(host, int(port)) as stream:
        async with trio.open_nursery() as nursery:
            try:
                client = await trio_websocket.wrap_client_stream(
                    nursery, stream, place, path, extra_headers=extra
                )
                yield client
                with trio.move_on_after(1):
                    await client.aclose()
            except Exception as error:
                failure = error
            nursery.cancel_scope.cancel()
    if failure is not None:
        raise failure


async def told(client: Any) -> Any:
    """Wait for the next frame of a websocket, and give its JSON."""
    with trio.fail_after(5):
        return exact(await client.get_message())


def exact(text: str | bytes) -> Any:
    """Read JSON with its numbers as they were written."""
    return json.loads(text, parse_float=Decimal)


def dashed(headers: dict[str, str]) -> dict[str, str]:
    """Give headers by their names on the wire."""
    return {name.replace("_", "-"): value for name, value in headers.items()}


def a_key(key: str, *accounts: str, rights: tuple[Any, ...] = ("read",), **more: Any) -> KeyConfig:
    """Give the configuration's line of a key."""
    return KeyConfig(sha256(key.encode()).hexdigest(), accounts or ("*",), rights, **more)
