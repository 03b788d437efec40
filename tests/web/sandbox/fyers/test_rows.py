from decimal import Decimal

from tests.web.sandbox.given import Floor, ask
from web.sandbox.fyers.rows import (
    order_row,
    position_row,
    raw_order,
    raw_position,
    raw_trade,
    trade_row,
)  # fmt: skip

# The keys of the one raw frame that is published (protocols 1.1), all but a rejected one's.
PUBLISHED = {
    "client_id", "exchange", "fy_token", "id", "id_fyers", "instrument", "lot_size",
    "offline_flag", "oms_flag", "ord_source", "ord_status", "ord_type", "ordertag",
    "org_ord_status", "pan", "precision", "price_multiplier", "product_type", "qty",
    "qty_multiplier", "qty_remaining", "report_type", "segment", "status_msg", "symbol",
    "symbol_desc", "symbol_exch", "tick_size", "time_epoch_oms", "time_exch", "time_oms",
    "tran_side", "update_time_epoch_oms", "update_time_exch", "validity",
}  # fmt: skip


def order_of(floor, **more):
    """A resting order of ten."""
    return floor.exchange.accept(ask("IDEA", product="MIS", **more))


def test_an_order_in_transit_is_the_published_frame():
    """Key for key what FYERS prints for "New Ack": nulls in their own words, zeros left out."""
    order = order_of(Floor(), kind="MARKET", price="0")
    raw = raw_order(order, order.history[0])
    assert raw.keys() == PUBLISHED
    assert (raw["org_ord_status"], raw["ord_status"], raw["report_type"]) == (4, 20, "New Ack")
    assert (raw["time_exch"], raw["update_time_exch"]) == ("NA", "01-Jan-1970 05:30:00")
    assert (raw["time_oms"], raw["time_epoch_oms"]) == ("23-Nov-2026 12:00:15", 1795415415)
    assert (raw["symbol"], raw["symbol_exch"], raw["pan"]) == ("NSE:IDEA-EQ", "IDEA", "ABCDE1234F")
    assert (raw["qty_remaining"], raw["tran_side"], raw["ord_type"]) == (10, 1, 2)
    assert (raw["product_type"], raw["ordertag"]) == ("INTRADAY", "2:Untagged")


def test_a_filled_order_has_nothing_left():
    """Filled: code 2 (90 inside), its exchange times, its mean price, and no `qty_remaining`."""
    floor = Floor()
    order = order_of(floor, tag="abc")
    floor.clock.pass_s(60)
    floor.exchange.fill(order.order_id, 10, Decimal("99.95"))
    raw = raw_order(order, order.last)
    assert (raw["org_ord_status"], raw["ord_status"], raw["qty_filled"]) == (2, 90, 10)
    assert "qty_remaining" not in raw
    assert (raw["price_traded"], raw["price_limit"], raw["ordertag"]) == (99.95, 100.0, "1:abc")
    assert raw["time_exch"] == "23-Nov-2026 12:00:15"
    assert raw["update_time_exch"] == "23-Nov-2026 12:01:15"


def test_a_part_filled_is_pending_with_a_filled_quantity():
    """There is no code for it."""
    floor = Floor()
    order = order_of(floor)
    floor.exchange.fill(order.order_id, 4, Decimal(100))
    row = order_row(order, order.last)
    assert (row["status"], row["filledQty"], row["remainingQuantity"]) == (6, 4, 6)
    assert row["orderNumStatus"] == f"{order.order_id}:6"


def test_a_rejected_order_says_why_and_was_never_there():
    """Code 5, the reason as message, no exchange id."""
    order = Floor().exchange.accept_and_reject(ask(), "no margin")
    row, raw = order_row(order, order.last), raw_order(order, order.last)
    assert (row["status"], row["message"], row["exchOrdId"]) == (5, "no margin", "")
    assert (raw["oms_msg"], raw["time_exch"], "id_exchange" in raw) == ("no margin", "NA", False)


def test_a_trade_has_two_numbers_and_two_dates():
    """On the socket `<order>-<n>` and DD-MM-YYYY, in the trade book `<n>` and DD-Mon-YYYY."""
    floor = Floor()
    order = order_of(floor)
    floor.exchange.fill(order.order_id, 4, Decimal("99.95"))
    (fill,) = order.fills
    row, raw = trade_row(fill, order), raw_trade(fill, order)
    assert (row["tradeNumber"], row["orderDateTime"]) == ("100000001", "23-Nov-2026 12:00:15")
    assert raw["id_fill"] == f"{order.order_id}-100000001"
    assert raw["fill_time"] == "23-11-2026 12:00:15"
    assert (row["tradedQty"], row["tradePrice"], row["tradeValue"]) == (4, 99.95, 399.8)
    assert (row["orderNumber"], raw["id"]) == (order.order_id, order.order_id)


def test_a_position_is_signed_and_marked():
    """Net, sides, day and profit; closed it is flat with side 0, and the socket has no price."""
    floor = Floor()
    bought = order_of(floor)
    floor.exchange.fill(bought.order_id, 10, Decimal(100))
    book = floor.exchange.books["primary"]
    ((key, net),) = book.net.items()
    row = position_row(net, book.day[key], Decimal(101))
    assert (row["id"], row["symbol"]) == ("NSE:IDEA-EQ-INTRADAY", "NSE:IDEA-EQ")
    assert (row["netQty"], row["side"], row["qty"], row["dayBuyQty"], row["cfBuyQty"]) == (
        10,
        1,
        10,
        10,
        0,
    )
    assert (row["netAvg"], row["ltp"], row["unrealized_profit"], row["pl"]) == (
        100.0,
        101.0,
        10.0,
        10.0,
    )
    sold = order_of(floor, side="SELL")
    floor.exchange.fill(sold.order_id, 10, Decimal(102))
    flat = position_row(net, None, Decimal(102))
    assert (flat["netQty"], flat["side"], flat["realized_profit"], flat["cfBuyQty"]) == (
        0,
        0,
        20.0,
        10,
    )
    assert "ltp" not in raw_position(flat)
