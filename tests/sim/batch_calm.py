"""The calm after a story's troubles: when all has been told that there is to tell.

    faults over ─▶ every batch has ended, all that was on its way has come, and the subscriber's
                   books equal the ledger ─▶ so for a few seconds ─▶ judged

P10, P7: that it comes to this, in bounded time, is itself the first thing to be shown.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import trio

from .checkers import Books, Broken, Log, Truth, compare
from .mortal import LongWire, Mortal
from .script import ACCOUNTS

QUIET_S: Final = 4.0
WITHIN_S: Final = 300.0
CLOSED: Final = ("complete", "kept", "rejected_clean", "rolled_back_clean", "unwound", "exposed")

Ledger = list[dict[str, Any]]


async def until_calm(
    log: Log, books: Books, ledger: Callable[[], Ledger], network: LongWire, gateway: Mortal
) -> None:
    """Wait until there is nothing more to tell. Broken when that takes too long."""
    unrest: Broken | None = None
    quiet_since_s = trio.current_time()
    with trio.move_on_after(WITHIN_S):
        while unrest is not None or trio.current_time() - quiet_since_s < QUIET_S:
            await trio.sleep(1.0)
            unrest = _unrest(log, books, ledger, network, gateway)
            if unrest is not None:
                quiet_since_s = trio.current_time()
        return
    raise Broken(f"{WITHIN_S:g} s after the last fault: {unrest}")


def lives(log: Log) -> dict[str, list[dict[str, Any]]]:
    """Give what was told of each batch, first to last."""
    found: dict[str, list[dict[str, Any]]] = {}
    for offset in sorted(log.events):
        event = log.events[offset]
        if event["type"] == "batch_update":
            found.setdefault(event["data"]["batch_id"], []).append(event)
    return found


def _unrest(
    log: Log, books: Books, ledger: Callable[[], Ledger], network: LongWire, gateway: Mortal
) -> Broken | None:
    """Say what is not yet as it must be in the end."""
    last = {name: told[-1]["data"]["outcome"] for name, told in lives(log).items()}
    if running := [name for name, outcome in last.items() if outcome not in CLOSED]:
        return Broken(f"P10: batches that have not ended: {running}")
    if gateway.front is None or trio.current_time() < network.last_arrival_s:
        return Broken("P18: the gateway is away, or requests are still on their way")
    lines = ledger()
    try:
        for account in ACCOUNTS:
            compare(_part(books, account), Truth.of(lines, account))
    except Broken as difference:
        return difference
    return None


def _part(books: Books, account: str) -> Books:
    parts = (
        {key: row for key, row in rows.items() if row["account_id"] == account}
        for rows in (books.orders, books.trades, books.positions)
    )
    return Books(*parts)
