"""Rows: every documented name, what it becomes, and that nothing else can come out."""

from datetime import UTC, datetime
from decimal import Decimal
from functools import partial

import pytest

from actors.domain.model import OrderReport, Position, Trade, trade_key
from actors.domain.wire import parse
from actors.upstream.fields import FieldFault
from actors.upstream.fyers import rows
from tests.actors.given_book import Bench
from tests.actors.upstream.fyers import names, samples

trade = partial(rows.trade, account_id="primary")
position = partial(rows.position, account_id="primary")
TABLES = (
    ("orders", names.ORDERS, rows.order_report, names.LEAST_ORDER),
    ("trades", names.TRADES, trade, names.LEAST_TRADE),
    ("positions", names.POSITIONS, position, names.LEAST_POSITION),
)
READ = [
    pytest.param(read, least, row, id=f"{kind}.{row[0]}")
    for kind, table, read, least in TABLES
    for row in table
    if len(row) == 5
]
UNREAD = [
    pytest.param(read, least, row[:2], id=f"{kind}.{row[0]}")
    for kind, table, read, least in TABLES
    for row in table
    if len(row) == 3
]


def inside(frame, kind):
    return parse(frame.encode())[kind]


@pytest.mark.parametrize(("read", "least", "row"), READ)
def test_each_name_of_the_mapping_is_read_in_both_spellings(read, least, row):
    """The socket's name and the client library's mean the same field, and each of them is read."""
    *pair, value, field, becomes = row
    bare = {name: old for name, old in least.items() if name not in pair}
    assert getattr(read(least), field) != becomes
    for name in pair:
        assert getattr(read({**bare, name: value}), field) == becomes


@pytest.mark.parametrize(("read", "least", "pair"), UNREAD)
def test_each_other_name_of_the_mapping_is_not_read(read, least, pair):
    """What the model has no field for, and what is a person's, is dropped with the row."""
    for name in pair:
        for value in ({"any": "thing"}, samples.PAN, -1):
            assert read({**least, name: value}) == read(least)


@pytest.mark.parametrize(
    ("read", "least", "given", "field"),
    [
        (rows.order_report, names.LEAST_ORDER, "tradedPrice", "average_price"),
        (rows.order_report, names.LEAST_ORDER, "price_traded", "average_price"),
        (trade, names.LEAST_TRADE, "price_traded", "price"),
        (trade, names.LEAST_TRADE, "tradedPrice", "price"),
    ],
)
def test_the_traded_price_is_read_whichever_way_round_it_is_named(read, least, given, field):
    """Older documentation has the pair `tradedPrice:price_traded` reversed: both are taken."""
    bare = {name: value for name, value in least.items() if name != "tradePrice"}
    assert getattr(read({**bare, given: Decimal("7.85")}), field) == Decimal("7.85")


def test_the_documented_order_in_transit_becomes_a_report():
    """The raw frame of the documentation: the inner code is passed over, zeros are what is missing."""
    assert rows.order_report(inside(samples.TRANSIT, "orders")) == OrderReport(
        order_id="23121800292158",
        status="PUT ORDER REQ RECEIVED",
        filled_quantity=0,
        pending_quantity=1,
        average_price=Decimal(0),
        tradingsymbol="BECTORFOOD",
        exchange="NSE",
        transaction_type="BUY",
        order_type="MARKET",
        product="CNC",
        validity="DAY",
        variety="regular",
        quantity=1,
        price=Decimal(0),
        trigger_price=Decimal(0),
        tag=None,
        placed_at=datetime(2023, 12, 18, 8, 21, 30, tzinfo=UTC),
        at=datetime(2023, 12, 18, 8, 21, 30, tzinfo=UTC),
        status_message=None,
    )


def test_the_parsed_order_of_the_documentation_is_read_too():
    """The client library's names, without a tag and without a time of change."""
    report = rows.order_report(inside(samples.PARSED_ORDER, "orders"))
    assert (report.order_id, report.status) == ("23121800388066", "PUT ORDER REQ RECEIVED")
    assert (report.tradingsymbol, report.pending_quantity) == ("PRAJIND", 1)
    assert (report.tag, report.at) == (None, None)
    assert report.placed_at == datetime(2023, 12, 18, 11, 3, 24, tzinfo=UTC)


