from decimal import Decimal

from attrs import evolve

from tests.web.sandbox.given import NOON, ask
from web.sandbox.orders import Moment, Order


def test_an_average_is_value_over_quantity():
    """The average price of an order is what was paid over what was filled, to four places."""
    moment = Moment("UPDATE", "OPEN", NOON, ask(quantity=9), filled=3, value=Decimal("301.00"))
    assert moment.average_price == Decimal("100.3333")
    assert evolve(moment, filled=0).average_price == 0


def test_what_is_pending_is_what_was_asked_less_what_was_filled():
    """An order of nine with three filled has six pending and has not ended."""
    moment = Moment("UPDATE", "OPEN", NOON, ask(quantity=9), filled=3)
    assert moment.pending == 6
    assert not moment.ended
    assert evolve(moment, book="CANCELLED").ended


def test_an_order_is_its_last_moment():
    """What an order is now is the last line of its history."""
    first, second = (Moment(status, status, NOON, ask()) for status in ("OPEN", "CANCELLED"))
    order = Order("1", 1, [first, second])
    assert order.last is second
    assert order.ask is second.ask


def test_stop_orders_wait_for_their_trigger():
    """SL and SL-M wait for a trigger; the others do not."""
    waits = {kind: ask(kind=kind).waits_for_trigger for kind in ("MARKET", "LIMIT", "SL", "SL-M")}
    assert waits == {"MARKET": False, "LIMIT": False, "SL": True, "SL-M": True}
