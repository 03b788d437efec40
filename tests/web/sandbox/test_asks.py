import json
from decimal import Decimal

import pytest
from attrs import evolve

from tests.web.sandbox.given import ask, body
from web.sandbox.asks import ask_of, listed, modified
from web.sandbox.http import json_object
from web.sandbox.orders import RefusedError


def read(**fields):
    return ask_of("primary", json_object(json.dumps(body(**fields)).encode()))


def test_a_body_becomes_an_ask():
    """Defaults are ticker_service's: regular, DAY, no tag, no trigger."""
    assert read() == ask()
    assert read(price=19500.25).price == Decimal("19500.25")
    whole = read(kind="SL", trigger_price=95, tag="abc123", validity="IOC", variety="amo")
    assert (whole.trigger_price, whole.tag, whole.validity, whole.variety) == (
        95,
        "abc123",
        "IOC",
        "amo",
    )


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"symbol": ""}, "tradingsymbol"),
        ({"symbol": 7}, "tradingsymbol"),
        ({"symbol": "A" * 41}, "tradingsymbol"),
        ({"side": "HOLD"}, "transaction_type"),
        ({"exchange": None}, "exchange"),
        ({"exchange": ["NSE"]}, "exchange"),
        ({"product": "XXX"}, "product"),
        ({"kind": "limit"}, "order_type"),
        ({"validity": "GTC"}, "validity"),
        ({"quantity": 0}, "quantity"),
        ({"quantity": True}, "quantity"),
        ({"quantity": "7"}, "quantity"),
        ({"quantity": 1.5}, "quantity"),
        ({"quantity": 10**9}, "quantity"),
        ({"price": -1}, "price"),
        ({"price": "100"}, "price"),
        ({"price": float("nan")}, "price"),
        ({"price": 1e300}, "price"),
        ({"price": True}, "price"),
        ({"price": None}, "LIMIT orders require a price"),
        ({"kind": "SL", "price": 0}, "SL orders require a price"),
        ({"kind": "SL-M"}, "SL-M orders require a trigger_price"),
        ({"tag": "with_line"}, "tag"),
        ({"tag": "x" * 21}, "tag"),
        ({"tag": 7}, "tag"),
    ],
)
def test_a_fault_is_named(fields, said):
    """Each wrong field is refused by its name; a tag is alphanumeric, 20 at most, as Kite's."""
    with pytest.raises(RefusedError, match=said):
        read(**fields)


def test_a_modification_changes_what_it_names():
    """Terms that a modification does not name stay; the result must be whole again."""
    order = ask(tag="abc")
    assert modified(order, {"price": Decimal("99.5")}) == evolve(order, price=Decimal("99.5"))
    assert modified(order, {"quantity": 7, "validity": "IOC"}) == evolve(
        order, quantity=7, validity="IOC"
    )
    with pytest.raises(RefusedError, match="trigger_price"):
        modified(order, {"order_type": "SL"})
    with pytest.raises(RefusedError, match="quantity"):
        modified(order, {"quantity": -1})


@pytest.mark.parametrize("value", [None, {}, [], [1], [{}, None], [{}] * 4])
def test_a_list_of_orders_is_of_objects_and_not_too_long(value):
    """P19: anything else is refused; what they say is looked at later."""
    with pytest.raises(RefusedError):
        listed(value, 3)
    assert listed([{}] * 3, 3) == [{}] * 3
