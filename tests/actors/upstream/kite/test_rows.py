"""Rows: what is read, what is refused, and that nothing else can come out."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from actors.domain.model import OrderReport, Position, Trade
from actors.domain.wire import parse
from actors.upstream import fields
from actors.upstream.fields import FieldFault
from actors.upstream.kite import rows
from tests.actors.upstream.samples import ORDER_ROW, POSITION_ROW, REJECTED_ROW, TRADE_ROW

ORDER = parse(ORDER_ROW.encode())
TRADE = parse(TRADE_ROW.encode())
POSITION = parse(POSITION_ROW.encode())
READERS = (
    (ORDER, rows.order_report),
    (TRADE, lambda row: rows.trade(row, "primary")),
    (POSITION, lambda row: rows.position(row, "primary")),
)


def test_a_kite_order_row_becomes_a_report():
    """Every field of the model is read from Kite's own; IST becomes UTC, money keeps its digits."""
    assert rows.order_report(ORDER) == OrderReport(
        order_id="251123000123456",
        status="COMPLETE",
        filled_quantity=50,
        pending_quantity=0,
        average_price=Decimal("19500.2"),
        tradingsymbol="NIFTY26NOVFUT",
        exchange="NFO",
        transaction_type="BUY",
        order_type="LIMIT",
        product="NRML",
        validity="DAY",
        variety="regular",
        quantity=50,
        price=Decimal("19500.25"),
        trigger_price=Decimal(0),
        tag="ow01abc",
        placed_at=datetime(2026, 11, 23, 3, 45, 30, tzinfo=UTC),
        at=datetime(2026, 11, 23, 3, 45, 31, tzinfo=UTC),
        status_message=None,
    )


def test_a_row_that_never_reached_the_exchange_has_its_order_time():
    """`at` is the later of the two times that Kite gives; null is what was not said."""
    report = rows.order_report(parse(REJECTED_ROW.encode()))
    assert report.at == report.placed_at == datetime(2026, 11, 23, 3, 46, tzinfo=UTC)
    assert report.tag is None
    assert report.status_message.startswith("Insufficient funds.")
    later = ORDER | {"order_timestamp": "2026-11-23 10:00:00"}
    assert rows.order_report(later).at == datetime(2026, 11, 23, 4, 30, tzinfo=UTC)
    alone = {"order_id": "1", "status": "OPEN", "exchange_update_timestamp": "2026-11-23 09:15:30"}
    assert rows.order_report(alone).at == datetime(2026, 11, 23, 3, 45, 30, tzinfo=UTC)


def test_a_kite_trade_row_becomes_a_trade():
    """Value is price times quantity; the time of day alone in `order_timestamp` is not read."""
    assert rows.trade(TRADE, "primary") == Trade(
        trade_id="75894751",
        order_id="251123000123456",
        account_id="primary",
        exchange="NFO",
        tradingsymbol="NIFTY26NOVFUT",
        transaction_type="BUY",
        product="NRML",
        quantity=50,
        price=Decimal("19500.2"),
        value=Decimal("975010.0"),
        traded_at=datetime(2026, 11, 23, 3, 45, 31, tzinfo=UTC),
    )
    unfilled = TRADE | {"fill_timestamp": None, "exchange_timestamp": "2026-11-23 09:15:32"}
    assert rows.trade(unfilled, "primary").traded_at.second == 32


@pytest.mark.parametrize(
    ("quantity", "side"), [(-50, "short"), (0, "flat"), (25, "long"), (2**63 - 1, "long")]
)
def test_a_kite_position_row_becomes_a_position(quantity, side):
    """The sign of the quantity is the side; its id is exchange, symbol and product."""
    assert rows.position(POSITION | {"quantity": quantity}, "primary") == Position(
        id="NFO:NIFTY26NOVFUT:NRML",
        account_id="primary",
        exchange="NFO",
        tradingsymbol="NIFTY26NOVFUT",
        product="NRML",
        quantity=quantity,
        average_price=Decimal("19500.2"),
        last_price=Decimal(19510),
        realised=Decimal(0),
        unrealised=Decimal("-490.0"),
        pnl=Decimal("-490.0"),
        side=side,
        day_bought=0,
        day_sold=50,
    )


