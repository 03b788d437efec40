from decimal import Decimal
from random import Random

from web.sandbox.prices import INSTRUMENTS, TICK, Prices, on_tick


def test_the_same_seed_walks_the_same_way():
    """Two walks with one seed are equal; another seed differs."""

    def walked(seed):
        prices = Prices(Random(seed))
        return [(symbol := prices.walk(), prices.quote(symbol)) for _ in range(200)]

    assert walked(1) == walked(1)
    assert walked(1) != walked(2)


def test_prices_stay_on_ticks_above_zero_and_near_their_base():
    """After ten thousand steps each price is on a tick and within a tenth of where it began."""
    prices = Prices(Random(3))
    for _ in range(10_000):
        quote = prices.quote(prices.walk())
        assert quote > 0
        assert quote % TICK == 0
    for each in INSTRUMENTS:
        assert abs(prices.quote(each.symbol) / each.base - 1) < Decimal("0.1")


def test_an_unknown_symbol_begins_where_it_is_first_asked():
    """A symbol of no table has a price too, and keeps it."""
    prices = Prices(Random(1))
    assert prices.quote("NEW", Decimal("12.37")) == Decimal("12.35")
    assert prices.quote("NEW", Decimal(99)) == Decimal("12.35")
    prices.set("NEW", Decimal("13.00"))
    assert prices.quote("NEW") == 13


def test_to_look_at_a_price_makes_none():
    """A symbol that nobody has asked for has none, and still has none after a look."""
    prices = Prices(Random(1))
    assert prices.look("NEW") is None
    assert prices.quote("NEW", Decimal(50)) == 50
    assert prices.look("NEW") == 50


def test_a_price_is_brought_onto_a_tick():
    """Prices that are asked are multiples of five paise, one tick at least."""
    assert on_tick(Decimal("10.07")) == Decimal("10.05")
    assert on_tick(Decimal("0.01")) == TICK
