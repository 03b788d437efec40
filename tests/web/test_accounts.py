from datetime import timedelta
from decimal import Decimal

import pytest

from actors.domain.model import Note
from tests.actors.fakes import START, a_position, a_row, a_trade
from tests.web.fakes import a_gateway, a_key
from web.accounts import TABLES, life_of


async def test_accounts_are_those_that_one_may_read(tmp_path, autojump_clock):
    """GET /accounts gives the caller's accounts, at a position."""
    keys = {"desk": a_key("k", "hedge")}
    async with a_gateway(tmp_path, keys=keys) as gateway:
        answer = await gateway.get("/accounts", X_API_Key="k")
        assert (answer["status"], answer["count"]) == ("success", 1)
        assert answer["data"][0]["account_id"] == "hedge"
        assert answer["offset"] == gateway.system.journal.end


async def test_orders_are_newest_first_with_the_contracts_fields(gateway, autojump_clock):
    """Orders come newest first by when they began, money with the broker's own digits."""
    await gateway.tell(a_row("1", price=Decimal("610.50")))
    await gateway.tell(a_row("2", at=START + timedelta(seconds=1)))
    money = {"price": Decimal("610.50"), "average_price": Decimal("610.10")}
    await gateway.tell(a_row("1", "COMPLETE", filled_quantity=50, **money))
    answer = await gateway.get("/accounts/primary/orders")
    assert (answer["status"], answer["count"], answer["next"]) == ("success", 2, None)
    assert [row["order_id"] for row in answer["data"]] == ["2", "1"]
    older = answer["data"][1]
    assert (older["status"], str(older["price"]), str(older["average_price"])) == (
        *("COMPLETE", "610.50", "610.10"),
    )
    assert answer["data"][0]["updated_at"] == "2026-11-20T03:45:01.000Z"
    assert set(older) >= {
        *("order_id", "account_id", "status", "tradingsymbol", "exchange", "transaction_type"),
        *("order_type", "product", "validity", "quantity", "filled_quantity", "pending_quantity"),
        *("average_price", "price", "trigger_price", "tag", "broker_tag", "origin", "placed_at"),
        *("updated_at", "status_message"),
    }


async def test_an_answer_is_exact_at_its_position(gateway, autojump_clock):
    """P5: what a list shows is what its offset includes: no more, no less."""
    for n in range(5):
        await gateway.tell(a_row(str(n)))
        answer = await gateway.get("/accounts/primary/orders")
        assert (answer["count"], answer["offset"]) == (n + 1, gateway.system.journal.end)
        assert answer["epoch"] == gateway.system.journal.epoch


async def test_pages_meet_without_overlap_or_hole(gateway, autojump_clock):
    """`before` with the last `next` walks through all rows once, though one changes meanwhile."""
    for n in range(7):
        await gateway.tell(a_row(str(n)))
    seen, query = [], "limit=3"
    while True:
        answer = await gateway.get(f"/accounts/primary/orders?{query}")
        seen += [row["order_id"] for row in answer["data"]]
        await gateway.tell(a_row("0", filled_quantity=len(seen)))
        if answer["next"] is None:
            break
        query = f"limit=3&before={answer['next']}"
    assert seen == ["6", "5", "4", "3", "2", "1", "0"]


async def test_filters_choose_by_status_and_symbol(gateway, autojump_clock):
    """?status= and ?symbol= choose rows; a page's limit counts what fits."""
    await gateway.tell(a_row("1", tradingsymbol="INFY"))
    await gateway.tell(a_row("2", "COMPLETE", filled_quantity=50))
    await gateway.tell(a_row("3", tradingsymbol="INFY", tag='"tradingsymbol":"SBIN"'))
    path = "/accounts/primary/orders"

    async def ids(query):
        return [row["order_id"] for row in (await gateway.get(f"{path}?{query}"))["data"]]

    assert await ids("symbol=INFY") == ["3", "1"]
    assert await ids("symbol=SBIN") == ["2"]
    assert await ids("status=open") == ["3", "1"]
    assert await ids("status=COMPLETE&symbol=INFY") == []
    assert await ids("symbol=INFY&limit=1") == ["3"]


