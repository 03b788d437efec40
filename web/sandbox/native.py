"""An order of two or three legs, as an exchange takes it: at once, all in ratio, or nothing.

    asks ──▶ one is refused, or gone?   then all are
         ──▶ one is rejected?           each is, and in the ledger
         ──▶ every leg has its price?   all fill : all are cancelled     PARTIAL: half of each

Nothing of it rests: a test symbol that would (REST, LOST, LATE) leaves all legs cancelled.
"""

from math import gcd

from attrs import frozen

from web.sandbox.exchange import End
from web.sandbox.market import Market, crosses
from web.sandbox.orders import Ask, RefusedError
from web.sandbox.symbols import Conduct, Fate, conduct, fill_price


@frozen
class Whole:
    """What became of it. No id: it was not placed. Not `answers`: say nothing."""

    order_id: str | None
    answers: bool = True


def place_native(market: Market, asks: list[Ask]) -> Whole:
    """Place legs as one order. Raises RefusedError when one of them is refused."""
    rules = [conduct(ask.tradingsymbol, reduces=market.exchange.reduces(ask)) for ask in asks]
    answers = all(rule is None or rule.answers for rule in rules)
    for ask, rule in zip(asks, rules, strict=True):
        if rule is not None and rule.fate is Fate.REFUSED:
            raise RefusedError(f"{ask.tradingsymbol} is refused at the door.")
    if any(rule is not None and rule.fate is Fate.GONE for rule in rules):
        return Whole(None, answers)
    order_id, _ = market.exchange.combine(asks, _ends(market, asks, rules))
    return Whole(order_id, answers)


def _ends(market: Market, asks: list[Ask], rules: list[Conduct | None]) -> list[End]:
    """Say how each leg ends: all alike."""
    fates = {rule.fate for rule in rules if rule is not None}
    if Fate.REJECTED in fates:
        bad = next(
            ask.tradingsymbol
            for ask, rule in zip(asks, rules, strict=True)
            if rule is not None and rule.fate is Fate.REJECTED
        )
        return [End(message=f"RMS: {bad} is rejected") for _ in asks]
    prices = [
        market.prices.quote(ask.tradingsymbol, ask.price) if rule is None else fill_price(ask)
        for ask, rule in zip(asks, rules, strict=True)
    ]
    pairs = list(zip(asks, prices, strict=True))
    if Fate.RESTS in fates or not all(crosses(ask, price) for ask, price in pairs):
        return [End() for _ in asks]
    lots = gcd(*(ask.quantity for ask in asks))
    filled = lots // 2 if Fate.HALF in fates else lots
    return [End(ask.quantity // lots * filled, price) for ask, price in pairs]
