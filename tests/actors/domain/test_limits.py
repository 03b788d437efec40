"""What the desk does not allow is found before anything is sent, each with its place."""

from decimal import Decimal

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from actors.domain.batch import BatchRequest
from actors.domain.checks import PRICE_MAX, check
from actors.domain.config import DeskLimits, LimitsConfig
from actors.domain.exact import DIGITS_MAX
from actors.domain.instruments import NONE_LISTED, Instruments
from actors.domain.limits import Weight, could_trade, weigh
from tests.actors.fakes import a_config, a_leg_request

from .given import a_leg

LEG = a_leg_request("NIFTY26NOVFUT")  # buys 50 at the market
LIMIT = evolve(LEG, order_type="LIMIT", price=Decimal(600))
LISTED = Instruments.parse(
    "exchange,tradingsymbol,lot_size,tick_size,freeze_quantity\n"
    "NFO,NIFTY26NOVFUT,25,0.05,1800\nNFO,NIFTY 50,0,0,\nNSE,NIFTY26NOVFUT,1,0.01,\n"
)
PRICES = {("NFO", "NIFTY26NOVFUT"): Decimal(600)}


def faults(
    *legs, limits=None, last_prices=PRICES, desk=None, elsewhere=None, instruments=None, **config
):
    """Give the faults of a batch of legs, as texts."""
    account = a_config(limits=LimitsConfig(**limits or {}), **config)
    desk, elsewhere = desk or DeskLimits(), elsewhere or Weight()
    found = check(
        BatchRequest(legs),
        account,
        last_prices=last_prices,
        desk=desk,
        elsewhere=elsewhere,
        listed=instruments or NONE_LISTED,
    )
    return [str(fault) for fault in found]


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"quantity": 60}, ["quantity: a multiple of the lot, 25, is needed"]),
        ({"quantity": 1800}, []),
        ({"quantity": 1825}, ["quantity: at most 1800, the freeze quantity, is needed"]),
        ({"quantity": 1801},
         ["quantity: a multiple of the lot, 25, is needed",
          "quantity: at most 1800, the freeze quantity, is needed"]),
        ({"price": Decimal("610.05")}, []),
        ({"price": Decimal("610.0500")}, []),
        ({"price": Decimal("610.01")}, ["price: a multiple of the price step, 0.05, is needed"]),
        ({"order_type": "SL", "trigger_price": Decimal("599.99")},
         ["trigger_price: a multiple of the price step, 0.05, is needed"]),
        ({"tradingsymbol": "NIFTY 50", "quantity": 1, "price": Decimal("0.001")}, []),
        ({"tradingsymbol": "UNLISTED", "quantity": 1, "price": Decimal("0.001")}, []),
        ({"exchange": "NSE", "quantity": 1, "price": Decimal("610.01")}, []),
    ],
)  # fmt: skip
def test_lots_steps_and_freeze_quantity_are_the_instruments(changes, wrong):
    """A leg fits the instrument of its exchange and symbol; what is not listed is not judged."""
    leg = evolve(LIMIT, **changes)
    assert faults(LEG, leg, instruments=LISTED) == [f"$.orders[1].{text}" for text in wrong]
    assert faults(LEG, leg) == []


def test_of_a_field_whose_form_is_wrong_only_that_is_told():
    """Zero units are no quantity; that they are no lot either would help nobody."""
    leg = evolve(LIMIT, quantity=-10, price=PRICE_MAX + Decimal("0.01"), validity="GTC")
    found = faults(leg, instruments=LISTED, price_band_percent=Decimal(1))
    assert [fault.partition(":")[0] for fault in found] == [
        "$.orders[0].quantity",
        "$.orders[0].validity",
        "$.orders[0].price",
    ]


