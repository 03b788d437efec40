"""The world of a story as it really is: a gateway and a paper broker, each a process of its own.

story ── HTTP, websockets ──▶ orderwire serve ── loopback ──▶ orderwire paper
"the broker dies" is SIGKILL; it comes back on its ledger, and the gateway on its store
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import trio
import trio_websocket
from attrs import define

from tests.crash.world import HEADERS, World
from web.sandbox.paper import UPSTREAMS

from .given import settings_toml
from .simulated import TwoWayLine
from .tell import ANSWER_S, Came

OPEN_S = 5.0


class Processes(World):
    """The gateway and the broker; the broker may be started with a stream that says nothing."""

    def start_broker(self, rate: float, *, is_silent: bool = False) -> None:
        """Start the broker on its ledger, and wait until it serves."""
        if not is_silent:
            super().start_broker(rate)
            return
        faults = self.ledger.with_name("faults.toml")
        faults.write_text('[[fault]]\nkind = "silent"\n')
        super().start_broker(rate, more=("--faults", faults))


@define(eq=False)
class Real:
    """A `World` of two processes."""

    processes: Processes
    http: httpx2.AsyncClient

    async def request(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes | None
    ) -> Came:
        """Ask over a socket."""
        try:
            answer = await self.http.request(method, path, headers=dict(headers), content=body)
        except httpx2.TransportError as error:
            raise OSError(f"{type(error).__name__} {error}") from None
        is_json = "json" in answer.headers.get("content-type", "")
        said = json.loads(answer.content, parse_float=Decimal) if is_json else answer.text
        return Came(answer.status_code, dict(answer.headers), said)

    @asynccontextmanager
    async def dial(self, path: str) -> AsyncIterator[TwoWayLine]:
        """Open a websocket whose socket is closed for sure at the end, however it ended."""
        parts = urlsplit(self.processes.url)
        pairs = [(name.encode(), value.encode()) for name, value in HEADERS.items()]
        failure: Exception | None = None
        stream = await trio.open_tcp_stream(parts.hostname or "", parts.port or 0)
        async with stream, trio.open_nursery() as nursery:
            try:
                with trio.fail_after(OPEN_S):
                    connection = await trio_websocket.wrap_client_stream(
                        nursery, stream, parts.netloc, path, extra_headers=pairs
                    )
                yield TwoWayLine(connection)
            except (EOFError, trio_websocket.HandshakeError, trio.TooSlowError):
                failure = EOFError("the socket was refused or cut")
            except Exception as error:
                failure = error
            nursery.cancel_scope.cancel()
        if failure is not None:
            raise failure

    async def happen(self, event: str) -> None:
        """Kill or start the process that the event names."""
        await trio.to_thread.run_sync(self._happen, event)

    def _happen(self, event: str) -> None:
        match event:
            case "the broker dies":
                self.processes.kill_broker()
            case "the gateway is killed and started again":
                self.processes.kill_gateway()
                self.processes.start_gateway()
                self.processes.until_live()
            case _:
                before = self.processes.reconnects()
                self.processes.start_broker(0, is_silent=event.endswith("says nothing"))
                self.processes.until_live(reconnects=before)

    def ledger(self) -> list[dict[str, Any]]:
        """Give the whole lines of the broker's ledger."""
        return self.processes.lines()


@asynccontextmanager
async def open_real(folder: Path, upstream: str = UPSTREAMS[0]) -> AsyncIterator[Real]:
    """Start both processes, wait until every account is live, and end them with the block."""
    with Processes(folder, 1, accounts_toml=settings_toml(), upstream=upstream) as processes:
        await trio.to_thread.run_sync(processes.start_broker, 0)
        await trio.to_thread.run_sync(processes.start_gateway)
        await trio.to_thread.run_sync(processes.until_live)
        async with httpx2.AsyncClient(
            base_url=processes.url, headers=HEADERS, timeout=ANSWER_S, trust_env=False
        ) as http:
            yield Real(processes, http)
