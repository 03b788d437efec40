import pytest
import trio

from tests.web.sandbox.fyers.given import book, call, combined, placed, wanted
from tests.web.sandbox.given import Clock
from web.sandbox.faults import Fault
from web.sandbox.http import Request
from web.sandbox.paper import PaperOptions, open_paper


@pytest.fixture
async def broker(autojump_clock):
    """A broker with two accounts."""
    options = PaperOptions(upstream="fyers", accounts=("primary", "hedge"))
    async with open_paper(options, now=Clock()) as running:
        yield running


@pytest.mark.parametrize(
    "token", [None, "", ":", ":paper", "ABC-100:", "ABC-100:no", "paper", "Bearer ABC-100:no"]
)
async def test_who_has_no_token_is_told_so(autojump_clock, broker, token):
    """401 and code -16, whatever is asked."""
    for method, path in (("GET", "/orders"), ("POST", "/orders/sync"), ("GET", "/x")):
        status, said = await call(broker, method, path, wanted(), token=token)
        assert (status, said["s"], said["code"]) == (401, "error", -16)


async def test_an_order_is_placed_and_found(autojump_clock, broker):
    """Code 1101 and an id; by itself, by its id, and by its tag as it is shown."""
    order_id = await placed(broker, wanted(orderTag="abc"))
    other = await placed(broker, wanted())
    rows = await book(broker)
    assert [(row["id"], row["status"], row["orderTag"]) for row in rows] == [
        (order_id, 6, "1:abc"), (other, 6, "2:Untagged"),
    ]  # fmt: skip
    assert [row["id"] for row in await book(broker, id=order_id)] == [order_id]
    assert [row["id"] for row in await book(broker, id=f"{order_id},{other}")] == [order_id, other]
    assert [row["id"] for row in await book(broker, order_tag="1:abc")] == [order_id]
    assert await book(broker, order_tag="1:ab") == []


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (wanted("NSE:REFUSE1-EQ"), -99), (wanted("SBIN"), -300), (wanted(qty=0), -50),
        (wanted(side=2), -50), ({}, -300), ([], -50),
    ],
)  # fmt: skip
async def test_what_is_not_taken_has_a_code(autojump_clock, broker, body, code):
    """400: refused at the door, no symbol, not well formed; and nothing is placed."""
    status, said = await call(broker, "POST", "/orders/sync", body)
    assert (status, said["s"], said["code"]) == (400, "error", code)
    assert await book(broker) == []


@pytest.mark.parametrize(
    ("symbol", "status", "filled"),
    [
        ("REJECT1", 5, 0), ("PARTIAL1", 6, 5), ("REST1", 6, 0), ("FILL1", 2, 10), ("LATE1", 6, 0),
        ("STUCK1", 2, 10),
    ],
)  # fmt: skip
async def test_test_symbols_do_their_one_thing(autojump_clock, broker, symbol, status, filled):
    """In shares and in futures alike, at any price."""
    for name in (f"NSE:{symbol}-EQ", f"NSE:{symbol}"):
        await placed(broker, wanted(name, type=2, limitPrice=0))
    rows = await book(broker)
    assert [(row["status"], row["filledQty"]) for row in rows] == [(status, filled)] * 2


@pytest.mark.parametrize(("symbol", "orders"), [("LOST1", 1), ("GONE1", 0)])
@pytest.mark.parametrize("path", ["/orders/sync", "/multi-order/sync"])
async def test_lost_and_gone_never_answer(autojump_clock, broker, *, symbol, orders, path):
    """LOST is placed and GONE is not; neither is answered in a minute, nor is their basket."""
    body = wanted(f"NSE:{symbol}-EQ")
    with trio.move_on_after(60) as patience:
        await call(broker, "POST", path, [body] if "multi" in path else body)
    assert patience.cancelled_caught
    assert len(await book(broker)) == orders


