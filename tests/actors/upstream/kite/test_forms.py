"""Orders as they are written: Kite's fields, and a form's bytes."""

from decimal import Decimal
from urllib.parse import parse_qs

import pytest
from attrs import evolve

from actors.upstream import Change
from actors.upstream.kite.forms import change_fields, form, margin_fields, order_fields, protected
from tests.actors.upstream.samples import LEG


def test_a_leg_goes_out_under_our_tag_with_what_it_says():
    """Our tag, never the caller's; a price only where one is set; the variety is no field."""
    assert order_fields(LEG) == {
        "exchange": "NFO",
        "tradingsymbol": "NIFTY26NOVFUT",
        "transaction_type": "BUY",
        "quantity": 50,
        "product": "NRML",
        "order_type": "LIMIT",
        "validity": "DAY",
        "tag": "ow01abc",
        "price": Decimal("19500.25"),
    }
    stop = evolve(LEG, order_type="SL-M", price=None, trigger_price=Decimal(19400))
    fields = order_fields(stop)
    assert (fields["trigger_price"], "price" in fields) == (Decimal(19400), False)


@pytest.mark.parametrize(
    ("order_type", "extra"),
    [
        ("MARKET", {"market_protection": -1}),
        ("SL-M", {"market_protection": -1}),
        ("LIMIT", {}),
        ("SL", {}),
    ],
)
def test_only_orders_without_a_price_are_protected(order_type, extra):
    """Since April 2026 MARKET and SL-M need market_protection; it is for no other order."""
    assert protected({"order_type": order_type}) == {"order_type": order_type, **extra}


def test_a_change_says_only_what_changes():
    """What is None is left as it is, and not sent; an order type may need protection."""
    assert change_fields(Change(price=Decimal("19499.95"))) == {"price": Decimal("19499.95")}
    assert change_fields(Change(10, Decimal(1), Decimal(2), "SL", "IOC")) == {
        "quantity": 10,
        "price": Decimal(1),
        "trigger_price": Decimal(2),
        "order_type": "SL",
        "validity": "IOC",
    }
    assert protected(change_fields(Change())) == {}


def test_a_form_has_plain_digits_and_quoted_names():
    """Money never goes out with an exponent; a symbol such as M&M stays one symbol."""
    body = form({"tradingsymbol": "M&M", "price": Decimal("1E+3"), "quantity": 50, "n": -1})
    assert body == b"tradingsymbol=M%26M&price=1000&quantity=50&n=-1"
    assert parse_qs(body.decode())["tradingsymbol"] == ["M&M"]
    assert form({"price": Decimal("19500.20")}) == b"price=19500.20"


def test_a_margin_is_asked_for_without_a_tag():
    """What Kite's calculator takes; a price that is not set is 0."""
    assert margin_fields(LEG) == {
        "exchange": "NFO",
        "tradingsymbol": "NIFTY26NOVFUT",
        "transaction_type": "BUY",
        "variety": "regular",
        "product": "NRML",
        "order_type": "LIMIT",
        "quantity": 50,
        "price": Decimal("19500.25"),
        "trigger_price": 0,
    }
