"""What a batch that has ended may still come to: late orders, fills after the end, an exposure.

    an order turns out otherwise than was told ─▶ revised ─▶ it runs again, by the same policy
    exposed ─┬─▶ flatten_again   the desk asks for another try
             ├─▶ acknowledged    the desk takes what remains
             └─▶ flat            the account holds nothing in those instruments any more

And what a person is told of it. Pure.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from attrs import evolve

from .batch import FAILED, Batch
from .books import AccountBook
from .ids import Offset
from .legs import is_finished, learn, orders_of
from .model import position_id

Level = Literal["info", "warning", "error"]


def look(batch: Batch, book: AccountBook) -> Batch:
    """Learn from a book how each order of a batch stands."""
    for leg in orders_of(batch):
        ids = dict.fromkeys((leg.order_id, *book.our_orders.get(leg.broker_tag, ())))
        for order_id in ids:
            if order_id is not None and (row := book.orders.get(order_id)) is not None:
                batch = learn(batch, row.value)
    return batch


def revised(told: Batch, found: Batch, now: datetime) -> Batch:
    """Give an ended batch as what was found makes it: running again, or as it was told.

    `complete` is final, whatever its orders do later; of what was kept only a leg that had been
    given up is news.
    """
    if not told.ended or told.outcome == "complete":
        return told
    before = {order.index: order for order in orders_of(told)}
    for order in orders_of(found):
        was = before.get(order.index)
        if was is not None and told.outcome == "kept" and was.state not in FAILED:
            continue
        if was is None or (was.state, was.filled_quantity) != (order.state, order.filled_quantity):
            return reopened(found, now)
    return told


def reopened(batch: Batch, now: datetime) -> Batch:
    """Give an ended batch running again; what it came to is told anew."""
    return evolve(
        batch,
        outcome=None,
        residual=(),
        completed_at=None,
        revised_at=now,
        cleared_at=None,
        cleared_by=None,
    )


def flatten_again(batch: Batch, now: datetime) -> Batch:
    """Give an exposed batch with another try to unwind it, whatever it was told to do before."""
    if not batch.is_exposing:
        return batch
    return reopened(evolve(batch, way_out=evolve(batch.way_out, flattens=True)), now)


def acknowledged(batch: Batch, now: datetime) -> Batch:
    """Give an exposed batch whose remains the desk takes as its own."""
    if not batch.is_exposing:
        return batch
    return evolve(batch, cleared_at=now, cleared_by="acknowledged")


def flattened_elsewhere(batch: Batch, now: datetime) -> Batch:
    """Give an exposed batch whose instruments the account no longer holds."""
    if not batch.is_exposing:
        return batch
    return evolve(batch, cleared_at=now, cleared_by="flat")


def is_flat(batch: Batch, told_at: Offset, book: AccountBook) -> bool:
    """Say whether the account, after the batch ended, was seen to hold none of what it left.

    `told_at` is the offset of the batch's last event: an older position says nothing of it.
    """
    if not batch.residual or not all(map(is_finished, orders_of(batch))):
        return False
    for rest in batch.residual:
        row = book.positions.get(position_id(rest.exchange, rest.tradingsymbol, rest.product))
        if row is None or row.offset < told_at or row.value.quantity != 0:
            return False
    return True


def words(before: Batch, after: Batch) -> tuple[Level, str] | None:
    """Say to a person what a step of a batch means, when it means something to one."""
    name = f"batch {after.batch_id}"
    if after.is_exposing and not before.is_exposing:
        left = ", ".join(f"{r.quantity:+d} {r.tradingsymbol} {r.product}" for r in after.residual)
        return "error", f"{name} leaves {left or 'an order open'}: {after.cause}"
    if before.is_exposing and not after.is_exposing:
        how = after.cleared_by or "is unwound again"
        return "info", f"the exposure of {name} ended: {how}"
    if after.outcome == "kept" and after.on_failure == "hold" and not before.ended:
        return "warning", f"{name} is on hold with {after.succeeded} legs standing: {after.cause}"
    return None
