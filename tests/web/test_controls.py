import pytest
import trio

from actors.domain.errors import StoreError
from tests.actors.fakes import a_row
from tests.web.fakes import a_gateway, a_key, dial, exact, serving, told
from tests.web.test_batches import body

PATH = "/accounts/primary"
TRADES = ("read", "trade")


async def test_a_halted_account_takes_no_batch(gateway, autojump_clock):
    """The answer is the account's row; a new batch is 409 until it is resumed, elsewhere not."""
    answer = await gateway.post(f"{PATH}/halt", {"reason": "news"})
    assert (answer["status"], answer["account_id"], answer["stored"]) == (
        *("success", "primary", True),
    )
    halt = answer["data"]["halted"]
    assert (halt["reason"], halt["by"], halt["since"][-1]) == ("news", "desk", "Z")
    journal = gateway.system.journal
    assert (answer["epoch"], answer["offset"]) == (journal.epoch, journal.end)
    await gateway.post(f"{PATH}/batch-orders", body(), 409)
    await gateway.post(f"{PATH}/orders", body()["orders"][0], 409)
    await gateway.post("/accounts/hedge/batch-orders", body())
    answer = await gateway.post(f"{PATH}/resume", b"")
    assert answer["data"]["halted"] is None
    await gateway.post(f"{PATH}/batch-orders", body())


async def test_a_halt_shows_wherever_the_account_does(gateway, autojump_clock):
    """`/ws/status`, `/accounts` and the stream's events have it in the account's row."""
    await gateway.post(f"{PATH}/halt", b"")
    rows = (await gateway.get("/ws/status"))["accounts"]
    assert (rows["primary"]["halted"]["by"], rows["hedge"]["halted"]) == ("desk", None)
    assert (await gateway.get("/accounts"))["data"][0]["halted"] == rows["primary"]["halted"]
    async with serving(gateway) as url:
        async with dial(url, "/ws/orders/primary?types=stream_status") as client:
            await told(client)
            await gateway.post(f"{PATH}/deadman", {"seconds": 60})
            frame = await told(client)
    assert frame["type"] == "stream_status"
    assert frame["data"]["halted"] == rows["primary"]["halted"]
    assert frame["data"]["deadman"] == {"seconds": 60, "cancel_open": False}


async def test_a_halt_cancels_what_is_open_when_it_is_asked_to(gateway, autojump_clock):
    """The answer says of each order what became of it; an external one is cancelled like ours."""
    broker = gateway.brokers["primary"]
    broker.show(a_row("1"), a_row("2", tradingsymbol="LATE"))
    await gateway.tell(a_row("1"), a_row("2", tradingsymbol="LATE"), events=2)
    answer = await gateway.post(f"{PATH}/halt", {"cancel_open": True})
    assert (answer["cancelled"], answer["asked"]) == (["1"], [])
    assert answer["failed"] == [{"order_id": "2", "error": "it had ended: COMPLETE"}]
    orders = (await gateway.get(f"{PATH}/orders?status=open"))["data"]
    assert orders == []


async def test_all_accounts_are_halted_at_once(gateway, autojump_clock):
    """One call stops the desk: each account has its own answer in it."""
    for name, broker in gateway.brokers.items():
        broker.show(a_row("1"))
        broker.answer_s = 2.0
        await gateway.tell(a_row("1"), account=name)
    begun_s = trio.current_time()
    answer = await gateway.post("/halt", {"cancel_open": True, "reason": "stop"})
    assert trio.current_time() - begun_s < 4
    assert [row["account_id"] for row in answer["data"]] == ["primary", "hedge"]
    assert [row["cancelled"] for row in answer["data"]] == [["1"], ["1"]]
    assert {row["data"]["halted"]["reason"] for row in answer["data"]} == {"stop"}
    assert (answer["count"], answer["offset"]) == (2, gateway.system.journal.end)


async def test_a_full_disk_stops_no_halt(gateway, autojump_clock, monkeypatch):
    """P15: 200, it acts, and says that it is not stored yet; when the store is back it is told."""

    def fails(*_):
        raise StoreError("the disk is full")

    store = gateway.system.journal._store
    with monkeypatch.context() as broken:
        broken.setattr(type(store), "commit", fails)
        broken.setattr(type(store), "probe", fails)
        answer = await gateway.post(f"{PATH}/halt", b"")
        assert (answer["stored"], answer["data"]["halted"]["by"]) == (False, "desk")
        await gateway.post(f"{PATH}/batch-orders", body(), 503)
    await trio.sleep(5)
    assert gateway.system.view("primary").book.status.value.halted is not None


async def test_the_desks_word_outlives_a_restart(tmp_path, autojump_clock):
    """P5: halted before, halted after; the deadman begins anew."""
    async with a_gateway(tmp_path) as gateway:
        await gateway.post(f"{PATH}/halt", {"reason": "news"})
        await gateway.post("/accounts/hedge/deadman", {"seconds": 60, "cancel_open": True})
    async with a_gateway(tmp_path) as gateway:
        rows = (await gateway.get("/ws/status"))["accounts"]
        assert rows["primary"]["halted"]["reason"] == "news"
        assert rows["hedge"]["deadman"] == {"seconds": 60, "cancel_open": True}
        await gateway.post(f"{PATH}/batch-orders", body(), 409)
        await trio.sleep(61)
        row = (await gateway.get("/ws/status"))["accounts"]["hedge"]
        assert (row["halted"]["by"], row["deadman"]) == ("deadman", None)


