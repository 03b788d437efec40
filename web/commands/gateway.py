"""A gateway in one process: what `serve` and `demo` have in common.

Config ──▶ port ──▶ open_system ──▶ make_app ──▶ serve ──▶ URL
                                       stop ───────┘

    stop ─┬─ sockets ──── 0.4 of the grace ┐
          └─ batches ──── 0.5 ─────────────┴─▶ streams ─▶ what was heard is durable ─▶ store closed
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from functools import partial
from typing import Final

import trio
from attrs import frozen

from actors import Config, System, open_system
from actors.domain.errors import StoreError
from web.app import make_app
from web.auth import Access
from web.server import Listen, open_listeners
from web.server import serve as serve_app

from .collector import calm_collector
from .faults import CannotRun, leaves, listening
from .version import own_version

DRAIN_SHARE: Final = 0.4
"""The part of the grace after which sockets are cut."""
SETTLE_SHARE: Final = 0.5
"""The part of it after which batches stand still; the rest is for the streams and the store."""


@frozen
class Gateway:
    """A gateway that serves at `url`."""

    url: str
    system: System


@asynccontextmanager
async def gateway(config: Config, access: Access, stop: trio.Event) -> AsyncIterator[Gateway]:
    """Run a gateway for the length of the block; when `stop` is set, it ends first.

    BadConfiguration and CannotRun, with a line for each thing that stands in its way.
    """
    server = config.server
    listen = Listen(
        host=server.host,
        port=server.port,
        grace_s=server.grace_s * DRAIN_SHARE,
        connections_per_address_max=server.connections_per_address_max,
    )
    async with AsyncExitStack() as opened:
        # The port comes first: a broker must not hear of a gateway that is one too many.
        with listening(server.host, server.port):
            listeners = await open_listeners(listen)
        for listener in listeners:
            opened.push_async_callback(listener.aclose)
        opened.enter_context(store_told())
        system = await opened.enter_async_context(open_system(config))
        nursery = await opened.enter_async_context(trio.open_nursery())
        nursery.start_soon(hurry_batches, system, stop, server.grace_s * SETTLE_SHARE)
        app = make_app(system, access, stop=stop, version=own_version())
        serving = partial(serve_app, app, listen, stop=stop, listeners=listeners)
        url = await nursery.start(serving)
        opened.enter_context(calm_collector())
        yield Gateway(url, system)


async def hurry_batches(system: System, stop: trio.Event, within_s: float) -> None:
    """Have batches end within a time of `stop`, not of the end of all that ends before them."""
    await stop.wait()
    system.batches.settle_by_s = trio.current_time() + within_s


@contextmanager
def store_told() -> Iterator[None]:
    """Tell of a store that is owned by another, damaged, or not to be had."""
    try:
        yield
    except Exception as error:
        found = leaves(error)
        if all(isinstance(leaf, StoreError) for leaf in found):
            raise CannotRun(*map(str, found)) from None
        raise


async def until_reconciled(system: System, *, at_most_s: float) -> None:
    """Wait until every account has reconciled once, or for so long."""
    with trio.move_on_after(at_most_s):
        for stream in system.streams.values():
            await stream.reconciled_once.wait()
