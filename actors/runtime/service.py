"""Services: tasks that live as long as a block, and end after it, in order.

    async with running(writer.run):
        async with running(stream.run, …):     ◀─ ended first, while the writer still writes
            yield

A cancellation from outside reaches the block, not the services: the block then closes things in
its own order, and only its end ends the services. If a service falls, the block is cancelled.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import trio


@asynccontextmanager
async def running(*services: Callable[[], Awaitable[None]]) -> AsyncIterator[None]:
    """Run services for the length of the block.

    The block's own error comes out as it is; a service's comes out in an exception group.
    """
    scopes = [trio.CancelScope(shield=True) for _ in services]
    failure: Exception | None = None

    async def run(service: Callable[[], Awaitable[None]], scope: trio.CancelScope) -> None:
        with scope:
            await service()

    async with trio.open_nursery() as nursery:
        for service, scope in zip(services, scopes, strict=True):
            nursery.start_soon(run, service, scope)
        try:
            yield
        except Exception as error:  # noqa: BLE001 - raised again below, outside the group
            failure = error
        finally:
            for scope in scopes:
                scope.cancel()
    if failure is not None:
        raise failure
