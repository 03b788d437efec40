"""Exits: legs that only make an account's open positions smaller. Pure.

    held +150, one open order sells 50        SELL 75, SELL 25   an exit
    ──▶ 100 are left to sell                  SELL 75, SELL 50   none: it would turn the position
                                              BUY 25             none

While an account is halted, exits are all that may go out; so an order of which it is not certain
that it reduces is none.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from .batch import Leg, LegRequest
from .ids import PositionId
from .model import Order, position_id


def is_exit(
    legs: Iterable[LegRequest | Leg],
    net: Mapping[PositionId, int],
    reducing: Mapping[PositionId, int],
) -> bool:
    """Say whether all legs together only reduce what is held; no legs are no exit.

    `net` are the signed quantities held, `reducing` the units that open orders already take off.
    """
    wanted: Counter[PositionId] = Counter()
    for leg in legs:
        held = _position_of(leg)
        if not _reduces(leg, net.get(held, 0)) or leg.quantity < 1:
            return False
        wanted[held] += leg.quantity
    left = {held: abs(net[held]) - reducing.get(held, 0) for held in wanted}
    return bool(wanted) and all(wanted[held] <= left[held] for held in wanted)


def reducing_by(
    orders: Iterable[Order | Leg], net: Mapping[PositionId, int]
) -> Counter[PositionId]:
    """Add up what open orders would still take off what is held; those that add to it are none.

    An order's whole rest counts: one that the exchange has not confirmed shows nothing pending.
    """
    taken: Counter[PositionId] = Counter()
    for order in orders:
        held = _position_of(order)
        if _reduces(order, net.get(held, 0)):
            taken[held] += order.quantity - order.filled_quantity
    return taken


def _position_of(order: Order | Leg | LegRequest) -> PositionId:
    return position_id(order.exchange, order.tradingsymbol, order.product)


def _reduces(order: Order | Leg | LegRequest, held: int) -> bool:
    side = "SELL" if held > 0 else "BUY"
    return held != 0 and order.transaction_type == side
