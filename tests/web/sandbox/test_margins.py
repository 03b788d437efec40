from decimal import Decimal

import pytest

from tests.web.sandbox.given import Floor, ask
from web.sandbox.margins import PURSE, Margin, margin_of

NFO = {"exchange": "NFO", "product": "NRML"}
BUY = ask("FILL25NOVFUT", "BUY", 50, **NFO)
SELL = ask("FILL25DECFUT", "SELL", 50, **NFO)


def needed(*asks, floor=None):
    """Say what orders need to be placed, and what they block in the end, in rupees."""
    floor = floor or Floor()
    margin = margin_of(floor.market, "primary", list(asks))
    return int(margin.initial), int(margin.final)


@pytest.mark.parametrize(
    ("asks", "rupees"),
    [
        ((BUY,), (5000, 5000)),
        ((SELL,), (1000, 1000)),
        ((BUY, SELL), (5250, 5250)),
        ((SELL, BUY), (6000, 5250)),
        ((BUY, SELL, SELL), (6250, 6250)),
        ((ask("REST25NOVFUT", "BUY", 50, **NFO), SELL), (6000, 6000)),
        ((ask("FILL25NOVFUT", "BUY", 50, exchange="NFO", product="MIS"), SELL), (6000, 6000)),
    ],
)
def test_a_buy_is_paid_in_full_and_hedges_what_comes_after_it(asks, rupees):
    """A sell needs a fifth, or a twentieth behind a hedge of its underlying and product."""
    assert needed(*asks) == rupees


def test_an_order_without_a_price_counts_at_the_markets():
    """Its trigger, else the last quote, else a hundred; and to ask makes no market."""
    floor = Floor()
    market = ask("SBIN", "BUY", 1, kind="MARKET", price="0")
    stop = ask("SBIN", "BUY", 1, kind="SL-M", price="0", trigger_price=Decimal(50))
    unknown = ask("NEW", "BUY", 1, kind="MARKET", price="0")
    assert needed(market, floor=floor)[0] == 972
    assert needed(stop, floor=floor)[0] == 50
    assert needed(unknown, floor=floor)[0] == 100
    assert floor.market.prices.look("NEW") is None


def test_what_is_held_is_blocked_and_to_close_it_needs_nothing():
    """The purse is less by the same model; an order that reduces a position opens none."""
    floor = Floor()
    none = Margin(Decimal("0.00"), Decimal("0.00"), PURSE)
    assert margin_of(floor.market, "primary", []) == none
    floor.market.place(BUY)
    floor.market.place(SELL)
    close = ask("FILL25NOVFUT", "SELL", 50, **NFO)
    margin = margin_of(floor.market, "primary", [close])
    assert (margin.initial, margin.available) == (0, PURSE - 5000 - 1000)
    assert margin_of(floor.market, "hedge", []).available == PURSE
