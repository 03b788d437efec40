from datetime import timedelta

import pytest
import trio
from quart.testing.connections import WebsocketDisconnectError

from actors.feed import Selection
from tests.actors.fakes import START, a_row, a_trade
from tests.web.fakes import ALL_TYPES, a_gateway, a_key, exact, until_live
from web.allowances import Bucket
from web.conversation import MESSAGES, error_frame, with_id
from web.wishes import EVENT_TYPES

FEED = Selection(frozenset({"primary"}), frozenset(EVENT_TYPES))


def listen(gateway, path="/ws/orders/primary"):
    """Open a websocket to the app itself, under a virtual clock."""
    return gateway.app.test_client().websocket(path)


async def hear(socket):
    """Wait for the next frame."""
    return exact(await socket.receive())


async def test_it_begins_with_the_position_from_which_events_follow(gateway, autojump_clock):
    """P3: connection_established names the position; the first event's prev is not beyond it."""
    await gateway.tell(a_row("0"))
    async with listen(gateway) as socket:
        hello = await hear(socket)
        journal = gateway.system.journal
        assert (hello["type"], hello["account_id"]) == ("connection_established", "primary")
        assert (hello["epoch"], hello["offset"]) == (journal.epoch, journal.end)
        assert hello["timestamp"].endswith("Z")
        assert "recovered" not in hello
        await gateway.tell(a_row("1", "COMPLETE", filled_quantity=50))
        event = await hear(socket)
        assert (event["type"], event["account_id"]) == ("order_update", "primary")
        assert (event["data"]["order_id"], event["data"]["status"]) == ("1", "COMPLETE")
        assert (event["epoch"], event["offset"]) == (hello["epoch"], hello["offset"] + 1)
        assert event["prev"] <= hello["offset"]
        assert event["timestamp"].endswith("Z")


async def test_quiet_is_told(gateway, autojump_clock):
    """After 15 s without an event comes a heartbeat, with epoch, offset and prev."""
    async with listen(gateway) as socket:
        hello = await hear(socket)
        begun_s = trio.current_time()
        beat = await hear(socket)
        assert trio.current_time() - begun_s == 15
        assert (beat["type"], beat["epoch"], beat["offset"]) == (
            *("heartbeat", hello["epoch"], hello["offset"]),
        )
        assert beat["prev"] <= hello["offset"]


async def test_a_heartbeat_tells_of_events_that_were_not_for_this_client(gateway, autojump_clock):
    """P3: a client that hears of no event still learns how far the record has gone."""
    async with listen(gateway) as socket:
        hello = await hear(socket)
        await gateway.tell(a_row("1"), account="hedge")
        beat = await hear(socket)
        assert (beat["type"], beat["offset"]) == ("heartbeat", hello["offset"] + 1)


async def test_a_resumed_client_gets_every_later_event_once(gateway, autojump_clock):
    """P4: since gives what came after, in order, each once, and says recovered."""
    journal = gateway.system.journal
    since = journal.end
    for n in range(150):
        await gateway.tell(a_row(str(n)))
    async with listen(gateway, f"/ws/orders/primary?since={journal.epoch}:{since}") as socket:
        hello = await hear(socket)
        assert (hello["recovered"], hello["offset"]) == (True, since)
        await gateway.tell(a_row("live"))
        events = [await hear(socket) for _ in range(151)]
    assert [event["offset"] for event in events] == list(range(since + 1, since + 152))
    assert [event["prev"] for event in events] == list(range(since, since + 151))


async def test_no_false_alarm_where_the_past_meets_the_present(gateway, autojump_clock):
    """P3: after a resumption that found nothing for this client, prev is still not beyond it."""
    journal = gateway.system.journal
    await gateway.tell(a_row("1"))
    since = journal.end
    await gateway.tell(a_row("2"), account="hedge")
    async with listen(gateway, f"/ws/orders/primary?since={journal.epoch}:{since}") as socket:
        assert (await hear(socket))["offset"] == since
        await trio.testing.wait_all_tasks_blocked()
        await gateway.tell(a_row("3"))
        event = await hear(socket)
    assert (event["data"]["order_id"], event["prev"]) == ("3", since)


async def test_who_cannot_resume_is_told_why_and_given_a_snapshot(gateway, autojump_clock):
    """P4: another epoch, or a place ahead of the log: recovered false, the reason, a snapshot."""
    await gateway.tell(a_row("1"))
    journal = gateway.system.journal
    for since, reason in (("other:1", "epoch"), (f"{journal.epoch}:9999", "ahead")):
        async with listen(gateway, f"/ws/orders/primary?since={since}") as socket:
            hello = await hear(socket)
            assert (hello["recovered"], hello["reason"]) == (False, reason)
            assert hello["offset"] == journal.end
            part = await hear(socket)
            assert (part["type"], part["offset"]) == ("snapshot", hello["offset"])


