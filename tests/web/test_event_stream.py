import pytest
import trio

from actors.domain.errors import PositionGone
from tests.actors.fakes import a_row
from tests.web.fakes import a_gateway, a_key, serving
from tests.web.raw import plug
from tests.web.sse import STREAM, listening, refused
from web import event_stream, peer
from web.event_stream import block, id_of, resumed_by
from web.wishes import Opening

pytestmark = pytest.mark.process


async def test_events_come_with_their_place_and_their_type(gateway):
    """P4: first the place, then each event: id EPOCH:OFFSET, its type, the frame of the websocket."""
    async with serving(gateway) as url, listening(url) as (headers, reader):
        assert headers["content-type"] == "text/event-stream"
        assert headers["cache-control"] == "no-store"
        assert headers["x-accel-buffering"] == "no"
        first = await reader.next()
        assert (first.kind, first.data["type"]) == ("connection_established",) * 2
        assert first.place == str(gateway.system.journal.position)
        assert reader.retry == event_stream.RETRY_MS
        await gateway.tell(a_row("1"))
        event = await reader.next()
        assert (event.kind, event.data["data"]["order_id"]) == ("order_update", "1")
        assert event.place == f"{event.data['epoch']}:{event.data['offset']}"
        assert event.data["prev"] == first.data["offset"]


async def test_the_last_id_is_gone_on_from(gateway):
    """P4: `Last-Event-ID` is later than the URL's place, and resumes: every event once, in order."""
    async with serving(gateway) as url:
        async with listening(url) as (_, reader):
            await reader.next()
            await gateway.tell(a_row("1"))
            await reader.next()
            place = reader.last_id
        await gateway.tell(a_row("2"))
        await gateway.tell(a_row("3"))
        stale = f"?since={gateway.system.journal.epoch}:0"
        last = b"Last-Event-ID: " + place.encode()
        for query, headers in ((f"?since={place}", ()), (stale, (last,))):
            async with listening(url, query, *headers) as (_, reader):
                first = await reader.next()
                assert (first.data["recovered"], first.place) == (True, place)
                told = [await reader.next() for _ in range(2)]
                assert [event.data["data"]["order_id"] for event in told] == ["2", "3"]
                assert told[0].data["prev"] == first.data["offset"]


async def test_what_cannot_be_gone_on_from_begins_with_the_whole(gateway):
    """P4: `recovered: false` and its reason, then a snapshot; only its last part has an id."""
    async with serving(gateway) as url:
        await gateway.tell(a_row("1"))
        async with listening(url, "", b"Last-Event-ID: other:7") as (_, reader):
            told = [await reader.next() for _ in range(3)]
            assert [event.kind for event in told] == [
                *("connection_established", "snapshot", "snapshot"),
            ]
            assert (told[0].data["recovered"], told[0].data["reason"]) == (False, "epoch")
            here = str(gateway.system.journal.position)
            assert [event.place for event in told] == [None, None, here]
            await gateway.tell(a_row("2"))
            assert (await reader.next()).data["prev"] == told[0].data["offset"]


async def test_a_snapshot_is_not_sent_again_to_one_who_comes_back(gateway):
    """A browser comes back to the URL that it has: its last id makes `snapshot=true` moot."""
    async with serving(gateway) as url:
        async with listening(url, "?snapshot=true") as (_, reader):
            while (await reader.next()).place is None:
                pass
        last = b"Last-Event-ID: " + reader.last_id.encode()
        async with listening(url, "?snapshot=true", last) as (_, again):
            assert (await again.next()).data["recovered"] is True
            await gateway.tell(a_row("1"))
            assert (await again.next()).kind == "order_update"


async def test_in_quiet_the_place_moves_on(gateway, monkeypatch):
    """P3: a heartbeat is a comment and an event with an id past what is not for this reader."""
    monkeypatch.setattr("actors.subscription.HEARTBEAT_S", 0.05)
    async with serving(gateway) as url, listening(url, "?types=message") as (_, reader):
        first = await reader.next()
        await gateway.tell(a_row("1"))
        with trio.fail_after(5):
            while reader.last_id == first.place:
                beat = await reader.next()
        assert (beat.kind, beat.comments) == ("heartbeat", ["nothing new"])
        assert beat.data["prev"] == first.data["offset"]
        assert reader.last_id == str(gateway.system.journal.position)


