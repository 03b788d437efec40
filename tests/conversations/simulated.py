"""The world of a story on a virtual clock: the whole tree, the real web app, the real sandbox.

    story ── test client, socket pair ──▶ web ──▶ gateway ── network in memory ──▶ paper broker

The broker dies and comes back on its ledger, the gateway on its store, as processes would; what
was on its way when the broker died is lost.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from decimal import Decimal
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import trio
import trio_websocket
from attrs import define, field
from hypercorn.trio.worker_context import WorkerContext

from actors.domain.errors import BrokerUnknown
from actors.runtime.seams import HttpRequest, HttpResponse
from tests.sim.network import Network, wall_clock
from tests.sim.wire import Front, WebLine
from tests.sim.world import Gateway
from web.connection import Connection
from web.sandbox.faults import Fault
from web.sandbox.paper import UPSTREAMS, PaperOptions, open_paper
from web.server import make_hypercorn_config

from .given import ACCOUNTS, configuration
from .tell import Came

READY_S = 60.0
URL = "http://broker.test"


Carry = Callable[[HttpRequest], Awaitable[HttpResponse]]


@define(eq=False)
class MortalNetwork(Network):
    """A network whose broker may die: then calls that were under way get no answer.

    `sent` is every call, and when it was made. What stands `between` may answer in the broker's
    place, or make another answer of the broker's.
    """

    sent: list[tuple[float, HttpRequest]] = field(factory=list)
    between: Callable[[HttpRequest, Carry], Awaitable[HttpResponse]] | None = None
    _under_way: set[trio.CancelScope] = field(factory=set)

    async def http(self, request: HttpRequest, *, timeout_s: float) -> HttpResponse:
        """Carry one call, unless the broker dies over it."""
        self.sent.append((trio.current_time(), request))
        carry = partial(super().http, timeout_s=timeout_s)
        with trio.CancelScope() as scope:
            self._under_way.add(scope)
            try:
                if self.between is None:
                    return await carry(request)
                return await self.between(request, carry)
            finally:
                self._under_way.discard(scope)
        raise BrokerUnknown("the broker did not answer: RemoteProtocolError")

    def die(self) -> None:
        """Cut all that is open and all that is under way."""
        self.is_down = True
        self.cut()
        for scope in self._under_way:
            scope.cancel()


@define(eq=False)
class Simulated:
    """A `World` on a virtual clock."""

    folder: Path
    network: MortalNetwork
    gateway: Gateway
    nursery: trio.Nursery
    upstream: str
    broker: trio.CancelScope

    async def request(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes | None
    ) -> Came:
        """Ask the app; its own connection code stands behind the sockets only."""
        if self.gateway.front is None:
            raise OSError("the gateway is away")
        client = self.gateway.front.app.test_client()
        answer = await client.open(path, method=method, headers=dict(headers), data=body)
        raw = await answer.get_data()
        named = {name.lower(): value for name, value in answer.headers.items()}
        is_json = "json" in named.get("content-type", "")
        said = json.loads(raw, parse_float=Decimal) if is_json else raw.decode()
        return Came(answer.status_code, named, said)

    @asynccontextmanager
    async def dial(self, path: str) -> AsyncIterator[WebLine]:
        """Open a websocket over a pair of sockets, through the gateway's own connection code."""
        if self.gateway.front is None:
            raise EOFError
        async with dial(self.gateway.front, path) as line:
            yield line

    async def happen(self, event: str) -> None:
        """Kill or start what the event names."""
        if event == "the broker dies":
            self.network.die()
            self.broker.cancel()
        elif event.startswith("the broker is back"):
            is_silent = event.endswith("says nothing")
            start = partial(
                run_broker, self.folder, self.network, self.upstream, is_silent=is_silent
            )
            self.broker = await self.nursery.start(start)
        else:
            self.gateway.kill()
        if event != "the broker dies":
            await self.until_live()

    async def until_live(self) -> None:
        """Wait until the gateway serves and every account is live."""
        with trio.fail_after(READY_S):
            while not await self._is_live():
                await trio.sleep(0.05)

    async def _is_live(self) -> bool:
        if self.gateway.front is None:
            return False
        rows = (await self.request("GET", "/ws/status", {}, None)).body["accounts"].values()
        return all(row["state"] == "live" for row in rows)

    def ledger(self) -> list[dict[str, Any]]:
        """Give the lines of the broker's ledger."""
        return [json.loads(line) for line in ledger_of(self.folder).read_text().splitlines()]


class TwoWayLine(WebLine):
    """A client's end of a websocket, to send by too."""

    async def send(self, text: str) -> None:
        """Send a text; EOFError when the line is dead."""
        try:
            await self.connection.send_message(text)
        except trio_websocket.ConnectionClosed:
            raise EOFError from None


@asynccontextmanager
async def open_simulated(
    folder: Path, seed: int = 1, upstream: str = UPSTREAMS[0], **account: Any
) -> AsyncIterator[Simulated]:
    """Run a world over one broker, with every account live, for the length of the block.

    `account` is what its accounts have set otherwise.

    What happens depends on the seed alone, the order in which tasks get their turns too.
    """
    trio._core._run._ALLOW_DETERMINISTIC_SCHEDULING = True
    trio._core._run._r.seed(seed)
    async with trio.open_nursery() as nursery:
        network = MortalNetwork(None, Random(seed))
        broker = await nursery.start(run_broker, folder, network, upstream)
        config = configuration(folder, URL, upstream, **account)
        gateway = Gateway(config, network.seams(Random(seed + 1)))
        nursery.start_soon(gateway.run)
        world = Simulated(folder, network, gateway, nursery, upstream, broker)
        await world.until_live()
        yield world
        nursery.cancel_scope.cancel()


async def run_broker(
    folder: Path,
    network: Network,
    upstream: str,
    *,
    is_silent: bool = False,
    task_status: trio.TaskStatus[trio.CancelScope] = trio.TASK_STATUS_IGNORED,
) -> None:
    """Run a broker on its ledger until it is cancelled."""
    faults = (Fault("silent"),) if is_silent else ()
    options = PaperOptions(
        upstream=upstream, accounts=ACCOUNTS, ledger=ledger_of(folder), faults=faults
    )
    with trio.CancelScope() as life:
        async with open_paper(options, now=wall_clock) as network.broker:
            network.is_down = False
            task_status.started(life)
            await trio.sleep_forever()


def ledger_of(folder: Path) -> Path:
    """Give the file of the broker's ledger."""
    return folder / "ledger.jsonl"


@asynccontextmanager
async def dial(front: Front, path: str) -> AsyncIterator[TwoWayLine]:
    """Open a websocket to any path; EOFError inside the block when it dies."""
    near, far = trio.socket.socketpair()
    config, context = make_hypercorn_config(), WorkerContext(None)
    connection = Connection(front.app, config, context, trio.SocketStream(far))
    front.nursery.start_soon(connection.run)
    failure: Exception | None = None
    try:
        async with trio.open_nursery() as nursery:
            try:
                client = await trio_websocket.wrap_client_stream(
                    nursery, trio.SocketStream(near), "127.0.0.1", path
                )
                yield TwoWayLine(client)
            except (EOFError, trio_websocket.HandshakeError):
                failure = EOFError("the socket was refused or cut")
            except Exception as error:
                failure = error
            nursery.cancel_scope.cancel()
    finally:
        near.close()
        connection.cut("the client is gone")
    if failure is not None:
        raise failure