def test_an_order_of_the_book_becomes_a_report():
    """REST: a filled sell under our tag. Its time is when it was placed; when it last changed is
    not told, so a row of the book is never taken for older than what the socket said.
    """
    report = rows.order_report(parse(samples.ORDER_ROW.encode()))
    assert (report.order_id, report.status, report.tag) == ("23030900015105", "COMPLETE", "ow01abc")
    assert (report.filled_quantity, report.pending_quantity) == (1, 0)
    assert (report.price, report.average_price) == (Decimal("6.95"), Decimal("6.95"))
    assert (report.transaction_type, report.order_type) == ("SELL", "LIMIT")
    assert report.placed_at == datetime(2023, 3, 9, 4, 4, 38, tzinfo=UTC)
    assert (report.at, report.status_message) == (None, None)


def test_a_refusal_names_nobody():
    """P21: the broker's words name the client; ours do not."""
    report = rows.order_report(parse(samples.REJECTED_ROW.encode()))
    assert (report.status, report.exchange, report.product) == ("REJECTED", "NFO", "NRML")
    assert report.status_message == (
        "RED:Margin Shortfall:INR 34.26 Available:INR 0.00 for *** [FYERS_RISK_CUG]"
    )


def least(**more):
    return {**names.LEAST_ORDER, **more}


@pytest.mark.parametrize(
    ("row", "status"),
    [
        (inside(samples.FILLED_90, "orders"), "COMPLETE"),
        (least(status=90), "FYERS STATUS 90"),
        (least(status=90, orderNumStatus="1:90"), "FYERS STATUS 90"),
        (least(status=90, orderNumStatus="1:3"), "FYERS STATUS 90"),
        (least(status=90, orderNumStatus="1:²"), "FYERS STATUS 90"),
        (least(status=6, orderNumStatus="1:2"), "OPEN"),
        (least(status=20, org_ord_status=6), "OPEN"),
        (least(status=-1), "FYERS STATUS -1"),
    ],
)
def test_an_unknown_code_passes_through(row, status):
    """A code that nobody documented is no fault; the documented one beside it is preferred."""
    assert rows.order_report(row).status == status


def test_an_expired_order_says_so():
    """Code 7 is CANCELLED, and its message says why."""
    assert rows.order_report(least(status=7)).status == "CANCELLED"
    assert rows.order_report(least(status=7)).status_message == "expired"
    assert rows.order_report(least(status=7, oms_msg="day")).status_message == "expired: day"


@pytest.mark.parametrize(
    ("written", "tag"),
    [
        ("1:ow01abc", "ow01abc"),
        ("2:fy", "fy"),
        ("ow01abc", "ow01abc"),
        ("2:Untagged", None),
        ("1:Untagged", None),
        ("Untagged", None),
        ("1:", None),
        ("", None),
        (None, None),
    ],
)
def test_a_tag_is_read_without_who_gave_it(written, tag):
    """`1:` is the user's, `2:` Fyers' own; untagged is none."""
    assert rows.order_report(least(orderTag=written)).tag == tag


def test_a_trade_is_the_same_from_socket_and_book():
    """P2: socket and REST number a trade differently; read, it is one and the same."""
    heard = trade(inside(samples.PARSED_TRADE, "trades"))
    assert heard == trade(inside(samples.RAW_TRADE, "trades"))
    assert heard == Trade(
        trade_id="23080400089344-21726639",
        order_id="23080400089344",
        account_id="primary",
        exchange="NSE",
        tradingsymbol="IDEA",
        transaction_type="SELL",
        product="MIS",
        quantity=1,
        price=Decimal("7.95"),
        value=Decimal("7.95"),
        traded_at=datetime(2023, 8, 4, 4, 42, 58, tzinfo=UTC),
    )
    row = inside(samples.PARSED_TRADE, "trades")
    listed = trade({**row, "tradeNumber": "21726639", "orderDateTime": "04-Aug-2023 10:12:58"})
    assert listed == heard
    assert trade(parse(samples.TRADE_ROW.encode())).trade_id == "23030900015105-52605023"


def test_a_trade_without_its_value_is_worth_price_times_quantity():
    """A value is what it says, or what it must be."""
    row = {**names.LEAST_TRADE, "tradedQty": 3, "tradePrice": Decimal("7.85")}
    assert trade(row).value == Decimal("23.55")


