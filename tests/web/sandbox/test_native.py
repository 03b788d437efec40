from decimal import Decimal

import pytest
from attrs import evolve

from tests.web.sandbox.given import Floor, ask
from web.sandbox.native import place_native
from web.sandbox.orders import RefusedError


def legs(*symbols, quantities=(50, 50, 50), **more):
    """Give a leg a symbol, bought and sold in turn."""
    sides = ("BUY", "SELL", "BUY")
    return [
        ask(symbol, side, quantity, exchange="NFO", product="NRML", validity="IOC", **more)
        for symbol, side, quantity in zip(symbols, sides, quantities, strict=False)
    ]


def ends(floor):
    """Give status and filled quantity of each order."""
    orders = floor.exchange.books["primary"].orders.values()
    return [(order.last.book, order.last.filled) for order in orders]


@pytest.mark.parametrize(
    ("symbols", "answers", "end"),
    [
        (("FILL1", "FILL2"), True, ("COMPLETE", 50)),
        (("FILL1", "STUCK1", "FILL2"), True, ("COMPLETE", 50)),
        (("FILL1", "PARTIAL1"), True, ("CANCELLED", 25)),
        (("FILL1", "REST1"), True, ("CANCELLED", 0)),
        (("LATE1", "FILL1"), True, ("CANCELLED", 0)),
        (("FILL1", "LOST1"), False, ("CANCELLED", 0)),
        (("PARTIAL1", "REJECT1"), True, ("REJECTED", 0)),
    ],
)
def test_all_legs_end_alike(symbols, answers, end):
    """All fill, or half of each, or none does; and nothing rests."""
    floor = Floor()
    whole = place_native(floor.market, legs(*symbols))
    assert whole.answers is answers
    assert ends(floor) == [end] * len(symbols)
    assert floor.exchange.books["primary"].open == {}


@pytest.mark.parametrize("symbols", [("FILL1", "GONE1"), ("GONE1", "REJECT1")])
def test_what_is_gone_is_gone_whole(symbols):
    """No leg is placed, no answer comes."""
    floor = Floor()
    whole = place_native(floor.market, legs(*symbols))
    assert (whole.order_id, whole.answers, floor.entries) == (None, False, [])


def test_one_that_is_refused_refuses_all():
    """An input error, and nothing in the ledger."""
    floor = Floor()
    with pytest.raises(RefusedError, match="REFUSE1"):
        place_native(floor.market, legs("FILL1", "REFUSE1"))
    assert floor.entries == []


@pytest.mark.parametrize(("price", "end"), [("90.00", "CANCELLED"), ("110.00", "COMPLETE")])
def test_in_the_market_every_leg_needs_its_price(price, end):
    """One leg at a bad price keeps the others from trading, at whatever price they stand."""
    floor = Floor()
    floor.market.prices.set("A25NOVFUT", Decimal(100))
    floor.market.prices.set("B25NOVFUT", Decimal(100))
    buy, sell = legs("A25NOVFUT", "B25NOVFUT")
    place_native(floor.market, [evolve(buy, price=Decimal(price)), sell])
    assert {status for status, _ in ends(floor)} == {end}


def test_a_part_is_in_the_legs_own_ratio():
    """75 to 50 is 3 to 2, also where only a part is done; what has no half is not done at all."""
    floor = Floor()
    place_native(floor.market, legs("PARTIAL1", "PARTIAL2", quantities=(75, 50)))
    place_native(floor.market, legs("PARTIAL3", "PARTIAL4", quantities=(3, 2)))
    assert ends(floor) == [("CANCELLED", n) for n in (36, 24, 0, 0)]
