from decimal import Decimal

import pytest
import trio

from actors.domain.errors import BrokerRefused
from tests.actors.fakes import a_row
from tests.web.fakes import a_gateway, a_key, exact
from tests.web.test_batches import leg
from web.orders import read_order

PATH = "/accounts/primary/orders"
RIGHTS = ("read", "trade")


async def test_an_order_is_placed_as_a_batch_of_one(gateway, autojump_clock):
    """The answer is the batch's, with the order's id at its head; the batch is one like any."""
    answer = await gateway.post(PATH, leg("REST1", tag="desk-7"))
    assert (answer["status"], answer["outcome"], answer["total_orders"]) == (
        *("success", "complete", 1),
    )
    order = await gateway.get(f"{PATH}/{answer['order_id']}")
    assert (order["data"]["tradingsymbol"], order["data"]["tag"]) == ("REST1", "desk-7")
    batch = await gateway.get(f"/accounts/primary/batch-orders/{answer['batch_id']}")
    assert batch["order_ids"] == [answer["order_id"]]


async def test_an_order_on_its_way_is_202_with_the_place_of_its_batch(gateway, autojump_clock):
    """After wait_s an order of which nobody knows yet has no id, and a place to ask."""
    gateway.brokers["primary"].tells = False
    client = gateway.app.test_client()
    answer = await client.post(PATH, json=leg("LOST1", wait_s=1))
    assert answer.status_code == 202
    running = exact(await answer.get_data())
    assert (running["status"], running["order_id"]) == ("running", None)
    assert answer.headers["Location"] == f"/accounts/primary/batch-orders/{running['batch_id']}"
    assert (await gateway.get(answer.headers["Location"]))["batch_id"] == running["batch_id"]


async def test_a_rejected_order_says_so(gateway, autojump_clock):
    """The market's no is an outcome, not an error of the request."""
    answer = await gateway.post(PATH, leg("REJECT1"))
    assert (answer["status"], answer["outcome"]) == ("failed", "rejected_clean")
    assert answer["legs"][0]["error"] == "margin"


async def test_the_same_key_is_the_same_order(gateway, autojump_clock):
    """P11: a replay gives the order and sends nothing; another body is 409."""
    first = await gateway.post(PATH, leg("REST1"), Idempotency_Key="k")
    second = await gateway.post(PATH, leg("REST1"), Idempotency_Key="k")
    assert second["order_id"] == first["order_id"]
    await gateway.post(PATH, leg("REST1", quantity=25), 409, Idempotency_Key="k")
    await gateway.post(PATH, leg("REST1"), 422, Idempotency_Key="")
    assert len(gateway.brokers["primary"].asked("place")) == 1


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ([], "$"),
        ({"orders": [leg()]}, "$"),
        (leg(quantity=None), "$.quantity"),
        (leg(quantity=0), "$.quantity"),
        (leg(order_type="LIMIT"), "$.price"),
        (leg(side="BUY"), "$"),
        (leg(wait_s="1"), "$.wait_s"),
        (leg(wait_s=121), "$.wait_s"),
        (leg(on_failure="keep"), "$"),
    ],
)
async def test_an_order_at_fault_is_refused_by_its_field(gateway, autojump_clock, value, path):
    """422 with the field as the caller wrote it, and nothing is sent."""
    answer = await gateway.post(PATH, value, 422)
    assert path in [fault["path"] for fault in answer["errors"]]
    assert all("orders[0]" not in fault["path"] for fault in answer["errors"])
    assert gateway.brokers["primary"].asked("place") == []


async def test_what_is_no_json_is_400(gateway, autojump_clock):
    """P19: nothing is guessed."""
    await gateway.post(PATH, b"{", 400)
    await gateway.send("PUT", f"{PATH}/1", b"", 400)


async def test_an_order_is_modified(gateway, autojump_clock):
    """200 with the order as its own event left it, at a position that includes the event."""
    await gateway.tell(a_row("1"))
    gateway.brokers["primary"].show(a_row("1"))
    change = {"price": 611.50, "quantity": 25}
    answer = await gateway.send("PUT", f"{PATH}/1", change)
    assert (answer["status"], answer["data"]["quantity"]) == ("success", 25)
    assert answer["data"]["price"] == Decimal("611.5")
    whole = await gateway.get(f"{PATH}/1")
    assert whole["history"][-1]["offset"] <= answer["offset"]
    (message,) = (await gateway.get("/accounts/primary/messages"))["data"]
    assert message["text"] == "modify asked: quantity 50 → 25, price 610.5 → 611.5"
    assert (message["order_id"], message["level"]) == ("1", "info")


async def test_an_order_is_cancelled(gateway, autojump_clock):
    """200 with the order as its own event left it; again it is 409, for it has ended."""
    await gateway.tell(a_row("1"))
    gateway.brokers["primary"].show(a_row("1"))
    answer = await gateway.send("DELETE", f"{PATH}/1")
    assert answer["data"]["status"] == "CANCELLED"
    refusal = await gateway.send("DELETE", f"{PATH}/1", status=409)
    assert refusal["detail"] == "order 1 has ended: CANCELLED"


