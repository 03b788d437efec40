"""After a batch has ended: late legs, exposures and what clears them, restarts included."""

from functools import partial

import pytest
import trio
from attrs import evolve

from actors.domain.batch import BatchRequest
from actors.domain.errors import BadRequest, BrokerUnreachable, Refused, Unavailable
from actors.domain.ids import BatchId
from actors.domain.model import Halt

from .fakes import DISK_FULL, PRIMARY, a_config, a_leg_request, a_position, a_row
from .given_desk import Desk, desk_at_work, restarted
from .given_stream import Line


def _turn_up(desk, batch, index, **changes):
    """Have a leg that was denied show itself at the broker after all."""
    leg = batch.legs[index]
    broker = desk.line.broker
    row = a_row(
        f"late{index}",
        "OPEN",
        tradingsymbol=leg.tradingsymbol,
        exchange=leg.exchange,
        product=leg.product,
        quantity=leg.quantity,
        tag=leg.broker_tag,
    )
    row = evolve(row, **changes)
    broker._net[leg.tradingsymbol] = row.filled_quantity
    broker._become(row)


async def test_a_leg_that_turns_up_after_the_end_is_cancelled(autojump_clock):
    """P9, P10: the gateway had been told twice that there is no such order; there is, and it is
    ended by the same policy. The outcome is told anew.
    """
    async with desk_at_work() as desk:
        batch = await desk.place("REST", "GONE")
        assert batch.outcome == "rolled_back_clean"
        await trio.sleep(1)
        _turn_up(desk, batch, 1)
        await trio.sleep(3)
        (again,) = desk.batches()
        assert (again.outcome, again.legs[1].state) == ("rolled_back_clean", "cancelled")
        assert again.revised_at > batch.completed_at
        assert desk.line.broker.orders["late1"].status == "CANCELLED"


async def test_a_leg_that_turns_up_filled_is_unwound(autojump_clock):
    """P10: what it bought is sold again, and nothing else is sent."""
    async with desk_at_work() as desk:
        batch = await desk.place("REST", "GONE")
        await trio.sleep(1)
        _turn_up(desk, batch, 1, status="COMPLETE", filled_quantity=50)
        await trio.sleep(3)
        (again,) = desk.batches()
        assert (again.outcome, desk.net()) == ("unwound", {})
        assert len(desk.line.broker.asked("place")) == 3
        assert again.revised_at is not None


async def test_a_late_leg_is_found_by_the_next_process_too(autojump_clock):
    """P9: its tag is watched across a restart: the reconcile brings it, and the policy follows."""
    async with desk_at_work() as desk:
        batch = await desk.place("REST", "GONE")
    _turn_up(desk, batch, 1)
    async with desk_at_work(restarted(desk), for_s=10) as again:
        (revised,) = again.batches()
        assert revised.legs[1].state == "cancelled"
        assert revised.revised_at is not None


async def test_complete_is_final(autojump_clock):
    """P10: an accepted order that is cancelled later is an order event, and no batch's affair."""
    async with desk_at_work() as desk:
        batch = await desk.place("REST", "FILL")
        desk.line.broker._become(
            evolve(desk.line.broker.orders[batch.legs[0].order_id], status="CANCELLED")
        )
        await trio.sleep(3)
        assert desk.batches() == [batch]


async def test_an_exposure_is_told_and_acknowledged(autojump_clock):
    """P10: counted and told as an error until the desk takes it; again does nothing."""
    async with desk_at_work() as desk:
        batch = await desk.place("STUCK", "REFUSE")
        await trio.sleep(1)
        assert (batch.outcome, desk.desk.exposing) == ("exposed", 1)
        assert any("leaves +50 STUCK" in text for text in desk.line.texts())
        told = await desk.desk.acknowledge(PRIMARY, batch.batch_id)
        await trio.sleep(1)
        assert (told.cleared_by, desk.desk.exposing) == ("acknowledged", 0)
        assert any("ended: acknowledged" in text for text in desk.line.texts())
        assert await desk.desk.acknowledge(PRIMARY, batch.batch_id) == told
        with pytest.raises(Refused, match="nothing to flatten") as refused:
            await desk.desk.flatten(PRIMARY, batch.batch_id, 10)
        assert refused.value.status == 409


