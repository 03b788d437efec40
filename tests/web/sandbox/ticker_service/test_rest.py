import json

import pytest
import trio

from tests.web.sandbox.given import Clock, body
from tests.web.sandbox.wire import call, placed
from web.sandbox.faults import Fault
from web.sandbox.http import Request, Response
from web.sandbox.paper import PaperOptions, open_paper
from web.sandbox.ticker_service.rest import named_account, route_of


@pytest.fixture
async def broker(autojump_clock):
    async with open_paper(PaperOptions(accounts=("primary", "hedge")), now=Clock()) as running:
        yield running


@pytest.mark.parametrize(
    ("key", "said"),
    [(None, "Missing API key"), ("", "Missing API key"), ("bad", "Invalid API key")],
)
async def test_a_key_is_wanted(autojump_clock, broker, key, said):
    """401 in the published words with `WWW-Authenticate: ApiKey`."""
    headers = {} if key is None else {"x-api-key": key}
    response = await broker.handle(Request("GET", "/orders/", {}, headers))
    assert response.status == 401
    assert json.loads(response.body)["detail"].startswith(said)
    assert response.headers["www-authenticate"] == "ApiKey"


async def test_health_and_metrics_need_no_key(autojump_clock, broker):
    """Both are open, as published."""
    assert await call(broker, "GET", "/health", key=None) == (200, {"status": "ok"})
    response = await broker.handle(Request("GET", "/metrics"))
    assert response.status == 200
    assert b'http_requests_total{method="GET",endpoint="/health",status="200"} 1' in response.body


async def test_a_placement_is_a_task_whose_result_is_the_order(autojump_clock, broker):
    """`{order_id: "", task_id}`, and the task is completed with the id when it is looked at."""
    status, said = await call(broker, "POST", "/orders/place", body("REST1", tag="abc"))
    assert (status, sorted(said), said["order_id"]) == (200, ["order_id", "task_id"], "")
    status, task = await call(broker, "GET", f"/orders/tasks/{said['task_id']}")
    assert sorted(task) == [
        "account_id", "attempts", "idempotency_key", "last_error", "max_attempts", "operation",
        "result", "status", "task_id",
    ]  # fmt: skip
    assert (task["status"], task["result"]) == ("completed", {"order_id": "261123000000001"})
    assert (await call(broker, "GET", "/orders/tasks/none"))[0] == 404


async def test_orders_are_kites_rows_of_one_account(autojump_clock, broker):
    """`GET /orders/?account_id=` is a bare list of Kite rows, oldest first."""
    first = await placed(broker, body("PARTIAL1", tag="abc"))
    second = await placed(broker, body("REST1"))
    await placed(broker, body("REST1", account_id="hedge"))
    status, rows = await call(broker, "GET", "/orders/", account_id="primary")
    assert status == 200
    assert [
        (row["order_id"], row["status"], row["filled_quantity"], row["tag"]) for row in rows
    ] == [
        (first, "OPEN", 5, "abc"),
        (second, "OPEN", 0, None),
    ]
    assert await call(broker, "GET", "/orders", account_id="primary") == (200, rows)


async def test_many_orders_are_one_list(autojump_clock, broker):
    """A book longer than one turn of encoding comes whole."""
    for _ in range(450):
        await placed(broker, body("REST1"))
    _, rows = await call(broker, "GET", "/orders/")
    assert len({row["order_id"] for row in rows}) == 450


async def test_history_and_trades_of_an_order(autojump_clock, broker):
    """History has every status with UPDATE for a partial fill; trades are Kite's rows."""
    order_id = await placed(broker, body("PARTIAL1"))
    await call(broker, "DELETE", "/orders/cancel", {"order_id": order_id})
    _, history = await call(broker, "GET", f"/orders/{order_id}/history")
    assert [row["status"] for row in history] == [
        "PUT ORDER REQ RECEIVED", "VALIDATION PENDING", "OPEN PENDING", "OPEN", "UPDATE", "CANCELLED",
    ]  # fmt: skip
    _, trades = await call(broker, "GET", f"/orders/{order_id}/trades", account_id="primary")
    assert [(row["quantity"], row["average_price"]) for row in trades] == [(5, 100.0)]
    assert await call(broker, "GET", "/orders/trades/all") == (200, trades)
    assert (await call(broker, "GET", f"/orders/{order_id}/history", account_id="hedge"))[0] == 404
    assert (await call(broker, "GET", "/orders/7/history"))[0] == 404


async def test_positions_are_net_and_day(autojump_clock, broker):
    """`{"net": […], "day": […]}` in Kite's rows."""
    await placed(broker, body("FILL1", price=99.5))
    status, said = await call(broker, "GET", "/portfolio/positions", account_id="primary")
    assert (status, sorted(said)) == (200, ["day", "net"])
    assert [(row["quantity"], row["average_price"]) for row in said["net"]] == [(10, 99.5)]
    assert said["day"] == said["net"]
    assert await call(broker, "GET", "/portfolio/positions", account_id="hedge") == (
        200,
        {"net": [], "day": []},
    )


async def test_modify_and_cancel(autojump_clock, broker):
    """PUT and DELETE with JSON bodies; each answers the order's id and a task."""
    order_id = await placed(broker, body("REST1"))
    status, said = await call(
        broker, "PUT", "/orders/modify", {"order_id": order_id, "quantity": 20, "price": 101.5}
    )
    assert (status, said["order_id"]) == (200, order_id)
    _, rows = await call(broker, "GET", "/orders/")
    assert (rows[0]["quantity"], rows[0]["price"], rows[0]["modified"]) == (20, 101.5, True)
    status, said = await call(broker, "DELETE", "/orders/cancel", {"order_id": order_id})
    assert status == 200
    _, task = await call(broker, "GET", f"/orders/tasks/{said['task_id']}")
    assert task["operation"] == "cancel"
    status, said = await call(broker, "DELETE", "/orders/cancel", {"order_id": order_id})
    assert (status, "already cancelled" in said["detail"]) == (400, True)


