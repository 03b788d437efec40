"""What is wrong with a batch before anything of it is sent: every leg, every field. Pure.

BatchRequest ──check──▶ () or faults, each with its path:  $.orders[1].price: …
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from .batch import BatchRequest, LegRequest
from .config import AccountConfig
from .errors import Fault

WAIT_MAX_S: Final = 120
QUANTITY_MAX: Final = 10_000_000
PRICE_MAX: Final = Decimal(10_000_000)
VALIDITIES: Final = ("DAY", "IOC")


def check(request: BatchRequest, account: AccountConfig, path: str = "$") -> tuple[Fault, ...]:
    """Find every fault of a request, none of it depending on the broker."""
    faults: list[Fault] = []
    legs_max = account.legs_max
    if not 1 <= len(request.orders) <= legs_max:
        message = f"1 to {legs_max} legs are needed, {len(request.orders)} were given"
        faults.append(Fault(f"{path}.orders", message))
    if not 0 <= request.wait_s <= WAIT_MAX_S:
        faults.append(Fault(f"{path}.wait_s", f"0 to {WAIT_MAX_S} seconds are needed"))
    for i, leg in enumerate(request.orders):
        faults += [Fault(f"{path}.orders[{i}].{name}", text) for name, text in _check_leg(leg)]
    return tuple(faults)


def _check_leg(leg: LegRequest) -> list[tuple[str, str]]:
    faults = [
        (name, f"1 to {most} characters without spaces at the ends are needed")
        for name, value, most in (
            ("tradingsymbol", leg.tradingsymbol, 64),
            ("exchange", leg.exchange, 16),
            ("product", leg.product, 16),
            ("variety", leg.variety, 16),
        )
        if not _is_word(value, most)
    ]
    if not 1 <= leg.quantity <= QUANTITY_MAX:
        faults.append(("quantity", f"1 to {QUANTITY_MAX} is needed"))
    if leg.validity not in VALIDITIES:
        faults.append(("validity", "one of DAY, IOC is needed"))
    if leg.tag is not None and not _is_word(leg.tag, 64):
        faults.append(("tag", "1 to 64 characters without spaces at the ends are needed"))
    faults += _check_price("price", leg.price, leg, needed_by=("LIMIT", "SL"))
    faults += _check_price("trigger_price", leg.trigger_price, leg, needed_by=("SL", "SL-M"))
    return faults


def _check_price(
    name: str, price: Decimal | None, leg: LegRequest, needed_by: tuple[str, ...]
) -> list[tuple[str, str]]:
    needed = leg.order_type in needed_by
    if not price:  # none, or the zero that many clients send for none
        return [(name, f"a {leg.order_type} order needs one")] if needed else []
    if not needed:
        return [(name, f"a {leg.order_type} order takes none")]
    if not 0 < price <= PRICE_MAX:
        return [(name, f"more than 0 and at most {PRICE_MAX} is needed")]
    return []


def _is_word(text: str, most: int) -> bool:
    return 0 < len(text) <= most and text.isprintable() and text == text.strip()
