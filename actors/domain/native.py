"""What an exchange takes as one order of several legs, all filled in ratio or none. Pure.

    NIFTY25NOVFUT, NIFTY25DECFUT ──underlying──▶ NIFTY, NIFTY ──▶ a spread: 2 legs
    BatchRequest ──native_findings──▶ pairs: where in the request, and what is needed there

The rules are NSE's for its 2L and 3L orders, as Fyers API v3 ("multileg order") has them: two or
three contracts of one underlying on NFO, none twice, each a LIMIT, immediate or cancelled. That
they must be of one "stream" too, a group of the exchange's own, is told by no list that we have:
who asks for others is refused by the broker.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Final

from .batch import BatchRequest, LegRequest
from .limits import Finding

LEGS_MIN: Final = 2
LEGS_MAX: Final = 3
EXCHANGE: Final = "NFO"
PRODUCTS: Final = ("MIS", "NRML")
_MONTHS: Final = "JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC"
_ENDS: Final = r"(?:FUT|\d+(?:\.\d+)?(?:CE|PE))"
# By its month, or by its day where it expires in a week: NIFTY25NOV26000CE, NIFTY25N1126000CE.
_CONTRACTS: Final = (
    re.compile(rf"(.+)\d\d(?:{_MONTHS}){_ENDS}", re.ASCII),
    re.compile(rf"(.+?)\d\d[1-9OND](?:0[1-9]|[12]\d|3[01]){_ENDS}", re.ASCII),
)


def underlying(tradingsymbol: str) -> str | None:
    """Give what a future or an option is one of; None when the symbol does not read as one."""
    for contract in _CONTRACTS:
        if (found := contract.fullmatch(tradingsymbol)) is not None:
            return found[1]
    return None


def native_findings(request: BatchRequest) -> Iterator[Finding]:
    """Find what keeps a request from being one order of the exchange's."""
    legs = request.orders
    if not LEGS_MIN <= len(legs) <= LEGS_MAX:
        message = f"{LEGS_MIN} or {LEGS_MAX} legs are needed, {len(legs)} were given"
        yield "orders", f"native: {message}"
    times = Counter(leg.tradingsymbol for leg in legs)
    for i, leg in enumerate(legs):
        for field, message in _leg_findings(leg, legs[0]):
            yield f"orders[{i}].{field}", f"native: {message}"
        if times[leg.tradingsymbol] > 1:
            yield f"orders[{i}].tradingsymbol", "native: each leg needs a symbol of its own"


def _leg_findings(leg: LegRequest, first: LegRequest) -> Iterator[Finding]:
    """Find what one leg may not be, by itself and beside the first."""
    if leg.exchange != EXCHANGE:
        yield "exchange", f"{EXCHANGE} is needed"
    of = underlying(leg.tradingsymbol)
    if of is None:
        yield "tradingsymbol", "a future or an option is needed"
    elif of != (underlying(first.tradingsymbol) or of):
        yield "tradingsymbol", f"one of {underlying(first.tradingsymbol)} is needed, as leg 0 is"
    if leg.order_type != "LIMIT":
        yield "order_type", "LIMIT is needed"
    if leg.validity != "IOC":
        yield "validity", "IOC is needed"
    if leg.variety != "regular":
        yield "variety", "regular is needed"
    if leg.product not in PRODUCTS:
        yield "product", f"one of {', '.join(PRODUCTS)} is needed"
    elif leg.product != first.product:
        yield "product", f"one for all is needed: leg 0 is {first.product}"
