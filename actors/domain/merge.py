"""How a report is laid over an order: what it says replaces, what it does not say stays. Pure.

order as it was ┐
report          ┼─▶ order as it is          whose order it is, the tag tells: a tag of ours was
status, judged  ┘                           durable before anything was sent under it
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final, TypeAlias, TypeVar

from attrs import evolve

from .books import OurLeg
from .ids import AccountId, BrokerTag
from .lifecycle import UPDATE, is_ended
from .model import Order, OrderReport

T = TypeVar("T")
Signature: TypeAlias = tuple[object, ...]
STOPS: Final = frozenset({"SL", "SL-M"})


def merge(
    base: Order, report: OrderReport, status: str, our_legs: Mapping[BrokerTag, OurLeg]
) -> Order:
    """Lay a report over an order whose next status has been judged."""
    quantity = _said(report.quantity, base.quantity)
    filled = _said(report.filled_quantity, base.filled_quantity)
    pending = 0 if is_ended(status) else max(quantity - filled, 0)
    after = evolve(
        base,
        status=status,
        exchange=base.exchange or report.exchange or "",
        transaction_type=base.transaction_type or report.transaction_type or "",
        variety=_said(report.variety, base.variety),
        quantity=quantity,
        filled_quantity=filled,
        pending_quantity=_said(report.pending_quantity, pending),
        average_price=_said(report.average_price, base.average_price),
        order_type=_said(report.order_type, base.order_type),
        product=_said(report.product, base.product),
        validity=_said(report.validity, base.validity),
        price=_said(report.price, base.price),
        trigger_price=_said(report.trigger_price, base.trigger_price),
        placed_at=base.placed_at or report.placed_at,
        updated_at=report.at or base.updated_at,
        status_message=report.status_message or base.status_message,
    )
    return _owned(after, report.tag, our_legs)


def begin(report: OrderReport, account_id: AccountId) -> Order:
    """Give the order that a first report begins, before the report is laid over it."""
    return Order(
        order_id=report.order_id,
        account_id=account_id,
        status=report.status,
        tradingsymbol=report.tradingsymbol or "",
        exchange=report.exchange or "",
        transaction_type=report.transaction_type or "",
        order_type="",
        product="",
        validity="DAY",
        variety=report.variety or "regular",
        quantity=0,
        filled_quantity=0,
        pending_quantity=0,
        average_price=Decimal(0),
        price=Decimal(0),
        trigger_price=Decimal(0),
        tag=None,
        broker_tag=None,
        origin="external",
        placed_at=None,
        updated_at=None,
        status_message=None,
    )


def stands_alone(report: OrderReport) -> bool:
    """Say whether a report names enough of an order to begin one.

    An UPDATE says that a thing changed, and not where the order is: without a fill, a stop may
    still wait for its trigger, or be open.
    """
    if report.status == UPDATE and report.order_type in STOPS and not report.filled_quantity:
        return False
    return report.tradingsymbol is not None and report.quantity is not None


def signature(report: OrderReport) -> Signature:
    """Give what makes a report the same report when it comes again."""
    return (
        report.status,
        report.filled_quantity,
        report.average_price,
        report.quantity,
        report.price,
        report.trigger_price,
        report.at,
    )


def is_same_state(before: Order, after: Order) -> bool:
    """Say whether nothing but the time of it differs."""
    return evolve(after, updated_at=before.updated_at) == before


def _owned(order: Order, tag: str | None, our_legs: Mapping[BrokerTag, OurLeg]) -> Order:
    if order.origin == "orderwire" or tag is None:
        return order
    if (ours := our_legs.get(BrokerTag(tag))) is not None:
        return evolve(
            order,
            origin="orderwire",
            broker_tag=BrokerTag(tag),
            tag=ours.tag_of(order.tradingsymbol),
        )
    return order if order.tag == tag else evolve(order, tag=tag)


def _said(new: T | None, old: T) -> T:
    return old if new is None else new
