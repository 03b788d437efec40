"""A position as trades make it: quantity, average, realised, unrealised, by Kite's definition."""

from decimal import Decimal

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from actors.domain.positions import (
    Traded,
    added,
    id_of,
    is_behind,
    lacking,
    nothing_of,
    side_of,
)
from actors.domain.wire import decode, encode
from tests.actors.fakes import a_position, a_trade

TICKS = st.integers(1, 10**7).map(lambda n: Decimal(n) * Decimal("0.05"))
FILLS = st.lists(
    st.tuples(st.sampled_from(["BUY", "SELL"]), st.integers(1, 5000), TICKS),
    min_size=1,
    max_size=20,
)


def trades(*fills):
    """Give trades of SBIN: side, quantity, price."""
    return [
        a_trade(str(n), transaction_type=side, quantity=quantity, price=Decimal(price))
        for n, (side, quantity, price) in enumerate(fills)
    ]


def fold(held, fills):
    """Lay trades over a position, each wholly."""
    for trade in fills:
        held = added(held, trade, trade.quantity)
    return held


def figures(position):
    """Give what trades change."""
    return (position.quantity, position.average_price, position.realised, position.unrealised)


@pytest.mark.parametrize(
    ("fills", "expected"),
    [
        ([("BUY", 50, 100)], (50, 100, 0, 0)),
        ([("BUY", 50, 100), ("BUY", 50, 110)], (100, 105, 0, -500)),
        ([("BUY", 50, 100), ("SELL", 20, 110)], (30, 100, 200, 0)),
        ([("BUY", 50, 100), ("SELL", 50, 90)], (0, 0, -500, 0)),
        ([("BUY", 50, 100), ("SELL", 80, 110)], (-30, 110, 500, 300)),
        ([("SELL", 50, 100), ("BUY", 80, 90)], (30, 90, 500, 300)),
        ([("SELL", 30, 100), ("SELL", 10, 120)], (-40, 105, 0, 200)),
        ([("BUY", 1, 100), ("BUY", 2, 101)], (3, "100.666667", 0, -2)),
    ],
)
def test_trades_make_a_position(fills, expected):
    """P7: opened, added to, made smaller, closed and turned round, at average cost; what is open
    is valued at the last price, which is here the first trade's.
    """
    first, *rest = trades(*fills)
    made = fold(nothing_of(first), [first, *rest])
    assert figures(made) == (expected[0], *map(Decimal, expected[1:]))
    assert (made.last_price, made.pnl) == (100, made.realised + made.unrealised)
    assert made.side == side_of(made.quantity)
    assert (made.day_bought, made.day_sold) == (
        sum(quantity for side, quantity, _ in fills if side == "BUY"),
        sum(quantity for side, quantity, _ in fills if side == "SELL"),
    )


@given(FILLS, TICKS, st.sampled_from([1, 1000]))
def test_the_profit_is_kites_formula(fills, last_price, multiplier):
    """P7: pnl is what selling brought less what buying cost, and what is open at the last price,
    exactly; that it is split by average cost moves it between realised and unrealised alone.
    """
    some = trades(*fills)
    held = evolve(nothing_of(some[0]), last_price=last_price, multiplier=Decimal(multiplier))
    made = fold(held, some)
    cash = sum((-1 if side == "BUY" else 1) * quantity * price for side, quantity, price in fills)
    assert made.pnl == (cash + made.quantity * last_price) * multiplier
    open_profit = made.quantity * (last_price - made.average_price) * multiplier
    error = Decimal("0.000001") * len(fills) * 100_000 * multiplier
    assert abs(made.unrealised - open_profit) <= error
    assert made.quantity == sum(q if side == "BUY" else -q for side, q, _ in fills)
    assert (made.average_price == 0) == (made.quantity == 0)


def test_what_the_broker_counted_stays_counted():
    """P7: a broker that leaves all of its profit unrealised, as Kite may, is not corrected."""
    told = a_position(
        quantity=0,
        average_price=Decimal(0),
        last_price=Decimal(600),
        unrealised=Decimal(801),
        pnl=Decimal(801),
        day_bought=50,
        day_sold=50,
    )
    (bought,) = trades(("BUY", 10, 590))
    made = added(told, bought, 10)
    assert figures(made) == (10, 590, 0, 901)
    assert made.pnl == 901


def test_contracts_are_multiplied():
    """P7: a lot of 1000 made 20 a unit; realised and unrealised are money."""
    told = a_position(
        quantity=2, average_price=Decimal(100), last_price=Decimal(110), multiplier=Decimal(1000)
    )
    told = evolve(told, unrealised=Decimal(20_000), pnl=Decimal(20_000))
    (sold,) = trades(("SELL", 1, 120))
    assert figures(added(told, sold, 1)) == (1, 100, 20_000, 10_000)


