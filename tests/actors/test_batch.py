"""The desk: who is let in, who waits with whom, and what a restart takes up."""

import pytest
import trio

from actors import batch as batch_module
from actors.admission import NOT_READY
from actors.domain.batch import IdempotencyClaim
from actors.domain.errors import BadRequest, GatewayBug, Refused, StoreError, Unavailable
from actors.domain.saga import decide

from .broker import FakeUpstream
from .fakes import DISK_FULL, PRIMARY, a_config
from .given_desk import KEY, Desk, desk_at_work, restarted
from .given_stream import Line


async def test_a_batch_is_placed_and_waited_for(autojump_clock):
    """P10: all legs accepted: complete, with their orders, under our tags, told as events."""
    async with desk_at_work() as desk:
        batch = await desk.place("FILL1", "REST1", "PARTIAL1")
        assert (batch.outcome, batch.status) == ("complete", "success")
        assert [leg.state for leg in batch.legs] == ["filled", "accepted", "partially_filled"]
        assert desk.batches() == [batch]
        orders = [row.value for row in desk.line.record.book.orders.values()]
        assert {order.broker_tag for order in orders} == {leg.broker_tag for leg in batch.legs}
        assert {order.origin for order in orders} == {"orderwire"}
        await trio.sleep(1)
        assert desk.desk.running == 0


async def test_a_fault_refuses_the_whole_batch(autojump_clock):
    """P9: one bad leg and nothing is sent, nothing is stored."""
    async with desk_at_work() as desk:
        with pytest.raises(BadRequest, match=r"\$\.orders\[1\]\.tradingsymbol"):
            await desk.place("FILL", "")
        assert desk.line.broker.asked("place") == []
        assert desk.batches() == []


async def test_the_wish_decides_what_a_failure_does(autojump_clock):
    """`on_failure` beats `rollback_on_failure`, of which true is the account's setting."""
    config = a_config(rollback="cancel_open")
    async with desk_at_work(Desk(Line(config))) as desk:
        by_account = await desk.place("FILL1", "REFUSE")
        kept = await desk.place("FILL2", "REFUSE", rollback_on_failure=False)
        by_wish = await desk.place("FILL3", "REFUSE", on_failure="cancel_and_flatten")
        assert [b.outcome for b in (by_account, kept, by_wish)] == ["exposed", "kept", "unwound"]


async def test_who_waits_no_longer_gets_the_batch_as_it_stands(autojump_clock):
    """P10: after wait_s the batch is given while it runs, durable all the same; it goes on."""
    async with desk_at_work() as desk:
        begun = trio.current_time()
        batch = await desk.place("GONE", wait_s=2)
        assert trio.current_time() - begun == pytest.approx(2)
        assert (batch.status, desk.desk.running) == ("running", 1)
        await trio.sleep(30)
        assert desk.batches()[0].outcome == "rejected_clean"
        assert desk.desk.running == 0


async def test_what_is_answered_is_durable(autojump_clock):
    """P5: even who does not want to wait is answered only once the intent is on the disk."""
    async with desk_at_work() as desk:
        desk.line.record.disk.pause_s = 3.0
        batch = await desk.place("REST", wait_s=0)
        assert [b.batch_id for b in desk.batches()] == [batch.batch_id]


async def test_a_store_that_fails_at_the_intent_sends_nothing(autojump_clock):
    """P9, P15: no intent on the disk, no leg on the wire, and no batch in the books."""
    async with desk_at_work() as desk:
        desk.line.record.store.failing = DISK_FULL
        with pytest.raises((StoreError, Unavailable)):
            await desk.place("FILL", claim=KEY)
        with pytest.raises(Unavailable):
            await desk.place("FILL", claim=KEY)
        desk.line.record.store.failing = None
        await trio.sleep(5)
        assert desk.line.broker.asked("place") == []
        assert desk.batches() == []
        batch = await desk.place("FILL", claim=KEY)
        assert batch.outcome == "complete", "a refusal is not stored under the key"


