"""How fast the SQLite store is: `python -m tests.load.store [--events N]`.

    commit   events a second, by how many go into one commit
    start    opening and loading a store of N events, a quarter of them orders of today
    retire   all but the last 10,000 of them, a piece at a time: how long commits would wait for one

On the disk of the temporary folder (TMPDIR chooses it); a fast fsync flatters small groups.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from statistics import median
from typing import Final

import attrs

from actors.domain.ids import Epoch, Offset, OrderId
from actors.domain.model import Event, Order
from actors.domain.wire import encode
from actors.storage.sqlite import SqliteStore, open_store

from .sample import AN_ORDER

GROUPS: Final = (1, 10, 100, 1000)
MEASURE_S: Final = 2.0
TAIL: Final = 10_000
AT: Final = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
TODAY: Final = date(2026, 11, 21)
ORDER: Final = Order(
    **AN_ORDER,
    order_id=OrderId("0"),
    price=Decimal("101.05"),
    origin="orderwire",
    placed_at=AT,
    updated_at=AT,
    status_message=None,
)
DATA: Final = encode(ORDER)


def order_event(offset: int, order: int, status: str, at: datetime = AT) -> Event:
    """Give an order's event whose data is of the usual size, without encoding it each time."""
    order_id = OrderId(f"26112100{order:07d}")
    value = attrs.evolve(ORDER, order_id=order_id, status=status)
    account = ORDER.account_id
    return Event(Offset(offset), "order_update", account, order_id, DATA, at, value=value)


def day_of_orders(events: int) -> Iterator[Event]:
    """Give a log in which each order lives through four events."""
    orders, lives = events // 4, ("PUT ORDER REQ RECEIVED", "OPEN", "MODIFIED", "COMPLETE")
    for offset in range(1, events + 1):
        life, order = divmod(offset - 1, orders)
        yield order_event(offset, order, lives[min(life, 3)], AT + timedelta(milliseconds=offset))


def open_in(folder: str) -> SqliteStore:
    """Open the store in a folder."""
    return open_store(Path(folder) / "bench.db", make_epoch=lambda: Epoch("bench"))


def measure_commits(group: int) -> None:
    """Print how many events a second are durable when `group` of them share a commit."""
    with tempfile.TemporaryDirectory() as folder:
        store = open_in(folder)
        offset, spent = 0, 0.0
        while spent < MEASURE_S:
            events = [
                order_event(offset + n, (offset + n) // 4, "OPEN") for n in range(1, group + 1)
            ]
            started = time.perf_counter()
            store.commit(events)
            spent += time.perf_counter() - started
            offset += group
        store.close()
    commits = offset / group
    print(
        f"commit  {group:5d} a group  {offset / spent:10,.0f} events/s  {commits / spent:8,.0f} commits/s"
    )


def measure_start(events: int) -> None:
    """Print how long a start on a store of `events` events takes."""
    with tempfile.TemporaryDirectory() as folder:
        store, group = open_in(folder), []
        started = time.perf_counter()
        for event in day_of_orders(events):
            group.append(event)
            if len(group) == 10_000:
                store.commit(group)
                group = []
        store.commit(group)
        store.close()
        size = (Path(folder) / "bench.db").stat().st_size / 2**20
        print(
            f"build   {events:,} events in {time.perf_counter() - started:.1f} s, {size:,.0f} MiB"
        )
        started = time.perf_counter()
        store = open_in(folder)
        opened = time.perf_counter()
        loaded = store.load(today=TODAY, tail_max=TAIL)
        ended = time.perf_counter()
        print(
            f"start   open {opened - started:.3f} s  load {ended - opened:.3f} s"
            f"  ({len(loaded.current):,} standing, {len(loaded.tail):,} in the tail)"
        )
        started = time.perf_counter()
        history = store.read(
            Offset(0), limit=100, account_id=ORDER.account_id, subject=loaded.tail[-1].subject
        )
        print(
            f"read    {len(history)} events of one order in {time.perf_counter() - started:.6f} s"
        )
        measure_retiring(store, Offset(events - TAIL))
        started = time.perf_counter()
        store.close()
        print(f"close   {time.perf_counter() - started:.3f} s")


def measure_retiring(store: SqliteStore, upto: Offset) -> None:
    """Print how long the steps of retiring take."""
    steps_s: list[float] = []
    started = begun = time.perf_counter()
    for _ in store.retire(upto):
        ended = time.perf_counter()
        steps_s.append(ended - begun)
        begun = ended
    print(
        f"retire  {upto:,} events in {time.perf_counter() - started:.1f} s, {len(steps_s):,} steps,"
        f" median {median(steps_s) * 1e3:.1f} ms, longest {max(steps_s) * 1e3:.0f} ms"
    )


def main() -> None:
    """Measure, and print a line each."""
    parser = argparse.ArgumentParser(prog="python -m tests.load.store", description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    events = parser.parse_args().events
    for group in GROUPS:
        measure_commits(group)
    measure_start(events)


if __name__ == "__main__":
    main()