def test_without_a_last_price_the_trades_own_stands_in():
    """P7: an unknown price is not zero: nothing is unrealised but by a price that was seen."""
    told = a_position(quantity=10, average_price=Decimal(100), last_price=Decimal(0))
    told = evolve(told, unrealised=Decimal(0), pnl=Decimal(0))
    (bought,) = trades(("BUY", 10, 120))
    made = added(told, bought, 10)
    assert figures(made) == (20, 110, 0, 200)
    assert made.last_price == 120


@given(FILLS)
def test_each_figure_can_be_read_back(fills):
    """P13: what is derived is told as JSON, and is the same when a restart reads it."""
    some = trades(*fills)
    made = fold(nothing_of(some[0]), some)
    assert decode(encode(made), type(made)) == made


@pytest.mark.parametrize(
    ("quantity", "price"), [(2**63 - 1, "1"), (10**15, "1e20"), (3, "1e-30"), (10, "1e30")]
)
def test_what_could_not_be_read_back_is_not_made(quantity, price):
    """P19: a broker's absurd numbers make no event that a restart could not read."""
    told = a_position(quantity=7, average_price=Decimal(1), day_bought=7, day_sold=0)
    (trade,) = trades(("BUY", quantity, price))
    made = added(told, trade, quantity)
    assert made is None or decode(encode(made), type(made)) == made
    assert made is None or quantity == 3


@pytest.mark.parametrize(
    ("has", "known", "quantity", "lacks"),
    [
        ((0, 0), (0, 0), 50, 50),
        ((50, 0), (0, 0), 50, 0),
        ((20, 0), (0, 0), 50, 30),
        ((50, 0), (50, 0), 20, 20),
        ((0, 0), (50, 0), 20, 20),
        ((100, 0), (50, 0), 70, 20),
        ((0, 90), (0, 0), 50, 50),
        ((None, None), (0, 0), 50, 0),
        ((0, None), (0, 0), 50, 0),
    ],
)
def test_a_position_lacks_what_it_has_not_counted(has, known, quantity, lacks):
    """P2: a fill that a listing had already is not counted twice when its trade comes, and one
    that it will never have (a converted position) is not counted with the next.
    """
    held = a_position(day_bought=has[0], day_sold=has[1])
    (trade,) = trades(("BUY", quantity, 100))
    assert lacking(held, Traded(*known), trade) == lacks
    mirrored = a_position(day_bought=has[1], day_sold=has[0])
    sold = evolve(trade, transaction_type="SELL")
    assert lacking(mirrored, Traded(known[1], known[0]), sold) == lacks


@pytest.mark.parametrize(
    ("listed", "held", "known", "is_late"),
    [
        ((0, 0), (50, 0), (50, 0), True),
        ((50, 0), (50, 50), (50, 50), True),
        ((50, 0), (50, 0), (50, 0), False),
        ((80, 0), (50, 0), (50, 0), False),
        ((0, 0), (50, 0), (0, 0), False),
        ((20, 0), (50, 0), (20, 0), False),
        ((0, 0), (0, 0), (50, 0), False),
        ((0, 0), (None, None), (50, 0), False),
        ((None, None), (50, 0), (50, 0), False),
    ],
)
def test_a_listing_is_behind_when_it_lacks_known_trades(listed, held, known, is_late):
    """P7: older is what lacks trades that are known and were counted; what was counted on another
    day (nothing of it is known today) makes no listing old.
    """
    listing = a_position(day_bought=listed[0], day_sold=listed[1])
    holding = a_position(day_bought=held[0], day_sold=held[1])
    assert is_behind(listing, holding, lambda: Traded(*known)) is is_late


def test_a_trade_that_is_neither_bought_nor_sold_moves_nothing():
    """P19: a side in a word that we do not know is told as it is and counted nowhere."""
    odd = evolve(trades(("BUY", 50, 100))[0], transaction_type="GIFT")
    assert Traded(1, 2).plus(odd) == Traded(1, 2)
    assert lacking(a_position(day_bought=0, day_sold=0), Traded(), odd) == 0


def test_a_trade_moves_the_position_of_its_instrument_and_product():
    """P7: one line for an exchange, a symbol and a product."""
    (trade,) = trades(("BUY", 50, 100))
    assert id_of(trade) == nothing_of(trade).id == "NSE:SBIN:MIS"
