"""How quick an earlier book is: `python -m tests.load.past [--events N] [--days D]`.

    first    the first ask for a day of N events, near its end; and how long the loop was held up
    next     a slider that moves in small steps, and one that jumps anywhere in the day
    memory   what the kept books take, beyond what the process had

Before that day lie D more of the same size. A quarter as many orders as events, four events each.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random
from typing import Final

import attrs
import trio

from actors.domain.ids import AccountId, Epoch, LogPosition, Offset
from actors.domain.model import AccountStatus, Event, status_subject
from actors.domain.wire import encode
from actors.past import Past
from actors.runtime.journal import Journal
from actors.runtime.threads import offload_to_thread
from actors.storage.sqlite import SqliteStore, open_store
from tests.load.store import AT, ORDER, TODAY, order_event

ASKS: Final = 200
GROUP: Final = 10_000
PRIMARY: Final = ORDER.account_id


def days_of(days: int, events: int) -> Iterator[Event]:
    """Give a log of so many days, each of which begins with its turn; the last one is today."""
    offset, orders = 0, max(events // 4, 1)
    for day in range(days):
        at = AT - timedelta(days=days - 1 - day)
        offset += 1
        yield turn_event(offset, at)
        for n in range(events - 1):
            life, order = divmod(n, orders)
            offset += 1
            moment = at + timedelta(milliseconds=offset)
            status = ("PUT ORDER REQ RECEIVED", "OPEN", "MODIFIED", "COMPLETE")[min(life, 3)]
            event = order_event(offset, day * orders + order, status, moment)
            yield attrs.evolve(event, data=event.data.replace(b'"OPEN"', b'"%s"' % status.encode()))


def turn_event(offset: int, at: datetime) -> Event:
    """Give the first event of an account's day."""
    account = AccountId(PRIMARY)
    day = at.date().isoformat()
    row = attrs.evolve(AccountStatus.at_start("paper", at), trading_day=day)
    subject = status_subject(account)
    return Event(Offset(offset), "stream_status", account, subject, encode(row), at, value=row)


def build(store: SqliteStore, days: int, events: int) -> None:
    """Fill a store."""
    group = []
    for event in days_of(days, events):
        group.append(event)
        if len(group) == GROUP:
            store.commit(group)
            group = []
    store.commit(group)


async def watch(lags: list[float]) -> None:
    """Note how much later than it wished a task of the loop wakes."""
    while True:
        begun = time.perf_counter()
        await trio.sleep(0.001)
        lags.append(time.perf_counter() - begun - 0.001)


async def ask(past: Past, journal: Journal, offset: int) -> float:
    """Ask for a book; give the seconds that it took."""
    begun = time.perf_counter()
    await past.view(PRIMARY, LogPosition(journal.epoch, Offset(offset)))
    return time.perf_counter() - begun


def told(name: str, times: list[float]) -> None:
    """Print the middle and the worst of some times."""
    middle, worst = sorted(times)[len(times) // 2], max(times)
    print(
        f"{name:<8} {len(times):4d} asks  median {middle * 1e3:8.1f} ms  worst {worst * 1e3:8.1f} ms"
    )


async def measure(store: SqliteStore, days: int, events: int) -> None:
    """Ask for books of the last day, and print what it took."""
    loaded = store.load(today=TODAY, tail_max=10_000)
    journal = Journal(store, loaded, [PRIMARY], offload_to_thread)
    del loaded
    past, random, lags = Past(journal), Random(7), list[float]()
    begin, before = (days - 1) * events + 1, rss_bytes()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(watch, lags)
        cpu_s = time.process_time()
        told("first", [await ask(past, journal, journal.end - 1)])
        print(
            f"cpu      {(time.process_time() - cpu_s) * 1e3:,.0f} ms of it, whoever else was busy"
        )
        told("loop lag", lags)
        nursery.cancel_scope.cancel()
    steps = [begin + n * (events // ASKS) for n in range(1, ASKS)]
    told("slider", [await ask(past, journal, offset) for offset in steps])
    jumps = [random.randrange(begin, journal.end) for _ in range(ASKS)]
    told("jumps", [await ask(past, journal, offset) for offset in jumps])
    told("again", [await ask(past, journal, jumps[-1])])
    told("day", [await timed(partial(past.day, PRIMARY, 100))])
    if days > 1:
        told(
            "day ago", [await ask(past, journal, begin - 2), await ask(past, journal, events // 2)]
        )
    mib = (rss_bytes() - before) / 2**20
    print(f"memory   {mib:,.0f} MiB more for {past.rows:,} rows of kept books")


def rss_bytes() -> int:
    """Give what of this process is in memory, on Linux."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * 4096


async def timed(call: object) -> float:
    """Give the seconds that a call takes."""
    begun = time.perf_counter()
    await call()  # type: ignore[operator]
    return time.perf_counter() - begun


def main() -> None:
    """Build, measure, and print a line each."""
    parser = argparse.ArgumentParser(prog="python -m tests.load.past", description=__doc__)
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--days", type=int, default=2)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(Path(folder) / "bench.db", make_epoch=lambda: Epoch("bench"))
        build(store, asked.days, asked.events)
        trio.run(measure, store, asked.days, asked.events)
        store.close()


if __name__ == "__main__":
    main()
