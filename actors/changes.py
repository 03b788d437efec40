"""What changing an order comes to: what is wrong with it, what it says, whether it has come. Pure.

    order + change ──faults_of────▶ () or faults, each with its path:  $.price: …
                   ──words_of─────▶ "price 100 → 101"
                   ──only_reduces─▶ may it pass while the account is halted?
    order, later   ──is_made──────▶ does it stand as it was asked for?

A changed order is held to the rules of a new one, in the fields that the change touches: an order
placed elsewhere may break rules of ours, and must still be changeable.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from typing import Any, Final, cast

from .domain.batch import BatchRequest, LegRequest, OrderKind, Side
from .domain.books import AccountBook
from .domain.errors import Fault
from .domain.lifecycle import is_ended
from .domain.model import Order, position_id
from .upstream import Change

FIELDS: Final = ("quantity", "price", "trigger_price", "order_type", "validity")
PRICED: Final = ("LIMIT", "SL")
TRIGGERED: Final = ("SL", "SL-M")
LEG: Final = "$.orders[0]."


def faults_of(
    order: Order, change: Change, check: Callable[[BatchRequest], Sequence[Fault]]
) -> tuple[Fault, ...]:
    """Find what is wrong with a change of an order; `check` holds the rules for a batch."""
    touched = {name for name, _ in _given(change)}
    if not touched:
        return (Fault("$", f"one of {', '.join(FIELDS)} is needed"),)
    if change.order_type is not None:
        touched |= {"price", "trigger_price"}
    faults = [
        Fault(f"$.{fault.path.removeprefix(LEG)}", fault.message)
        for fault in check(BatchRequest((as_leg(order, change),)))
        if fault.path.removeprefix(LEG) in touched
    ]
    if change.order_type not in (None, *PRICED, *TRIGGERED, "MARKET"):
        faults.append(Fault("$.order_type", "one of MARKET, LIMIT, SL, SL-M is needed"))
    if change.quantity is not None and 0 < change.quantity <= order.filled_quantity:
        message = f"more than the {order.filled_quantity} that are filled is needed"
        faults.append(Fault("$.quantity", message))
    return tuple(faults)


def as_leg(order: Order, change: Change) -> LegRequest:
    """Give an order as it would be after a change, in the form in which one is asked for."""
    kind = order.order_type if change.order_type is None else change.order_type
    price = order.price if kind in PRICED else None
    trigger_price = order.trigger_price if kind in TRIGGERED else None
    return LegRequest(
        tradingsymbol=order.tradingsymbol,
        exchange=order.exchange,
        transaction_type=cast("Side", order.transaction_type),
        quantity=order.quantity if change.quantity is None else change.quantity,
        order_type=cast("OrderKind", kind),
        product=order.product,
        price=price if change.price is None else change.price,
        trigger_price=trigger_price if change.trigger_price is None else change.trigger_price,
        validity=order.validity if change.validity is None else change.validity,
        variety=order.variety,
    )


def words_of(order: Order, change: Change) -> str:
    """Say what a change asks for, beside what the order has."""
    return ", ".join(
        f"{name.replace('_', ' ')} {_shown(getattr(order, name))} → {_shown(value)}"
        for name, value in _given(change)
    )


def is_made(order: Order, change: Change) -> bool:
    """Say whether an order stands as a change asked for it, or can change no more."""
    is_pending = order.status.startswith("MODIFY")
    stands = all(getattr(order, name) == value for name, value in _given(change))
    return is_ended(order.status) or (stands and not is_pending)


def only_reduces(order: Order, change: Change, book: AccountBook) -> bool:
    """Say whether an order, once changed, adds to no position whatever becomes of it.

    So it is when it asks for less and for nothing else, or when it and all that works beside it
    on its side close no more than what is held.
    """
    quantity = order.quantity if change.quantity is None else change.quantity
    if change == Change(quantity=change.quantity) and quantity < order.quantity:
        return True
    row = book.positions.get(position_id(order.exchange, order.tradingsymbol, order.product))
    held = 0 if row is None else row.value.quantity
    if held * (1 if order.transaction_type == "BUY" else -1) >= 0:
        return False
    working = sum(other.quantity - other.filled_quantity for other in _beside(order, book))
    return quantity - order.filled_quantity + working <= abs(held)


def _beside(order: Order, book: AccountBook) -> Iterator[Order]:
    """Give the other open orders of an order's instrument, product and side."""
    for order_id in book.open_orders:
        other = book.orders[order_id].value
        if order_id != order.order_id and _place(other) == _place(order):
            yield other


def _place(order: Order) -> tuple[str, ...]:
    return order.exchange, order.tradingsymbol, order.product, order.transaction_type


def _given(change: Change) -> list[tuple[str, Any]]:
    """Give the fields that a change names, in their order."""
    fields = [(name, getattr(change, name)) for name in FIELDS]
    return [(name, value) for name, value in fields if value is not None]


def _shown(value: Any) -> str:
    return f"{value:f}" if isinstance(value, Decimal) else str(value)