@pytest.mark.parametrize("price", [Decimal(f"1E{DIGITS_MAX}"), Decimal(f"1E-{DIGITS_MAX}")])
def test_any_price_of_the_wire_is_judged(price):
    """P19: numbers of an absurd size are faults like any other, in no way an error of ours."""
    listed = Instruments.parse(
        "exchange,tradingsymbol,lot_size,tick_size\nNFO,NIFTY26NOVFUT,25,0.000001"
    )
    legs = [evolve(LIMIT, price=price), evolve(LIMIT, price=price, quantity=2**63 - 1)]
    found = faults(
        *legs, instruments=listed, limits={"notional_max": 1}, price_band_percent=Decimal(3)
    )
    assert all("price" in fault or "quantity" in fault or "orders: " in fault for fault in found)
    assert found


def test_a_leg_and_a_batch_have_their_greatest_quantity():
    """The account's bound holds for each leg, named, and for the legs together."""
    limits = {"quantity_max": 100}
    assert faults(LEG, LEG, limits=limits) == []
    assert faults(LEG, evolve(LEG, quantity=101), limits=limits) == [
        "$.orders[1].quantity: 101 units are more than the 100 allowed to the account",
        "$.orders: the legs together: 151 units are more than the 100 allowed to the account",
    ]
    assert len(faults(LEG, LEG, LEG, limits=limits)) == 1
    assert len(faults(evolve(LEG, quantity=101), limits=limits)) == 1


def test_a_leg_and_a_batch_have_their_greatest_value():
    """Money is price by quantity: the leg's own price, or the last one of a market order."""
    limits = {"notional_max": Decimal(60_000)}
    assert faults(LIMIT, LEG, limits=limits) == []
    assert faults(LIMIT, evolve(LEG, quantity=101), limits=limits) == [
        "$.orders[1].quantity: a value of 60600 is more than the 60000 allowed to the account",
        "$.orders: the legs together: a value of 90600 is more than the 60000 allowed to the account",
    ]
    assert faults(evolve(LEG, quantity=101), limits=limits, last_prices={}) == []


@pytest.mark.parametrize(
    ("changes", "price"),
    [
        ({"order_type": "LIMIT", "price": Decimal("10.5")}, "10.5"),
        ({"order_type": "SL", "price": Decimal(11), "trigger_price": Decimal(12)}, "11"),
        ({"order_type": "SL-M", "trigger_price": Decimal(12)}, "12"),
        ({"order_type": "MARKET"}, "600"),
        ({"order_type": "MARKET", "exchange": "BFO"}, "0"),
        ({"order_type": "MARKET", "price": Decimal(7)}, "600"),
        ({"order_type": "LIMIT"}, "0"),
    ],
)
def test_each_kind_of_order_has_its_price(changes, price):
    """What an order is worth: its price, its trigger, or the last price where one is known."""
    assert weigh([evolve(LEG, **changes)], PRICES) == Weight(50, 50 * Decimal(price))
    assert weigh([a_leg(0), a_leg(1)], {}) == Weight(100, Decimal(0))


def test_all_accounts_together_have_their_limits():
    """What other accounts' batches still have to place counts with the batch, at its orders."""
    desk = DeskLimits(quantity_max=150, notional_max=Decimal(90_000))
    assert faults(LEG, LEG, desk=desk, elsewhere=Weight(50, Decimal(30_000))) == []
    assert faults(LEG, LEG, desk=desk, elsewhere=Weight(51, Decimal(30_001))) == [
        "$.orders: with what runs elsewhere: 151 units are more than the 150 allowed to all accounts",
        "$.orders: with what runs elsewhere: a value of 90001 is more than the 90000 allowed to all accounts",
    ]


def test_only_what_is_listed_may_be_traded():
    """Products and exchanges outside the account's lists refuse the leg; no list allows all."""
    limits = {"products": ("MIS", "NRML"), "exchanges": ("NSE",)}
    assert faults(LEG, limits=limits) == ["$.orders[0].exchange: one of NSE is needed"]
    leg = evolve(LEG, product="CNC", exchange="NSE")
    assert faults(leg, limits=limits) == ["$.orders[0].product: one of MIS, NRML is needed"]
    assert faults(leg) == []


