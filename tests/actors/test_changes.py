"""What changing an order comes to."""

from decimal import Decimal
from functools import partial

import pytest
from attrs import evolve

from actors.changes import as_leg, faults_of, is_made, only_reduces, words_of
from actors.domain.checks import check
from actors.domain.model import Order
from actors.upstream import Change

from .fakes import a_config, a_position, a_row
from .given_book import Bench

RULES = partial(check, account=a_config())


def a_book(*rows, net=0):
    """Give a committed book with these orders, and a position in SBIN."""
    bench = Bench()
    bench.hear(*rows, *([a_position(quantity=net)] if net else []))
    return bench.view


def an_order(**said) -> Order:
    """Give an open order to buy 50 SBIN at 610.5."""
    return a_book(a_row("1", **said)).orders["1"].value


def paths(change, **said):
    """Name the fields at fault when an order is changed so."""
    return sorted(fault.path for fault in faults_of(an_order(**said), change, RULES))


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        (Change(), ["$"]),
        (Change(quantity=0), ["$.quantity"]),
        (Change(quantity=-1), ["$.quantity"]),
        (Change(quantity=10**9), ["$.quantity"]),
        (Change(price=Decimal(-1)), ["$.price"]),
        (Change(price=Decimal(0)), ["$.price"]),
        (Change(trigger_price=Decimal(600)), ["$.trigger_price"]),
        (Change(order_type="SL"), ["$.trigger_price"]),
        (Change(order_type="MARKET", price=Decimal(1)), ["$.price"]),
        (Change(order_type="market"), ["$.order_type"]),
        (Change(validity="GTC"), ["$.validity"]),
        (Change(quantity=0, validity=""), ["$.quantity", "$.validity"]),
        (Change(price=Decimal("610.55")), []),
        (Change(order_type="MARKET"), []),
        (Change(order_type="SL", trigger_price=Decimal(610)), []),
        (Change(quantity=25, validity="IOC"), []),
    ],
)
def test_each_field_at_fault_is_named(change, wanted):
    """A changed order is held to the rules of a new one; `$.price` is where the fault is."""
    assert paths(change) == wanted


def test_an_empty_text_is_no_wish():
    """A text of nothing is refused like any other that is not known."""
    assert paths(Change(validity="")) == ["$.validity"]
    assert paths(Change(order_type="")) == ["$.order_type"]


def test_less_than_what_is_filled_cannot_be_asked_for():
    """An order cannot shrink to what it has filled already: that would be a cancel."""
    assert paths(Change(quantity=20), filled_quantity=20) == ["$.quantity"]
    assert paths(Change(quantity=21), filled_quantity=20) == []


def test_an_order_placed_elsewhere_can_be_changed():
    """What the change does not touch is not held against it."""
    strange = {"validity": "TTL", "variety": "a very long and unusual variety", "product": ""}
    assert paths(Change(price=Decimal(611)), **strange) == []
    assert paths(Change(quantity=0), **strange) == ["$.quantity"]


def test_a_price_that_the_new_type_does_not_take_is_left_out():
    """A limit order that becomes a market order has no price to be wrong about."""
    leg = as_leg(an_order(), Change(order_type="MARKET"))
    assert (leg.order_type, leg.price, leg.trigger_price) == ("MARKET", None, None)
    assert as_leg(an_order(), Change(quantity=7)).price == Decimal("610.5")


def test_a_change_is_said_in_words():
    """The trail shows what was, and what was asked for, with the digits as they were given."""
    change = Change(quantity=25, price=Decimal("611.50"), order_type="SL", validity="IOC")
    assert words_of(an_order(), change) == (
        "quantity 50 → 25, price 610.5 → 611.50, order type LIMIT → SL, validity DAY → IOC"
    )


def test_a_change_is_made_when_the_order_stands_so():
    """Not while the exchange is still at it; and an order that has ended changes no more."""
    order, change = an_order(), Change(price=Decimal(611))
    assert not is_made(order, change)
    changed = evolve(order, price=Decimal("611.0"))
    assert is_made(changed, change)
    assert not is_made(evolve(changed, status="MODIFY PENDING"), change)
    assert is_made(evolve(order, status="CANCELLED"), change)


@pytest.mark.parametrize(
    ("net", "said", "change", "passes"),
    [
        (-50, {}, Change(price=Decimal(700)), True),
        (-49, {}, Change(price=Decimal(700)), False),
        (-49, {}, Change(quantity=49, price=Decimal(700)), True),
        (-40, {"filled_quantity": 10}, Change(price=Decimal(700)), True),
        (0, {}, Change(price=Decimal(700)), False),
        (50, {}, Change(price=Decimal(700)), False),
        (50, {"transaction_type": "SELL"}, Change(price=Decimal(1)), True),
        (0, {}, Change(quantity=49), True),
        (0, {}, Change(quantity=51), False),
        (0, {}, Change(quantity=49, price=Decimal(700)), False),
    ],
)
def test_what_only_reduces_may_pass_a_halt(net, said, change, passes):
    """An exit closes no more than what is held; asking for less is no new risk."""
    book = a_book(a_row("1", **said), net=net)
    assert only_reduces(book.orders["1"].value, change, book) is passes


def test_two_exits_may_not_close_one_position_twice():
    """What works on the same side counts; what ended, or is of another product, does not."""
    others = [
        a_row("2", quantity=30, filled_quantity=10),
        a_row("3", "CANCELLED"),
        a_row("4", product="CNC"),
        a_row("5", transaction_type="SELL"),
    ]
    for net, passes in ((-70, True), (-69, False)):
        book = a_book(a_row("1"), *others, net=net)
        assert only_reduces(book.orders["1"].value, Change(price=Decimal(1)), book) is passes
