"""Every fault of a batch is found before anything of it is sent."""

from decimal import Decimal

import pytest
from attrs import evolve

from actors.domain.batch import BatchRequest
from actors.domain.checks import PRICE_MAX, QUANTITY_MAX, check
from tests.actors.fakes import a_config, a_leg_request

LEG = a_leg_request()


def faults(*legs, config=None, **changes):
    """Give the faults of a batch of legs, as texts."""
    request = BatchRequest(legs, **changes)
    return [str(fault) for fault in check(request, config or a_config())]


def test_a_sound_batch_has_no_fault():
    """Each kind of order with the prices it needs passes."""
    priced = evolve(LEG, order_type="LIMIT", price=Decimal("610.5"), validity="IOC", tag="mine")
    stop = evolve(LEG, order_type="SL", price=Decimal(1), trigger_price=Decimal(2))
    market_stop = evolve(LEG, order_type="SL-M", trigger_price=Decimal(2))
    assert faults(LEG, priced, stop, market_stop) == []


@pytest.mark.parametrize("count", [0, 11])
def test_one_leg_to_legs_max(count):
    """P20: no leg, or more than the account's legs_max, refuses the batch."""
    assert faults(*[LEG] * count) == [f"$.orders: 1 to 10 legs are needed, {count} were given"]
    assert faults(*[LEG] * 3, config=a_config(legs_max=2))


@pytest.mark.parametrize("wait_s", [-1, 121])
def test_a_wait_has_its_bounds(wait_s):
    """P20: 0 to 120 s."""
    assert faults(LEG, wait_s=wait_s) == ["$.wait_s: 0 to 120 seconds are needed"]
    assert faults(LEG, wait_s=0) == faults(LEG, wait_s=120) == []


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("tradingsymbol", ""),
        ("tradingsymbol", "x" * 65),
        ("tradingsymbol", " SBIN"),
        ("exchange", "N\0SE"),
        ("product", "x" * 17),
        ("variety", ""),
        ("quantity", 0),
        ("quantity", -50),
        ("quantity", QUANTITY_MAX + 1),
        ("validity", "GTC"),
        ("tag", ""),
        ("tag", "x" * 65),
        ("price", Decimal(1)),
        ("trigger_price", Decimal(1)),
    ],
)
def test_each_wrong_field_is_named_by_its_leg_and_path(name, wrong):
    """A market order with one thing wrong: exactly that field of that leg."""
    (fault,) = faults(LEG, evolve(LEG, **{name: wrong}))
    assert fault.startswith(f"$.orders[1].{name}: ")


def test_a_symbol_with_its_exchange_before_it_is_told_how_it_is_written():
    """A symbol is Kite's whatever the broker: one as Fyers writes it is refused before it is sent."""
    (fault,) = faults(evolve(LEG, tradingsymbol="NSE:SBIN-EQ"))
    assert fault.startswith("$.orders[0].tradingsymbol: the symbol alone is needed, as Kite writes")


@pytest.mark.parametrize(
    ("order_type", "price", "trigger_price", "wrong"),
    [
        ("LIMIT", None, None, ["price"]),
        ("LIMIT", Decimal(0), None, ["price"]),
        ("LIMIT", Decimal(-1), None, ["price"]),
        ("LIMIT", PRICE_MAX + 1, None, ["price"]),
        ("LIMIT", Decimal(1), Decimal(1), ["trigger_price"]),
        ("SL", None, None, ["price", "trigger_price"]),
        ("SL-M", None, None, ["trigger_price"]),
        ("SL-M", Decimal(1), Decimal(1), ["price"]),
        ("MARKET", Decimal(0), Decimal(0), []),
        ("LIMIT", PRICE_MAX, Decimal(0), []),
    ],
)
def test_prices_fit_the_kind_of_order(order_type, price, trigger_price, wrong):
    """A price that is needed is there and within bounds; one that is not taken is not; 0 is none."""
    leg = evolve(LEG, order_type=order_type, price=price, trigger_price=trigger_price)
    named = [fault.partition(":")[0].rpartition(".")[2] for fault in faults(leg)]
    assert named == wrong


def test_all_faults_are_told_at_once_under_the_callers_path():
    """A caller mends everything at one go, at the path where the body stood."""
    leg = evolve(LEG, quantity=0, validity="GTC")
    found = check(BatchRequest((leg, leg), wait_s=500), a_config(), "$.body")
    assert [fault.path for fault in found] == [
        "$.body.wait_s",
        "$.body.orders[0].quantity",
        "$.body.orders[0].validity",
        "$.body.orders[1].quantity",
        "$.body.orders[1].validity",
    ]