@pytest.mark.parametrize(
    ("price", "wrong"), [("618", 0), ("618.01", 1), ("582", 0), ("581.99", 1), ("6000", 1)]
)
@pytest.mark.parametrize("side", ["BUY", "SELL"])
def test_a_price_stays_in_its_band(price, wrong, side):
    """A typing error is off the last price by more than the band, on either side of it."""
    band = {"price_band_percent": Decimal(3)}
    limit = evolve(LIMIT, price=Decimal(price), transaction_type=side)
    stop = evolve(limit, order_type="SL", trigger_price=Decimal(600))
    for leg in (limit, stop):
        found = faults(leg, **band)
        assert (
            found == ["$.orders[0].price: at most 3 % off the last price, 600, is needed"] * wrong
        )
        assert faults(leg) == faults(leg, last_prices={}, **band) == []
        assert faults(leg, last_prices={("NFO", "NIFTY26NOVFUT"): Decimal(0)}, **band) == []


SELL = evolve(LEG, transaction_type="SELL")


@pytest.mark.parametrize(
    ("buy", "sell", "trades"),
    [
        (LEG, SELL, True),
        (LIMIT, SELL, True),
        (LEG, evolve(LIMIT, transaction_type="SELL", price=Decimal(9999)), True),
        (LIMIT, evolve(LIMIT, transaction_type="SELL", price=Decimal(600)), True),
        (LIMIT, evolve(LIMIT, transaction_type="SELL", price=Decimal("600.05")), False),
        (LIMIT, evolve(SELL, order_type="SL-M", trigger_price=Decimal(700)), True),
        (LIMIT, evolve(SELL, order_type="SL", price=Decimal(599), trigger_price=Decimal(1)), True),
        (LIMIT, evolve(SELL, order_type="SL", price=Decimal(601), trigger_price=Decimal(1)), False),
        (LEG, evolve(SELL, tradingsymbol="BANKNIFTY26NOVFUT"), False),
        (LEG, evolve(SELL, exchange="BFO"), False),
        (LEG, evolve(SELL, product="MIS"), True),
        (LEG, LEG, False),
        (SELL, SELL, False),
        (LIMIT, evolve(LIMIT, transaction_type="SELL", price=None), False),
    ],
)
def test_a_desk_does_not_trade_with_itself(buy, sell, trades):
    """Two legs that could meet are both named, in whichever order they stand."""
    for legs in ((buy, sell), (sell, buy)):
        assert could_trade(*legs) is trades
        found = [fault for fault in faults(*legs) if "could trade" in fault]
        assert (
            found
            == [
                "$.orders[0].transaction_type: it could trade with orders[1] of the same batch",
                "$.orders[1].transaction_type: it could trade with orders[0] of the same batch",
            ]
            * trades
        )


def test_a_leg_names_all_that_it_could_trade_with():
    """Of many legs each is named once, with all of its counterparts."""
    found = faults(LEG, SELL, LEG, evolve(SELL, exchange="BFO"))
    assert [fault.partition(": it could trade with ")[::2] for fault in found] == [
        ("$.orders[0].transaction_type", "orders[1] of the same batch"),
        ("$.orders[1].transaction_type", "orders[0], orders[2] of the same batch"),
        ("$.orders[2].transaction_type", "orders[1] of the same batch"),
    ]


def test_too_many_legs_are_not_held_against_each_other():
    """P20: a thousand legs are refused for their number, not after a million comparisons."""
    assert faults(*[LEG, SELL] * 500) == ["$.orders: 1 to 10 legs are needed, 1000 were given"]


@given(
    st.lists(st.tuples(st.sampled_from(["BUY", "SELL"]), st.integers(590, 610)), max_size=8),
    st.integers(1, 500),
)
def test_what_passes_keeps_every_limit(orders, quantity_max):
    """P10: no batch that has no fault holds legs that cross, or more than was allowed."""
    legs = [evolve(LIMIT, transaction_type=side, price=Decimal(p)) for side, p in orders]
    if faults(*legs, limits={"quantity_max": quantity_max}):
        return
    assert weigh(legs, {}).quantity <= quantity_max
    buys = [leg.price for leg in legs if leg.transaction_type == "BUY"]
    sells = [leg.price for leg in legs if leg.transaction_type == "SELL"]
    assert not buys or not sells or max(buys) < min(sells)