def test_a_trade_that_comes_before_its_order_is_kept():
    """P7: Fyers may tell of a trade first. The book takes it as it is, once; the order comes after
    it, from the socket or from the book of orders, and both stand.
    """
    bench = Bench()
    early = trade(inside(samples.RAW_TRADE, "trades"))
    assert bench.hear(early) == [early]
    (order,) = bench.hear(rows.order_report(inside(samples.FILLED_90, "orders")))
    assert (order.order_id, order.status, order.filled_quantity) == (early.order_id, "COMPLETE", 1)
    assert bench.hear(early, trade(inside(samples.PARSED_TRADE, "trades"))) == []
    assert bench.ask_fills([early], []) == []
    assert list(bench.view.trades) == [trade_key(early)]
    assert list(bench.view.orders) == [order.order_id]


def test_positions_are_read_with_their_sign():
    """The net quantity's sign says which side; the socket leaves zeros and the last price out."""
    assert position(parse(samples.POSITION_ROW.encode())) == Position(
        id="MCX:SILVERMIC20AUGFUT:NRML",
        account_id="primary",
        exchange="MCX",
        tradingsymbol="SILVERMIC20AUGFUT",
        product="NRML",
        quantity=1,
        average_price=Decimal("71856.0"),
        last_price=Decimal("72717.0"),
        realised=Decimal("400.0"),
        unrealised=Decimal("461.0"),
        pnl=Decimal("861.0"),
        side="long",
    )
    short = position(inside(samples.RAW_POSITION, "positions"))
    assert (short.id, short.quantity, short.side) == ("NFO:NIFTY26NOVFUT:NRML", -50, "short")
    assert (short.last_price, short.realised) == (Decimal(0), Decimal(0))
    closed = position(inside(samples.PARSED_POSITION, "positions"))
    assert (closed.quantity, closed.side, closed.pnl) == (0, "flat", Decimal("-0.0499"))


@pytest.mark.parametrize(
    ("read", "least", "name", "value"),
    [
        *((rows.order_report, names.LEAST_ORDER, name, None) for name in names.LEAST_ORDER),
        *((trade, names.LEAST_TRADE, name, None) for name in names.LEAST_TRADE),
        (position, names.LEAST_POSITION, "symbol", None),
        (rows.order_report, names.LEAST_ORDER, "symbol", "SBIN"),
        (rows.order_report, names.LEAST_ORDER, "symbol", "NSE:"),
        (rows.order_report, names.LEAST_ORDER, "qty", "1"),
        (rows.order_report, names.LEAST_ORDER, "id", 77),
        (rows.order_report, names.LEAST_ORDER, "qty_filled", -1),
        (rows.order_report, names.LEAST_ORDER, "filledQty", "x"),
        (rows.order_report, names.LEAST_ORDER, "update_time_epoch_oms", 10**18),
        (rows.order_report, names.LEAST_ORDER, "time_oms", "31-Feb-2026 10:00:00"),
        (trade, names.LEAST_TRADE, "side", 0),
        (trade, names.LEAST_TRADE, "tradePrice", "7.95"),
        (position, names.LEAST_POSITION, "net_qty", "50"),
    ],
)
def test_what_cannot_be_read_is_a_fault_of_its_field(read, least, name, value):
    """P19: a fault names the field as the row has it, and holds nothing of the row."""
    with pytest.raises(FieldFault) as caught:
        read({**least, name: value})
    asked = {"side": "tran_side", "status": "org_ord_status", "tradeNumber": "id_fill"}
    asked |= {"tradedQty": "qty_traded", "tradePrice": "price_traded"}
    assert caught.value.name in (name, asked.get(name))


def test_the_order_under_a_tag_is_the_one_that_is_read():
    """P9: other rows may be unreadable but for their tag; one without a tag is a fault."""
    row = parse(samples.ORDER_ROW.encode())
    assert rows.order_under(row, "ow01abc").report.order_id == "23030900015105"
    assert rows.order_under(row, "ow01ab") == rows.Known("23030900015105", None)
    assert rows.order_under({"id": 7, "orderTag": "2:Untagged"}, "x") == rows.Known(7, None)
    with pytest.raises(FieldFault, match="orderTag"):
        rows.order_under(names.LEAST_ORDER, "ow01abc")