async def test_an_order_is_modified_and_cancelled(autojump_clock, broker):
    """PATCH and DELETE, by body or by path; -51 for no order, -99 for one that has ended."""
    order_id, second = await placed(broker, wanted()), await placed(broker, wanted())
    change = {"id": order_id, "type": 1, "qty": 20, "limitPrice": 101.5}
    status, said = await call(broker, "PATCH", "/orders/sync", change)
    assert (status, said["code"], said["id"]) == (200, 1102, order_id)
    row = (await book(broker))[0]
    assert (row["qty"], row["limitPrice"]) == (20, 101.5)
    status, said = await call(broker, "PATCH", "/orders/sync", {"id": order_id, "type": 9})
    assert (status, said["code"]) == (400, -50)
    status, said = await call(broker, "DELETE", "/orders/sync", {"id": order_id})
    assert (status, said["code"], said["id"]) == (200, 1103, order_id)
    assert (await call(broker, "DELETE", f"/orders/{second}/sync"))[1]["code"] == 1103
    assert [row["status"] for row in await book(broker)] == [1, 1]
    for method in ("PATCH", "DELETE"):
        status, said = await call(broker, method, "/orders/sync", {"id": order_id})
        assert (status, said["code"]) == (400, -99)
        for unknown in ("7", 7, None):
            status, said = await call(broker, method, "/orders/sync", {"id": unknown})
            assert (status, said["code"]) == (400, -51)


async def test_a_late_order_fills_as_its_cancel_arrives(autojump_clock, broker):
    """LATE: the cancel is refused, and the order is filled."""
    order_id = await placed(broker, wanted("NSE:LATE1-EQ"))
    status, said = await call(broker, "DELETE", "/orders/sync", {"id": order_id})
    assert (status, said["code"]) == (400, -99)
    assert [row["status"] for row in await book(broker)] == [2]


async def test_a_basket_is_so_many_orders(autojump_clock, broker):
    """Each with a status, a body and words of its own; one that fails undoes no other."""
    legs = [wanted(), wanted("NSE:REFUSE1-EQ"), wanted("NSE:FILL1-EQ")]
    status, said = await call(broker, "POST", "/multi-order/sync", legs)
    assert (status, said["s"], said["code"]) == (200, "ok", 200)
    assert [(each["statusCode"], each["body"]["code"]) for each in said["data"]] == [
        (200, 1101), (400, -99), (200, 1101),
    ]  # fmt: skip
    assert said["data"][0]["statusDescription"] == "HTTP OK"
    ids = [said["data"][at]["body"]["id"] for at in (0, 2)]
    status, said = await call(
        broker, "PATCH", "/multi-order/sync", [{"id": ids[0], "qty": 5}, {"id": "7"}]
    )
    assert [each["body"]["code"] for each in said["data"]] == [1102, -51]
    status, said = await call(broker, "DELETE", "/multi-order/sync", [{"id": each} for each in ids])
    assert [each["body"]["code"] for each in said["data"]] == [1103, -99]
    status, said = await call(broker, "POST", "/multi-order/sync", [wanted()] * 11)
    assert (status, said["code"], len(await book(broker))) == (400, -50, 2)


async def test_trades_and_positions_are_an_accounts_own(autojump_clock, broker):
    """An app id with an account's name is that account, with or without its suffix."""
    order_id = await placed(broker, wanted("NSE:FILL1-EQ"), token="hedge-100:paper")
    _, trades = await call(broker, "GET", "/tradebook", token="hedge:paper")
    assert [(row["orderNumber"], row["tradedQty"]) for row in trades["tradeBook"]] == [
        (order_id, 10)
    ]
    _, said = await call(broker, "GET", "/positions", token="hedge:paper")
    assert [row["netQty"] for row in said["netPositions"]] == [10]
    assert said["overall"] == {
        "count_total": 1, "count_open": 1, "pl_total": 0, "pl_realized": 0, "pl_unrealized": 0,
    }  # fmt: skip
    assert (await call(broker, "GET", "/tradebook"))[1]["tradeBook"] == []
    assert (await call(broker, "GET", "/positions"))[1]["netPositions"] == []
    _, gone = await call(broker, "DELETE", "/orders/sync", {"id": order_id})
    assert gone["code"] == -51


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/fly"), ("PUT", "/orders/sync"), ("GET", "/orders/7"), ("GET", "")],
)
async def test_what_is_not_there_is_404(autojump_clock, broker, method, path):
    """In Fyers' form, under /api/v3 and elsewhere."""
    status, said = await call(broker, method, path)
    assert (status, said["s"]) == (404, "error")