async def test_an_acknowledgement_that_cannot_be_stored_is_not_one(autojump_clock):
    """P5, P15: 503 while the disk is full; the exposure stands until it is durable."""
    async with desk_at_work() as desk:
        batch = await desk.place("STUCK", "REFUSE")
        desk.line.record.store.failing = DISK_FULL
        with pytest.raises(Unavailable, match="cannot be stored yet"):
            await desk.desk.acknowledge(PRIMARY, batch.batch_id)
        desk.line.record.store.failing = None
        await trio.sleep(5)
        assert desk.batches()[0].cleared_by == "acknowledged"


async def test_an_exposure_is_flattened_again(autojump_clock):
    """P10: three more tries; when the broker fills them the batch is unwound, told anew."""
    async with desk_at_work() as desk:
        batch = await desk.place("FILL", "REFUSE", on_failure="cancel_open")
        assert batch.outcome == "exposed"
        again = await desk.desk.flatten(PRIMARY, batch.batch_id, 60)
        assert (again.outcome, again.residual, desk.net()) == ("unwound", (), {})
        assert (again.on_failure, again.revised_at is not None) == ("cancel_open", True)
        await trio.sleep(1)
        assert desk.desk.exposing == 0


async def test_who_does_not_wait_gets_the_flattening_as_it_stands(autojump_clock):
    """P10: it goes on by itself; while it runs it can be neither flattened nor acknowledged."""
    async with desk_at_work() as desk:
        batch = await desk.place("STUCK", "REFUSE")
        running = await desk.desk.flatten(PRIMARY, batch.batch_id, 2)
        assert running.status == "running"
        for call in (
            desk.desk.acknowledge(PRIMARY, batch.batch_id),
            desk.desk.flatten(PRIMARY, batch.batch_id, 2),
        ):
            with pytest.raises(Refused, match="is running") as refused:
                await call
            assert refused.value.status == 409
        await trio.sleep(60)
        assert desk.batches()[0].outcome == "exposed"


async def test_only_an_exposure_can_be_taken_or_flattened(autojump_clock):
    """404 for a batch that is not there, 409 for one that left nothing."""
    async with desk_at_work() as desk:
        batch = await desk.place("FILL")
        with pytest.raises(Refused, match="left no exposure: it is complete") as refused:
            await desk.desk.acknowledge(PRIMARY, batch.batch_id)
        assert refused.value.status == 409
        with pytest.raises(Refused) as refused:
            await desk.desk.flatten(PRIMARY, BatchId("none"), 1)
        assert refused.value.status == 404


async def test_an_account_that_goes_flat_clears_the_exposure(autojump_clock):
    """P10: somebody closed it at the broker's own terminal: seen flat, it is cleared."""
    async with desk_at_work() as desk:
        await desk.place("STUCK", "REFUSE")
        held = evolve(a_position("STUCK", 50), exchange="NFO", product="NRML", id="NFO:STUCK:NRML")
        desk.line.broker.positions = [held]
        desk.line.stream.nudge()
        await trio.sleep(3)
        assert desk.batches()[0].is_exposing
        desk.line.broker.positions = [evolve(held, quantity=0, side="flat")]
        desk.line.stream.nudge()
        await trio.sleep(3)
        assert (desk.batches()[0].cleared_by, desk.desk.exposing) == ("flat", 0)


async def test_an_exposure_survives_a_restart(autojump_clock):
    """P10: the next process counts it too, whatever day it is, until it is cleared."""
    async with desk_at_work() as desk:
        batch = await desk.place("STUCK", "REFUSE")
    async with desk_at_work(restarted(desk)) as again:
        assert again.desk.exposing == 1
        await again.desk.acknowledge(PRIMARY, batch.batch_id)
    async with desk_at_work(restarted(again)) as third:
        assert third.desk.exposing == 0


