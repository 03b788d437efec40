import json
from decimal import Decimal

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from actors.domain.batch import Batch
from actors.domain.frames import chained, event_frame
from actors.domain.ids import Epoch, Offset
from actors.domain.model import AccountStatus, Draft, Halt, Message, Order, Position, Trade
from actors.domain.wire import decode, encode, plain
from actors.writer import number
from tests.actors.domain.given import (
    NINE_FIFTEEN,
    POSITION,
    PRIMARY,
    TRADE,
    a_batch,
    an_order,
    any_of,
)
from tests.web.fakes import ALL_TYPES, exact
from web.dialect import DIALECT, NAMES, RENAMED, WORDS, reworded
from web.wishes import EVENT_TYPES

EPOCH = Epoch("e1")
MORNING = "2026-11-20T03:45:00.000Z"
STATUS = AccountStatus.at_start("fyers", NINE_FIFTEEN)
MESSAGE = Message("m1", "warning", "margin is low", None, NINE_FIFTEEN)

# The types of event, and what their data are.
KINDS = {
    "order_update": Order,
    "correction": Order,
    "trade_update": Trade,
    "position_update": Position,
    "message": Message,
    "stream_status": AccountStatus,
    "batch_update": Batch,
}


def worded(kind, value):
    """Give a thing in the dialect."""
    return exact(reworded(kind, PRIMARY, encode(value)))


def test_every_type_of_event_has_one_name():
    """OnOrders, OnTrades, OnPositions and OnGeneral share out all that can happen."""
    assert list(WORDS.takes) == ["OnOrders", "OnTrades", "OnPositions", "OnGeneral"]
    assert sorted(NAMES) == sorted(EVENT_TYPES) == sorted(KINDS) == ALL_TYPES
    assert sum(map(len, WORDS.takes.values())) == len(EVENT_TYPES)


def test_an_order_is_the_briefs():
    """Status lower-case, `avg_price`, NSE:SBIN-EQ, and the broker's own digits."""
    order = an_order(
        status="COMPLETE",
        filled_quantity=50,
        price=Decimal("610.50"),
        average_price=Decimal("6.10"),
    )
    row = worded("order_update", order)
    assert {name: row[name] for name in ("tradingsymbol", "status", "exchange")} == {
        "tradingsymbol": "NSE:SBIN-EQ",
        "status": "complete",
        "exchange": "NSE",
    }
    assert (row["order_id"], row["quantity"], row["filled_quantity"]) == (order.order_id, 50, 50)
    assert (str(row["price"]), str(row["avg_price"])) == ("610.50", "6.10")
    assert "average_price" not in row
    assert worded("correction", order) == row


@pytest.mark.parametrize(
    ("exchange", "symbol", "written"),
    [
        *(("NSE", "SBIN", "NSE:SBIN-EQ"), ("NSE", "SBIN-BE", "NSE:SBIN-BE")),
        *(("NFO", "NIFTY26NOVFUT", "NSE:NIFTY26NOVFUT"), ("NSE", "", "")),
        ("MCX", "GOLD26DECFUT", "MCX:GOLD26DECFUT"),
    ],
)
def test_symbols_are_spelled_the_other_way(exchange, symbol, written):
    """A thing of the market has its symbol as Fyers writes it; one without stays without."""
    things = {
        "order_update": an_order(exchange=exchange, tradingsymbol=symbol),
        "trade_update": evolve(TRADE, exchange=exchange, tradingsymbol=symbol),
        "position_update": evolve(POSITION, exchange=exchange, tradingsymbol=symbol),
    }
    rows = [worded(kind, thing) for kind, thing in things.items()]
    assert [(row["tradingsymbol"], row["exchange"]) for row in rows] == [(written, exchange)] * 3


def test_a_trade_is_the_briefs():
    """`value` and `trade_timestamp` stand beside quantity and price."""
    row = worded("trade_update", TRADE)
    names = ("trade_id", "tradingsymbol", "quantity", "value", "trade_timestamp")
    assert [row[name] for name in names] == ["7", "NSE:SBIN-EQ", 50, Decimal("30525.00"), MORNING]
    assert str(row["price"]) == "610.50"


