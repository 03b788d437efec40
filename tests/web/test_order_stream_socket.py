import pytest
import trio
from attrs import evolve

from actors.domain.model import Note
from tests.actors.fakes import START, a_position, a_row, a_trade
from tests.web.fakes import a_gateway, a_key, dial, exact, serving, told
from tests.web.test_sockets import closed, refusal

STREAM = "/api/order-stream/stream"
EVERY = ["OnOrders", "OnTrades", "OnPositions", "OnGeneral"]
ALL_OF_IT = "?" + "&".join(f"event_types={name}" for name in EVERY)


def listen(gateway, query="", path=STREAM):
    """Open a websocket to the app itself, under a virtual clock."""
    return gateway.app.test_client().websocket(f"{path}{query}")


async def hear(socket):
    """Wait for the next frame."""
    return exact(await socket.receive())


async def ask(socket, text):
    """Send a frame and wait for what comes next."""
    await socket.send(text)
    return await hear(socket)


async def test_frames_are_the_dialects(gateway, autojump_clock):
    """`type`, `data` in the brief's names, account, time, and our place: epoch, offset, prev."""
    async with listen(gateway, ALL_OF_IT) as socket:
        hello = await hear(socket)
        assert (hello["type"], hello["account_id"]) == ("connection_established", None)
        await gateway.tell(a_row("1", "COMPLETE", filled_quantity=50))
        frame = await hear(socket)
        assert list(frame) == ["type", "data", "account_id", "timestamp", "epoch", "offset", "prev"]
        assert (frame["type"], frame["account_id"]) == ("OnOrders", "primary")
        assert (frame["data"]["status"], frame["data"]["tradingsymbol"]) == (
            *("complete", "NSE:SBIN-EQ"),
        )
        assert (frame["epoch"], frame["offset"]) == (hello["epoch"], hello["offset"] + 1)
        assert frame["prev"] <= hello["offset"]
        await gateway.tell(a_trade("t"), account="hedge", events=2)  # and the position it makes
        await gateway.tell(a_position())
        await gateway.tell(Note("info", "word"))
        frames = [await hear(socket) for _ in range(4)]
    assert [(f["type"], f["account_id"]) for f in frames] == [
        *(("OnTrades", "hedge"), ("OnPositions", "hedge"), ("OnPositions", "primary")),
        ("OnGeneral", "primary"),
    ]
    assert [f["prev"] for f in frames] == [frame["offset"], *(f["offset"] for f in frames[:3])]
    assert frames[3]["data"]["message"] == "word"


async def test_nothing_is_heard_until_it_is_subscribed_to(gateway, autojump_clock):
    """The brief's client subscribes once it is open, and hears what it named, from then on."""
    async with listen(gateway) as socket:
        await hear(socket)
        await gateway.tell(a_row("before"))
        answer = await ask(socket, '{"action":"subscribe","event_types":["OnOrders"],"id":1}')
        assert (answer["type"], answer["event_types"]) == ("subscribed", ["OnOrders"])
        assert (answer["id"], answer["offset"]) == (1, gateway.system.journal.end)
        await gateway.tell(a_trade("t"))
        await gateway.tell(a_row("1"))
        frame = await hear(socket)
        assert frame["data"]["order_id"] == "1"
        assert frame["prev"] <= answer["offset"]
        answer = await ask(socket, '{"action":"unsubscribe","event_types":["OnOrders"]}')
        assert (answer["type"], answer["event_types"]) == ("unsubscribed", [])
        await gateway.tell(a_row("2"))
        beat = await hear(socket)
        assert (beat["type"], beat["offset"]) == ("heartbeat", gateway.system.journal.end)


async def test_a_status_is_answered(gateway, autojump_clock):
    """get_status: connected, this websocket's own types, and how much there is."""
    await gateway.tell(a_row("1"))
    async with listen(gateway, "?account_id=primary&event_types=OnTrades") as socket:
        hello = await hear(socket)
        answer = await ask(socket, '{"action":"get_status","id":"a"}')
        assert (answer["type"], answer["id"], answer["offset"]) == ("status", "a", hello["offset"])
        data = answer["data"]
        assert (data["connected"], data["subscribed_types"]) == (True, ["OnTrades"])
        assert (data["data_counts"]["orders"], list(data["accounts"])) == (1, ["primary"])
        await socket.send("ping")
        assert await socket.receive() == "pong"


async def test_a_subscription_is_its_own(gateway, autojump_clock):
    """What one websocket subscribes to changes neither another's nor the caller's default."""
    async with listen(gateway) as one, listen(gateway) as other:
        await hear(one)
        await hear(other)
        await ask(one, '{"action":"subscribe","event_types":["OnOrders","OnTrades"]}')
        answer = await ask(other, '{"action":"get_status"}')
        assert answer["data"]["subscribed_types"] == []
        status = await gateway.get("/api/order-stream/status")
        assert status["data"]["subscribed_types"] == []
        await gateway.post("/api/order-stream/subscribe?event_types=OnGeneral", b"")
        answer = await ask(other, '{"action":"get_status"}')
        assert answer["data"]["subscribed_types"] == []
    async with listen(gateway) as third:
        await hear(third)
        answer = await ask(third, '{"action":"get_status"}')
        assert answer["data"]["subscribed_types"] == ["OnGeneral"]


