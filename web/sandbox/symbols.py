"""The test symbols: each makes the sandbox do one thing for sure, whatever the seed.

    REFUSE  not taken: input error           PARTIAL  fills half, rests
    REJECT  taken, then REJECTED             REST     rests
    LOST    placed, rests, no answer         FILL     fills at once
    GONE    not placed, no answer            LATE     rests, fills just as its cancel arrives
                                             STUCK    fills; its opposite rests

There is no market in them. Apart from STUCK, an order that reduces an open position fills at
once, so that a desk can always get out.
"""

from decimal import Decimal
from enum import Enum
from typing import Final

from attrs import evolve, frozen

from web.sandbox.orders import Ask


class Fate(Enum):
    """What becomes of an order in a test symbol."""

    REFUSED = "refused"
    REJECTED = "rejected"
    GONE = "gone"
    RESTS = "rests"
    HALF = "half"
    FILLS = "fills"


@frozen
class Conduct:
    """What the sandbox does with one order in a test symbol."""

    fate: Fate
    answers: bool = True
    fills_on_cancel: bool = False


_CONDUCTS: Final = {
    "REFUSE": Conduct(Fate.REFUSED),
    "REJECT": Conduct(Fate.REJECTED),
    "LOST": Conduct(Fate.RESTS, answers=False),
    "GONE": Conduct(Fate.GONE, answers=False),
    "PARTIAL": Conduct(Fate.HALF),
    "REST": Conduct(Fate.RESTS),
    "FILL": Conduct(Fate.FILLS),
    "LATE": Conduct(Fate.RESTS, fills_on_cancel=True),
    "STUCK": Conduct(Fate.FILLS),
}


def conduct(symbol: str, *, reduces: bool = False) -> Conduct | None:
    """Say what happens to an order in `symbol`; None for a symbol that has a market.

    `reduces`: the order would bring an open position nearer to zero.
    """
    prefix = next((prefix for prefix in _CONDUCTS if symbol.startswith(prefix)), None)
    if prefix is None:
        return None
    plain = _CONDUCTS[prefix]
    if not reduces:
        return plain
    return evolve(plain, fate=Fate.RESTS if prefix == "STUCK" else Fate.FILLS)


def fill_price(ask: Ask) -> Decimal:
    """Give the price of a fill in a test symbol: the order's limit, or 100.00 when it has none."""
    return ask.price or Decimal("100.00")
