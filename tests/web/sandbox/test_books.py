from datetime import timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from tests.web.sandbox.given import NOON, Floor, ask
from web.sandbox.books import Position
from web.sandbox.orders import IST, Fill

KEY = ("NSE", "SBIN", "MIS")


def fill(side, quantity, price, at=NOON):
    return Fill("1", "1", ask(side=side, quantity=quantity), quantity, Decimal(price), at)


def position(*fills):
    line = Position(KEY)
    for each in fills:
        line.apply(each)
    return line


def test_adding_moves_the_average():
    """Ten at 100 and ten at 110 are twenty at 105."""
    line = position(fill("BUY", 10, "100"), fill("BUY", 10, "110"))
    assert (line.quantity, line.average_price, line.realised) == (20, 105, 0)


def test_reducing_realises_and_keeps_the_average():
    """Selling four of ten at 5 above cost realises 20."""
    line = position(fill("BUY", 10, "100"), fill("SELL", 4, "105"))
    assert (line.quantity, line.average_price, line.realised) == (6, 100, 20)
    assert line.unrealised(Decimal(101)) == 6


def test_crossing_zero_realises_all_and_opens_at_the_new_price():
    """Ten long and fifteen sold at 90: a hundred lost, five short at 90."""
    line = position(fill("BUY", 10, "100"), fill("SELL", 15, "90"))
    assert (line.quantity, line.average_price, line.realised) == (-5, 90, -100)


def test_flat_has_no_average():
    """A closed position has no average price, and its short profit is realised."""
    line = position(fill("SELL", 10, "100"), fill("BUY", 10, "95"))
    assert (line.quantity, line.average_price, line.realised) == (0, 0, 50)


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 50), st.integers(1, 900)), max_size=30))
def test_realised_and_unrealised_are_all_the_money(trades):
    """Whatever is traded, realised and unrealised together are what the cash and the goods are worth."""
    line = position(*(fill("BUY" if buys else "SELL", q, p) for buys, q, p in trades))
    worth = line.sell_value - line.buy_value + line.quantity * Decimal(100)
    assert abs(line.realised + line.unrealised(Decimal(100)) - worth) < Decimal("0.000001")


def test_a_new_day_has_no_trades_and_keeps_the_net():
    """After midnight in India: day lists empty, open orders still shown, net carried over."""
    floor = Floor()
    exchange = floor.exchange
    done, rests = exchange.accept(ask()), exchange.accept(ask())
    exchange.fill(done.order_id, 10, Decimal(100))
    book = exchange.books["primary"]
    today = NOON.astimezone(IST).date()
    tomorrow = today + timedelta(days=1)
    assert len(book.orders_of(today)) == 2
    assert book.orders_of(tomorrow) == [rests]
    assert (len(book.fills_of(today)), len(book.fills_of(tomorrow))) == (1, 0)
    assert (len(book.day_of(today)), len(book.day_of(tomorrow))) == (1, 0)
    floor.clock.pass_s(86_400)
    exchange.fill(rests.order_id, 1, Decimal(100))
    assert book.day_of(tomorrow)[0].quantity == 1
    assert book.net[KEY].quantity == 11
