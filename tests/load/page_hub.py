"""A gateway with a full book for the page's load test: many orders, and updates of them without end.

    --orders N ──▶ drafts ──▶ writer ──▶ store, journal ──▶ `ready URL`
    --rate R ────▶ R updates a second, over all orders in turn ──▶ until SIGTERM

From the writer on it is the real system behind its real web server.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from functools import partial
from itertools import count, islice
from pathlib import Path

import trio
from attrs import evolve

from actors import System
from actors.domain.config import AccountConfig, Config, ServerConfig, StoreConfig
from actors.domain.ids import OrderId
from actors.domain.model import Draft, Order
from web.auth import Access
from web.commands.gateway import gateway
from web.commands.logs import set_up_logs
from web.commands.process import ended_by, run, say_ready

from .orderwire_hub import NOWHERE, order
from .sample import ACCOUNT

GROUP_MAX = 500  # drafts handed over at a time
TICK_S = 0.02
STRIDE = 7919  # a prime: the next update is of an order far from the last one


def main() -> None:
    """Run until SIGTERM."""
    parser = argparse.ArgumentParser(prog="python -m tests.load.page_hub", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--orders", type=int, default=10_000)
    parser.add_argument("--rate", type=int, default=1_000)
    asked = parser.parse_args()
    set_up_logs()
    config = Config(
        accounts={ACCOUNT: AccountConfig(upstream="ticker_service", url=NOWHERE, api_key="load")},
        server=ServerConfig(port=0),
        store=StoreConfig(str(asked.folder / "load.db")),
    )
    run(partial(serve, config, asked.orders, asked.rate))


async def serve(config: Config, orders: int, rate: int, stop: trio.Event) -> None:
    """Fill the book, then serve and go on."""
    async with gateway(config, Access.open_on_loopback(config), stop) as running:
        await running.system.disconnect(ACCOUNT)
        book = placed(running.system, orders)
        for begin in range(0, orders, GROUP_MAX):
            drafts = [drafted(running.system, each) for each in book[begin : begin + GROUP_MAX]]
            await running.system.writer.submit(drafts)
        say_ready(running.url)
        async with ended_by(stop):
            await keep_changing(running.system, book, rate)


def placed(system: System, orders: int) -> list[Order]:
    """Give orders that came one second after the other."""
    now = system.seams.now()
    return [
        evolve(
            order(number, "", now),
            order_id=OrderId(f"261121{number:09d}"),
            tradingsymbol=f"NIFTY26NOV{20_000 + number % 200 * 50}CE",
            placed_at=now - timedelta(seconds=orders - number),
            status_message=None,
        )
        for number in range(orders)
    ]


async def keep_changing(system: System, book: list[Order], rate: int) -> None:
    """Change the price of `rate` orders a second, by deadline."""
    numbers = count()
    began_s = trio.current_time()
    sent = 0
    while True:
        due = int((trio.current_time() - began_s) * rate) - sent
        changed = list(islice(changes(system, book, numbers), min(due, GROUP_MAX)))
        if changed:
            await system.writer.submit(changed)
        sent += len(changed)
        await trio.sleep(TICK_S)


def changes(system: System, book: list[Order], numbers: Iterator[int]) -> Iterator[Draft]:
    """Give one change after the other."""
    for number in numbers:
        at = number * STRIDE % len(book)
        book[at] = evolve(
            book[at],
            price=Decimal(10_000 + number % 400 * 5) / 100,
            updated_at=system.seams.now(),
        )
        yield drafted(system, book[at])


def drafted(system: System, value: Order) -> Draft:
    """Make a draft of an order."""
    now = system.seams.now()
    return Draft("order_update", ACCOUNT, value.order_id, value, now, trio.current_time())


if __name__ == "__main__":
    main()