async def test_a_snapshot_is_exact_at_its_offset(gateway, autojump_clock):
    """P4: a snapshot has the committed day at one offset, and events follow from exactly there."""
    await gateway.tell(a_row("1"), a_trade("t"), events=2)
    async with listen(gateway, "/ws/orders?snapshot=true") as socket:
        hello = await hear(socket)
        assert hello["account_id"] is None
        parts = [await hear(socket), await hear(socket)]
        assert [(p["account_id"], p["part"], p["of"]) for p in parts] == [
            ("primary", 1, 2),
            ("hedge", 2, 2),
        ]
        assert {p["offset"] for p in parts} == {hello["offset"]}
        assert [row["order_id"] for row in parts[0]["data"]["orders"]] == ["1"]
        assert [row["trade_id"] for row in parts[0]["data"]["trades"]] == ["t"]
        await gateway.tell(a_row("2"))
        event = await hear(socket)
        assert (event["offset"], event["prev"] <= hello["offset"]) == (hello["offset"] + 1, True)


async def test_ping_is_answered_with_pong(gateway, autojump_clock):
    """The text ping gives the text pong, in its turn."""
    async with listen(gateway) as socket:
        await hear(socket)
        await socket.send("ping")
        assert await socket.receive() == "pong"


async def test_a_subscription_changes_from_its_place_on(gateway, autojump_clock):
    """Subscribe and unsubscribe answer with the new selection, the id and the position."""
    async with listen(gateway, "/ws/orders/primary?types=message") as socket:
        hello = await hear(socket)
        await gateway.tell(a_row("1"))
        await socket.send('{"action":"subscribe","types":["order_update"],"id":"a"}')
        answer = await hear(socket)
        assert answer == {
            "type": "subscribed",
            "types": ["message", "order_update"],
            "accounts": ["primary"],
            "id": "a",
            "epoch": hello["epoch"],
            "offset": hello["offset"] + 1,
        }
        await gateway.tell(a_row("2"))
        event = await hear(socket)
        assert event["data"]["order_id"] == "2"
        assert event["prev"] <= answer["offset"]
        await socket.send('{"action":"unsubscribe","types":["order_update"],"id":0}')
        answer = await hear(socket)
        assert (answer["type"], answer["types"], answer["id"]) == ("unsubscribed", ["message"], 0)
        await gateway.tell(a_row("3"))
        assert (await hear(socket))["type"] == "heartbeat"


async def test_get_status_gives_the_accounts_rows(gateway, autojump_clock):
    """get_status answers with the row of each account of this socket."""
    async with listen(gateway) as socket:
        await hear(socket)
        await socket.send('{"action":"get_status","id":"s"}')
        answer = await hear(socket)
        assert (answer["type"], answer["id"]) == ("status", "s")
        assert list(answer["accounts"]) == ["primary"]
        assert answer["accounts"]["primary"]["state"] == "live"
        assert answer["offset"] == gateway.system.journal.end


async def test_a_snapshot_may_be_asked_for(gateway, autojump_clock):
    """P3: events up to the snapshot come before it, none is lost, none comes again after it."""
    async with listen(gateway) as socket:
        hello = await hear(socket)
        await socket.send('{"action":"snapshot","id":5}')
        await gateway.tell(*(a_row(str(n)) for n in range(3)), events=3)
        frames = [await hear(socket) for _ in range(4)]
        await gateway.tell(a_row("after"))
        frames.append(await hear(socket))
    kinds = [frame["type"] for frame in frames]
    assert sorted(kinds) == ["order_update"] * 4 + ["snapshot"]
    offsets = [frame["offset"] for frame in frames if frame["type"] == "order_update"]
    assert offsets == [hello["offset"] + n for n in range(1, 5)]
    at = kinds.index("snapshot")
    assert frames[at]["id"] == 5
    assert frames[at]["offset"] == frames[at - 1]["offset"] if at else hello["offset"]
    assert frames[at + 1]["prev"] <= frames[at]["offset"] < frames[at + 1]["offset"]


async def test_a_snapshot_is_never_behind_what_follows_it(gateway, autojump_clock):
    """P4: asked for by a client that is behind, it comes after all that it includes."""
    async with listen(gateway) as socket:
        hello = await hear(socket)
        for n in range(200):
            await gateway.tell(a_row(str(n)))
        await socket.send('{"action":"snapshot"}')
        await trio.testing.wait_all_tasks_blocked()
        for n in range(200, 210):
            await gateway.tell(a_row(str(n)))
        frames = [await hear(socket) for _ in range(211)]
    at = [frame["type"] for frame in frames].index("snapshot")
    events = frames[:at] + frames[at + 1 :]
    assert [event["offset"] - hello["offset"] for event in events] == list(range(1, 211))
    assert all(event["offset"] <= frames[at]["offset"] for event in frames[:at])
    assert all(event["offset"] > frames[at]["offset"] for event in frames[at + 1 :])
    assert len(frames[at]["data"]["orders"]) == at


