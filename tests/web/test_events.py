from types import SimpleNamespace

import pytest
import trio

from actors.feed import Selection
from tests.actors.fakes import a_row, a_trade
from tests.web.fakes import ALL_TYPES, a_gateway, a_key
from web import events


async def walked(gateway, query, since):
    """Every event from a place on, page by page, and the pages that it took."""
    found, pages = [], 0
    while True:
        answer = await gateway.get(f"/events?since={since}&{query}")
        found += answer["data"]
        pages += 1
        assert answer["next"] == f"{answer['epoch']}:{answer['offset']}"
        since = answer["next"]
        if not answer["more"]:
            return found, pages


async def test_events_are_told_as_on_the_websocket(gateway, autojump_clock):
    """P4: oldest first, each with its offset and `prev`; the first `prev` is the place asked for."""
    place = gateway.system.journal.position
    await gateway.tell(a_row("1"))
    await gateway.tell(a_row("2"), account="hedge")
    answer = await gateway.get(f"/events?since={place}")
    assert (answer["status"], answer["count"], answer["more"]) == ("success", 2, False)
    order, other = answer["data"]
    assert (order["type"], order["account_id"]) == ("order_update", "primary")
    assert (order["data"]["order_id"], other["account_id"]) == ("1", "hedge")
    assert (order["epoch"], order["offset"], order["prev"]) == (
        *(place.epoch, place.offset + 1, place.offset),
    )
    assert (other["offset"], other["prev"]) == (place.offset + 2, place.offset + 1)
    assert set(order) == {
        *("type", "account_id", "data", "timestamp", "epoch", "offset", "prev"),
    }
    assert answer["next"] == str(gateway.system.journal.position)


