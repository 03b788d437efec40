"""What is wrong with a batch before anything of it is sent: every leg, every field. Pure.

    BatchRequest ──check──▶ () or faults, each with its path:  $.orders[1].price: …

The form of a leg is judged here, what the desk allows in `limits`. A field has one fault of its
form or any number of the desk's.
"""

from __future__ import annotations

from decimal import Decimal
from types import MappingProxyType
from typing import Final

from .batch import BatchRequest, LegRequest
from .config import AccountConfig, DeskLimits
from .errors import Fault
from .instruments import NONE_LISTED, Listing
from .limits import LastPrices, Weight, batch_findings, leg_findings

WAIT_MAX_S: Final = 120
QUANTITY_MAX: Final = 10_000_000
PRICE_MAX: Final = Decimal(10_000_000)
VALIDITIES: Final = ("DAY", "IOC")
SYMBOL_ALONE: Final = (
    "the symbol alone is needed, as Kite writes it: the exchange has its own field"
)


NO_PRICES: Final[LastPrices] = MappingProxyType({})
NO_LIMITS: Final = DeskLimits()
NOTHING: Final = Weight()


def check(
    request: BatchRequest,
    account: AccountConfig,
    path: str = "$",
    *,
    last_prices: LastPrices = NO_PRICES,
    desk: DeskLimits = NO_LIMITS,
    elsewhere: Weight = NOTHING,
    listed: Listing = NONE_LISTED,
) -> tuple[Fault, ...]:
    """Find every fault of a request, none of it depending on the broker.

    `desk` bounds the batch together with `elsewhere`, what other accounts' batches still have to
    place (`limits.weigh`). Where no last price is known, no rule that needs one holds; nor one
    of an instrument that is not `listed`.
    """
    faults: list[Fault] = []
    legs_max = account.legs_max
    if not 1 <= len(request.orders) <= legs_max:
        message = f"1 to {legs_max} legs are needed, {len(request.orders)} were given"
        faults.append(Fault(f"{path}.orders", message))
    if not 0 <= request.wait_s <= WAIT_MAX_S:
        faults.append(Fault(f"{path}.wait_s", f"0 to {WAIT_MAX_S} seconds are needed"))
    for i, leg in enumerate(request.orders):
        wrong = dict(_check_leg(leg))
        found = leg_findings(leg, account, last_prices, listed)
        allowed = ((name, text) for name, text in found if name not in wrong)
        faults += [
            Fault(f"{path}.orders[{i}].{name}", text) for name, text in (*wrong.items(), *allowed)
        ]
    if len(request.orders) <= legs_max:  # each leg is held against each other
        together = batch_findings(request, account, last_prices, desk, elsewhere)
        faults += [Fault(f"{path}.{name}", text) for name, text in together]
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
    if ":" in leg.tradingsymbol:
        faults.append(("tradingsymbol", SYMBOL_ALONE))
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