async def test_a_hold_calls_a_person(autojump_clock):
    """Kept like `keep`, with a warning that says what stands and why."""
    async with desk_at_work() as desk:
        batch = await desk.place("FILL", "REFUSE", on_failure="hold")
        await trio.sleep(1)
        assert batch.outcome == "kept"
        assert any("is on hold with 1 legs standing" in text for text in desk.line.texts())
        assert desk.desk.exposing == 0


async def test_a_halt_in_the_middle_stops_what_has_not_gone_out(autojump_clock):
    """A sequential batch whose account is halted: its next leg is not sent, the rest unwound."""
    async with desk_at_work() as desk:
        desk.line.broker.answer_s = 1.0
        async with trio.open_nursery() as nursery:
            nursery.start_soon(partial(desk.place, "FILL", "REST", mode="sequential"))
            await trio.sleep(0.5)
            halted = Halt(desk.seams.now(), "stop", "desk")
            desk.line.stream.row.note(halted=halted)
        (batch,) = desk.batches()
        assert (batch.outcome, batch.cause) == ("unwound", "the account was halted")
        assert [leg.state for leg in batch.legs] == ["filled", "cancelled"]
        assert desk.net() == {}


async def test_the_hedge_goes_first_at_the_broker_too(autojump_clock):
    """`hedge_first` with `advance_on: filled`: the sell leaves when the buy has filled."""
    async with desk_at_work() as desk:
        sell = evolve(a_leg_request("FILLB"), transaction_type="SELL")
        batch = await desk.place_legs(
            sell, a_leg_request("FILLA"), mode="hedge_first", advance_on="filled"
        )
        assert batch.outcome == "complete"
        tags = [batch.legs[1].broker_tag, batch.legs[0].broker_tag]
        assert desk.line.broker.asked("place") == tags
        hedge = await desk.place_legs(
            sell, a_leg_request("REST"), mode="hedge_first", advance_on="filled"
        )
        assert (hedge.outcome, hedge.legs[0].order_id) == ("rolled_back_clean", None)
        assert hedge.cause == "leg 1 (REST) was not filled within 10 s"


async def test_the_brokers_own_batch_is_asked_about_not_believed(autojump_clock):
    """P9: legs sent in one call end by what the order book shows, leg by leg."""
    desk = Desk(Line(a_config(batch_endpoint="broker")))
    async with desk_at_work(desk):
        batch = await desk.place("FILL", "REST")
        assert batch.outcome == "complete"
        (together,) = desk.line.broker.asked("place_together")
        assert together == [leg.broker_tag for leg in batch.legs]
        refused = await desk.place("FILL", "REFUSE", "FILL")
        assert (refused.outcome, desk.net()) == ("unwound", {"FILL": 50})
        assert "the broker refused it" in refused.legs[1].error
        desk.line.broker.cannot_answer = BrokerUnreachable("no way there")
        async with trio.open_nursery() as nursery:
            nursery.start_soon(desk.place, "FILL", "FILL")
            await trio.sleep(1)
            desk.line.broker.cannot_answer = None
        assert desk.batches()[-1].outcome == "rejected_clean"
        assert desk.batches()[-1].legs[0].denials == 0


async def test_a_dry_run_sends_and_stores_nothing(autojump_clock):
    """All that placing checks is checked; what would be sent and undone is said."""
    async with desk_at_work() as desk:
        legs = (a_leg_request("A"), evolve(a_leg_request("B"), transaction_type="SELL"))
        told = await desk.desk.dry_run(PRIMARY, BatchRequest(legs, mode="hedge_first"))
        assert (told.stages, told.calls) == (((0,), (1,)), 6)
        assert [(x.tradingsymbol, x.transaction_type) for x in told.way_out] == [
            ("B", "BUY"),
            ("A", "SELL"),
        ]
        with pytest.raises(BadRequest):
            await desk.desk.dry_run(PRIMARY, BatchRequest(()))
        assert desk.batches() == []
        assert desk.line.broker.asked("place") == []