async def test_pages_meet_without_overlap_or_hole(gateway, autojump_clock):
    """P4: walking by `next`, every event comes once, and each `prev` is the offset before it."""
    for n in range(7):
        await gateway.tell(a_row(str(n)))
    epoch, end = gateway.system.journal.epoch, gateway.system.journal.end
    found, pages = await walked(gateway, "limit=3", f"{epoch}:0")
    assert [event["offset"] for event in found] == list(range(1, end + 1))
    assert [event["prev"] for event in found] == list(range(end))
    assert pages == -(-end // 3)


async def test_with_no_place_it_begins_with_the_first(gateway, autojump_clock):
    """A caller who holds nothing yet gets the record from its beginning, and so the epoch."""
    answer = await gateway.get("/events?limit=1")
    assert [event["offset"] for event in answer["data"]] == [1]
    assert answer["more"] is True


async def test_next_moves_on_where_nothing_is_for_the_caller(gateway, autojump_clock, monkeypatch):
    """P4: a poller who may read nothing of a stretch does not turn there; `prev` spans it."""
    monkeypatch.setattr(events, "SCAN_MAX", 4)
    place = gateway.system.journal.position
    for n in range(10):
        await gateway.tell(a_row(str(n)))
    await gateway.tell(a_row("h"), account="hedge")
    first = await gateway.get(f"/events?since={place}&accounts=hedge")
    assert (first["data"], first["next"], first["more"]) == (
        *([], f"{place.epoch}:{place.offset + 4}", True),
    )
    found, pages = await walked(gateway, "accounts=hedge", place)
    assert [event["data"]["order_id"] for event in found] == ["h"]
    assert found[0]["prev"] == place.offset + 8
    assert pages == 3


async def test_types_and_accounts_are_chosen(gateway, autojump_clock):
    """`types` and `accounts` choose as they do in a websocket's URL."""
    place = gateway.system.journal.position
    await gateway.tell(a_row("1"))
    await gateway.tell(a_trade("t1", order_id="1"))
    await gateway.tell(a_row("2"), account="hedge")
    found, _ = await walked(gateway, "types=trade_update,message", place)
    assert [event["type"] for event in found] == ["trade_update"]
    found, _ = await walked(gateway, "accounts=hedge", place)
    assert [event["account_id"] for event in found] == ["hedge"]


async def test_only_what_one_may_read_is_told(tmp_path, autojump_clock):
    """P21: a key for one account hears of that one; the other's name is one that is not known."""
    keys = {"desk": a_key("k", "hedge"), "writer": a_key("w", rights=("trade",))}
    async with a_gateway(tmp_path, keys=keys) as gateway:
        await gateway.tell(a_row("1"))
        await gateway.tell(a_row("2"), account="hedge")
        answer = await gateway.get("/events", X_API_Key="k")
        assert {event["account_id"] for event in answer["data"]} == {"hedge"}
        assert answer["offset"] == gateway.system.journal.end
        assert "title" in await gateway.get("/events?accounts=primary", 422, X_API_Key="k")
        assert "title" in await gateway.get("/events", 403, X_API_Key="w")
        assert "title" in await gateway.get("/events", 401)


async def test_a_place_that_cannot_be_gone_on_from_says_why(gateway, autojump_clock):
    """P4: another epoch is 410, a place ahead of the log 409, each with its reason as a word."""
    epoch, end = gateway.system.journal.epoch, gateway.system.journal.end
    gone = await gateway.get("/events?since=other:1", 410)
    assert (gone["status"], gone["reason"]) == (410, "epoch")
    ahead = await gateway.get(f"/events?since={epoch}:{end + 1}", 409)
    assert (ahead["status"], ahead["reason"]) == (409, "ahead")
    answer = await gateway.get(f"/events?since={epoch}:{end}")
    assert (answer["data"], answer["next"]) == ([], f"{epoch}:{end}")


async def test_what_is_retired_is_said_to_be(gateway, autojump_clock):
    """P4: a place before the base is 410 `expired`; with no place it begins with the first kept."""
    for n in range(5):
        await gateway.tell(a_row(str(n)))
    journal = gateway.system.journal
    journal.retire(3)
    gone = await gateway.get(f"/events?since={journal.epoch}:2", 410)
    assert gone["reason"] == "expired"
    answer = await gateway.get("/events")
    assert [event["offset"] for event in answer["data"]] == list(range(4, journal.end + 1))
    assert answer["data"][0]["prev"] == 3


@pytest.mark.parametrize(
    ("query", "path"),
    [
        ("since=x", "?since"),
        ("since=e:-1", "?since"),
        ("limit=0", "?limit"),
        ("limit=1001", "?limit"),
        ("types=orders", "?types"),
        ("accounts=nobody", "?accounts"),
        ("at=1", "?at"),
        ("limit=1&limit=2", "?limit"),
    ],
)
async def test_what_is_not_understood_is_named(gateway, autojump_clock, query, path):
    """A bad parameter is 422 with its name."""
    answer = await gateway.get(f"/events?{query}", 422)
    assert [fault["path"] for fault in answer["errors"]] == [path]


async def test_a_page_ends_when_it_is_large_enough(gateway, autojump_clock, monkeypatch):
    """P20: an answer's bytes are bounded, whatever the limit; the rest follows by `next`."""
    monkeypatch.setattr(events, "PAGE_BYTES", 500)
    place = gateway.system.journal.position
    for n in range(4):
        await gateway.tell(a_row(str(n)))
    answer = await gateway.get(f"/events?since={place}")
    assert (answer["count"], answer["more"]) == (1, True)
    found, pages = await walked(gateway, "", place)
    assert (len(found), pages) == (4, 4)


async def test_what_is_not_in_memory_is_read_from_the_store(gateway, autojump_clock, monkeypatch):
    """P4: a place older than the journal's tail is served from the store, through its seam."""
    for n in range(5):
        await gateway.tell(a_row(str(n)))
    journal = gateway.system.journal
    del journal._tail[:-1]
    hops, offload = [], journal._offload

    async def counted(call):
        hops.append(call)
        return await offload(call)

    monkeypatch.setattr(journal, "_offload", counted)
    found, _ = await walked(gateway, "", f"{journal.epoch}:0")
    assert [event["offset"] for event in found] == list(range(1, journal.end + 1))
    assert hops


async def test_a_long_look_lets_others_run(gateway, autojump_clock, monkeypatch):
    """P6: between two reads of a page everyone else has a turn."""
    monkeypatch.setattr(events, "READ_MAX", 1)
    for n in range(5):
        await gateway.tell(a_row(str(n)))
    journal, turns, at_reads = gateway.system.journal, 0, []
    read = journal.read

    async def noted(after, limit):
        at_reads.append(turns)
        return await read(after, limit)

    async def other():
        nonlocal turns
        while True:
            await trio.lowlevel.checkpoint()
            turns += 1

    seen = SimpleNamespace(epoch=journal.epoch, end=journal.end, read=noted)
    everything = Selection(frozenset(gateway.system.accounts), frozenset(ALL_TYPES))
    async with trio.open_nursery() as nursery:
        nursery.start_soon(other)
        page = await events.read_page(seen, everything, 0, 100)
        nursery.cancel_scope.cancel()
    assert len(page.frames) == len(at_reads) == seen.end
    assert at_reads[-1] >= len(at_reads) - 2
