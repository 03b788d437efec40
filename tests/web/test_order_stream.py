from datetime import timedelta
from decimal import Decimal

import pytest
import trio

from actors.domain.errors import StreamLost
from actors.domain.model import Note
from tests.actors.fakes import START, a_position, a_row, a_trade
from tests.web.fakes import a_gateway, a_key
from web.order_stream import CONNECT_S

ROOT = "/api/order-stream"
GETS = ("status", "orders", "trades", "positions", "general")
POSTS = ("connect", "disconnect", "subscribe", "unsubscribe")


async def test_orders_of_all_accounts_newest_first(gateway, autojump_clock):
    """GET orders: every account's, newest first, in the brief's names, at a position."""
    await gateway.tell(a_row("1", price=Decimal("610.50")))
    await gateway.tell(a_row("2", "COMPLETE", filled_quantity=50), account="hedge")
    await gateway.tell(a_row("3", at=START + timedelta(seconds=1)))
    answer = await gateway.get(f"{ROOT}/orders")
    assert (answer["status"], answer["count"], answer["next"]) == ("success", 3, None)
    assert [(row["order_id"], row["account_id"]) for row in answer["data"]] == [
        *(("3", "primary"), ("2", "hedge"), ("1", "primary")),
    ]
    assert answer["data"][1]["status"] == "complete"
    assert answer["data"][2]["tradingsymbol"] == "NSE:SBIN-EQ"
    assert str(answer["data"][2]["price"]) == "610.50"
    journal = gateway.system.journal
    assert (answer["epoch"], answer["offset"]) == (journal.epoch, journal.end)


async def test_each_table_has_its_list(gateway, autojump_clock):
    """GET trades, positions, general: the same form, each with its own rows."""
    await gateway.tell(a_trade("t1"), a_position(), events=2)
    await gateway.tell(Note("warning", "margin is low"), account="hedge")
    (trade,) = (await gateway.get(f"{ROOT}/trades"))["data"]
    assert (trade["trade_id"], trade["trade_timestamp"]) == ("t1", "2026-11-20T03:45:00.000Z")
    (position,) = (await gateway.get(f"{ROOT}/positions"))["data"]
    assert (position["side"], str(position["avg_price"])) == ("long", "610.5")
    general = (await gateway.get(f"{ROOT}/general"))["data"]
    assert [(row["type"], row["account_id"]) for row in general[:1]] == [("system", "hedge")]
    assert {row["account_id"] for row in general if row["type"] == "stream_status"} == {
        *("primary", "hedge"),
    }


async def test_one_account_and_pages(gateway, autojump_clock):
    """?account_id= is one account's rows, ?limit= bounds a page, ?before= its `next` goes on."""
    for n in range(5):
        await gateway.tell(a_row(str(n)))
    await gateway.tell(a_row("other"), account="hedge")
    path = f"{ROOT}/orders?account_id=primary&limit=3"
    first = await gateway.get(path)
    rest = await gateway.get(f"{path}&before={first['next']}")
    ids = [row["order_id"] for page in (first, rest) for row in page["data"]]
    assert (ids, rest["next"]) == (["4", "3", "2", "1", "0"], None)


async def test_status_says_how_things_stand(gateway, autojump_clock):
    """GET status: connected when all streams are, the caller's types, and how much there is."""
    await gateway.tell(a_row("1"))
    await gateway.tell(a_trade("t"), account="hedge", events=2)  # and the position it makes
    answer = await gateway.get(f"{ROOT}/status")
    data = answer["data"]
    assert (answer["status"], data["connected"], data["subscribed_types"]) == ("success", True, [])
    assert data["data_counts"] == {"orders": 1, "trades": 1, "positions": 1, "general": 2}
    assert data["accounts"]["hedge"]["state"] == "live"
    one = (await gateway.get(f"{ROOT}/status?account_id=primary"))["data"]
    assert (one["data_counts"]["trades"], list(one["accounts"])) == (0, ["primary"])