async def test_trades_positions_and_messages_have_their_lists(gateway, autojump_clock):
    """The other tables answer in the same form, each with its own rows."""
    await gateway.tell(a_trade("t1", price=Decimal("610.50")), a_position(), events=2)
    await gateway.tell(Note("warning", "margin is low"))
    trade = (await gateway.get("/accounts/primary/trades"))["data"][0]
    assert (trade["trade_id"], str(trade["price"]), trade["quantity"]) == ("t1", "610.50", 50)
    position = (await gateway.get("/accounts/primary/positions?symbol=SBIN"))["data"][0]
    assert (position["id"], position["side"]) == ("NSE:SBIN:MIS", "long")
    message = (await gateway.get("/accounts/primary/messages"))["data"][0]
    assert set(message) == {"id", "level", "text", "order_id", "at"}
    assert message["text"] == "margin is low"


@pytest.mark.parametrize(
    ("query", "name"),
    [
        *(("at=x", "?at"), ("limit=0", "?limit"), ("limit=1001", "?limit"), ("limit=x", "?limit")),
        *(("limit=-1", "?limit"), ("before=", "?before"), ("limit=1&limit=2", "?limit")),
        *(("symbol=", "?symbol"), ("Status=OPEN", "?Status"), ("limit=%D9%A3", "?limit")),
    ],
)
async def test_a_bad_parameter_is_named(gateway, autojump_clock, query, name):
    """An unknown, doubled or wrong query parameter is 422, and the answer names it."""
    answer = await gateway.get(f"/accounts/primary/orders?{query}", 422)
    assert [fault["path"] for fault in answer["errors"]] == [name]


async def test_a_table_refuses_a_filter_that_it_has_not(gateway, autojump_clock):
    """Trades have no status: to filter by one is a fault, not a list of everything."""
    await gateway.get("/accounts/primary/trades?status=OPEN", 422)


async def test_an_order_comes_with_its_history(gateway, autojump_clock):
    """One order has every event of it, in order, each with its offset and time."""
    await gateway.tell(a_row("1"))
    await gateway.tell(a_row("2"))
    await gateway.tell(a_row("1", filled_quantity=20))
    await gateway.tell(a_row("1", "COMPLETE", filled_quantity=50))
    answer = await gateway.get("/accounts/primary/orders/1")
    assert answer["data"]["status"] == "COMPLETE"
    assert [event["data"]["filled_quantity"] for event in answer["history"]] == [0, 20, 50]
    offsets = [event["offset"] for event in answer["history"]]
    assert offsets == sorted(offsets)
    assert offsets[-1] <= answer["offset"]
    assert all(event["type"] == "order_update" for event in answer["history"])
    assert all(event["timestamp"].endswith("Z") for event in answer["history"])


async def test_a_life_ends_at_the_position(gateway, autojump_clock):
    """What was committed after an answer's position is not in its history."""
    ends = []
    for filled in (0, 20, 40):
        await gateway.tell(a_row("1", filled_quantity=filled))
        ends.append(gateway.system.journal.position)
    for n, position in enumerate(ends, 1):
        assert len(await life_of(gateway.system.journal, "primary", "1", position)) == n


async def test_what_one_may_not_know_of_is_404(tmp_path, autojump_clock):
    """P21: an order of another's account is 404; a list of it is 403, whether it exists or not."""
    keys = {"desk": a_key("k", "hedge"), "all": a_key("a")}
    async with a_gateway(tmp_path, keys=keys) as gateway:
        await gateway.tell(a_row("1"))
        await gateway.get("/accounts/primary/orders/1", 200, X_API_Key="a")
        await gateway.get("/accounts/primary/orders/1", 404, X_API_Key="k")
        await gateway.get("/accounts/hedge/orders/1", 404, X_API_Key="k")
        one = await gateway.get("/accounts/primary/orders", 403, X_API_Key="k")
        none = await gateway.get("/accounts/nobody/orders", 403, X_API_Key="k")
        assert one["detail"] == none["detail"].replace("nobody", "primary")
        await gateway.get("/accounts/nobody/orders", 404, X_API_Key="a")


# ------------------------------------------------------------------------ as it was: ?at=OFFSET


async def a_day(gateway):
    """A story over all lists, and what each of them, and one order, said after each event."""
    told, paths = {}, [f"/accounts/primary/{name}" for name in TABLES]
    reports = [
        *(a_row("1"), a_row("2"), a_trade("t1"), a_position(), Note("warning", "margin is low")),
        *(a_row("2", filled_quantity=20), a_row("3"), a_row("1", "CANCELLED")),
        *(a_position(quantity=75), a_row("2", "COMPLETE", filled_quantity=50)),
    ]
    for report in reports:
        await gateway.tell(report)
        told[gateway.system.journal.end] = {path: await gateway.get(path) for path in paths}
    return told


