"""The gateway under load: the real one, in a process of its own, with a trace put on.

broker's URL ──▶ gateway on a free port, store in a folder ──▶ `ready URL`
SIGTERM ──▶ trace.json in the folder, and the end
"""

from __future__ import annotations

import argparse
import cProfile
from functools import partial
from pathlib import Path

import trio

from actors.domain.config import AccountConfig, Config, ServerConfig, StoreConfig
from actors.domain.ids import AccountId
from web.auth import Access
from web.commands.gateway import gateway, until_reconciled
from web.commands.logs import set_up_logs
from web.commands.process import run, say_ready

from .trace import Trace

RECONCILE_S = 10.0


def main() -> None:
    """Run until SIGTERM."""
    parser = argparse.ArgumentParser(prog="python -m tests.load.gateway", description=__doc__)
    parser.add_argument("broker")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--every", type=int, default=1, help="follow one frame in so many")
    parser.add_argument("--stride", type=int, default=1, help="to one subscriber in so many")
    parser.add_argument("--profile", action="store_true", help="write gateway.prof, too")
    asked = parser.parse_args()
    set_up_logs()
    trace = Trace(asked.every, asked.stride)
    trace.put_on()
    config = Config(
        accounts={
            AccountId("primary"): AccountConfig(
                upstream="ticker_service", url=asked.broker, api_key="load"
            )
        },
        server=ServerConfig(port=0),
        store=StoreConfig(str(asked.folder / "load.db")),
    )
    profile = cProfile.Profile()
    if asked.profile:
        profile.enable()
    run(partial(serve, config, trace, asked.folder / "trace.json"))
    if asked.profile:
        profile.disable()
        profile.dump_stats(asked.folder / "gateway.prof")


async def serve(config: Config, trace: Trace, path: Path, stop: trio.Event) -> None:
    """Serve until told to stop, then write what was seen."""
    async with gateway(config, Access.open_on_loopback(config), stop) as running:
        await until_reconciled(running.system, at_most_s=RECONCILE_S)
        say_ready(running.url)
        await stop.wait()
        trace.write(path)


if __name__ == "__main__":
    main()