async def test_subscribing_sets_the_callers_default(tmp_path, autojump_clock):
    """POST subscribe adds and unsubscribe takes away, for the caller's key and no other."""
    keys = {"one": a_key("1"), "other": a_key("2")}
    async with a_gateway(tmp_path, keys=keys) as gateway:

        async def post(action, *names, key="1"):
            query = "&".join(f"event_types={name}" for name in names)
            return await gateway.post(f"{ROOT}/{action}?{query}", b"", X_API_Key=key)

        async def types(key):
            status = await gateway.get(f"{ROOT}/status", X_API_Key=key)
            return status["data"]["subscribed_types"]

        await post("subscribe", "OnOrders")
        answer = await post("subscribe", "OnTrades")
        assert answer["message"] == "Subscribed to 1 event type"
        assert answer["subscribed_types"] == ["OnOrders", "OnTrades"]
        answer = await post("subscribe", "OnTrades", "OnOrders")
        assert answer["message"] == "Subscribed to 2 event types"
        assert answer["event_types"] == ["OnTrades", "OnOrders"]
        assert await types("1") == ["OnOrders", "OnTrades"]
        assert await types("2") == []
        answer = await post("unsubscribe", "OnTrades")
        assert answer["message"] == "Unsubscribed from 1 event type"
        assert answer["subscribed_types"] == await types("1") == ["OnOrders"]
        await post("subscribe", "OnGeneral", key="2")
        assert (await types("1"), await types("2")) == (["OnOrders"], ["OnGeneral"])


@pytest.mark.parametrize("action", ["subscribe", "unsubscribe"])
@pytest.mark.parametrize(
    "query", ["", "event_types=", "event_types=order_update", "types=OnOrders"]
)
async def test_bad_types_are_named(gateway, autojump_clock, action, query):
    """What is missing or not known is 422, names the parameter, and changes nothing."""
    answer = await gateway.post(f"{ROOT}/{action}?{query}", b"", 422)
    name = "types" if query.startswith("types") else "event_types"
    assert [fault["path"] for fault in answer["errors"]] == [f"?{name}"]
    status = await gateway.get(f"{ROOT}/status")
    assert status["data"]["subscribed_types"] == []


async def test_a_body_that_says_something_is_refused(gateway, autojump_clock):
    """Types stand in the URL: a body of theirs would be passed over, so it is 422."""
    for action in ("subscribe?event_types=OnOrders", "connect", "disconnect"):
        await gateway.post(f"{ROOT}/{action}", {"event_types": ["OnTrades"]}, 422)
    await gateway.post(f"{ROOT}/subscribe?event_types=OnOrders", {})


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=x", "before=-1", "status=open", "limit=1&limit=2"]
)
async def test_a_bad_parameter_of_a_list_is_named(gateway, autojump_clock, query):
    """The lists' parameters are held to the letter."""
    answer = await gateway.get(f"{ROOT}/orders?{query}", 422)
    assert answer["errors"][0]["path"] == f"?{query.partition('=')[0]}"


async def test_only_what_one_may_read_is_shown(tmp_path, autojump_clock):
    """P21: 401 without a key; another's account is 403; without a name, only one's own."""
    keys = {"desk": a_key("k", "hedge"), "writer": a_key("w", rights=("trade",)), "all": a_key("a")}
    async with a_gateway(tmp_path, keys=keys) as gateway:
        await gateway.tell(a_row("1"))
        await gateway.tell(a_row("2"), account="hedge")
        for name in GETS:
            await gateway.get(f"{ROOT}/{name}", 401)
            await gateway.get(f"{ROOT}/{name}", 403, X_API_Key="w")
            await gateway.get(f"{ROOT}/{name}?account_id=primary", 403, X_API_Key="k")
            await gateway.get(f"{ROOT}/{name}?account_id=nobody", 404, X_API_Key="a")
        for name in POSTS:
            await gateway.post(f"{ROOT}/{name}?event_types=OnOrders", b"", 401)
        await gateway.post(f"{ROOT}/subscribe?event_types=OnOrders", b"", 403, X_API_Key="w")
        (row,) = (await gateway.get(f"{ROOT}/orders", X_API_Key="k"))["data"]
        assert row["order_id"] == "2"
        status = await gateway.get(f"{ROOT}/status", X_API_Key="k")
        assert list(status["data"]["accounts"]) == ["hedge"]