async def test_a_twin_waits_with_the_first(autojump_clock):
    """P11: the same key and body at the same time and later: one batch, one sending."""
    async with desk_at_work() as desk:
        found = []

        async def place():
            found.append(await desk.place("LOST", claim=KEY))

        async with trio.open_nursery() as nursery:
            for _ in range(5):
                nursery.start_soon(place)
        found.append(await desk.place("LOST", claim=KEY))
        assert len({batch.batch_id for batch in found}) == 1
        assert {batch.outcome for batch in found} == {"complete"}
        assert len(desk.line.broker.asked("place")) == 1


async def test_the_same_key_with_another_body_is_409(autojump_clock):
    """P11: while the first runs and after it has ended."""
    other = IdempotencyClaim("key", "another body")
    async with desk_at_work() as desk:
        await desk.place("LOST", claim=KEY, wait_s=1)
        for _ in range(2):
            with pytest.raises(Refused, match="another body") as caught:
                await desk.place("FILL", claim=other)
            assert caught.value.status == 409
            await trio.sleep(60)
        assert len(desk.batches()) == 1


async def test_a_key_stands_for_a_day_and_no_longer(autojump_clock):
    """P11: for 24 h the same batch; then the key is free."""
    async with desk_at_work() as desk:
        first = await desk.place("FILL1", claim=KEY)
        await trio.sleep(batch_module.CLAIM_S - 60)
        assert await desk.place("FILL1", claim=KEY) == first
        await trio.sleep(120)
        assert (await desk.place("FILL1", claim=KEY)).batch_id != first.batch_id


async def test_a_key_survives_a_restart(autojump_clock):
    """P11: an ended batch and a running one answer for their keys in the next process too."""
    running = IdempotencyClaim("other key", "body")
    async with desk_at_work() as desk:
        first = await desk.place("FILL", claim=KEY)
        second = await desk.place("LOST", claim=running, wait_s=1)
    async with desk_at_work(restarted(desk)) as again:
        assert await again.place("FILL", claim=KEY) == first
        taken_up = await again.place("LOST", claim=running)
        assert (taken_up.batch_id, taken_up.outcome) == (second.batch_id, "complete")
        assert len(again.line.broker.asked("place")) == 2


@pytest.mark.parametrize("seconds", [0.2, 0.5, 5.0, 10.2, 10.4, 11.0, 12.0])
async def test_a_restart_takes_up_what_runs(seconds, autojump_clock):
    """P9, P10: a process that dies anywhere in the way out leaves it to the next one, which sends
    nothing twice and ends where the first would have ended.
    """
    async with desk_at_work() as desk:
        await desk.place("FILL", "LATE", "GONE", wait_s=0)
        await trio.sleep(seconds)
    async with desk_at_work(restarted(desk), for_s=120) as again:
        (batch,) = again.batches()
        assert batch.outcome == "unwound"
        assert again.net() == {}
        sent = again.line.broker.asked("place")
        assert len(sent) == len(set(sent))


@pytest.mark.parametrize("state", ["needs_login", "down", "stopped", "resyncing"])
async def test_an_account_that_is_not_ready_takes_no_batch(state, autojump_clock):
    """503: not before the first reconcile, and not while the account cannot be acted on."""
    async with desk_at_work() as desk:
        stream = desk.line.stream
        stream.row.note(state=state)
        with pytest.raises(Unavailable, match=NOT_READY[state].split(":")[0]):
            await desk.place("FILL")
    async with desk_at_work(Desk(), for_s=0) as desk:
        with pytest.raises(Unavailable, match="not reconciled"):
            await desk.place("FILL")


async def test_a_shadow_account_is_only_read(autojump_clock):
    """403: mode = "shadow" never acts."""
    async with desk_at_work(Desk(Line(a_config(mode="shadow")))) as desk:
        with pytest.raises(Refused) as caught:
            await desk.place("FILL")
        assert caught.value.status == 403


async def test_running_batches_are_bounded(autojump_clock, monkeypatch):
    """P20: beyond RUNNING_MAX a batch is told to come later."""
    monkeypatch.setattr(batch_module, "RUNNING_MAX", 2)
    async with desk_at_work() as desk:
        await desk.place("LOST", wait_s=0)
        await desk.place("GONE", wait_s=0)
        with pytest.raises(Unavailable, match="no more batches"):
            await desk.place("FILL")
        await trio.sleep(60)
        assert (await desk.place("FILL")).outcome == "complete"


