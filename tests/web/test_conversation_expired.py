import pytest
from quart.testing.connections import WebsocketDisconnectError

from actors.domain.ids import Offset
from tests.actors.fakes import a_row
from tests.web.test_conversation import hear, listen
from tests.web.test_metrics import scrape


async def test_who_comes_back_too_late_is_told_and_given_a_snapshot(gateway, autojump_clock):
    """P4: a place before the base: recovered false, `expired`, a snapshot; events follow from it."""
    await gateway.tell(a_row("1"))
    journal = gateway.system.journal
    journal.retire(Offset(2))
    async with listen(gateway, f"/ws/orders/primary?since={journal.epoch}:1") as socket:
        hello = await hear(socket)
        assert (hello["recovered"], hello["reason"]) == (False, "expired")
        part = await hear(socket)
        assert (part["type"], part["offset"]) == ("snapshot", hello["offset"])
        await gateway.tell(a_row("2"))
        assert (await hear(socket))["prev"] == hello["offset"]
    async with listen(gateway, f"/ws/orders/primary?since={journal.epoch}:2") as socket:
        assert (await hear(socket))["recovered"] is True


async def test_one_whose_place_is_retired_is_closed_with_it(
    gateway, autojump_clock, entries, monkeypatch
):
    """P4: one who was let in and has not read on before the events went is closed with 4008 and its
    place, and hears of the gap when it comes back with that: never a silent skip.
    """
    journal = gateway.system.journal
    since = f"{journal.epoch}:1"
    for n in range(3):
        await gateway.tell(a_row(str(n)))
    journal.retire(Offset(journal.end - 1))
    del journal._tail[:-1]
    with monkeypatch.context() as before:
        before.setattr(journal, "check", lambda _: None)
        async with listen(gateway, f"/ws/orders/primary?since={since}") as socket:
            assert (await hear(socket))["recovered"] is True
            with pytest.raises(WebsocketDisconnectError) as ended:
                await hear(socket)
            assert ended.value.args[0] == 4008
    async with listen(gateway, f"/ws/orders/primary?since={since}") as socket:
        assert (await hear(socket))["reason"] == "expired"
    assert [entry for entry in entries if entry["log_level"] == "error"] == []
    assert (await scrape(gateway))["subscribers_evicted_total", "expired"] == 1
