"""Every field that Kite documents of a row: read into which of ours, or not read, and why."""

from datetime import UTC, datetime
from decimal import Decimal

import attrs
import pytest

from actors.domain.wire import parse
from actors.upstream.kite import rows
from tests.actors.upstream.samples import ORDER_ROW, POSITION_ROW, TRADE_ROW

from .samples import OPEN_ROW

ORDER = parse(ORDER_ROW.encode())
POSTBACK = parse(OPEN_ROW.encode())
TRADE = parse(TRADE_ROW.encode())
POSITION = parse(POSITION_ROW.encode())
LATER = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)

# Kite's name: a value that differs, our fields that then differ, and what they are.
ORDER_READ = {
    "order_id": ("9", {"order_id": "9"}),
    "status": ("TRIGGER PENDING", {"status": "TRIGGER PENDING"}),
    "status_message": ("why", {"status_message": "why"}),
    "order_timestamp": ("2026-11-23 13:30:00", {"placed_at": LATER, "at": LATER}),
    "exchange_update_timestamp": ("2026-11-23 13:30:00", {"at": LATER}),
    "variety": ("amo", {"variety": "amo"}),
    "exchange": ("BFO", {"exchange": "BFO"}),
    "tradingsymbol": ("M&M", {"tradingsymbol": "M&M"}),
    "order_type": ("SL", {"order_type": "SL"}),
    "transaction_type": ("SELL", {"transaction_type": "SELL"}),
    "validity": ("IOC", {"validity": "IOC"}),
    "product": ("MIS", {"product": "MIS"}),
    "quantity": (75, {"quantity": 75}),
    "price": (Decimal("1.05"), {"price": Decimal("1.05")}),
    "trigger_price": (Decimal("1.1"), {"trigger_price": Decimal("1.1")}),
    "average_price": (Decimal("1.2"), {"average_price": Decimal("1.2")}),
    "filled_quantity": (25, {"filled_quantity": 25}),
    "pending_quantity": (26, {"pending_quantity": 26}),
    "tag": ("ow02", {"tag": "ow02"}),
}
ORDER_NOT_READ = {
    "placed_by": "a person's id",
    "account_id": "a person's id",
    "user_id": "a person's id",
    "exchange_order_id": "no use without the exchange",
    "parent_order_id": "cover orders are gone, each leg is an order",
    "status_message_raw": "the system's own words; status_message says it for people",
    "exchange_timestamp": "exchange_update_timestamp is the later of the two",
    "instrument_token": "for ticks; the symbol names the instrument",
    "modified": "the order's own fields show it",
    "validity_ttl": "no order of ours has it",
    "disclosed_quantity": "no order of ours has it",
    "market_protection": "what was asked; the prices show what came of it",
    "auction_number": "no order of ours has it",
    "cancelled_quantity": "quantity less filled says it, and says it always",
    "unfilled_quantity": "the postback's other name for what is pending",
    "meta": "free form",
    "tags": "tag is the one that we gave",
    "guid": "of the broker's own",
    "app_id": "which of a person's apps placed it; the tag is what makes it ours",
    "checksum": "blank on the stream; proves something over HTTP alone",
}
TRADE_READ = {
    "trade_id": ("9", {"trade_id": "9"}),
    "order_id": ("8", {"order_id": "8"}),
    "exchange": ("BFO", {"exchange": "BFO"}),
    "tradingsymbol": ("M&M", {"tradingsymbol": "M&M"}),
    "product": ("MIS", {"product": "MIS"}),
    "average_price": (2, {"price": Decimal(2), "value": Decimal(100)}),
    "quantity": (10, {"quantity": 10, "value": Decimal("195002.0")}),
    "transaction_type": ("SELL", {"transaction_type": "SELL"}),
    "fill_timestamp": ("2026-11-23 13:30:00", {"traded_at": LATER}),
}
TRADE_NOT_READ = {
    "instrument_token": "for ticks",
    "exchange_order_id": "no use without the exchange",
    "order_timestamp": "a time of day without a date",
    "exchange_timestamp": "only when there is no fill_timestamp",
}
POSITION_READ = {
    "tradingsymbol": ("X", {"tradingsymbol": "X", "id": "NFO:X:NRML"}),
    "exchange": ("BFO", {"exchange": "BFO", "id": "BFO:NIFTY26NOVFUT:NRML"}),
    "product": ("MIS", {"product": "MIS", "id": "NFO:NIFTY26NOVFUT:MIS"}),
    "quantity": (0, {"quantity": 0, "side": "flat"}),
    "average_price": (1, {"average_price": Decimal(1)}),
    "last_price": (2, {"last_price": Decimal(2)}),
    "pnl": (3, {"pnl": Decimal(3)}),
    "unrealised": (4, {"unrealised": Decimal(4)}),
    "realised": (5, {"realised": Decimal(5)}),
    "day_buy_quantity": (6, {"day_bought": 6}),
    "day_sell_quantity": (7, {"day_sold": 7}),
    "multiplier": (1000, {"multiplier": Decimal(1000)}),
}
SOMETHING = "x-other-than-before"


def differences(read, row, name, value):
    """Give our fields that differ when one of Kite's does."""
    before, after = (attrs.asdict(read(one)) for one in (row, row | {name: value}))
    return {field: after[field] for field in after if after[field] != before[field]}


def trade(row):
    return rows.trade(row, "primary")


def position(row):
    return rows.position(row, "primary")


@pytest.mark.parametrize(
    ("read", "row", "name", "value", "ours"),
    [
        (read, row, name, value, ours)
        for read, row, table in (
            (rows.order_report, ORDER, ORDER_READ),
            (trade, TRADE, TRADE_READ),
            (position, POSITION, POSITION_READ),
        )
        for name, (value, ours) in table.items()
    ],
)
def test_a_field_that_is_read_is_read_into_its_own(read, row, name, value, ours):
    """P7: each of Kite's fields changes those of ours that it means, and no other."""
    assert differences(read, row, name, value) == ours


@pytest.mark.parametrize(
    ("read", "row", "name"),
    [(rows.order_report, ORDER | POSTBACK, name) for name in ORDER_NOT_READ]
    + [(trade, TRADE, name) for name in TRADE_NOT_READ],
)
def test_a_field_that_is_not_read_changes_nothing(read, row, name):
    """P21: what we have no use for is dropped with its row: persons' ids and checksums above all."""
    assert differences(read, row, name, SOMETHING) == {}


def test_each_documented_field_is_in_one_of_the_tables():
    """The tables and the samples have the same fields: REST's rows and the postback's together."""
    assert set(ORDER) | set(POSTBACK) == set(ORDER_READ) | set(ORDER_NOT_READ)
    assert set(TRADE) == set(TRADE_READ) | set(TRADE_NOT_READ)
    assert not set(ORDER_READ) & set(ORDER_NOT_READ)
    rest = set(POSITION) - set(POSITION_READ)
    assert all(differences(position, POSITION, name, SOMETHING) == {} for name in rest)


def test_a_cancelled_row_may_still_have_something_pending():
    """A CANCELLED row can show `pending_quantity: 1`: it is passed on, and is no state."""
    row = ORDER | {"status": "CANCELLED", "pending_quantity": 1, "cancelled_quantity": 1}
    report = rows.order_report(row)
    assert (report.status, report.pending_quantity) == ("CANCELLED", 1)
