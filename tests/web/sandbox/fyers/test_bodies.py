import json
from decimal import Decimal

import pytest

from tests.web.sandbox.fyers.given import combined, wanted
from web.sandbox.fyers.bodies import (
    LEGS_MAX,
    SymbolError,
    ask_in,
    changes_in,
    combined_in,
    legs_in,
)
from web.sandbox.orders import RefusedError


def exact(body):
    """The body as it comes off the wire, with exact decimals."""
    return json.loads(json.dumps(body), parse_float=Decimal)


def test_a_body_becomes_an_ask():
    """Codes become words, the symbol the exchange's own, the prices exact."""
    body = wanted(
        "NSE:NIFTY25NOVFUT", 75, type=4, side=-1, productType="MARGIN", stopPrice=99.5,
        validity="IOC", offlineOrder=True, orderTag="a" * 30,
    )  # fmt: skip
    ask = ask_in("primary", exact(body))
    assert (ask.exchange, ask.tradingsymbol, ask.quantity) == ("NFO", "NIFTY25NOVFUT", 75)
    assert (ask.order_type, ask.transaction_type, ask.product) == ("SL", "SELL", "NRML")
    assert (ask.price, ask.trigger_price) == (Decimal("100.05"), Decimal("99.5"))
    assert (ask.validity, ask.variety, ask.tag) == ("IOC", "amo", "a" * 30)
    assert ask_in("primary", exact(wanted(orderTag=""))).tag is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"qty": 0}, {"qty": "10"}, {"qty": True}, {"type": 5}, {"type": "1"}, {"type": None},
        {"type": [1]}, {"side": 0}, {"side": True}, {"productType": "MIS"}, {"productType": {}},
        {"limitPrice": 0}, {"limitPrice": "100"}, {"validity": "GTC"}, {"orderTag": "a_b"},
        {"orderTag": "a" * 31}, {"orderTag": "Untagged"}, {"orderTag": 7},
    ],
)  # fmt: skip
def test_what_is_not_well_formed_is_refused(wrong):
    """P19: each field, with a value that it cannot have."""
    with pytest.raises(RefusedError) as refused:
        ask_in("primary", exact(wanted(**wrong)))
    assert not isinstance(refused.value, SymbolError)


@pytest.mark.parametrize("symbol", [None, 7, "SBIN", []])
def test_a_symbol_that_is_none_is_told_as_such(symbol):
    """It has an error code of its own."""
    with pytest.raises(SymbolError):
        ask_in("primary", wanted(symbol))


def test_a_modification_changes_what_it_names():
    """Only the fields that are there; a type that is none is refused."""
    assert changes_in({"id": "7", "qty": 5, "limitPrice": 101}) == {"quantity": 5, "price": 101}
    assert changes_in({"type": 2}) == {"order_type": "MARKET"}
    with pytest.raises(RefusedError, match="type"):
        changes_in({"type": 9})


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"[1]", b"[" * 100_000])
def test_a_basket_is_one_to_ten_objects(body):
    """P19: anything else is refused; ten are taken, eleven are not."""
    with pytest.raises(RefusedError):
        legs_in(body)
    assert legs_in(json.dumps([{}] * LEGS_MAX).encode()) == [{}] * 10
    with pytest.raises(RefusedError, match="10"):
        legs_in(json.dumps([{}] * 11).encode())


def test_the_legs_of_a_whole_share_its_terms():
    """Each leg is an order of its own, under the one tag, of the one product, IOC."""
    one, other = combined_in("primary", exact(combined("NSE:SBIN25NOVFUT", "NSE:SBIN25DECFUT")))
    assert (one.transaction_type, other.transaction_type) == ("BUY", "SELL")
    for leg in (one, other):
        assert (leg.exchange, leg.product, leg.validity, leg.tag) == (
            "NFO",
            "NRML",
            "IOC",
            "spread",
        )
        assert (leg.quantity, leg.price, leg.order_type) == (50, Decimal("100.05"), "LIMIT")


SPREAD = combined("NSE:SBIN25NOVFUT", "NSE:SBIN25DECFUT")


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({}, RefusedError),
        (SPREAD | {"orderType": "3L"}, RefusedError),
        (SPREAD | {"orderType": "4L"}, RefusedError),
        (SPREAD | {"orderType": ["2L"]}, RefusedError),
        (SPREAD | {"validity": "DAY"}, RefusedError),
        (SPREAD | {"productType": "CNC"}, RefusedError),
        (SPREAD | {"legs": []}, RefusedError),
        (SPREAD | {"legs": {"leg1": 1, "leg2": 2}}, RefusedError),
        (SPREAD | {"legs": {name: leg | {"type": 2} for name, leg in SPREAD["legs"].items()}},
         RefusedError),
        (combined("NSE:SBIN25NOVFUT", "NSE:SBIN25NOVFUT"), SymbolError),
        (combined("NSE:SBIN25NOVFUT", "NSE:INFY25NOVFUT"), SymbolError),
        (combined("NSE:SBIN25NOVFUT", "NSE:SBIN-EQ"), SymbolError),
        (combined("NSE:SBIN25NOVFUT", "BSE:SBIN25DECFUT"), SymbolError),
        (combined("NSE:SBIN25NOVFUT", "NSE:WHAT"), SymbolError),
    ],
)  # fmt: skip
def test_what_is_no_whole_is_refused(body, kind):
    """Two or three limits, IOC, of one underlying, none twice; a test symbol goes with any."""
    with pytest.raises(RefusedError) as refused:
        combined_in("primary", exact(body))
    assert type(refused.value) is kind
    mixed = combined("NSE:SBIN25NOVFUT", "NSE:FILL1", "NSE:REST2")
    assert len(combined_in("primary", exact(mixed))) == 3