async def test_lists_are_given_as_they_were(gateway, autojump_clock):
    """P13: with `?at=` each list is what it said when that was the end, `offset` and all."""
    told = await a_day(gateway)
    epoch = gateway.system.journal.epoch
    for offset, answers in told.items():
        for path, answer in answers.items():
            assert await gateway.get(f"{path}?at={offset}") == answer
            assert await gateway.get(f"{path}?at={epoch}:{offset}") == answer
    assert answer["offset"] == offset
    assert answer["epoch"] == epoch


async def test_lists_are_given_as_they_were_before_a_restart(tmp_path, autojump_clock):
    """P5, P13: a gateway that was started again says the same of the time before."""
    async with a_gateway(tmp_path) as gateway:
        told = await a_day(gateway)
    async with a_gateway(tmp_path) as gateway:
        for offset, answers in told.items():
            for path, answer in answers.items():
                assert await gateway.get(f"{path}?at={offset}") == answer


async def test_pages_and_filters_are_of_that_time(gateway, autojump_clock):
    """Walking by `next` at one place gives that place's rows once; a status is that of then."""
    places = []
    for n in range(7):
        await gateway.tell(a_row(str(n)))
        places.append(gateway.system.journal.end)
    await gateway.tell(a_row("0", "CANCELLED"))
    seen, path = [], f"/accounts/primary/orders?at={places[4]}&limit=2"
    query = path
    while True:
        answer = await gateway.get(query)
        seen += [row["order_id"] for row in answer["data"]]
        if answer["next"] is None:
            break
        query = f"{path}&before={answer['next']}"
    assert seen == ["4", "3", "2", "1", "0"]
    assert (await gateway.get(f"{path}&status=CANCELLED"))["count"] == 0
    assert (await gateway.get("/accounts/primary/orders?status=CANCELLED"))["count"] == 1


async def test_an_order_is_given_as_it_was(gateway, autojump_clock):
    """One order at a place is as its last event until then left it, with its history until then;
    before its first event there is none.
    """
    before, places = gateway.system.journal.end, []
    for filled in (0, 20, 40):
        await gateway.tell(a_row("1", filled_quantity=filled))
        places.append(gateway.system.journal.end)
    for n, offset in enumerate(places):
        answer = await gateway.get(f"/accounts/primary/orders/1?at={offset}")
        assert (answer["offset"], answer["data"]["filled_quantity"]) == (offset, n * 20)
        assert [event["offset"] for event in answer["history"]] == places[: n + 1]
    await gateway.get(f"/accounts/primary/orders/1?at={before}", 404)


@pytest.mark.parametrize("path", ["orders", "messages", "orders/1"])
async def test_a_place_that_cannot_be_shown_says_why(gateway, autojump_clock, path):
    """P4: another epoch is 410, a place ahead of the record 409, each with its reason."""
    await gateway.tell(a_row("1"))
    path, journal = f"/accounts/primary/{path}", gateway.system.journal
    gone = await gateway.get(f"{path}?at=other:1", 410)
    assert (gone["status"], gone["reason"]) == (410, "epoch")
    ahead = await gateway.get(f"{path}?at={journal.end + 1}", 409)
    assert (ahead["status"], ahead["reason"]) == (409, "ahead")
    journal.retire(journal.end)
    expired = await gateway.get(f"{path}?at={journal.end - 1}", 410)
    assert (expired["status"], expired["reason"]) == (410, "expired")
    assert "errors" in await gateway.get(f"{path}?at=x", 422)


async def test_the_past_is_for_those_who_may_read_the_account(tmp_path, autojump_clock):
    """P21: with `?at=` nothing is shown to whom the present is not."""
    keys = {"desk": a_key("k", "hedge"), "all": a_key("a")}
    async with a_gateway(tmp_path, keys=keys) as gateway:
        await gateway.tell(a_row("1"))
        await gateway.get("/accounts/primary/orders?at=1", 403, X_API_Key="k")
        await gateway.get("/accounts/primary/orders/1?at=1", 404, X_API_Key="k")
        await gateway.get("/accounts/nobody/orders?at=1", 404, X_API_Key="a")
