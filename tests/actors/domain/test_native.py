"""What may be sent as one order of the exchange's: named, leg and field, where it may not."""

import pytest

from actors.domain.batch import BatchRequest, LegRequest
from actors.domain.native import native_findings, underlying

from .given import LEG_REQUEST


def legs(*symbols, **changes):
    """Give a leg a symbol, each as it must be but for what differs."""
    fields = {
        "exchange": "NFO", "transaction_type": "BUY", "quantity": 50, "order_type": "LIMIT",
        "product": "NRML", "price": 100, "validity": "IOC",
    }  # fmt: skip
    return tuple(LegRequest(symbol, **fields | changes) for symbol in symbols)


def places(*orders):
    """Say where a batch of these legs is at fault."""
    return [place for place, _ in native_findings(BatchRequest(orders, mode="native"))]


NOV, DEC, PUT = "NIFTY25NOVFUT", "NIFTY25DECFUT", "NIFTY25N1126000PE"


@pytest.mark.parametrize(
    ("symbol", "of"),
    [
        ("NIFTY25NOVFUT", "NIFTY"),
        ("NIFTY25NOV26000CE", "NIFTY"),
        ("NIFTY25N1126000CE", "NIFTY"),
        ("NIFTY2590426000PE", "NIFTY"),
        ("NIFTYNXT5025NOVFUT", "NIFTYNXT50"),
        ("NIFTYNXT502590464000CE", "NIFTYNXT50"),
        ("BAJAJ-AUTO25NOV9000CE", "BAJAJ-AUTO"),
        ("M&M25NOV3512.5PE", "M&M"),
        ("360ONE25NOVFUT", "360ONE"),
        ("SBIN", None),
        ("25NOVFUT", None),
        ("NIFTY25NOVFUTX", None),
        ("", None),
    ],
)
def test_a_contract_names_what_it_is_one_of(symbol, of):
    """By the month, by the week, with digits in the name; what is no contract is of nothing."""
    assert underlying(symbol) == of


@pytest.mark.parametrize("orders", [legs(NOV, DEC), legs(NOV, DEC, PUT, product="MIS")])
def test_two_or_three_contracts_of_one_underlying_may(orders):
    """A spread, and three legs of futures and options."""
    assert places(*orders) == []


@pytest.mark.parametrize(
    ("orders", "where"),
    [
        (legs(NOV), ["orders"]),
        (legs(NOV, DEC, PUT, "NIFTY26JANFUT"), ["orders"]),
        ((), ["orders"]),
        (legs(NOV, "BANKNIFTY25NOVFUT"), ["orders[1].tradingsymbol"]),
        (legs(NOV, "SBIN"), ["orders[1].tradingsymbol"]),
        (legs("SBIN", NOV), ["orders[0].tradingsymbol"]),
        (legs(NOV, NOV), ["orders[0].tradingsymbol", "orders[1].tradingsymbol"]),
        ((*legs(NOV), *legs(DEC, exchange="BFO")), ["orders[1].exchange"]),
        ((*legs(NOV), *legs(DEC, order_type="MARKET")), ["orders[1].order_type"]),
        ((*legs(NOV), *legs(DEC, validity="DAY")), ["orders[1].validity"]),
        ((*legs(NOV), *legs(DEC, variety="amo")), ["orders[1].variety"]),
        ((*legs(NOV), *legs(DEC, product="CNC")), ["orders[1].product"]),
        ((*legs(NOV), *legs(DEC, product="MIS")), ["orders[1].product"]),
    ],
)
def test_each_leg_and_field_at_fault_is_named(orders, where):
    """422 says all that has to be changed, not the first of it."""
    assert places(*orders) == where


def test_a_leg_that_is_all_wrong_is_told_all_of_it():
    """A share, for the day, on another exchange."""
    found = places(LEG_REQUEST, *legs(NOV))
    assert found == [f"orders[0].{name}" for name in ("exchange", "tradingsymbol", "validity")] + [
        "orders[1].product"
    ]