async def test_who_knocks_beside_it_is_told_where_it_is(autojump_clock, broker):
    """An address without /api/v3 is the likeliest mistake: its 404 says what is right."""
    answer = await broker.handle(Request("GET", "/generate-authcode"))
    assert answer.status == 404
    assert b"/api/v3" in answer.body
    assert b"/trade/v3" in answer.body


async def test_faults_are_told_in_fyers_words(autojump_clock):
    """Too many calls with both headers, a dead token, and a placement done and not answered."""
    faults = (
        Fault("refuse", for_s=1, status=429),
        Fault("refuse", from_s=1, for_s=1, status=401, on=("reads",)),
        Fault("lost", account="primary", from_s=100),
    )
    async with open_paper(PaperOptions(upstream="fyers", faults=faults)) as broker:
        assert (await call(broker, "GET", "/orders"))[1]["code"] == -429
        await trio.sleep(1)
        assert (await call(broker, "GET", "/orders"))[1]["code"] == -16
        await trio.sleep(100)
        with trio.move_on_after(30) as patience:
            await placed(broker, wanted())
        assert patience.cancelled_caught
        assert len(broker.exchange.books["primary"].open) == 1


async def test_a_whole_has_one_id_and_a_row_a_leg(autojump_clock, broker):
    """Each row has an id of its own, the answered one as parent, and the one tag of all."""
    body = combined("NSE:FILL1", "NSE:FILL2", "NSE:FILL3")
    status, said = await call(broker, "POST", "/multileg/orders/sync", body)
    assert (status, said["s"], said["code"]) == (200, "ok", 1101)
    rows = await book(broker, order_tag="1:spread")
    assert [(row["symbol"], row["status"], row["side"]) for row in rows] == [
        ("NSE:FILL1", 2, 1), ("NSE:FILL2", 2, -1), ("NSE:FILL3", 2, 1),
    ]  # fmt: skip
    assert {row["parentId"] for row in rows} == {said["id"]}
    assert len({row["id"] for row in rows} | {said["id"]}) == 4


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (combined("NSE:FILL1", "NSE:REFUSE1"), -99),
        (combined("NSE:FILL1", "NSE:FILL1"), -300),
        (combined("NSE:FILL1"), -50),
        ([], -50),
    ],
)
async def test_a_whole_that_is_not_taken_has_a_code(autojump_clock, broker, body, code):
    """400 in Fyers' form, and nothing is placed."""
    status, said = await call(broker, "POST", "/multileg/orders/sync", body)
    assert (status, said["s"], said["code"]) == (400, "error", code)
    assert await book(broker) == []


@pytest.mark.parametrize(("symbol", "rows"), [("NSE:LOST1", 2), ("NSE:GONE1", 0)])
async def test_a_whole_may_be_left_unanswered(autojump_clock, broker, symbol, rows):
    """No answer comes, whether it was placed or not."""
    with trio.move_on_after(60) as scope:
        await call(broker, "POST", "/multileg/orders/sync", combined("NSE:FILL1", symbol))
    assert scope.cancelled_caught
    assert len(await book(broker)) == rows


async def test_a_margin_is_told_in_the_order_of_the_list(autojump_clock, broker):
    """The orders' own need, what there is, and the whole account's with them; nothing is placed."""
    near = wanted("NSE:FILL25NOVFUT", qty=50, limitPrice=100)
    far = wanted("NSE:FILL25DECFUT", qty=50, limitPrice=100, side=-1)
    path = "/multiorder/margin"
    status, said = await call(broker, "POST", path, {"data": [near, far]})
    assert (status, said["s"], said["code"]) == (200, "ok", 200)
    data = {"margin_avail": 1e6, "margin_total": 5250.0, "margin_new_order": 5250.0}
    assert said["data"] == data
    _, said = await call(broker, "POST", path, {"data": [far, near]})
    assert said["data"]["margin_total"] == 6000.0
    assert await book(broker) == []
    for bad in ({}, {"data": []}, {"data": [1]}, {"data": [near | {"qty": 0}]}):
        status, said = await call(broker, "POST", path, bad)
        assert (status, said["code"]) == (400, -50)
    await placed(broker, near)
    _, said = await call(broker, "POST", path, {"data": [far]})
    assert said["data"] == {
        "margin_avail": 995000.0, "margin_total": 1000.0, "margin_new_order": 6000.0,
    }  # fmt: skip