def test_a_position_row_may_leave_out_what_only_kite_says():
    """What was traded of it today is then unknown, and its contracts are of one."""
    extra = ("day_buy_quantity", "day_sell_quantity", "multiplier")
    bare = rows.position({k: v for k, v in POSITION.items() if k not in extra}, "primary")
    assert (bare.day_bought, bare.day_sold, bare.multiplier) == (None, None, 1)
    assert rows.position(POSITION | {"multiplier": 0}, "primary").multiplier == 1


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("order_id", None, "required field missing"),
        ("order_id", "", "required field missing"),
        ("order_id", 251123000123456, "a string is needed"),
        ("order_id", "x" * 65, "at most 64 characters are allowed"),
        ("order_id", "\ud800", "a string without unpaired surrogates is needed"),
        ("status", 4, "a string is needed"),
        ("quantity", "50", "a whole number is needed"),
        ("quantity", Decimal("50.0"), "a whole number is needed"),
        ("quantity", True, "a whole number is needed"),
        ("quantity", -1, "a whole number from 0 that fits 64 bits is needed"),
        ("quantity", 2**63, "a whole number from 0 that fits 64 bits is needed"),
        ("price", "19500.25", "a number is needed"),
        ("price", True, "a number is needed"),
        ("price", Decimal("1e31"), "a number of at most 30 digits is needed"),
        ("price", Decimal("Infinity"), "a finite number is needed"),
        ("order_timestamp", "09:15:30", "a time such as 2026-11-21 09:15:30 is needed"),
        ("order_timestamp", "0001-01-01 00:00:00", "a time such as 2026-11-21 09:15:30 is needed"),
        ("order_timestamp", "2026-02-30 09:15:30", "a time such as 2026-11-21 09:15:30 is needed"),
        ("order_timestamp", 1763869530, "a time such as 2026-11-21 09:15:30 is needed"),
        ("order_timestamp", "2" * 41, "a time such as 2026-11-21 09:15:30 is needed"),
        ("status_message", ["no"], "a string is needed"),
        ("tag", "t" * 65, "at most 64 characters are allowed"),
    ],
)
def test_an_order_row_is_read_exactly(name, value, message):
    """P19: a value of another type or beyond its bounds is a fault of its field, never converted."""
    with pytest.raises(FieldFault) as caught:
        rows.order_report(ORDER | {name: value})
    assert (caught.value.name, caught.value.message) == (name, message)


@pytest.mark.parametrize(
    ("row", "name", "read"),
    [
        (TRADE | {"quantity": None}, "quantity", READERS[1][1]),
        (TRADE | {"average_price": None}, "average_price", READERS[1][1]),
        (
            TRADE | {"average_price": Decimal("1e20"), "quantity": 10**12},
            "average_price",
            READERS[1][1],
        ),
        (POSITION | {"quantity": None}, "quantity", READERS[2][1]),
        (POSITION | {"quantity": False}, "quantity", READERS[2][1]),
        (POSITION | {"quantity": -(2**64)}, "quantity", READERS[2][1]),
        (POSITION | {"pnl": None}, "pnl", READERS[2][1]),
        ([], "", READERS[0][1]),
        (None, "", READERS[1][1]),
        ("row", "", READERS[2][1]),
    ],
)
def test_trades_and_positions_have_no_unknown_amounts(row, name, read):
    """P19: an amount that is missing, or that our store could not read back, is a fault."""
    with pytest.raises(FieldFault) as caught:
        read(row)
    assert caught.value.name == name


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-23 09:15:30",
        "2026-11-23T09:15:30",
        "2026-11-23T09:15:30+05:30",
        "2026-11-23T03:45:30Z",
        "2026-11-23T03:45:30.000+00:00",
    ],
)
def test_a_time_is_ist_unless_it_names_its_zone(text):
    """Kite's times have no zone and are IST; ISO 8601 with one is read in it. All become UTC."""
    read = fields.maybe_time({"at": text}, "at")
    assert read == datetime(2026, 11, 23, 3, 45, 30, tzinfo=UTC)
    assert read.tzinfo is UTC


def test_a_long_explanation_is_cut_and_loses_no_row():
    """A status message of any length is kept to 500 characters."""
    assert len(rows.order_report(ORDER | {"status_message": "x" * 9000}).status_message) == 500


def test_a_row_under_a_tag_is_read_and_others_are_not():
    """P9: only the exact tag counts; a row whose tag cannot be read is a fault, never "not ours"."""
    assert rows.order_under(ORDER, "ow01abc").order_id == "251123000123456"
    assert rows.order_under(ORDER | {"quantity": "bad"}, "ow01ab").report is None
    assert rows.order_under(ORDER | {"tag": None}, "ow01abc").report is None
    without = {name: value for name, value in ORDER.items() if name != "tag"}
    for row in (without, ORDER | {"tag": 7}, ORDER | {"quantity": "bad"}):
        with pytest.raises(FieldFault):
            rows.order_under(row, "ow01abc")