async def test_what_is_not_heard_of_yet_is_202(gateway, autojump_clock):
    """The broker took the cancel in, and the order lives on: it is shown as it stands."""
    await gateway.tell(a_row("1"))
    gateway.brokers["primary"].show(a_row("1"))
    gateway.brokers["primary"].becomes_nothing = True
    client = gateway.app.test_client()
    answer = await client.delete(f"{PATH}/1")
    assert (answer.status_code, answer.headers["Location"]) == (202, f"{PATH}/1")
    assert exact(await answer.get_data())["data"]["status"] == "OPEN"


@pytest.mark.parametrize(
    ("change", "paths"),
    [
        ({}, ["$"]),
        ({"price": None}, ["$"]),
        ({"prise": 1}, ["$"]),
        ({"price": "1"}, ["$.price"]),
        ({"price": 0, "quantity": 0}, ["$.price", "$.quantity"]),
        ({"order_type": "limit"}, ["$.order_type"]),
        ({"validity": "GTC"}, ["$.validity"]),
        ([], ["$"]),
    ],
)
async def test_a_change_at_fault_is_refused_by_its_field(gateway, autojump_clock, change, paths):
    """422 with each field, and the broker hears nothing."""
    await gateway.tell(a_row("1"))
    answer = await gateway.send("PUT", f"{PATH}/1", change, 422)
    assert sorted(fault["path"] for fault in answer["errors"]) == paths
    assert gateway.brokers["primary"].asked("modify") == []


async def test_a_brokers_fault_is_502(gateway, autojump_clock):
    """What the broker refuses is told in its own words, as its fault."""
    await gateway.tell(a_row("1"))
    gateway.brokers["primary"].show(a_row("1"))
    gateway.brokers["primary"].cannot_change = BrokerRefused("not in this session")
    for method, change in (("PUT", {"price": 5}), ("DELETE", b"")):
        answer = await gateway.send(method, f"{PATH}/1", change, 502)
        assert (answer["title"], answer["detail"]) == ("Broker fault", "not in this session")


@pytest.mark.parametrize(("method", "change"), [("PUT", {"price": 5}), ("DELETE", b"")])
async def test_commands_need_the_right_to_trade(tmp_path, autojump_clock, method, change):
    """P21: 404 for what one may not know of, 403 for who only reads, 401 without a key."""
    keys = {
        "all": a_key("a", rights=RIGHTS),
        "eye": a_key("r"),
        "far": a_key("t", "hedge", rights=RIGHTS),
    }
    async with a_gateway(tmp_path, keys=keys) as gateway:
        await gateway.tell(a_row("1"))
        for key, status in (("r", 403), ("t", 404)):
            await gateway.send(method, f"{PATH}/1", change, status, X_API_Key=key)
        await gateway.send(method, f"{PATH}/1", change, 401)
        await gateway.send(method, f"{PATH}/2", change, 404, X_API_Key="a")
        await gateway.send(method, "/accounts/nobody/orders/1", change, 404, X_API_Key="a")
        await gateway.post(PATH, leg(), 403, X_API_Key="r")
        await gateway.post(PATH, leg(), 403, X_API_Key="t")
        assert gateway.brokers["primary"].asked("place", "modify", "cancel") == []


async def test_a_page_of_another_site_commands_nothing(gateway, autojump_clock):
    """P21: a browser that another site sent is refused before anything is read."""
    await gateway.tell(a_row("1"))
    headers = {"Origin": "https://elsewhere.test"}
    await gateway.send("DELETE", f"{PATH}/1", b"", 403, **headers)
    await gateway.post(PATH, leg(), 403, **headers)


async def test_other_methods_are_405(gateway, autojump_clock):
    """A path says what it takes."""
    await gateway.send("PATCH", f"{PATH}/1", {}, 405)
    await gateway.send("DELETE", PATH, b"", 405)


async def test_who_goes_away_has_still_asked(gateway, autojump_clock):
    """A caller whose connection breaks while the broker is asked has asked: the trail says so."""
    await gateway.tell(a_row("1"))
    gateway.brokers["primary"].show(a_row("1"))
    gateway.brokers["primary"].answer_s = 2.0
    with trio.move_on_after(1):
        await gateway.app.test_client().delete(f"{PATH}/1")
    (message,) = (await gateway.get("/accounts/primary/messages"))["data"]
    assert message["text"] == "cancel asked"


def test_a_body_is_one_leg_and_how_long_to_wait():
    """Nothing else of a batch stands in it."""
    wanted = read_order({**leg(), "wait_s": 5})
    assert (len(wanted.orders), wanted.wait_s, wanted.on_failure) == (1, 5, None)
    assert read_order(leg()).wait_s == 30