def test_a_position_is_the_briefs():
    """`avg_price`, `pnl`, `product` and `side`."""
    row = worded("position_update", evolve(POSITION, quantity=50, side="long", pnl=Decimal(25)))
    names = ("id", "tradingsymbol", "quantity", "pnl", "product", "side")
    assert [row[name] for name in names] == ["NSE:SBIN:MIS", "NSE:SBIN-EQ", 50, 25, "MIS", "long"]
    assert row["avg_price"] == POSITION.average_price


def test_a_message_is_general():
    """OnGeneral: `type` system, the words, and their time."""
    assert worded("message", MESSAGE) == {
        "type": "system",
        "message": "margin is low",
        "timestamp": MORNING,
        "account_id": "primary",
        "level": "warning",
        "id": "m1",
        "order_id": None,
    }


def test_a_streams_status_is_general():
    """OnGeneral: what the stream is, in words and in full; a halt is said too."""
    row = worded("stream_status", STATUS)
    assert (row["type"], row["message"], row["timestamp"]) == (
        *("stream_status", "the stream is connecting", MORNING),
    )
    assert row["stream"] == json.loads(json.dumps(plain(STATUS)))
    halted = worded("stream_status", evolve(STATUS, halted=Halt(NINE_FIFTEEN, "", "desk")))
    assert "new orders are refused" in halted["message"]


def test_a_batch_is_general():
    """OnGeneral: how the batch stands, in words and as its own answer; the time is of its latest."""
    running = worded("batch_update", a_batch("filled", "pending"))
    assert (running["type"], running["timestamp"]) == ("batch", MORNING)
    assert running["message"] == "batch 550e8400 is running; 1 of 2 legs stand"
    later = NINE_FIFTEEN.replace(minute=50)
    ended = worded(
        "batch_update", a_batch("filled", "filled", outcome="complete", completed_at=later)
    )
    assert ended["message"] == "batch 550e8400 is complete; 2 of 2 legs stand"
    assert ended["timestamp"] == "2026-11-20T03:50:00.000Z"
    assert (ended["batch"]["succeeded"], ended["batch"]["status"]) == (2, "success")
    last = NINE_FIFTEEN.replace(minute=55)
    revised = a_batch("filled", outcome="exposed", completed_at=later, revised_at=last)
    assert worded("batch_update", revised)["timestamp"] == "2026-11-20T03:55:00.000Z"


@given(
    st.one_of([st.tuples(st.just(kind), any_of(model)) for kind, model in KINDS.items()]),
    st.integers(0, 10**9),
)
def test_any_event_has_its_frame(thing, prev):
    """P19: whatever the model can hold is told: type, account, time and place as in our own frame,
    and every field that we have, under our name or the other.
    """
    kind, value = thing
    (event,) = number([Draft(kind, PRIMARY, "1", value, NINE_FIFTEEN)], after=Offset(7))
    ours = exact(event_frame(event, EPOCH, Offset(prev)))
    theirs = exact(chained(DIALECT.head(event, EPOCH), Offset(prev)))
    assert list(theirs) == ["type", "data", "account_id", "timestamp", "epoch", "offset", "prev"]
    mine, data = ours.pop("data"), theirs.pop("data")
    assert theirs == {**ours, "type": NAMES[kind]}
    assert data == exact(DIALECT.row(kind, PRIMARY, event.data))
    if NAMES[kind] != "OnGeneral":
        changed = {"tradingsymbol", "status"}
        kept = {RENAMED.get(name, name): mine[name] for name in mine}
        assert data.keys() == kept.keys()
        assert {n: data[n] for n in data.keys() - changed} == {
            n: kept[n] for n in kept.keys() - changed
        }
    else:
        assert {"type", "message", "timestamp", "account_id"} <= data.keys()


def test_an_older_stores_rows_are_told_too():
    """A field that a later version added may be missing in what an earlier one stored."""
    row = plain(STATUS)
    del row["halted"], row["deadman"]
    assert decode(encode(row), AccountStatus) == STATUS
    assert worded("stream_status", row)["message"] == "the stream is connecting"