async def test_what_is_not_understood_changes_nothing(gateway, autojump_clock):
    """An unintelligible frame gets an error with its id, and the stream goes on as before."""
    async with listen(gateway) as socket:
        await hear(socket)
        for text in ("hello", '{"action":"subscribe","types":["x"],"id":9}', "{}"):
            await socket.send(text)
        first, second, third = [await hear(socket) for _ in range(3)]
        assert set(first) == {"type", "message"}
        assert (second["type"], second["id"]) == ("error", 9)
        assert third["type"] == "error"
        await gateway.tell(a_row("1"))
        assert (await hear(socket))["type"] == "order_update"


async def test_answers_keep_their_order(gateway, autojump_clock):
    """Whatever a client asks in a row is answered in that row."""
    async with listen(gateway) as socket:
        await hear(socket)
        for n in range(20):
            await socket.send(f'{{"action":"get_status","id":{n}}}')
            await socket.send("ping")
        heard = [await socket.receive() for _ in range(40)]
        assert heard[1::2] == ["pong"] * 20
        assert [exact(text)["id"] for text in heard[::2]] == list(range(20))


async def test_every_type_is_heard_unless_said_otherwise(gateway, autojump_clock):
    """A bare websocket hears all types of event of all accounts."""
    async with listen(gateway, "/ws/orders") as socket:
        await hear(socket)
        await socket.send('{"action":"subscribe","types":[],"id":1}')
        answer = await hear(socket)
        assert (answer["types"], answer["accounts"]) == (ALL_TYPES, ["hedge", "primary"])


async def test_latency_is_measured_for_live_orders_alone(gateway, autojump_clock):
    """order_update_latency_seconds counts live hand-overs, not a resumed client's backlog."""
    journal = gateway.system.journal
    since = journal.end
    other = gateway.system.broadcaster.subscribe(FEED)  # by which the feed has frames in memory
    await gateway.tell(a_row("1"))
    await trio.sleep(100)
    await other.next()
    async with listen(gateway, f"/ws/orders/primary?since={journal.epoch}:{since}") as socket:
        assert (await hear(socket))["recovered"]
        assert (await hear(socket))["data"]["order_id"] == "1"
        await gateway.tell(a_row("2"))
        assert (await hear(socket))["data"]["order_id"] == "2"
        await trio.testing.wait_all_tasks_blocked()
        answer = await gateway.app.test_client().get("/metrics")
    text = await answer.get_data(as_text=True)
    assert "order_update_latency_seconds_count 1.0" in text
    assert 'order_update_latency_seconds_bucket{le="0.0005"} 1.0' in text


def test_an_allowance_is_a_burst_and_a_rate():
    """P6: so many at once, then so many a second, however long it was quiet before."""
    allowance = Bucket(MESSAGES, 0.0)
    assert sum(allowance.take(0.0) for _ in range(1000)) == MESSAGES.burst
    assert sum(allowance.take(10.0) for _ in range(1000)) == min(
        MESSAGES.burst, 10 * MESSAGES.per_s
    )
    assert sum(allowance.take(10.5) for _ in range(1000)) == 0.5 * MESSAGES.per_s


def test_frames_take_the_id_as_it_was():
    """An id comes back as text or number, as it was given."""
    assert exact(with_id('{"a":1}', 'q"')) == {"a": 1, "id": 'q"'}
    assert exact(with_id('{"a":1}', 0)) == {"a": 1, "id": 0}
    assert with_id("{}", None) == "{}"
    assert exact(error_frame("no", 3)) == {"type": "error", "message": "no", "id": 3}


async def test_a_systems_accounts_settle(gateway, autojump_clock):
    """What these tests begin with is true: every account is live before the first frame."""
    await until_live(gateway.system)


async def test_an_expired_key_ends_its_sockets(tmp_path, autojump_clock):
    """P21: a key that runs out ends what was opened with it with 4001, though nobody took it away."""
    keys = {"desk": a_key("k", expires_at=START + timedelta(hours=1))}
    async with a_gateway(tmp_path, keys=keys) as gateway:
        client = gateway.app.test_client()
        begun_s = trio.current_time()
        async with client.websocket("/ws/orders", headers={"X-API-Key": "k"}) as socket:
            with pytest.raises(WebsocketDisconnectError) as end:
                while True:
                    await hear(socket)
        assert end.value.args == (4001,)
        assert trio.current_time() - begun_s == pytest.approx(3600, abs=60)


async def test_who_was_away_may_have_the_latest_alone(gateway, autojump_clock):
    """policy=latest: who comes back is told the last state of an order, and how many went before."""
    journal = gateway.system.journal
    since = journal.end
    for filled in (10, 20, 30):
        await gateway.tell(a_row("1", filled_quantity=filled))
    query = f"since={journal.epoch}:{since}&policy=latest&types=order_update"
    async with listen(gateway, f"/ws/orders/primary?{query}") as socket:
        assert (await hear(socket))["recovered"] is True
        event = await hear(socket)
        assert (event["data"]["filled_quantity"], event["conflated"]) == (30, 2)
        assert event["prev"] == since
        await gateway.tell(a_row("1", filled_quantity=40))
        later = await hear(socket)
        assert (later["prev"], "conflated" in later) == (event["offset"], False)
