from decimal import Decimal

from tests.web.sandbox.given import Floor, ask
from web.sandbox.kite.rows import (
    book_row,
    number,
    position_row,
    postback_row,
    stream_row,
    trade_row,
)


def test_the_order_row_is_kites():
    """Every field of Kite's order object (protocols 2.2), word for word, with its types."""
    floor = Floor()
    order = floor.exchange.accept(
        ask(
            "NIFTY25NOVFUT",
            quantity=75,
            price="25910.05",
            exchange="NFO",
            product="NRML",
            tag="abc",
        )
    )
    floor.exchange.fill(order.order_id, 25, Decimal("25910.00"))
    row = stream_row(order, order.last)
    token, guid = row.pop("instrument_token"), row.pop("guid")
    assert isinstance(token, int)
    assert isinstance(guid, str)
    assert row == {
        "placed_by": "PAPER1", "order_id": "261123000000001", "exchange_order_id": "1100000000000001",
        "parent_order_id": None, "status": "UPDATE", "status_message": None,
        "status_message_raw": None, "order_timestamp": "2026-11-23 12:00:15",
        "exchange_update_timestamp": "2026-11-23 12:00:15", "exchange_timestamp": "2026-11-23 12:00:15",
        "variety": "regular", "modified": False, "exchange": "NFO", "tradingsymbol": "NIFTY25NOVFUT",
        "order_type": "LIMIT", "transaction_type": "BUY", "validity": "DAY", "validity_ttl": 0,
        "product": "NRML", "quantity": 75, "disclosed_quantity": 0, "price": 25910.05,
        "trigger_price": 0, "average_price": 25910.0, "filled_quantity": 25, "pending_quantity": 50,
        "cancelled_quantity": 0, "market_protection": 0, "auction_number": None, "meta": {},
        "tag": "abc", "tags": ["abc"], "account_id": "primary",
    }  # fmt: skip
    assert book_row(order)["status"] == "OPEN"
    assert book_row(order)["filled_quantity"] == 25


def test_a_cancelled_row_shows_its_rest_as_pending_too():
    """As published: a CANCELLED row has pending_quantity and cancelled_quantity alike."""
    floor = Floor()
    order = floor.exchange.accept(ask())
    floor.exchange.cancel(order.order_id)
    row = book_row(order)
    assert (row["pending_quantity"], row["cancelled_quantity"], row["tags"]) == (10, 10, [])


def test_a_rejected_row_was_never_at_the_exchange():
    """A REJECTED row has no exchange id and no exchange time, and says why."""
    order = Floor().exchange.accept_and_reject(ask(), "no margin")
    row = book_row(order)
    assert row["exchange_order_id"] is None
    assert row["exchange_timestamp"] is None
    assert (row["status_message"], row["pending_quantity"]) == ("no margin", 0)


def test_the_trade_row_is_kites():
    """Every field of Kite's trade (protocols 2.2); order_timestamp is the time of day alone."""
    floor = Floor()
    order = floor.exchange.accept(ask())
    floor.clock.pass_s(5)
    floor.exchange.fill(order.order_id, 4, Decimal("99.95"))
    row = trade_row(order.fills[0], order)
    assert isinstance(row.pop("instrument_token"), int)
    assert row == {
        "trade_id": "100000001", "order_id": "261123000000001", "exchange": "NSE",
        "tradingsymbol": "SBIN", "product": "MIS", "average_price": 99.95, "quantity": 4,
        "exchange_order_id": "1100000000000001", "transaction_type": "BUY",
        "fill_timestamp": "2026-11-23 12:00:20", "order_timestamp": "12:00:15",
        "exchange_timestamp": "2026-11-23 12:00:20",
    }  # fmt: skip


def test_the_position_row_adds_up():
    """A position's pnl is its realised and unrealised, at the last price."""
    floor = Floor()
    for side, quantity, price in (("BUY", 10, "100"), ("SELL", 4, "105")):
        order = floor.exchange.accept(ask(side=side, quantity=quantity))
        floor.exchange.fill(order.order_id, quantity, Decimal(price))
    (line,) = floor.exchange.books["primary"].net.values()
    row = position_row(line, Decimal(105))
    assert (row["quantity"], row["average_price"], row["last_price"]) == (6, 100.0, 105.0)
    assert (row["realised"], row["unrealised"], row["pnl"]) == (20.0, 30.0, 50.0)
    assert (row["buy_quantity"], row["buy_price"], row["sell_quantity"]) == (10, 100.0, 4)
    assert (row["day_sell_price"], row["value"]) == (105.0, -580.0)


def test_numbers_are_plain_json_numbers():
    """Nothing is a string: zero is 0, and four places are the most."""
    assert [number(Decimal(each)) for each in ("0", "0.05", "45500", "19500.123456")] == [
        0,
        0.05,
        45500.0,
        19500.1235,
    ]


def test_a_postback_is_a_row_with_more_and_less():
    """Protocols 2.2: user_id, app_id, checksum and unfilled_quantity; neither tags nor modified."""
    floor = Floor()
    order = floor.exchange.accept(ask(tag="abc"))
    floor.exchange.fill(order.order_id, 4, Decimal(100))
    row, whole = postback_row(order, order.last), stream_row(order, order.last)
    assert row.keys() - whole.keys() == {"user_id", "app_id", "checksum", "unfilled_quantity"}
    assert whole.keys() - row.keys() == {"tags", "modified"}
    assert (row["checksum"], row["unfilled_quantity"], row["status"]) == ("", 6, "UPDATE")