async def test_one_account_is_one_account(gateway, autojump_clock):
    """?account_id= hears of that account and can never hear of another."""
    async with listen(gateway, "?account_id=hedge&event_types=OnOrders") as socket:
        assert (await hear(socket))["account_id"] == "hedge"
        wish = '{"action":"subscribe","event_types":["OnOrders"],"accounts":["primary"]}'
        assert (await ask(socket, wish))["type"] == "error"
        await gateway.tell(a_row("1"))
        await gateway.tell(a_row("2"), account="hedge")
        assert (await hear(socket))["data"]["order_id"] == "2"


async def test_it_resumes(gateway, autojump_clock):
    """P4: since gives what came after, each once, in this dialect, and says recovered."""
    journal = gateway.system.journal
    since = journal.end
    for n in range(100):
        await gateway.tell(a_row(str(n)))
    for query in ("&event_types=OnOrders", ""):
        async with listen(gateway, f"?since={journal.epoch}:{since}{query}") as socket:
            hello = await hear(socket)
            assert (hello["recovered"], hello["offset"]) == (True, since)
            frames = [await hear(socket) for _ in range(100)]
        assert [frame["prev"] for frame in frames] == list(range(since, since + 100))
        assert {frame["type"] for frame in frames} == {"OnOrders"}


async def test_who_cannot_resume_gets_a_snapshot_in_these_words(gateway, autojump_clock):
    """P4: recovered false, the reason, and the day as the lists have it."""
    await gateway.tell(
        a_row("1"), a_trade("t"), a_position(), events=4
    )  # one is the position that the trade makes
    for query in ("?account_id=primary&since=other:1", "?account_id=primary&snapshot=true"):
        async with listen(gateway, query) as socket:
            hello = await hear(socket)
            assert (hello.get("recovered"), hello.get("reason")) in (
                *((False, "epoch"), (None, None)),
            )
            part = await hear(socket)
            assert (part["type"], part["offset"]) == ("snapshot", hello["offset"])
            for name in ("orders", "trades", "positions"):
                path = f"/api/order-stream/{name}?account_id=primary"
                assert part["data"][name] == (await gateway.get(path))["data"]
            assert part["data"]["orders"][0]["status"] == "open"


async def test_what_is_not_understood_changes_nothing(gateway, autojump_clock):
    """Our own surface's words mean nothing here; an error, and it goes on as before."""
    async with listen(gateway, "?event_types=OnOrders") as socket:
        await hear(socket)
        for text in (
            *('{"action":"subscribe","types":["message"]}', "hello", '{"action":"subscribe"}'),
            *('{"action":"unsubscribe","event_types":["order_update"]}', "{}"),
        ):
            assert (await ask(socket, text))["type"] == "error"
        await gateway.tell(a_row("1"))
        assert (await hear(socket))["type"] == "OnOrders"


async def test_two_surfaces_tell_the_same(gateway, autojump_clock):
    """P1: both dialects have the same events at the same places."""
    async with listen(gateway, ALL_OF_IT) as theirs, listen(gateway, path="/ws/orders") as ours:
        await hear(theirs)
        await hear(ours)
        for n in range(20):
            await gateway.tell(a_row(str(n)), account="hedge" if n % 3 else "primary")
        pairs = [(await hear(theirs), await hear(ours)) for _ in range(20)]
    for one, other in pairs:
        for name in ("account_id", "timestamp", "epoch", "offset", "prev"):
            assert one[name] == other[name]
        assert one["data"]["order_id"] == other["data"]["order_id"]
        assert (one["type"], other["type"]) == ("OnOrders", "order_update")


@pytest.mark.process
async def test_it_ends_as_every_websocket_does(tmp_path):
    """P18, P21: refused before it is accepted; 4001 without its key, 1012 with its position."""
    keys = {"desk": a_key("k", "hedge"), "chief": a_key("c", expires_at=START.replace(year=9999))}
    async with a_gateway(tmp_path, keys=keys) as gateway, serving(gateway) as url:
        for query, headers, status in (
            *(("", {}, 401), ("?account_id=primary", {"X_API_Key": "k"}, 403)),
            *(("?account_id=x", {"X_API_Key": "c"}, 404), ("?types=x", {"X_API_Key": "k"}, 422)),
        ):
            assert (await refusal(url, f"{STREAM}{query}", **headers))[0] == status
        async with (
            dial(url, STREAM + ALL_OF_IT, X_API_Key="c") as chief,
            dial(url, STREAM + ALL_OF_IT, X_API_Key="k") as desk,
        ):
            await told(chief)
            await told(desk)
            gateway.access.use_keys(evolve(gateway.system.config, keys={"desk": keys["desk"]}))
            await gateway.tell(a_row("1"), account="hedge")
            assert (await closed(chief))[0] == 4001
            frame = await told(desk)
            gateway.stop.set()
            assert await closed(desk) == (1012, f"{frame['epoch']}:{frame['offset']}")
        with trio.fail_after(5):
            while gateway.system.broadcaster.statistics()["subscribers"]:
                await trio.testing.wait_all_tasks_blocked(0.01)
