from decimal import Decimal

import pytest
from attrs import evolve

from tests.web.sandbox.given import Floor, ask
from web.sandbox.exchange import End
from web.sandbox.orders import RefusedError


def test_ids_are_the_day_in_india_and_a_running_number():
    """Order ids are numeric strings that begin with the exchange's day, and never repeat."""
    floor = Floor()
    assert floor.exchange.accept(ask()).order_id == "261123000000001"
    floor.clock.pass_s(86_400)
    assert floor.exchange.accept(ask()).order_id == "261124000000002"


def test_an_orders_history_has_every_status_it_passed_through():
    """Kite's life of an order: received, validated, pending, open, a row a fill, complete."""
    floor = Floor()
    order = floor.exchange.accept(ask(quantity=10))
    for part in (3, 3, 4):
        floor.exchange.fill(order.order_id, part, Decimal(100))
    assert [(each.status, each.book, each.filled) for each in order.history] == [
        ("PUT ORDER REQ RECEIVED", "PUT ORDER REQ RECEIVED", 0),
        ("VALIDATION PENDING", "VALIDATION PENDING", 0),
        ("OPEN PENDING", "OPEN PENDING", 0),
        ("OPEN", "OPEN", 0),
        ("UPDATE", "OPEN", 3),
        ("UPDATE", "OPEN", 6),
        ("COMPLETE", "COMPLETE", 10),
    ]


def test_one_commit_is_one_change_and_is_recorded_first():
    """Each decision is told once, after its entries are recorded."""
    floor = Floor()
    seen = []
    floor.exchange._tell = lambda change: seen.append((change.moment.status, len(floor.entries)))
    order = floor.exchange.accept(ask())
    floor.exchange.fill(order.order_id, 10, Decimal(100))
    floor.exchange.accept_and_reject(ask(), "no margin")
    assert seen == [("OPEN", 1), ("COMPLETE", 3), ("REJECTED", 5)]


def test_nothing_is_told_when_it_could_not_be_recorded():
    """When the ledger fails nothing has changed and nobody was told."""
    floor = Floor()
    order = floor.exchange.accept(ask())

    def full(entries):
        raise OSError("no space left")

    floor.exchange._record = full
    with pytest.raises(OSError, match="no space"):
        floor.exchange.cancel(order.order_id)
    assert order.last.status == "OPEN"
    assert floor.statuses() == ["OPEN"]


def test_a_rejected_order_was_never_open():
    """Taken and then rejected: neither OPEN nor OPEN PENDING stands in its history."""
    order = Floor().exchange.accept_and_reject(ask(), "no margin")
    assert [each.status for each in order.history] == [
        "PUT ORDER REQ RECEIVED",
        "VALIDATION PENDING",
        "REJECTED",
    ]
    assert order.last.message == "no margin"


def test_a_modification_is_an_update_and_leaves_the_book_status():
    """A stop order that is modified still waits for its trigger."""
    floor = Floor()
    wanted = ask(kind="SL", trigger_price=Decimal(95))
    order = floor.exchange.accept(wanted, waits=True)
    floor.exchange.modify(order.order_id, evolve(wanted, price=Decimal(101)))
    assert (order.last.status, order.last.book, order.last.modified) == (
        "UPDATE",
        "TRIGGER PENDING",
        True,
    )
    floor.exchange.trigger(order.order_id)
    assert (order.last.status, order.last.book) == ("OPEN", "OPEN")


def test_a_fill_moves_trades_positions_and_the_last_price():
    """A fill is a trade with an id of its own, a position, and the symbol's last price."""
    floor = Floor()
    order = floor.exchange.accept(ask())
    floor.exchange.fill(order.order_id, 4, Decimal("99.95"))
    floor.exchange.fill(order.order_id, 6, Decimal("100.05"))
    assert [each.trade_id for each in order.fills] == ["100000001", "100000002"]
    assert floor.exchange.last_prices == {"SBIN": Decimal("100.05")}
    assert floor.exchange.reduces(ask(side="SELL"))
    assert not floor.exchange.reduces(ask(side="BUY"))
    assert not floor.exchange.reduces(ask(side="SELL", product="CNC"))


@pytest.mark.parametrize(
    ("action", "more"),
    [("fill", (1, Decimal(100))), ("trigger", ()), ("cancel", ()), ("modify", (ask(),))],
)
def test_what_has_ended_stays_ended(action, more):
    """Illegal changes are refused and nothing happens."""
    floor = Floor()
    order = floor.exchange.accept(ask())
    floor.exchange.cancel(order.order_id)
    with pytest.raises(RefusedError, match="already cancelled"):
        getattr(floor.exchange, action)(order.order_id, *more)
    assert floor.statuses() == ["OPEN", "CANCELLED"]


def test_what_cannot_be_is_refused():
    """An unknown id, an overfill, a trigger of a plain order, a quantity below what is filled."""
    exchange = Floor().exchange
    order = exchange.accept(ask())
    exchange.fill(order.order_id, 4, Decimal(100))
    with pytest.raises(RefusedError, match="find"):
        exchange.cancel("7")
    with pytest.raises(RefusedError, match="Cannot fill 7 of 6"):
        exchange.fill(order.order_id, 7, Decimal(100))
    with pytest.raises(RefusedError, match="no trigger"):
        exchange.trigger(order.order_id)
    with pytest.raises(RefusedError, match="already filled"):
        exchange.modify(order.order_id, ask(quantity=4))


def test_an_account_that_is_no_longer_named_keeps_its_books():
    """A ledger with an account that the options lack is read all the same."""
    entries = list(Floor().entries)
    floor = Floor()
    floor.exchange.accept(ask(account_id="hedge"))
    again = Floor(accounts=("primary",), entries=[*entries, *floor.entries])
    assert len(again.exchange.books["hedge"].orders) == 1


def test_legs_of_one_whole_are_written_down_in_one_piece():
    """A kill leaves all of them or none: one record; each leg is then told as any order is."""
    floor = Floor()
    records = []
    floor.exchange._record = lambda entries: records.append([entry.event for entry in entries])
    ends = [End(10, Decimal(100)), End(4, Decimal(90))]
    whole, orders = floor.exchange.combine([ask("SBIN"), ask("INFY", "SELL")], ends)
    assert records == [["order", "order", "fill", "end", "fill", "end"]]
    assert floor.statuses() == ["OPEN", "OPEN", "COMPLETE", "UPDATE", "CANCELLED"]
    assert [order.ask.parent for order in orders] == [whole, whole]
    assert whole not in {order.order_id for order in orders}


def test_a_whole_that_is_rejected_was_never_open():
    """Each leg is taken and rejected, with the reason."""
    floor = Floor()
    _, orders = floor.exchange.combine([ask(), ask("INFY")], [End(message="no margin")] * 2)
    assert floor.statuses() == ["REJECTED", "REJECTED"]
    assert {order.last.message for order in orders} == {"no margin"}
    again = Floor(entries=floor.entries)
    assert again.exchange.order(orders[0].order_id).ask.parent == orders[0].ask.parent
    assert again.exchange.accept(ask()).order_id > orders[1].order_id
