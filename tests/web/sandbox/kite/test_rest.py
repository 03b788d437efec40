import json

import pytest
import trio

from tests.web.sandbox.given import Clock
from tests.web.sandbox.kite.given import TOKEN, call, form, placed
from web.sandbox.faults import Fault
from web.sandbox.http import Request
from web.sandbox.paper import PaperOptions, open_paper


@pytest.fixture
async def broker(autojump_clock):
    """A broker with two accounts."""
    options = PaperOptions(upstream="kite", accounts=("primary", "hedge"))
    async with open_paper(options, now=Clock()) as running:
        yield running


@pytest.mark.parametrize(
    "token",
    [None, "", "token", "token paper", "token paper:", "token paper:no", "token no:paper",
     "token :paper", "Bearer paper:paper", "paper:paper"],
)  # fmt: skip
async def test_who_has_no_token_gets_a_token_exception(autojump_clock, broker, token):
    """403 and the type at which a client logs in again, whatever is asked."""
    for method, path in (("GET", "/orders"), ("POST", "/orders/regular"), ("GET", "/x")):
        status, said = await call(broker, method, path, form(), token=token)
        assert (status, said["error_type"], said["status"]) == (403, "TokenException", "error")


async def test_the_version_must_be_said(autojump_clock, broker):
    """`X-Kite-Version: 3` is wanted with every call."""
    response = await broker.handle(Request("GET", "/orders", {}, {"authorization": TOKEN}))
    assert response.status == 400


async def test_an_order_is_placed_by_form(autojump_clock, broker):
    """Its id alone comes back; the book has it in Kite's row, tag and variety with it."""
    order_id = await placed(broker, form(tag="abc123", validity="IOC"), variety="amo")
    status, said = await call(broker, "GET", "/orders")
    assert (status, said["status"]) == (200, "success")
    (row,) = said["data"]
    assert (row["order_id"], row["status"], row["variety"], row["validity"]) == (
        order_id, "OPEN", "amo", "IOC",
    )  # fmt: skip
    assert (row["tag"], row["tags"], row["price"], row["quantity"]) == (
        "abc123",
        ["abc123"],
        100.0,
        10,
    )


@pytest.mark.parametrize(
    "fields",
    [
        form("REFUSE1"), form(quantity="ten"), form(quantity=0), form(price=""), form(tag="a_b"),
        form(tag="a" * 21), form(product="X"), form(side="HOLD"), form(kind="MARKET"),
        form(kind="MARKET", market_protection="0"), form(kind="SL-M", trigger_price="99"), {},
    ],
)  # fmt: skip
async def test_what_is_not_well_formed_is_an_input_exception(autojump_clock, broker, fields):
    """400, and nothing is placed: words, numbers, tags, an order at any price unprotected."""
    status, said = await call(broker, "POST", "/orders/regular", fields)
    assert (status, said["error_type"]) == (400, "InputException")
    assert (await call(broker, "POST", "/orders/fast", form()))[0] == 400
    assert (await call(broker, "GET", "/orders"))[1]["data"] == []


@pytest.mark.parametrize(
    ("symbol", "status", "filled"),
    [
        ("REJECT1", "REJECTED", 0), ("PARTIAL1", "OPEN", 5), ("REST1", "OPEN", 0),
        ("FILL1", "COMPLETE", 10), ("LATE1", "OPEN", 0), ("STUCK1", "COMPLETE", 10),
    ],
)  # fmt: skip
async def test_test_symbols_do_their_one_thing(autojump_clock, broker, symbol, status, filled):
    """Each is taken, and is in the book as the contract has it."""
    await placed(broker, form(symbol, kind="MARKET", price="", market_protection="-1"))
    (row,) = (await call(broker, "GET", "/orders"))[1]["data"]
    assert (row["status"], row["filled_quantity"]) == (status, filled)


@pytest.mark.parametrize(("symbol", "orders"), [("LOST1", 1), ("GONE1", 0)])
async def test_lost_and_gone_never_answer(autojump_clock, broker, symbol, orders):
    """LOST is placed and GONE is not; neither is answered in a minute."""
    with trio.move_on_after(60) as patience:
        await call(broker, "POST", "/orders/regular", form(symbol))
    assert patience.cancelled_caught
    assert len((await call(broker, "GET", "/orders"))[1]["data"]) == orders


async def test_an_order_is_modified_and_cancelled(autojump_clock, broker):
    """PUT and DELETE under its variety; to a market order it needs protection too."""
    order_id = await placed(broker, form("REST1"))
    path = f"/orders/regular/{order_id}"
    assert await call(broker, "PUT", path, {"quantity": 20, "price": "101.5"}) == (
        200, {"status": "success", "data": {"order_id": order_id}},
    )  # fmt: skip
    (row,) = (await call(broker, "GET", "/orders"))[1]["data"]
    assert (row["quantity"], row["price"], row["modified"]) == (20, 101.5, True)
    for wrong in ({"order_type": "MARKET"}, {"quantity": "x"}):
        status, said = await call(broker, "PUT", path, wrong)
        assert (status, said["error_type"]) == (400, "InputException")
    assert (await call(broker, "DELETE", f"/orders/amo/{order_id}"))[0] == 400
    assert (await call(broker, "DELETE", path))[1]["data"] == {"order_id": order_id}
    status, said = await call(broker, "DELETE", path)
    assert (status, said["error_type"]) == (400, "OrderException")
    status, said = await call(broker, "PUT", path, {"quantity": 30})
    assert (status, said["error_type"]) == (400, "OrderException")


