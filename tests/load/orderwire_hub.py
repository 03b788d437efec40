"""Orderwire as one side of the fan-out benchmark: the real system behind its real web server.

    stamps on stdin ──▶ drafts ──▶ writer ──▶ store, journal ──▶ sockets        from the writer on
    --broker URL ──▶ stream ──▶ book ──▶ writer ──▶ store, journal ──▶ sockets  the whole path

Each event is an update of one of 64 living orders, made durable before anyone is shown it.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from functools import partial
from itertools import count
from pathlib import Path

import trio

from actors import System
from actors.domain.config import AccountConfig, Config, ServerConfig, StoreConfig
from actors.domain.ids import OrderId
from actors.domain.model import Draft, Order
from web.auth import Access
from web.commands.gateway import gateway, until_reconciled
from web.commands.logs import set_up_logs
from web.commands.process import ended_by, run, say_ready

from .drain import stamped
from .pace import GROUP_BYTES, STAMP
from .sample import ACCOUNT, AN_ORDER

ALIVE = 64
RECONCILE_S = 10.0
NOWHERE = "http://127.0.0.1:9"  # no stream is wanted where drafts are made here


def main() -> None:
    """Run until SIGTERM, or until there are no more stamps."""
    parser = argparse.ArgumentParser(prog="python -m tests.load.orderwire_hub", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--broker", help="take its frames; otherwise stamps from stdin")
    asked = parser.parse_args()
    set_up_logs()
    url = asked.broker or NOWHERE
    config = Config(
        accounts={ACCOUNT: AccountConfig(upstream="ticker_service", url=url, api_key="load")},
        server=ServerConfig(port=0),
        store=StoreConfig(str(asked.folder / "load.db")),
    )
    run(partial(serve, config, feeds_itself=not asked.broker))


async def serve(config: Config, stop: trio.Event, *, feeds_itself: bool) -> None:
    """Serve until told to stop, or until there is nothing more to tell."""
    async with gateway(config, Access.open_on_loopback(config), stop) as running:
        if feeds_itself:
            await running.system.disconnect(ACCOUNT)
        else:
            await until_reconciled(running.system, at_most_s=RECONCILE_S)
        say_ready(running.url)
        if feeds_itself:
            async with ended_by(stop):
                await feed(running.system)
            stop.set()
        await stop.wait()


async def feed(system: System) -> None:
    """Hand the writer what is due, as soon as it is, until stdin ends."""
    numbers = count()
    rest = b""
    async with trio.lowlevel.FdStream(0) as stamps:
        while data := await stamps.receive_some(GROUP_BYTES):
            data = rest + data
            whole = len(data) - len(data) % STAMP.size
            rest = data[whole:]
            await system.writer.submit(list(drafts(data[:whole], numbers, system.seams.now())))


def drafts(stamps: bytes, numbers: Iterator[int], now: datetime) -> Iterator[Draft]:
    """Give an update of an order for each stamp."""
    now_s = trio.current_time()
    for (stamp_ns,), number in zip(STAMP.iter_unpack(stamps), numbers, strict=False):
        value = order(number, stamped(stamp_ns), now)
        yield Draft("order_update", ACCOUNT, value.order_id, value, now, now_s)


def order(number: int, status_message: str, now: datetime) -> Order:
    """Give an order as a desk sees it, with its price changed again."""
    return Order(
        **AN_ORDER,
        order_id=OrderId(f"261121{number % ALIVE:09d}"),
        price=_PRICES[number % len(_PRICES)],
        origin="external",
        placed_at=now,
        updated_at=now,
        status_message=status_message,
    )


_PRICES = [Decimal(10_000 + 5 * each) / 100 for each in range(101)]


if __name__ == "__main__":
    main()
