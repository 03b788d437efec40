"""The life of an order: one table, and one function that reads it.

                  ┌─────────── pending ───────────┐        ┌─ working ─┐       ┌─ ended ──┐
    AMO REQ ─▶ PUT ORDER REQ ─▶ VALIDATION ─▶ OPEN PENDING ─▶ TRIGGER PENDING ─▶ COMPLETE
                                                            ─▶ OPEN ⇄ MODIFY …   CANCELLED
                                                            ─▶ CANCEL PENDING    REJECTED

Brokers relay what their own systems throw out: doubled, reordered, sometimes impossible. The
table says of each step which of these it is:

- FORWARD   a lawful step, and it is news
- SAME      the status stays; other fields may be news
- LATE      a state that the order has left behind: known, and dropped without a word
- UNLAWFUL  a state that cannot follow: told as a message, never applied

and it names the rows of the real world, which look wrong and do happen (REAL_WORLD). The words
are Kite's (Kite Connect v3, "order statuses"); ticker_service passes them through. A status that
is not in the table passes through as itself and counts as working.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import Enum
from typing import Final

from attrs import frozen

from .model import Order, OrderReport

PENDING: Final = (
    "AMO REQ RECEIVED",
    "PUT ORDER REQ RECEIVED",
    "VALIDATION PENDING",
    "OPEN PENDING",
)
WORKING: Final = (
    "TRIGGER PENDING",
    "OPEN",
    "MODIFY VALIDATION PENDING",
    "MODIFY PENDING",
    "MODIFIED",
    "CANCEL PENDING",
)
ENDED: Final = ("COMPLETE", "CANCELLED", "REJECTED", "EXPIRED")
# Said on the stream of a modification or a partial fill; it is news, but not a state.
UPDATE: Final = "UPDATE"

# What counts as accepted by the market: an order id alone does not.
ACCEPTED: Final = frozenset({*WORKING, "COMPLETE"})


class Move(Enum):
    """What one report means for one order."""

    FORWARD = "forward"
    SAME = "same"
    LATE = "late"
    UNLAWFUL = "unlawful"


def _table() -> dict[tuple[str, str], Move]:
    """Write the table out, step by step, for every pair of known statuses."""
    rows: dict[tuple[str, str], Move] = {}
    for i, before in enumerate(PENDING):
        for j, after in enumerate(PENDING):
            rows[before, after] = Move.SAME if i == j else Move.FORWARD if i < j else Move.LATE
        for after in (*WORKING, *ENDED):
            rows[before, after] = Move.FORWARD
    for before in WORKING:
        for after in PENDING:
            rows[before, after] = Move.LATE
        for after in (*WORKING, *ENDED):
            rows[before, after] = Move.SAME if before == after else Move.FORWARD
    for before in ENDED:
        for after in (*PENDING, *WORKING):
            rows[before, after] = Move.LATE
        for after in ENDED:
            rows[before, after] = Move.SAME if before == after else Move.UNLAWFUL
    for _, before, after, move in REAL_WORLD:
        rows[before, after] = move
    return rows


# Each row: its name, from, to, and what it means. `tests` show each of them by name.
REAL_WORLD: Final = (
    # The exchange filled while the cancel was on its way, and the broker told the cancel first.
    ("fill after cancel", "CANCELLED", "COMPLETE", Move.FORWARD),
    # The day's end expired it in the broker's book; the exchange had filled it.
    ("fill after expiry", "EXPIRED", "COMPLETE", Move.FORWARD),
    # The broker's own clean-up names an expired order cancelled.
    ("cancel after expiry", "EXPIRED", "CANCELLED", Move.FORWARD),
    # "I might get complete first and then open": messages are relayed as they are thrown.
    ("complete before open", "COMPLETE", "OPEN", Move.LATE),
    # Two cancel messages come for each cancel.
    ("doubled cancel", "CANCELLED", "CANCELLED", Move.SAME),
    # The fill won the race: the order was completing when the cancel arrived.
    ("fill during cancel", "CANCEL PENDING", "COMPLETE", Move.FORWARD),
    # The cancel was refused, the order lives on.
    ("cancel refused", "CANCEL PENDING", "OPEN", Move.FORWARD),
    # A stop order made by modifying a resting one.
    ("back to trigger", "OPEN", "TRIGGER PENDING", Move.FORWARD),
    # The exchange rejected what the broker had shown as open.
    ("reject after open", "OPEN", "REJECTED", Move.FORWARD),
)
TABLE: Final = _table()
KNOWN: Final = frozenset({*PENDING, *WORKING, *ENDED, UPDATE})


@frozen
class Verdict:
    """What the table says of a report: the move, the status after it, and why if unlawful."""

    move: Move
    status: str
    reason: str = ""


def is_ended(status: str) -> bool:
    """Say whether an order with this status is done with (until the real world differs)."""
    return status in ENDED


def step(before: str, after: str) -> Move:
    """Look one step up; a status that nobody documented may come from and go to any live one."""
    if before == after:
        return Move.SAME
    if (known := TABLE.get((before, after))) is not None:
        return known
    return Move.UNLAWFUL if is_ended(before) else Move.FORWARD


def judge(order: Order | None, report: OrderReport) -> Verdict:
    """Decide what a report means for the order as it stands.

    Never raises, whatever the status says. An unlawful report leaves the order's own status in
    the verdict: nothing of it may be applied.
    """
    if order is None:
        return Verdict(Move.FORWARD, "OPEN" if report.status == UPDATE else report.status)
    status = _plain(order.status, report)
    move = step(order.status, status)
    older = report.at is not None and order.updated_at is not None and report.at < order.updated_at
    newer = report.at is not None and order.updated_at is not None and report.at > order.updated_at
    filled = order.filled_quantity if report.filled_quantity is None else report.filled_quantity
    quantity = order.quantity if report.quantity is None else report.quantity

    if filled > quantity > 0:
        return _unlawful(order, report, f"{filled} filled of {quantity}")
    if move is Move.UNLAWFUL:
        return _unlawful(order, report, f"{report.status} cannot follow {order.status}")
    if move is Move.LATE:
        if filled > order.filled_quantity:
            return _unlawful(order, report, f"more was filled after {order.status}")
        if newer:
            return _unlawful(order, report, f"{report.status} cannot follow {order.status}")
        return Verdict(Move.LATE, order.status)
    if filled < order.filled_quantity:
        # A live state with less filled is an old one; an end with less filled is a contradiction.
        if is_ended(status) or newer:
            return _unlawful(
                order, report, f"filled quantity fell from {order.filled_quantity} to {filled}"
            )
        return Verdict(Move.LATE, order.status)
    if older and filled == order.filled_quantity and not is_ended(status):
        return Verdict(Move.LATE, order.status)
    return Verdict(move, status)


def _plain(before: str, report: OrderReport) -> str:
    """Read UPDATE as the state it leaves the order in; every other word is the state."""
    if report.status != UPDATE:
        return report.status
    if before in PENDING or (before == "TRIGGER PENDING" and report.filled_quantity):
        return "OPEN"
    if before in ("MODIFY VALIDATION PENDING", "MODIFY PENDING", "MODIFIED"):
        return "OPEN"
    # An UPDATE after the end is an old partial fill.
    return "OPEN" if is_ended(before) else before


def _unlawful(order: Order, report: OrderReport, reason: str) -> Verdict:
    return Verdict(
        Move.UNLAWFUL,
        order.status,
        f"order {order.order_id}: the broker reports {report.status}, but {reason}",
    )


def has_moved(row: OrderReport) -> bool:
    """Say whether an order has come further than to be taken in."""
    return is_ended(row.status) or bool(row.filled_quantity)


def is_of_before(order: Order, begin: datetime) -> bool:
    """Say whether an order is of before a moment, as far as its broker gave a time."""
    known = order.placed_at or order.updated_at
    return known is not None and known < begin


def unknown_part(history: Sequence[OrderReport], order: Order | None) -> Sequence[OrderReport]:
    """Give the states of a history after the one that the book has; all, when it has none."""
    if order is None:
        return history
    for i in range(len(history) - 1, -1, -1):
        verdict = judge(order, history[i])
        same = verdict.move is Move.SAME or history[i].status == order.status
        if same and (history[i].filled_quantity or 0) == order.filled_quantity:
            return history[i + 1 :]
    return history
