"""A dry run: what a batch would send and what its way out would be, with nothing sent. Pure.

Batch, never begun ──rehearse──▶ stages, and the orders that would unwind it if all had filled
"""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from attrs import evolve, frozen

from .batch import AdvanceOn, Batch, Leg, Mode, OnFailure
from .budget import calls_for
from .ids import AccountId
from .saga import stages
from .unwind import FLATTEN_TRIES, Prices, net_of, way_out


@frozen
class Exit:
    """An order of the way out, at the worst price that it would go to; None is at the market."""

    tradingsymbol: str
    exchange: str
    product: str
    transaction_type: str
    quantity: int
    order_type: str
    price: Decimal | None


@frozen
class Margin:
    """What a broker would block for orders, and what there is; money. None: it does not say."""

    required: Decimal
    available: Decimal | None = None


@frozen
class DryRun:
    """What would happen. `stages` are the indices of the legs that go out side by side, in turn.

    `calls` is what the account's budget would set aside for it, way out included. `margin` is the
    broker's word; where there is none, `margin_error` says why, and whose fault that is.
    """

    status: Literal["dry_run"]
    account_id: AccountId
    mode: Mode
    advance_on: AdvanceOn
    on_failure: OnFailure
    total_orders: int
    stages: tuple[tuple[int, ...], ...]
    way_out: tuple[Exit, ...]
    calls: int
    margin: Margin | None = None
    margin_error: str | None = None


def rehearse(batch: Batch, prices: Prices) -> DryRun:
    """Say what a batch would do."""
    filled = evolve(batch, legs=tuple(_as_filled(leg) for leg in batch.legs))
    exits = [
        order
        for rest in (net_of(filled) if batch.way_out.flattens else ())
        for order in way_out(filled, rest, FLATTEN_TRIES, prices)
    ]
    exits.sort(key=lambda order: order.transaction_type)  # shorts are bought back first
    return DryRun(
        status="dry_run",
        account_id=batch.account_id,
        mode=batch.mode,
        advance_on=batch.advance_on,
        on_failure=batch.on_failure,
        total_orders=len(batch.legs),
        stages=tuple(tuple(leg.index for leg in stage) for stage in stages(batch)),
        way_out=tuple(map(_exit, exits)),
        calls=calls_for(len(batch.legs), batch.mode),
    )


def in_send_order(batch: Batch) -> tuple[Leg, ...]:
    """Give the legs as they would go out: brokers ask less for a short that has its hedge."""
    return tuple(leg for stage in stages(batch) for leg in stage)


def _as_filled(leg: Leg) -> Leg:
    price = leg.price or leg.trigger_price or Decimal(0)
    return evolve(leg, state="filled", filled_quantity=leg.quantity, average_price=price)


def _exit(order: Leg) -> Exit:
    return Exit(
        order.tradingsymbol,
        order.exchange,
        order.product,
        order.transaction_type,
        order.quantity,
        order.order_type,
        order.price,
    )