async def test_who_may_not_read_is_refused(tmp_path):
    """P21: 401 without a key, 403 without the right, 422 for an account that he may not know of."""
    keys = {"desk": a_key("k", "hedge"), "writer": a_key("w", rights=("trade",))}
    async with a_gateway(tmp_path, keys=keys) as gateway, serving(gateway) as url:
        for query, key, status in (
            *(("", b"X-API-Key: no", 401), ("", b"X-API-Key: w", 403)),
            *(("?accounts=primary", b"X-API-Key: k", 422), ("?since=x", b"X-API-Key: k", 422)),
        ):
            assert (await refused(url, query, key))[0] == status
        status, told = await refused(url, "", b"X-API-Key: k", b"Last-Event-ID: x")
        assert (status, told["errors"][0]["path"]) == (422, "Last-Event-ID")
        async with listening(url, "", b"X-API-Key: k") as (_, reader):
            await reader.next()
            await gateway.tell(a_row("1"))
            await gateway.tell(a_row("2"), account="hedge")
            assert (await reader.next()).data["account_id"] == "hedge"


async def test_a_key_has_only_so_many_open(tmp_path):
    """P20: a stream more than the key may have is 429 before it begins; one that ends makes room."""
    keys = {"desk": a_key("k", connections_max=1, requests_per_s=10_000)}
    async with a_gateway(tmp_path, keys=keys) as gateway, serving(gateway) as url:
        async with listening(url, "", b"X-API-Key: k") as (_, reader):
            await reader.next()
            assert (await refused(url, "", b"X-API-Key: k"))[0] == 429
        with trio.fail_after(5):
            while gateway.access.allowances.connections["desk"]:
                await trio.sleep(0.01)
        async with listening(url, "", b"X-API-Key: k") as (_, reader):
            await reader.next()


async def test_a_revoked_key_ends_it(tmp_path):
    """P21: when the key goes, the stream ends and says why; the next try is 401; it is counted."""
    keys = {"desk": a_key("k"), "ops": a_key("o")}
    async with a_gateway(tmp_path, keys=keys) as gateway, serving(gateway) as url:
        async with listening(url, "", b"X-API-Key: k") as (_, reader):
            await reader.next()
            config = gateway.system.config
            gateway.access.keys = {"ops": config.keys["ops"]}
            for tell in list(gateway.access.watchers):
                tell()
            end = await reader.next()
            assert (end.kind, end.data["reason"]) == ("end", "key_gone")
            assert await reader.next() is None
        assert (await refused(url, "", b"X-API-Key: k"))[0] == 401
        answer = await gateway.app.test_client().get("/metrics", headers={"X-API-Key": "o"})
        text = await answer.get_data(as_text=True)
        assert 'subscribers_evicted_total{reason="key_gone"} 1.0' in text


async def test_on_shutdown_it_ends_with_its_place(gateway):
    """P18: stopping ends each stream in order, with its place; the server is done at once."""
    async with serving(gateway, grace_s=30.0) as url, listening(url) as (_, reader):
        await reader.next()
        await gateway.tell(a_row("1"))
        event = await reader.next()
        gateway.stop.set()
        end = await reader.next()
        assert (end.kind, end.data["reason"]) == ("end", "restarting")
        assert end.place == event.place
        assert await reader.next() is None
        assert await reader.wire.rest() == b""


async def test_one_let_in_as_it_stops_is_ended_too(gateway, monkeypatch):
    """P18: one who was let in just before the stop, and began after it, does not hold it up."""
    enter = event_stream.EventStream.__aenter__

    async def late(stream):
        gateway.stop.set()
        await trio.testing.wait_all_tasks_blocked()
        return await enter(stream)

    monkeypatch.setattr(event_stream.EventStream, "__aenter__", late)
    async with serving(gateway, grace_s=30.0) as url, listening(url) as (_, reader):
        told = [await reader.next() for _ in range(3)]
        assert [each and each.kind for each in told] == ["connection_established", "end", None]


