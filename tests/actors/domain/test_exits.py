"""While an account is halted, what surely makes its positions smaller goes out, and nothing else."""

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from actors.domain.exits import is_exit, reducing_by
from actors.domain.model import position_id
from tests.actors.fakes import a_leg_request

from .given import a_leg, an_order

HELD = position_id("NFO", "FILL", "NRML")
BUY = a_leg_request()  # 50
SELL = evolve(BUY, transaction_type="SELL")


def sells(quantity, **changes):
    """Give a leg that sells so much."""
    return evolve(SELL, quantity=quantity, **changes)


@pytest.mark.parametrize(
    ("legs", "held", "reducing", "exits"),
    [
        ([sells(150)], 150, 0, True),
        ([sells(151)], 150, 0, False),
        ([sells(75), sells(75)], 150, 0, True),
        ([sells(75), sells(76)], 150, 0, False),
        ([sells(100)], 150, 50, True),
        ([sells(101)], 150, 50, False),
        ([sells(1)], 150, 150, False),
        ([sells(1)], 150, 200, False),
        ([BUY], 150, 0, False),
        ([sells(50), BUY], 150, 0, False),
        ([BUY], -50, 0, True),
        ([BUY], -49, 0, False),
        ([SELL], -150, 0, False),
        ([SELL], 0, 0, False),
        ([BUY], 0, 0, False),
        ([], 150, 0, False),
        ([sells(0)], 150, 0, False),
        ([sells(-100), sells(200)], 150, 0, False),
    ],
)
def test_an_exit_only_reduces_what_is_held(legs, held, reducing, exits):
    """P10: the legs' sum is at most what is held less what open orders take off it already."""
    assert is_exit(legs, {HELD: held}, {HELD: reducing}) is exits


@pytest.mark.parametrize(
    "changes", [{"exchange": "BFO"}, {"tradingsymbol": "REST"}, {"product": "MIS"}]
)
def test_a_position_is_of_one_instrument_and_product(changes):
    """What is held elsewhere is no reason to sell here, and each leg must have its own."""
    other = evolve(SELL, **changes)
    assert not is_exit([other], {HELD: 150}, {})
    assert not is_exit([SELL, other], {HELD: 150}, {})
    assert not is_exit([evolve(BUY, **changes)], {HELD: 150}, {})
    both = {HELD: 50, position_id(other.exchange, other.tradingsymbol, other.product): 50}
    assert is_exit([SELL, other], both, {})


def test_open_orders_take_off_what_is_left_of_them():
    """Orders on the reducing side count with what has not filled, be it confirmed or not."""
    net = {HELD: 150}
    order = an_order(exchange="NFO", tradingsymbol="FILL", product="NRML", transaction_type="SELL")
    partly = evolve(order, filled_quantity=20, pending_quantity=30)
    fresh = evolve(order, status="PUT ORDER REQ RECEIVED", pending_quantity=0)
    adds = evolve(order, transaction_type="BUY")
    other = evolve(order, product="MIS")
    leg = a_leg(0, "submitted", tradingsymbol="FILL", transaction_type="SELL", quantity=10)
    assert reducing_by([partly, fresh, adds, other, leg], net) == {HELD: 30 + 50 + 10}
    for nothing in ({}, {HELD: 0}):
        assert reducing_by([order, adds], nothing) == {}
    assert reducing_by([order, adds], {HELD: -150}) == {HELD: 50}


@given(
    st.integers(-100, 100),
    st.lists(st.tuples(st.sampled_from([BUY, SELL]), st.integers(1, 60)), min_size=1, max_size=5),
    st.lists(st.tuples(st.sampled_from([BUY, SELL]), st.integers(1, 60)), max_size=3),
)
def test_an_exit_never_turns_or_grows_a_position(held, legs, working):
    """P10: in whatever order the exit and the open orders on its side fill, the position only
    shrinks.
    """
    net = {HELD: held}
    open_orders = [
        an_order(exchange="NFO", tradingsymbol="FILL", product="NRML", quantity=quantity,
                 transaction_type=leg.transaction_type)
        for leg, quantity in working
    ]  # fmt: skip
    chosen = [evolve(leg, quantity=quantity) for leg, quantity in legs]
    if is_exit(chosen, net, reducing_by(open_orders, net)):
        side = {leg.transaction_type for leg in chosen}
        assert side == {"SELL" if held > 0 else "BUY"}
        fills = sum(leg.quantity for leg in chosen)
        fills += sum(o.quantity for o in open_orders if {o.transaction_type} == side)
        assert 0 < fills <= abs(held)