async def test_settling_takes_no_more_and_waits_for_the_rest(autojump_clock):
    """P18: at the end of the gateway running batches get their time, new ones none."""
    async with desk_at_work() as desk:
        await desk.place("LOST", wait_s=0)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(desk.desk.settle, 60)
            await trio.sleep(1)
            with pytest.raises(Unavailable):
                await desk.place("FILL")
        assert desk.desk.running == 0
        assert desk.batches()[0].outcome == "complete"


async def test_settling_has_an_end(autojump_clock):
    """P18: a batch that does not end gets so long, also when the gateway is cancelled meanwhile."""
    async with desk_at_work() as desk:
        await desk.place("LOST", wait_s=0)
        begun_s = trio.current_time()
        with trio.move_on_after(0.1):
            await desk.desk.settle(0.5)
        assert trio.current_time() == begun_s + 0.5
        assert desk.desk.running == 1


async def test_what_ended_before_takes_nothing_of_the_time_to_settle(autojump_clock):
    """P18: where the end was known before, batches have until then, not so long once more."""
    async with desk_at_work() as desk:
        await desk.place("LOST", wait_s=0)
        begun_s = trio.current_time()
        desk.desk.settle_by_s = begun_s + 0.5
        await trio.sleep(0.4)
        await desk.desk.settle(60)
        assert trio.current_time() == begun_s + 0.5
        await desk.desk.settle(60)
        assert trio.current_time() == begun_s + 0.5


async def test_a_twin_of_one_that_dies_before_it_is_durable_is_told_so(autojump_clock):
    """P5: a gateway that closes under a batch not yet durable claims nothing of it."""
    desk = Desk()
    told = []

    async def place():
        with pytest.raises(Unavailable, match="closing"):
            await desk.place("FILL")
        told.append("closing")

    async with trio.open_nursery() as outer, desk_at_work(desk):
        desk.line.record.disk.pause_s = 20.0
        outer.start_soon(place)
        await trio.sleep(1)
    assert told == ["closing"]


async def test_a_defect_in_one_batch_leaves_the_others_alone(autojump_clock, monkeypatch):
    """Ours, 500: the batch that fell is told so, and taken up at the next start."""

    def falls(batch, scene):
        if batch.legs[0].tradingsymbol == "BAD" and batch.legs[0].state != "pending":
            raise RuntimeError("defect")
        return decide(batch, scene)

    async with desk_at_work() as desk:
        monkeypatch.setattr("actors.domain.saga.decide", falls)
        with pytest.raises(GatewayBug, match="fell"):
            await desk.place("BAD")
        assert (await desk.place("FILL")).outcome == "complete"
        monkeypatch.undo()
    async with desk_at_work(restarted(desk), for_s=30) as again:
        assert all(batch.ended for batch in again.batches())
        sent = again.line.broker.asked("place")
        assert len(sent) == len(set(sent))


async def test_an_intent_that_was_given_up_on_and_came_through_is_ended(autojump_clock):
    """P9, P10: the disk took longer than anyone waits; the batch is there, so it is brought to an
    end: the broker, asked, knows of no order, and none is sent.
    """
    async with desk_at_work() as desk:
        desk.line.record.disk.pause_s = 40.0
        with pytest.raises(Unavailable, match="not confirmed"):
            await desk.place("FILL")
        desk.line.record.disk.pause_s = 0.0
        await trio.sleep(60)
        (batch,) = desk.batches()
        assert batch.outcome == "rejected_clean"
        assert desk.line.broker.asked("place") == []


async def test_each_account_has_its_own_batches(autojump_clock):
    """News of one account wakes only its own runners; a stranger's batch is left alone."""
    async with desk_at_work() as desk:
        assert isinstance(desk.line.broker, FakeUpstream)
        batch = await desk.place("FILL")
        assert batch.account_id == PRIMARY
