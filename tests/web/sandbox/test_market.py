from decimal import Decimal

import pytest
from attrs import evolve

from tests.web.sandbox.given import Floor, ask
from web.sandbox.market import crosses, triggered
from web.sandbox.orders import RefusedError


def place(floor, *args, **more):
    return floor.market.place(ask(*args, **more)).order


@pytest.mark.parametrize("seed", range(5))
def test_each_test_symbol_does_its_one_thing_whatever_the_seed(seed):
    """The contract's test symbols, as the stream tells them."""
    said = {}
    for name in ("REJECT", "LOST", "GONE", "PARTIAL", "REST", "FILL", "LATE", "STUCK"):
        floor = Floor(seed=seed)
        placed = floor.market.place(ask(f"{name}7", quantity=5, kind="MARKET", price="0"))
        said[name] = (placed.order is not None, placed.answers, floor.statuses())
    assert said == {
        "REJECT": (True, True, ["REJECTED"]),
        "LOST": (True, False, ["OPEN"]),
        "GONE": (False, False, []),
        "PARTIAL": (True, True, ["OPEN", "UPDATE"]),
        "REST": (True, True, ["OPEN"]),
        "FILL": (True, True, ["OPEN", "COMPLETE"]),
        "LATE": (True, True, ["OPEN"]),
        "STUCK": (True, True, ["OPEN", "COMPLETE"]),
    }


def test_refuse_leaves_no_trace():
    """REFUSE is an input error: no order, no entry, no change."""
    floor = Floor()
    with pytest.raises(RefusedError, match="REFUSE1"):
        floor.market.place(ask("REFUSE1"))
    assert (floor.entries, floor.changes) == ([], [])


def test_gone_leaves_no_trace():
    """GONE was not placed: nothing is in the ledger."""
    floor = Floor()
    floor.market.place(ask("GONE1"))
    assert floor.entries == []


def test_partial_fills_half_and_rests():
    """PARTIAL of five fills two; PARTIAL of one fills none, since half of it is no quantity."""
    floor = Floor()
    assert place(floor, "PARTIAL", quantity=5).last.filled == 2
    single = place(floor, "PARTIAL2", quantity=1).last
    assert (single.book, single.filled) == ("OPEN", 0)


def test_late_fills_just_as_its_cancel_arrives():
    """The cancel of LATE is refused because the order has just filled; once only."""
    floor = Floor()
    order = place(floor, "LATE", quantity=5)
    for _ in range(2):
        with pytest.raises(RefusedError, match="already complete"):
            floor.market.cancel(order.order_id)
    assert floor.statuses() == ["OPEN", "COMPLETE"]


def test_stuck_fills_and_its_opposite_rests():
    """STUCK leaves a position that cannot be flattened: the way out rests."""
    floor = Floor()
    place(floor, "STUCK", quantity=5)
    assert place(floor, "STUCK", "SELL", quantity=5, kind="MARKET").last.book == "OPEN"
    assert floor.exchange.books["primary"].net["NSE", "STUCK", "MIS"].quantity == 5


@pytest.mark.parametrize("name", ["PARTIAL", "LATE", "FILL"])
def test_the_way_out_of_a_test_symbol_fills_at_once(name):
    """Apart from STUCK, an order that reduces an open position in a test symbol fills at once."""
    floor = Floor()
    order = place(floor, name, quantity=4)
    if name == "LATE":
        with pytest.raises(RefusedError):
            floor.market.cancel(order.order_id)
    out = place(floor, name, "SELL", quantity=3, kind="MARKET", price="0")
    assert (out.last.book, out.last.average_price) == ("COMPLETE", Decimal("100.00"))


def test_stops_in_test_symbols_wait_or_go_with_their_symbol():
    """A stop in REST waits for its trigger, in PARTIAL and LATE it triggers before it fills."""
    floor = Floor()
    stop = {"kind": "SL", "trigger_price": Decimal(90)}
    assert place(floor, "REST", **stop).last.book == "TRIGGER PENDING"
    assert [each.status for each in place(floor, "PARTIAL", **stop).history][-3:] == [
        "TRIGGER PENDING",
        "OPEN",
        "UPDATE",
    ]
    late = place(floor, "LATE", **stop)
    with pytest.raises(RefusedError):
        floor.market.cancel(late.order_id)
    assert [each.status for each in late.history][-2:] == ["OPEN", "COMPLETE"]