async def test_a_deadman_is_renewed_and_ended(gateway, autojump_clock):
    """It halts unless it is called again; 0 ends it."""
    for _ in range(3):
        await gateway.post(f"{PATH}/deadman", {"seconds": 10, "cancel_open": False})
        await trio.sleep(9)
    answer = await gateway.post(f"{PATH}/deadman", {"seconds": 0})
    assert (answer["data"]["deadman"], answer["data"]["halted"]) == (None, None)
    await trio.sleep(100)
    assert gateway.system.status("primary").halted is None


@pytest.mark.parametrize(
    ("call", "value", "path"),
    [
        ("halt", {"cancel_open": 1}, "$.cancel_open"),
        ("halt", {"cancel_open": None}, "$.cancel_open"),
        ("halt", {"cancel": True}, "$"),
        ("halt", {"reason": "x" * 201}, "$.reason"),
        ("halt", {"reason": "a\nb"}, "$.reason"),
        ("halt", [], "$"),
        ("resume", {"cancel_open": True}, "$"),
        ("deadman", {}, "$.seconds"),
        ("deadman", {"seconds": 3601}, "$.seconds"),
        ("deadman", {"seconds": -1}, "$.seconds"),
        ("deadman", {"seconds": 1.5}, "$.seconds"),
        ("deadman", {"seconds": True}, "$.seconds"),
    ],
)
async def test_a_wish_at_fault_is_refused_by_its_field(gateway, autojump_clock, call, value, path):
    """422 with the field, and nothing changes, in one account or in all."""
    end = gateway.system.journal.end
    places = [PATH, ""] if call == "halt" else [PATH]
    for place in places:
        answer = await gateway.post(f"{place}/{call}", value, 422)
        assert [fault["path"] for fault in answer["errors"]] == [path]
    assert gateway.system.journal.end == end
    assert gateway.system.status("primary").halted is None


@pytest.mark.parametrize("call", [f"{PATH}/halt", f"{PATH}/resume", f"{PATH}/deadman", "/halt"])
async def test_a_mere_look_is_405(gateway, autojump_clock, call):
    """Nothing of this is done by a link."""
    await gateway.get(call, 405)


async def test_no_json_and_no_body(gateway, autojump_clock):
    """P19: a body is JSON or 400; where all may be left out, none is needed."""
    await gateway.post(f"{PATH}/halt", b"{", 400)
    await gateway.post(f"{PATH}/deadman", b"", 400)
    await gateway.post("/halt", b"")


async def test_who_may_stop_an_account(tmp_path, autojump_clock):
    """P21: a trader of it, nobody else; `/halt` stops what the caller may trade, and only that."""
    keys = {"eye": a_key("r"), "far": a_key("t", "hedge", rights=TRADES)}
    async with a_gateway(tmp_path, keys=keys) as gateway:
        for call, value in (("halt", b""), ("resume", b""), ("deadman", {"seconds": 1})):
            await gateway.post(f"{PATH}/{call}", value, 401)
            await gateway.post(f"{PATH}/{call}", value, 403, X_API_Key="r")
            await gateway.post(f"{PATH}/{call}", value, 403, X_API_Key="t")
        await gateway.post("/halt", b"", 401)
        await gateway.post("/halt", b"", 403, X_API_Key="r")
        answer = await gateway.post("/halt", b"", X_API_Key="t")
        assert [row["account_id"] for row in answer["data"]] == ["hedge"]
        assert gateway.system.status("primary").halted is None


async def test_a_page_of_another_site_stops_nobody(gateway, autojump_clock):
    """P21: a browser that another site sent is refused."""
    await gateway.post("/halt", b"", 403, Origin="https://elsewhere.test")
    assert gateway.system.status("primary").halted is None


async def test_cancels_pass_a_halt(gateway, autojump_clock):
    """What ends an order is never refused for a halt; a change that is no exit is 409."""
    gateway.brokers["primary"].show(a_row("1"))
    await gateway.tell(a_row("1"))
    await gateway.post(f"{PATH}/halt", b"")
    await gateway.send("PUT", f"{PATH}/orders/1", {"price": 700}, 409)
    answer = await gateway.send("DELETE", f"{PATH}/orders/1")
    assert answer["data"]["status"] == "CANCELLED"
    client = gateway.app.test_client()
    assert exact(await (await client.get(f"{PATH}/orders?status=open")).get_data())["count"] == 0


async def test_a_stream_is_stopped_and_started(tmp_path, autojump_clock):
    """`disconnect` stops an account's stream, `connect` starts it; both are `admin`'s alone."""
    keys = {"ops": a_key("o", rights=("read", "admin")), "desk": a_key("d", rights=("trade",))}
    async with a_gateway(tmp_path, keys=keys) as gateway:
        place = "/accounts/primary"
        for word in ("connect", "disconnect"):
            await gateway.post(f"{place}/{word}", b"", 403, X_API_Key="d")
            await gateway.post(f"{place}/{word}", {"now": True}, 422, X_API_Key="o")
        answer = await gateway.post(f"{place}/disconnect", b"", X_API_Key="o")
        assert (answer["account_id"], answer["data"]["state"]) == ("primary", "stopped")
        assert gateway.system.status("hedge").state == "live"
        await gateway.post(f"{place}/connect", b"", X_API_Key="o")
        await trio.sleep(2)
        assert gateway.system.status("primary").state == "live"
