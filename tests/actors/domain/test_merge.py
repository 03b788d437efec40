"""How a report is laid over an order: what it says replaces, what it does not say stays."""

from decimal import Decimal

import pytest
from attrs import evolve

from actors.domain.books import OurLeg
from actors.domain.ids import AccountId, BatchId, BrokerTag
from actors.domain.merge import begin, is_same_state, merge, signature, stands_alone

from .given import a_report, after, an_order

OURS = {BrokerTag("ow1"): OurLeg(BatchId("b1"), "hedge leg")}


def test_what_is_not_said_stays():
    """P7: a report that names only a status changes nothing else."""
    order = an_order(filled_quantity=20, pending_quantity=30, tag="mine")
    assert merge(order, a_report("OPEN"), "OPEN", {}) == order


def test_what_is_said_replaces():
    """P7: each field that a report names is the order's from then on."""
    said = {
        "filled_quantity": 20,
        "average_price": Decimal("610.4"),
        "order_type": "SL",
        "product": "NRML",
        "validity": "IOC",
        "variety": "amo",
        "quantity": 60,
        "price": Decimal(1),
        "trigger_price": Decimal(2),
        "status_message": "margin",
    }
    order = merge(an_order(), a_report("OPEN", at=after(5), **said), "OPEN", {})
    assert {name: getattr(order, name) for name in said} == said
    assert order.updated_at == after(5)
    assert order.pending_quantity == 40


@pytest.mark.parametrize(
    ("status", "said", "pending"),
    [
        ("OPEN", {"filled_quantity": 20}, 30),
        ("OPEN", {"filled_quantity": 20, "pending_quantity": 25}, 25),
        ("CANCELLED", {"filled_quantity": 20}, 0),
        ("OPEN", {"filled_quantity": 70}, 0),
    ],
)
def test_what_is_pending_follows_unless_it_is_said(status, said, pending):
    """What is left is quantity less filled, nothing once it has ended, and never below nothing."""
    assert merge(an_order(), a_report(status, **said), status, {}).pending_quantity == pending


def test_when_it_was_placed_is_learned_once():
    """The first word on when an order was placed stands."""
    order = merge(an_order(placed_at=None), a_report("OPEN", placed_at=after(1)), "OPEN", {})
    assert order.placed_at == after(1)
    assert merge(order, a_report("OPEN", placed_at=after(9)), "OPEN", {}).placed_at == after(1)


def test_an_order_begins_with_what_names_it():
    """An order begun by a report has its names, nothing else, and belongs to nobody yet."""
    report = a_report("OPEN", tradingsymbol="SBIN", quantity=50)
    order = begin(report, AccountId("primary"))
    assert (order.tradingsymbol, order.exchange, order.variety) == ("SBIN", "", "regular")
    assert (order.origin, order.quantity, order.filled_quantity) == ("external", 0, 0)
    assert begin(a_report("OPEN"), AccountId("primary")).tradingsymbol == ""


def test_names_that_came_late_are_taken_and_then_stand():
    """P7: the exchange and the side, missing in the first frame, come with a later one."""
    order = begin(a_report("OPEN", tradingsymbol="SBIN", quantity=50), AccountId("primary"))
    whole = a_report("OPEN", exchange="NSE", transaction_type="SELL", variety="amo")
    order = merge(order, whole, "OPEN", {})
    assert (order.exchange, order.transaction_type, order.variety) == ("NSE", "SELL", "amo")
    other = a_report("OPEN", exchange="BSE", transaction_type="BUY")
    assert merge(order, other, "OPEN", {}) == order


def test_a_report_stands_alone_when_it_names_symbol_and_quantity():
    """P8: less would make half an order."""
    assert stands_alone(a_report("OPEN", tradingsymbol="SBIN", quantity=50))
    assert not stands_alone(a_report("OPEN", tradingsymbol="SBIN"))
    assert not stands_alone(a_report("OPEN", quantity=50))


@pytest.mark.parametrize("order_type", ["SL", "SL-M"])
def test_an_update_does_not_say_whether_a_stop_was_triggered(order_type):
    """P8: Kite tells no placement; the first word of a stop may be that its price was changed, and
    it waits all the same. A fill, or any other type of order, leaves no doubt.
    """
    row = {"tradingsymbol": "SBIN", "quantity": 50, "filled_quantity": 0}
    assert not stands_alone(a_report("UPDATE", order_type=order_type, **row))
    assert stands_alone(a_report("UPDATE", order_type="LIMIT", **row))
    assert stands_alone(a_report("TRIGGER PENDING", order_type=order_type, **row))
    assert stands_alone(a_report("UPDATE", order_type=order_type, **row | {"filled_quantity": 5}))


def test_a_report_is_known_again_by_what_it_says_of_the_state():
    """P2: the same state has the same signature; any change of it has another."""
    report = a_report("OPEN", filled_quantity=1, quantity=5, price=Decimal(1), at=after(1))
    assert signature(report) == signature(evolve(report, status_message="again"))
    changes = (
        {"status": "COMPLETE"},
        {"filled_quantity": 2},
        {"average_price": Decimal(3)},
        {"quantity": 6},
        {"price": Decimal(2)},
        {"trigger_price": Decimal(2)},
        {"at": after(2)},
    )
    assert all(signature(report) != signature(evolve(report, **change)) for change in changes)


def test_only_the_time_of_it_is_no_new_state():
    """P2: an order that differs by its time alone is not news."""
    order = an_order()
    assert is_same_state(order, evolve(order, updated_at=after(9)))
    assert not is_same_state(order, evolve(order, price=Decimal(1)))


def test_our_tag_makes_an_order_ours_for_good():
    """A tag of ours was durable before anything was sent under it; the caller sees their own."""
    ours = merge(an_order(), a_report("OPEN", tag="ow1"), "OPEN", OURS)
    assert (ours.origin, ours.broker_tag, ours.tag) == ("orderwire", "ow1", "hedge leg")
    for tag in ("theirs", "ow1", None):
        assert merge(ours, a_report("OPEN", tag=tag), "OPEN", OURS) == ours


def test_a_tag_of_another_stays_theirs():
    """A foreign tag is shown and makes nothing ours."""
    order = merge(an_order(), a_report("OPEN", tag="theirs"), "OPEN", OURS)
    assert (order.origin, order.broker_tag, order.tag) == ("external", None, "theirs")
    assert merge(order, a_report("OPEN", tag="theirs"), "OPEN", OURS) == order