@pytest.mark.parametrize("seed", range(20))
def test_a_market_order_fills_at_once_in_one_or_two_parts(seed):
    """A MARKET order is COMPLETE when it is answered, with at most two trades."""
    order = place(Floor(seed=seed), kind="MARKET", price="0")
    assert order.last.book == "COMPLETE"
    assert 1 <= len(order.fills) <= 2
    assert {each.price for each in order.fills} == {Decimal("972.40")}


def test_some_market_orders_fill_in_two_parts():
    """Among twenty seeds both kinds occur."""
    parts = {len(place(Floor(seed=seed), kind="MARKET").fills) for seed in range(20)}
    assert parts == {1, 2}


def test_a_limit_rests_until_the_price_crosses():
    """A limit below the price rests; when the price has come down it fills at that price."""
    floor = Floor()
    order = place(floor, price="970.00")
    assert order.last.book == "OPEN"
    floor.market.prices.set("SBIN", Decimal("969.95"))
    before = len(floor.changes)
    while not order.last.ended:
        floor.market.prices.set("SBIN", Decimal("969.00"))
        if floor.market.move():
            before += 1
        assert len(floor.changes) == before
    assert order.fills[0].price <= Decimal("970.00")


def test_a_stop_triggers_and_then_trades():
    """A stop above the price waits; when the price has risen it opens, then fills."""
    floor = Floor()
    order = place(floor, kind="SL-M", price="0", trigger_price=Decimal("980.00"))
    assert order.last.book == "TRIGGER PENDING"
    while not order.last.ended:
        floor.market.prices.set("SBIN", Decimal("990.00"))
        floor.market.move()
    assert "OPEN" in [each.status for each in order.history]


def test_a_stop_whose_trigger_is_met_trades_at_once():
    """A stop below the price for a buyer is at the market already."""
    order = place(Floor(), kind="SL-M", price="0", trigger_price=Decimal("900.00"))
    assert order.last.book == "COMPLETE"


def test_immediate_or_cancel_does_not_rest():
    """IOC that does not trade is cancelled in the same call."""
    assert place(Floor(), price="900.00", validity="IOC").last.book == "CANCELLED"
    assert place(Floor(), price="999.00", validity="IOC").last.book == "COMPLETE"


def test_a_modification_meets_the_market():
    """A limit that is raised over the price fills; in a test symbol it only changes."""
    floor = Floor()
    order = place(floor, price="970.00")
    floor.market.modify(order.order_id, evolve(order.ask, price=Decimal("999.00")))
    assert order.last.book == "COMPLETE"
    rests = place(floor, "REST")
    floor.market.modify(rests.order_id, evolve(rests.ask, quantity=20))
    assert (rests.last.book, rests.ask.quantity) == ("OPEN", 20)


def test_a_cancel_ends_what_rests():
    """A resting order is CANCELLED by its cancel."""
    floor = Floor()
    order = place(floor, price="970.00")
    floor.market.cancel(order.order_id)
    assert order.last.book == "CANCELLED"


def test_after_a_restart_prices_go_on_from_the_last_trade():
    """The market of a broker that was started again begins at the last traded price."""
    floor = Floor()
    floor.exchange.fill(place(floor, price="970.00").order_id, 10, Decimal("970.00"))
    place(floor, "FILL")
    again = Floor(entries=floor.entries)
    assert again.market.prices.quote("SBIN") == Decimal("970.00")


def test_sellers_cross_from_above():
    """Selling: a limit trades at or above its price, a stop triggers at or below it."""
    sell = ask(side="SELL", price="100", trigger_price=Decimal(90))
    assert [crosses(sell, Decimal(each)) for each in (99, 100, 101)] == [False, True, True]
    assert [triggered(sell, Decimal(each)) for each in (89, 90, 91)] == [True, True, False]


def test_what_was_placed_elsewhere_is_left_to_its_traders():
    """The price alone changes no order of the market's own traders: their steps do."""
    floor = Floor()
    floor.exchange.accept(ask(price="2000.00", source="terminal"))
    assert not any(floor.market.move() for _ in range(500))
    assert floor.statuses() == ["OPEN"]