async def test_connecting_needs_admin(tmp_path, autojump_clock):
    """P21: connect and disconnect act on the account, so reading and trading are not enough."""
    keys = {
        "desk": a_key("k", rights=("read", "trade")),
        "chief": a_key("c", "hedge", rights=("read", "admin")),
    }
    async with a_gateway(tmp_path, keys=keys) as gateway:
        for name in ("connect", "disconnect"):
            await gateway.post(f"{ROOT}/{name}", b"", 403, X_API_Key="k")
            await gateway.post(f"{ROOT}/{name}?account_id=primary", b"", 403, X_API_Key="k")
            await gateway.post(f"{ROOT}/{name}?account_id=primary", b"", 403, X_API_Key="c")
        answer = await gateway.post(f"{ROOT}/connect", b"", X_API_Key="c")
        assert list(answer["data"]["accounts"]) == ["hedge"]


async def test_connecting_says_how_the_streams_stand(gateway, autojump_clock):
    """POST connect: the brief's answer; a stream that is up stays up."""
    answer = await gateway.post(f"{ROOT}/connect", b"")
    assert (answer["status"], answer["data"]["connected"]) == ("success", True)
    assert answer["data"]["data_counts"].keys() == {"orders", "trades", "positions", "general"}
    assert len(gateway.brokers["primary"].times("stream")) == 1


async def test_streams_are_stopped_and_started(gateway, autojump_clock):
    """POST disconnect stops what is named, and nothing is heard; POST connect opens it again."""
    answer = await gateway.post(f"{ROOT}/disconnect?account_id=primary", b"")
    assert (answer["data"]["connected"], list(answer["data"]["accounts"])) == (False, ["primary"])
    assert answer["data"]["accounts"]["primary"]["state"] == "stopped"
    status = (await gateway.get(f"{ROOT}/status"))["data"]
    assert status["connected"] is False
    assert status["accounts"]["hedge"]["state"] == "live"
    gateway.brokers["primary"].push(a_row("1"))
    await gateway.tell(a_row("2"), account="hedge")
    assert (await gateway.get(f"{ROOT}/orders"))["count"] == 1
    gateway.brokers["primary"].show(a_row("1"))
    begun_s = trio.current_time()
    answer = await gateway.post(f"{ROOT}/connect?account_id=primary", b"")
    assert answer["data"]["connected"]
    assert trio.current_time() - begun_s < CONNECT_S
    with trio.fail_after(5):
        while (await gateway.get(f"{ROOT}/orders"))["count"] < 2:
            await trio.sleep(0.1)


async def test_every_stream_is_meant_when_none_is_named(gateway, autojump_clock):
    """Without account_id both calls act on all that the caller may administer, together."""
    answer = await gateway.post(f"{ROOT}/disconnect", b"")
    states = [row["state"] for row in answer["data"]["accounts"].values()]
    assert states == ["stopped", "stopped"]
    answer = await gateway.post(f"{ROOT}/disconnect", b"")
    assert answer["status"] == "success"
    answer = await gateway.post(f"{ROOT}/connect", b"")
    assert answer["data"]["connected"]


async def test_a_broker_that_is_away_is_told_as_it_is(gateway, autojump_clock):
    """POST connect waits a bounded time for the broker, and then says that it is not connected."""
    await gateway.post(f"{ROOT}/disconnect?account_id=primary", b"")
    gateway.brokers["primary"].cannot_open = StreamLost("the line is down")
    begun_s = trio.current_time()
    answer = await gateway.post(f"{ROOT}/connect?account_id=primary", b"")
    assert answer["data"]["connected"] is False
    assert CONNECT_S <= trio.current_time() - begun_s < CONNECT_S + 1
    assert answer["data"]["accounts"]["primary"]["last_error"] == "the line is down"
