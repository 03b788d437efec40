"""The day, wherever a server keeps its lists: each is asked for at its place, with the query."""

import pytest

from actors.domain.errors import BrokerProtocol
from actors.upstream.kite.day import Day, Places
from actors.upstream.rest import Rest
from tests.actors.upstream.memory import HttpTable, answer
from tests.actors.upstream.samples import ORDER_ROW, ORDERS, POSITIONS, TRADE_ROW, TRADES
from tests.actors.upstream.test_rest import Plain

PLACES = Places("/o", "/t", "/p", "/o/{}/past", "/o/{}/fills")


@pytest.fixture
def http():
    table = HttpTable()
    table.lay("GET /o", answer(ORDERS))
    table.lay("GET /t", answer(TRADES))
    table.lay("GET /p", answer(POSITIONS))
    return table


@pytest.fixture
def day(http):
    return Day("primary", Rest(Plain(), http), PLACES, {"who": "me"})


async def test_each_question_goes_to_its_place_with_the_query(day, http):
    """Orders, then trades, then positions; an order's id is one step of the path."""
    http.lay("GET /o/1%2F2/past", answer(ORDERS))
    http.lay("GET /o/1%2F2/fills", answer(TRADES))
    whole = await day.snapshot()
    assert [len(rows) for rows in (whole.orders, whole.trades, whole.positions)] == [2, 1, 1]
    assert len(await day.history("1/2")) == 2
    some = await day.fills(["1/2"])
    assert [len(rows) for rows in (some.orders, some.trades, some.positions)] == [0, 1, 1]
    assert http.calls() == [
        *("GET /o", "GET /t", "GET /p"),
        "GET /o/1%2F2/past",
        *("GET /o/1%2F2/fills", "GET /p"),
    ]
    assert {one.url.partition("?")[2] for one in http.requests} == {"who=me"}


@pytest.mark.parametrize(
    ("count", "calls"),
    [(4, [f"GET /o/{n}/fills" for n in range(4)]), (5, ["GET /t"])],
)
async def test_the_trades_of_few_orders_are_asked_for_one_by_one(day, http, count, calls):
    """More than four orders cost one question for all trades; positions are asked for once."""
    for n in range(4):
        http.lay(f"GET /o/{n}/fills", answer(TRADES))
    await day.fills([f"{n}" for n in range(count)])
    assert http.calls() == [*calls, "GET /p"]


@pytest.mark.parametrize("place", ["GET /o", "GET /t", "GET /p"])
async def test_a_bad_row_costs_a_snapshot_that_row(day, http, place):
    """P7: a row that cannot be read is named by a note, and the others stand."""
    http.lay(place, answer([{"bad": 1}]))
    whole = await day.snapshot()
    assert [note.text.partition(": ")[2] for note in whole.notes] != []
    rows = {"GET /o": whole.orders, "GET /t": whole.trades, "GET /p": whole.positions}
    assert [bool(found) for name, found in rows.items() if name != place] == [True, True]
    assert rows[place] == ()


async def test_none_is_no_answer_while_anything_is_unclear(day, http):
    """P9: that there is no such order is said only when book and trades agree on all they hold."""
    assert [one.order_id for one in await day.find("ow01abc")] == ["251123000123456"]
    assert await day.find("ow02") == ()
    http.lay("GET /o", answer([]))
    with pytest.raises(BrokerProtocol, match="has traded and is not in the book"):
        await day.find("ow01abc")
    http.lay("GET /o", answer(f"[{ORDER_ROW}]".encode()))
    http.lay("GET /t", answer(f'[{TRADE_ROW},{{"trade_id":"1"}}]'.encode()))
    with pytest.raises(BrokerProtocol, match=r"\$\[1\]"):
        await day.find("ow02")
    http.lay("GET /o", answer([{"order_id": "1", "status": "OPEN"}]))
    with pytest.raises(BrokerProtocol, match=r"\$\[0\]\.tag"):
        await day.find("ow02")
    http.lay("GET /o/1/past", answer([{"order_id": "1"}]))
    with pytest.raises(BrokerProtocol, match="status"):
        await day.history("1")
