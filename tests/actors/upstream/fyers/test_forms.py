"""What is sent: legs and changes in Fyers' fields and codes."""

from decimal import Decimal

import pytest
from attrs import evolve

from actors.domain.errors import BrokerRefused
from actors.domain.model import OrderReport
from actors.upstream import Change
from actors.upstream.fyers.forms import (
    change_fields,
    margin_fields,
    native_fields,
    order_fields,
    says_enough,
)
from tests.actors.upstream.samples import LEG

ORDER = OrderReport("77", "OPEN", order_type="SL", price=Decimal(101), trigger_price=Decimal(100))


def test_a_leg_goes_out_in_fyers_fields_under_our_tag():
    """Every field that Fyers documents, our tag and never the caller's."""
    assert order_fields(LEG) == {
        "symbol": "NSE:NIFTY26NOVFUT",
        "qty": 50,
        "type": 1,
        "side": 1,
        "productType": "MARGIN",
        "limitPrice": Decimal("19500.25"),
        "stopPrice": Decimal(0),
        "disclosedQty": 0,
        "validity": "DAY",
        "offlineOrder": False,
        "stopLoss": 0,
        "takeProfit": 0,
        "orderTag": "ow01abc",
        "isSliceOrder": False,
    }


@pytest.mark.parametrize(
    ("kind", "code", "limit", "stop"),
    [("LIMIT", 1, 7, 0), ("MARKET", 2, 0, 0), ("SL-M", 3, 0, 6), ("SL", 4, 7, 6)],
)
def test_a_price_goes_out_only_where_its_type_takes_it(kind, code, limit, stop):
    """What a type does not take is zero, as documented, whatever the leg has."""
    leg = evolve(LEG, order_type=kind, price=Decimal(7), trigger_price=Decimal(6))
    sent = order_fields(leg)
    assert (sent["type"], sent["limitPrice"], sent["stopPrice"]) == (code, limit, stop)


def test_a_share_sold_after_hours_is_written_as_fyers_has_it():
    """Symbols, sides, products and varieties are translated."""
    leg = evolve(
        LEG,
        exchange="NSE",
        tradingsymbol="SBIN",
        transaction_type="SELL",
        product="MIS",
        variety="amo",
    )
    sent = order_fields(leg)
    assert (sent["symbol"], sent["side"]) == ("NSE:SBIN-EQ", -1)
    assert (sent["productType"], sent["offlineOrder"]) == ("INTRADAY", True)


def test_the_products_that_are_taken_are_told_with_one_that_is_not():
    """MARGIN is Fyers' own word, and ours is NRML: who writes theirs is told which there are."""
    with pytest.raises(BrokerRefused, match="of product MARGIN, but CNC, MIS, NRML, MTF; nothing"):
        order_fields(evolve(LEG, product="MARGIN"))


@pytest.mark.parametrize(
    ("field", "value"),
    [("product", "XYZ"), ("product", "CO"), ("product", "BO"), ("variety", "iceberg")],
)
def test_what_fyers_has_no_word_for_is_refused_before_it_is_sent(field, value):
    """P9: an order that could not go out under our tag does not go out."""
    with pytest.raises(BrokerRefused, match="nothing was sent"):
        order_fields(evolve(LEG, **{field: value}))


@pytest.mark.parametrize(
    ("change", "enough"),
    [
        (Change(quantity=25), False),
        (Change(order_type="MARKET"), True),
        (Change(order_type="LIMIT"), False),
        (Change(order_type="LIMIT", price=Decimal(7)), True),
        (Change(order_type="SL", price=Decimal(7)), False),
        (Change(order_type="SL", price=Decimal(7), trigger_price=Decimal(6)), True),
        (Change(order_type="SL-M", trigger_price=Decimal(6)), True),
        (Change(price=Decimal(7)), False),
    ],
)
def test_a_change_says_enough_when_it_has_the_type_and_its_prices(change, enough):
    """Fyers wants the type each time, and a limit price with each limit."""
    assert says_enough(change) is enough


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        (Change(quantity=25), {"type": 4, "qty": 25, "limitPrice": 101, "stopPrice": 100}),
        (Change(price=Decimal(102)), {"type": 4, "limitPrice": 102, "stopPrice": 100}),
        (Change(trigger_price=Decimal(99)), {"type": 4, "limitPrice": 101, "stopPrice": 99}),
        (Change(order_type="MARKET"), {"type": 2}),
        (Change(order_type="SL-M"), {"type": 3, "stopPrice": 100}),
        (Change(order_type="LIMIT", price=Decimal(0)), {"type": 1, "limitPrice": 0}),
    ],
)
def test_what_a_change_leaves_out_is_as_the_order_has_it(change, fields):
    """The type and the prices of that type go out with every change; a quantity only if it changes."""
    assert change_fields("77", change, ORDER) == {"id": "77", **fields}


@pytest.mark.parametrize(
    ("change", "order"),
    [
        (Change(validity="IOC"), ORDER),
        (Change(quantity=1), None),
        (Change(quantity=1), evolve(ORDER, order_type="FYERS TYPE 9")),
        (Change(order_type="ICEBERG"), ORDER),
    ],
)
def test_a_change_that_cannot_be_written_is_refused(change, order):
    """P9: nothing is sent of it."""
    with pytest.raises(BrokerRefused, match="nothing was sent"):
        change_fields("77", change, order)


def test_legs_go_out_as_one_under_the_tag_that_they_share():
    """Fyers' own form of it: one product, one tag, IOC, each leg a limit under a name."""
    put = evolve(LEG, index=1, tradingsymbol="NIFTY26DECFUT", transaction_type="SELL")
    assert native_fields([LEG, put]) == {
        "orderTag": "ow01abc",
        "productType": "MARGIN",
        "offlineOrder": False,
        "orderType": "2L",
        "validity": "IOC",
        "legs": {
            "leg1": {
                "symbol": "NSE:NIFTY26NOVFUT",
                "qty": 50,
                "side": 1,
                "type": 1,
                "limitPrice": Decimal("19500.25"),
            },
            "leg2": {
                "symbol": "NSE:NIFTY26DECFUT",
                "qty": 50,
                "side": -1,
                "type": 1,
                "limitPrice": Decimal("19500.25"),
            },
        },
    }
    assert native_fields([LEG, put, put])["orderType"] == "3L"
    with pytest.raises(BrokerRefused, match="nothing was sent"):
        native_fields([evolve(LEG, product="odd")])


def test_a_margin_is_asked_for_in_the_order_of_sending():
    """Each leg with the prices that its type takes; no tag, since nothing is placed."""
    stop = evolve(LEG, order_type="SL-M", product="odd", trigger_price=Decimal(6))
    first, second = margin_fields([LEG, stop])["data"]
    assert first == {
        "symbol": "NSE:NIFTY26NOVFUT",
        "qty": 50,
        "side": 1,
        "type": 1,
        "productType": "MARGIN",
        "limitPrice": Decimal("19500.25"),
        "stopLoss": 0,
        "stopPrice": Decimal(0),
        "takeProfit": 0,
    }
    assert (second["type"], second["limitPrice"], second["stopPrice"]) == (3, 0, 6)
    assert second["productType"] == "odd"