async def test_one_whose_place_is_retired_meanwhile_is_ended(gateway, monkeypatch, entries):
    """P4: who is so far behind that it cannot be gone on with hears why, and begins with the whole."""

    async def gone(_):
        raise PositionGone("expired")

    async with serving(gateway) as url:
        with monkeypatch.context() as patched:
            patched.setattr("actors.subscription.Subscription.next", gone)
            async with listening(url) as (_, reader):
                told = [await reader.next() for _ in range(3)]
                assert [each and each.kind for each in told] == [
                    *("connection_established", "end", None),
                ]
                assert (told[1].data["reason"], told[1].place) == ("expired", told[0].place)
    assert [entry for entry in entries if entry["log_level"] == "error"] == []


async def test_who_leaves_is_gone_at_once(gateway):
    """P6: a reader who hangs up leaves no subscription behind, and is no longer counted."""
    async with serving(gateway) as url:
        async with listening(url) as (_, reader):
            await reader.next()
            text = (await gateway.app.test_client().get("/metrics")).get_data(as_text=True)
            assert "event_streams 1.0" in await text
        with trio.fail_after(5):
            while gateway.system.broadcaster.statistics()["subscribers"]:
                await trio.sleep(0.01)


async def test_a_reader_who_stops_is_cut_and_holds_nobody_up(gateway, monkeypatch):
    """P6: not one byte taken for the stall's time ends it; another reader has every event."""
    monkeypatch.setattr(peer, "STALL_S", 0.5)
    monkeypatch.setattr("web.server.SEND_BUFFER_BYTES", 1 << 14)
    long = "x" * 400
    async with serving(gateway) as url:
        async with listening(url) as (_, stopped), listening(url) as (_, healthy):
            await stopped.next()
            await healthy.next()
            got = []

            async def read():
                while len(got) < 600:
                    got.append((await healthy.next()).data["offset"])

            with trio.fail_after(30):
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(read)
                    for n in range(0, 600, 50):
                        rows = [a_row(f"{n + i}", status_message=long) for i in range(50)]
                        await gateway.tell(*rows, events=50)
            assert got == list(range(got[0], got[0] + 600))
            with trio.fail_after(10):
                while gateway.system.broadcaster.statistics()["subscribers"] > 1:
                    await trio.sleep(0.05)
        answer = await gateway.app.test_client().get("/metrics")
        text = await answer.get_data(as_text=True)
        assert 'subscribers_evicted_total{reason="stalled"} 1.0' in text


async def test_a_head_is_answered_without_a_stream(gateway):
    """HEAD tells what a GET would be, and ends."""
    async with serving(gateway) as url, plug(url) as wire:
        await wire.ask("HEAD", STREAM)
        head = await wire.until(b"\r\n\r\n")
        assert b" 200 " in head
        assert b"text/event-stream" in head
    assert gateway.system.broadcaster.statistics()["subscribers"] == 0


def test_a_frame_is_written_as_an_event():
    """Lines of id, event and data, an empty line after; no id where one could not go on from."""
    text = '{"type":"order_update","data":{"offset":1},"epoch":"e","offset":7,"prev":3}'
    assert id_of(text, "e") == "e:7"
    assert id_of(text[:-1] + ',"conflated":2}', "e") == "e:7"
    assert block(text, "e:7") == f"id: e:7\nevent: order_update\ndata: {text}\n\n".encode()
    assert block('{"type":"snapshot"}', None) == b'event: snapshot\ndata: {"type":"snapshot"}\n\n'


def test_an_empty_last_id_is_none():
    """A browser that was told no id yet sends none, or an empty one: the URL decides."""
    opening = Opening(None, None, with_snapshot=True)
    assert resumed_by(opening, "") is opening
    assert resumed_by(opening, None) is opening