async def test_a_late_order_fills_as_its_cancel_arrives(autojump_clock, broker):
    """LATE: the cancel is refused, and the order is COMPLETE."""
    order_id = await placed(broker, form("LATE1"))
    status, said = await call(broker, "DELETE", f"/orders/regular/{order_id}")
    assert (status, said["error_type"]) == (400, "OrderException")
    assert (await call(broker, "GET", f"/orders/{order_id}"))[1]["data"][-1]["status"] == "COMPLETE"


async def test_the_history_has_every_state_and_no_update(autojump_clock, broker):
    """UPDATE is a word of the socket's: the history says OPEN with a part filled."""
    order_id = await placed(broker, form("PARTIAL1"))
    await call(broker, "DELETE", f"/orders/regular/{order_id}")
    _, said = await call(broker, "GET", f"/orders/{order_id}")
    assert [(row["status"], row["filled_quantity"]) for row in said["data"]] == [
        ("PUT ORDER REQ RECEIVED", 0), ("VALIDATION PENDING", 0), ("OPEN PENDING", 0),
        ("OPEN", 0), ("OPEN", 5), ("CANCELLED", 5),
    ]  # fmt: skip


async def test_trades_and_positions_are_an_accounts_own(autojump_clock, broker):
    """Each account is the API key that has its name; the broker's key is the first's."""
    order_id = await placed(broker, form("FILL1"), token="token primary:paper")
    _, trades = await call(broker, "GET", "/trades")
    assert [(row["order_id"], row["quantity"]) for row in trades["data"]] == [(order_id, 10)]
    assert await call(broker, "GET", f"/orders/{order_id}/trades") == (200, trades)
    _, said = await call(broker, "GET", "/portfolio/positions")
    assert [row["quantity"] for row in said["data"]["net"]] == [10]
    assert said["data"]["day"] == said["data"]["net"]
    other = "token hedge:paper"
    assert (await call(broker, "GET", "/trades", token=other))[1]["data"] == []
    for path in (f"/orders/{order_id}", f"/orders/{order_id}/trades"):
        assert (await call(broker, "GET", path, token=other))[0] == 404
    gone = await call(broker, "DELETE", f"/orders/regular/{order_id}", token=other)
    assert gone[0] == 404


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/orders/7"), ("GET", "/orders/7/trades"), ("GET", "/fly"), ("PATCH", "/orders"),
     ("DELETE", "/orders/regular/7"), ("GET", "/")],
)  # fmt: skip
async def test_what_is_not_there_is_404(autojump_clock, broker, method, path):
    """In Kite's form, of the general type."""
    status, said = await call(broker, method, path)
    assert (status, said["error_type"]) == (404, "GeneralException")


async def test_faults_are_told_in_kites_words(autojump_clock):
    """Refused with a status's own type, and a placement that is done and not answered."""
    faults = (
        Fault("refuse", for_s=1, status=429),
        Fault("refuse", from_s=1, for_s=1, status=403, on=("reads",)),
        Fault("lost", account="primary", from_s=100),
    )
    options = PaperOptions(upstream="kite", faults=faults, latency_ms=100)
    async with open_paper(options) as broker:
        assert (await call(broker, "GET", "/orders"))[0] == 429
        await trio.sleep(1)
        assert (await call(broker, "GET", "/orders"))[1]["error_type"] == "TokenException"
        await trio.sleep(100)
        with trio.move_on_after(30) as patience:
            await placed(broker, form())
        assert patience.cancelled_caught
        assert len(broker.exchange.books["primary"].open) == 1


async def test_an_order_is_changed_25_times_at_most(autojump_clock, broker):
    """The 26th modification is an OrderException; a part filled counts for none, and a cancel passes."""
    path = f"/orders/regular/{await placed(broker, form('PARTIAL1', quantity=20))}"
    for i in range(25):
        status, _ = await call(broker, "PUT", path, {"price": f"{101 + i}"})
        assert status == 200
    status, said = await call(broker, "PUT", path, {"price": "99"})
    assert (status, said["error_type"]) == (400, "OrderException")
    assert said["message"] == "Maximum allowed order modifications exceeded."
    assert (await call(broker, "DELETE", path))[0] == 200


async def test_a_basket_has_a_margin_before_and_after(autojump_clock, broker):
    """The body is JSON; a basket that is none is an InputException, and nothing is placed."""
    sell = form("FILL2", "SELL", price=100)
    buy = form("FILL1", price=100)
    headers = {"x-kite-version": "3", "authorization": TOKEN}

    async def ask(body):
        raw = json.dumps(body).encode()
        told = await broker.handle(Request("POST", "/margins/basket", {}, headers, raw))
        return told.status, json.loads(told.body)

    status, said = await ask([sell, buy])
    assert (status, said["status"]) == (200, "success")
    assert said["data"]["initial"]["total"] == 1200.0
    assert said["data"]["final"]["total"] == 1050.0
    for bad in ({}, [], [7], [sell | {"quantity": 0}]):
        status, said = await ask(bad)
        assert (status, said["error_type"]) == (400, "InputException")
    assert (await call(broker, "GET", "/orders"))[1]["data"] == []