@pytest.mark.parametrize(
    ("method", "path", "sent", "status"),
    [
        ("POST", "/orders/place", body("REFUSE1"), 400),
        ("POST", "/orders/place", body(quantity=0), 400),
        ("POST", "/orders/place", [], 400),
        ("POST", "/orders/place", body(account_id="nobody"), 404),
        ("POST", "/orders/place", body(account_id=7), 404),
        ("DELETE", "/orders/cancel", {}, 400),
        ("DELETE", "/orders/cancel", {"order_id": "7"}, 400),
        ("POST", "/orders/fly", {}, 404),
        ("GET", "/orders/a/b/c/d", None, 404),
        ("PATCH", "/orders/place", {}, 404),
    ],
)
async def test_what_is_wrong_is_said_in_a_detail(
    autojump_clock, broker, *, method, path, sent, status
):
    """Input errors are 400, things that are not there 404, both `{"detail": …}`."""
    code, said = await call(broker, method, path, sent)
    assert (code, list(said)) == (status, ["detail"])


async def test_another_accounts_order_cannot_be_cancelled(autojump_clock, broker):
    """An order id of one account is unknown in another."""
    order_id = await placed(broker, body("REST1", account_id="hedge"))
    status, _ = await call(broker, "DELETE", "/orders/cancel", {"order_id": order_id})
    assert status == 400


async def test_the_answer_takes_the_latency_and_then_all_is_done(autojump_clock):
    """With 200 ms of latency the order is on the book when the answer goes out, 200 ms later."""
    async with open_paper(PaperOptions(latency_ms=200)) as broker:
        began = trio.current_time()
        await call(broker, "POST", "/orders/place", body("REST1"))
        assert trio.current_time() - began == pytest.approx(0.2)
        assert len(broker.exchange.books["primary"].open) == 1


@pytest.mark.parametrize(("symbol", "orders"), [("LOST1", 1), ("GONE1", 0)])
async def test_lost_and_gone_never_answer(autojump_clock, broker, symbol, orders):
    """LOST is placed and GONE is not; neither is answered in a minute, and nothing tells of a task."""
    with trio.move_on_after(60) as patience:
        await call(broker, "POST", "/orders/place", body(symbol))
    assert patience.cancelled_caught
    _, rows = await call(broker, "GET", "/orders/")
    assert len(rows) == orders


async def test_no_wait_is_for_ever(autojump_clock, broker):
    """P20: who waits ten minutes for an answer that does not come gets 504."""
    assert (await call(broker, "POST", "/orders/place", body("GONE1")))[0] == 504


async def test_refused_late_and_lost_by_fault(autojump_clock):
    """The three request faults, as a caller sees them."""
    faults = (
        Fault("refuse", for_s=1, status=429),
        Fault("late", from_s=1, for_s=1, delay_s=7, on=("reads",)),
        Fault("lost", account="primary", from_s=100),
    )
    async with open_paper(PaperOptions(accounts=("primary", "hedge"), faults=faults)) as broker:
        assert (await call(broker, "GET", "/orders/"))[0] == 429
        assert (await call(broker, "POST", "/orders/place", body("REST1")))[0] == 429
        await trio.sleep(1)
        began = trio.current_time()
        assert (await call(broker, "GET", "/orders/"))[0] == 200
        assert trio.current_time() - began == 7
        await trio.sleep(100)
        with trio.move_on_after(30):
            await call(broker, "POST", "/orders/place", body("REST1", account_id="primary"))
        assert len(broker.exchange.books["primary"].open) == 1
        assert (await call(broker, "POST", "/orders/place", body("REST1", account_id="hedge")))[
            0
        ] == 200
        refused = body("REFUSE1", account_id="primary")
        assert (await call(broker, "POST", "/orders/place", refused))[0] == 400


def test_the_account_of_a_request_is_found_without_trusting_it():
    """In the query or in the body; None when there is none to be found."""
    assert named_account(Request("GET", "/orders/", {"account_id": "a"})) == "a"
    assert named_account(Request("POST", "/x", {}, {}, b'{"account_id":"a"}')) == "a"
    assert named_account(Request("POST", "/x", {}, {}, b'{"account_id":7}')) is None
    assert named_account(Request("POST", "/x", {}, {}, b"?")) is None


def test_routes_have_no_ids():
    """P20: the metrics have one row a route, not one an order."""
    found, lost = Response(200), Response(404)
    assert (
        route_of(Request("GET", "/orders/261123000000001/history"), found) == "/orders/{id}/history"
    )
    assert route_of(Request("GET", "/orders/"), found) == "/orders"
    assert route_of(Request("GET", "/anything"), lost) == "other"


async def test_a_basket_has_a_margin(autojump_clock, broker):
    """Kite's answer passes through, bare; a list that is none is 400 in the service's form."""
    path = "/orders/margins/basket"
    orders = [body("FILL1"), body("FILL2", "SELL")]
    status, said = await call(broker, "POST", path, {"account_id": "hedge", "orders": orders})
    assert (status, said["initial"]["total"]) == (200, 1050.0)
    for bad in ({}, {"orders": []}, {"orders": [body(quantity=0)]}):
        assert (await call(broker, "POST", path, bad))[0] == 400
    assert (await call(broker, "POST", path, {"account_id": "x", "orders": orders}))[0] == 404
