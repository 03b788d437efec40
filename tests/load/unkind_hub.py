"""Orderwire as `orderwire_hub` has it, with little memory, and willing to say what goes on inside.

    stamps on stdin ──▶ writer ──▶ journal of 512 events ──▶ feeds of 512 frames ──▶ sockets
    SIGUSR1 ──▶ {"subscribers", "resting", "store_reads"} as a line on stdout

Who is further behind than that is served from the store. `resting` are those of the `subscribers`
who have all that there is, and are written to by rounds.
"""

from __future__ import annotations

import argparse
import json
import signal
from functools import partial
from pathlib import Path

import trio

from actors import System, feed
from actors.domain.config import AccountConfig, Config, ServerConfig, StoreConfig
from actors.domain.ids import Offset
from actors.domain.model import Event
from actors.runtime.journal import READ_MAX, Journal
from web.auth import Access
from web.commands.gateway import gateway
from web.commands.logs import set_up_logs
from web.commands.process import ended_by, run, say_ready

from . import orderwire_hub
from .orderwire_hub import ACCOUNT, NOWHERE

KEPT = 512  # events in memory; half as many at least


def main() -> None:
    """Run until SIGTERM, or until there are no more stamps."""
    parser = argparse.ArgumentParser(prog="python -m tests.load.unkind_hub", description=__doc__)
    parser.add_argument("folder", type=Path)
    asked = parser.parse_args()
    set_up_logs()
    feed.FRAMES_MAX = KEPT  # type: ignore[misc]
    config = Config(
        accounts={ACCOUNT: AccountConfig(upstream="ticker_service", url=NOWHERE, api_key="load")},
        server=ServerConfig(port=0),
        store=StoreConfig(str(asked.folder / "load.db")),
    )
    run(partial(serve, config))


async def serve(config: Config, stop: trio.Event) -> None:
    """Serve until told to stop, or until there is nothing more to tell."""
    async with gateway(config, Access.open_on_loopback(config), stop) as running:
        system = running.system
        await system.disconnect(ACCOUNT)
        system.journal.tail_max = KEPT
        reads = StoreReads(system.journal)
        with trio.open_signal_receiver(signal.SIGUSR1) as asked:
            say_ready(running.url)
            async with ended_by(stop), trio.open_nursery() as nursery:
                nursery.start_soon(answer, asked, system, reads)
                await orderwire_hub.feed(system)
                nursery.cancel_scope.cancel()
        stop.set()
        await stop.wait()


class StoreReads:
    """Counts how often a journal reads its store because an event is no longer in memory."""

    def __init__(self, journal: Journal) -> None:
        self.count = 0
        self._read = journal.read
        self._journal = journal
        journal.read = self.read  # type: ignore[method-assign]

    async def read(self, after: Offset, limit: int = READ_MAX) -> list[Event]:
        """Count a read if it goes to the store."""
        self.count += after < self._journal.floor
        return list(await self._read(after, limit))


async def answer(asked: trio.abc.ReceiveChannel[int], system: System, reads: StoreReads) -> None:
    """Say how things are inside, each time that it is asked."""
    async for _ in asked:
        rooms = list(system.broadcaster._rooms.values())
        told = {
            "subscribers": sum(len(room.readers) for room in rooms),
            "resting": sum(len(room.resting) for room in rooms),
            "store_reads": reads.count,
        }
        print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main()
