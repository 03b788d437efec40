"""A gateway in one process: what `serve` and `demo` have in common.

Config ──▶ open_system ──▶ make_app ──▶ serve ──▶ URL
                              stop ───────┘
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from typing import Final

import trio
from attrs import frozen

from actors import Config, System, open_system
from actors.domain.errors import StoreError
from web.app import make_app
from web.auth import Access
from web.server import Listen
from web.server import serve as serve_app

from .faults import CannotRun, leaves, listening
from .version import own_version

DRAIN_SHARE: Final = 0.4
"""The part of the grace that sockets get; the rest is for the batches and the store."""


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
    with store_told():
        async with open_system(config) as system, trio.open_nursery() as nursery:
            app = make_app(system, access, stop=stop, version=own_version())
            with listening(server.host, server.port):
                url = await nursery.start(partial(serve_app, app, listen, stop=stop))
            yield Gateway(url, system)


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
