"""What is sent to Fyers: a leg, and a change of an order, in Fyers' fields and codes. Pure.

    Leg ──order_fields──▶ {"symbol": "NSE:SBIN-EQ", "type": 1, "side": 1, "orderTag": …}
    legs ──native_fields──▶ {"orderType": "2L", "orderTag": …, "legs": {"leg1": {…}, "leg2": {…}}}
    legs ──margin_fields──▶ {"data": [{"symbol": …, "qty": …}, …]}
    Change, the order as it stands ──change_fields──▶ {"id": …, "type": 4, "limitPrice": …}

What Fyers has no word for is refused here: BrokerRefused, and nothing was sent. Source: Fyers API
v3, "order placement", "multileg order", "multi order margin", "modify orders".
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

from actors.domain.batch import Leg
from actors.domain.errors import BrokerRefused
from actors.domain.ids import OrderId
from actors.domain.model import OrderReport
from actors.domain.symbols import fyers_symbol
from actors.upstream import Change

from .codes import PRODUCT_CODES, SIDE_CODES, TYPE_CODES, UNTAGGED_PRODUCTS

PRICED: Final = ("LIMIT", "SL")
TRIGGERED: Final = ("SL", "SL-M")
OFFLINE: Final = {"regular": False, "amo": True}


def order_fields(leg: Leg) -> dict[str, Any]:
    """Write a leg as an order under our tag; prices that its type does not take are 0."""
    product = PRODUCT_CODES.get(leg.product)
    if product is None:
        raise _refused_product(leg.product)
    if leg.product in UNTAGGED_PRODUCTS:
        raise _refused(f"tags on {leg.product} orders, and without one none is found again")
    if leg.variety not in OFFLINE:
        raise _refused(f"orders of variety {leg.variety}")
    return {
        "symbol": fyers_symbol(leg.exchange, leg.tradingsymbol),
        "qty": leg.quantity,
        "type": TYPE_CODES[leg.order_type],
        "side": SIDE_CODES[leg.transaction_type],
        "productType": product,
        "limitPrice": _price(leg.price, leg.order_type in PRICED),
        "stopPrice": _price(leg.trigger_price, leg.order_type in TRIGGERED),
        "disclosedQty": 0,
        "validity": leg.validity,
        "offlineOrder": OFFLINE[leg.variety],
        "stopLoss": 0,
        "takeProfit": 0,
        "orderTag": leg.broker_tag,
        "isSliceOrder": False,
    }


def native_fields(legs: Sequence[Leg]) -> dict[str, Any]:
    """Write legs as one order under the tag that they share; each is a LIMIT of one product."""
    first = legs[0]
    product = PRODUCT_CODES.get(first.product)
    if product is None:
        raise _refused_product(first.product)
    return {
        "orderTag": first.broker_tag,
        "productType": product,
        "offlineOrder": False,
        "orderType": f"{len(legs)}L",
        "validity": "IOC",
        "legs": {
            f"leg{i}": {
                "symbol": fyers_symbol(leg.exchange, leg.tradingsymbol),
                "qty": leg.quantity,
                "side": SIDE_CODES[leg.transaction_type],
                "type": TYPE_CODES["LIMIT"],
                "limitPrice": _price(leg.price, is_taken=True),
            }
            for i, leg in enumerate(legs, 1)
        },
    }


def margin_fields(legs: Sequence[Leg]) -> dict[str, Any]:
    """Write legs, in the order in which they would be sent, for the calculator of margins."""
    return {
        "data": [
            {
                "symbol": fyers_symbol(leg.exchange, leg.tradingsymbol),
                "qty": leg.quantity,
                "side": SIDE_CODES[leg.transaction_type],
                "type": TYPE_CODES[leg.order_type],
                "productType": PRODUCT_CODES.get(leg.product, leg.product),
                "limitPrice": _price(leg.price, leg.order_type in PRICED),
                "stopLoss": 0,
                "stopPrice": _price(leg.trigger_price, leg.order_type in TRIGGERED),
                "takeProfit": 0,
            }
            for leg in legs
        ]
    }


def says_enough(change: Change) -> bool:
    """Say whether a change can be written without knowing the order: its type and prices."""
    kind = change.order_type
    return (
        kind is not None
        and (kind not in PRICED or change.price is not None)
        and (kind not in TRIGGERED or change.trigger_price is not None)
    )


def change_fields(order_id: OrderId, change: Change, order: OrderReport | None) -> dict[str, Any]:
    """Write a change. Fyers wants the type each time, and the prices of that type with it.

    What the change does not say is as the order has it; `order` may be None if it says enough.
    """
    if change.validity is not None:
        raise _refused("changes of an order's validity")
    kind = change.order_type or (order.order_type if order is not None else None) or ""
    if kind not in TYPE_CODES:
        raise _refused(f"a change to type {kind or 'unknown'}")
    fields: dict[str, Any] = {"id": order_id, "type": TYPE_CODES[kind]}
    if change.quantity is not None:
        fields["qty"] = change.quantity
    if kind in PRICED:
        fields["limitPrice"] = _said(change.price, None if order is None else order.price)
    if kind in TRIGGERED:
        before = None if order is None else order.trigger_price
        fields["stopPrice"] = _said(change.trigger_price, before)
    return fields


def _price(price: Decimal | None, is_taken: bool) -> Decimal:
    return price if price is not None and is_taken else Decimal(0)


def _said(new: Decimal | None, old: Decimal | None) -> Decimal:
    return new if new is not None else old or Decimal(0)


def _refused_product(product: str) -> BrokerRefused:
    ours = ", ".join(word for word in PRODUCT_CODES if word not in UNTAGGED_PRODUCTS)
    return _refused(f"orders of product {product}, but {ours}")


def _refused(what: str) -> BrokerRefused:
    return BrokerRefused(f"Fyers takes no {what}; nothing was sent")
