"""The door of the batch desk: who may come in, why not, and as what."""

from datetime import timedelta
from decimal import Decimal

import pytest
import trio
from attrs import evolve

from actors.admission import COMMAND, calls_made
from actors.domain.batch import BatchRequest
from actors.domain.books import AccountBook
from actors.domain.config import LimitsConfig
from actors.domain.errors import BadRequest, Refused, Unavailable
from actors.domain.instruments import Instruments
from actors.domain.model import Halt, Message
from actors.listings import Listed, Source
from actors.runtime.limits import FAILURES

from .domain.given import CANCEL, POSITION, PRIMARY, a_batch, a_leg, after
from .fakes import a_config, a_leg_request, virtual_now
from .given_desk import Desk, desk_at_work, means_of
from .given_stream import Line


async def test_a_halted_account_takes_only_exits(autojump_clock):
    """409 with the desk's reason; what only reduces the account's position still passes."""
    async with desk_at_work() as desk:
        await desk.place("FILL")
        held = evolve(POSITION, exchange="NFO", tradingsymbol="FILL", product="NRML")
        desk.line.broker.positions.append(evolve(held, id="NFO:FILL:NRML"))
        desk.line.stream.nudge()
        await trio.sleep(2)
        desk.line.stream.row.note(halted=Halt(virtual_now(), "lunch", "desk"))
        with pytest.raises(Refused, match="halted: lunch") as refused:
            await desk.place("REST")
        assert refused.value.status == 409
        with pytest.raises(Refused, match="halted"):
            await desk.place_legs(
                evolve(a_leg_request("FILL"), transaction_type="SELL", quantity=51)
            )
        out = evolve(a_leg_request("FILL"), transaction_type="SELL")
        batch = await desk.place_legs(out)
        assert (batch.outcome, batch.is_exit) == ("complete", True)
        assert desk.net() == {}


async def test_a_broker_that_keeps_failing_is_spared_new_batches(autojump_clock):
    """503 while the breaker is open; it closes again by what is asked in any case."""
    async with desk_at_work() as desk:
        for _ in range(FAILURES):
            means_of(desk).breaker.failed()
        with pytest.raises(Unavailable, match="keeps failing"):
            await desk.place("FILL")
        assert desk.line.broker.asked("place") == []
        await trio.sleep(11)
        assert (await desk.place("FILL")).outcome == "complete"


LIST = "exchange,tradingsymbol,lot_size,tick_size\nNFO,{},25,0.05\n"


async def test_a_leg_that_no_list_has_waits_for_the_lists(autojump_clock):
    """503 with what is missing while a list is not there; what another list has goes by its lots,
    422; and once all are there, what none of them has is not judged.
    """
    there = Source("http://a", instruments=Instruments.parse(LIST.format("FILL1")))
    missing = Source("http://b", failure="its server answered 503")
    desk = Desk(listed=Listed((there, missing)))
    async with desk_at_work(desk):
        for legs in (["FILL2"], ["FILL1", "FILL2"]):
            with pytest.raises(Unavailable) as caught:
                await desk.place(*legs)
            assert str(caught.value) == (
                "the list of instruments of account primary is not loaded yet, and "
                f"orders[{len(legs) - 1}] is of none that is known "
                "(http://b: its server answered 503)"
            )
            assert caught.value.retry_after_s > 0
        with pytest.raises(BadRequest, match="a multiple of the lot, 25"):
            await desk.place_legs(a_leg_request("FILL1", quantity=30))
        assert desk.line.broker.asked("place") == []
        assert (await desk.place("FILL1")).outcome == "complete"
        missing.instruments = Instruments.parse(LIST.format("FILL2"))
        with pytest.raises(BadRequest, match="a multiple of the lot, 25"):
            await desk.place_legs(a_leg_request("FILL2", quantity=30))
        assert (await desk.place("FILL2", "FILL3")).outcome == "complete"


async def test_an_exit_waits_for_no_list(autojump_clock):
    """A desk gets out of what it holds whether or not a file can be had from somewhere."""
    desk = Desk(listed=Listed((Source("http://b"),)))
    async with desk_at_work(desk):
        held = evolve(POSITION, exchange="NFO", tradingsymbol="FILL", product="NRML")
        desk.line.broker.positions.append(evolve(held, id="NFO:FILL:NRML"))
        desk.line.stream.nudge()
        await trio.sleep(2)
        with pytest.raises(Unavailable, match="is not loaded yet"):
            await desk.place("FILL")
        out = a_leg_request("FILL", transaction_type="SELL", quantity=held.quantity)
        assert (await desk.place_legs(out)).outcome == "complete"


async def test_the_way_out_keeps_to_the_lists_steps(autojump_clock):
    """What closes a fill is priced by the instrument's own step, where a list has it."""
    desk = Desk(listed=Listed((Source("", instruments=Instruments.parse(LIST.format("FILL1"))),)))
    async with desk_at_work(desk):
        batch = await desk.place_legs(a_leg_request("FILL1"), a_leg_request("FILL2"))
        assert means_of(desk).prices_of(batch).ticks == {("NFO", "FILL1"): Decimal("0.05")}


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("needs_login", "needs a login at its broker: GET /accounts/primary/login"),
        ("down", "is down: its broker cannot be reached"),
        ("stopped", "is stopped: POST /accounts/primary/connect starts it"),
        ("resyncing", "is resyncing: wait until it is live"),
    ],
)
async def test_an_account_that_cannot_act_says_what_it_waits_for(autojump_clock, state, said):
    """503 names what is in the way, and what mends it."""
    async with desk_at_work() as desk:
        desk.line.stream.row.note(state=state)
        with pytest.raises(Unavailable, match=said):
            await desk.place("FILL")


async def test_a_login_that_is_due_to_end_takes_no_batch(autojump_clock):
    """503: a batch and its way out need the token for two minutes."""
    async with desk_at_work() as desk:
        desk.line.broker.expires_at = virtual_now() + timedelta(seconds=119)
        with pytest.raises(Unavailable, match="login of account primary is due to end"):
            await desk.place("FILL")
        desk.line.broker.expires_at = virtual_now() + timedelta(seconds=121)
        assert (await desk.place("FILL")).outcome == "complete"


async def test_an_equal_batch_within_the_window_is_sent_twice(autojump_clock):
    """409 naming the first one, also while it runs; legs in another order are the same legs."""
    desk = Desk(Line(a_config(duplicate_window_s=5.0)))
    async with desk_at_work(desk):
        first = await desk.place("REST", "FILL")
        with pytest.raises(Refused, match=first.batch_id) as refused:
            await desk.place("FILL", "REST")
        assert refused.value.status == 409
        assert (await desk.place("FILL")).outcome == "complete"
        await trio.sleep(5)
        assert (await desk.place("REST", "FILL")).outcome == "complete"
        async with trio.open_nursery() as nursery:
            nursery.start_soon(desk.place, "LOST")
            await trio.sleep(1)
            with pytest.raises(Refused, match="placed a moment ago"):
                await desk.place("LOST")


async def test_without_a_window_an_equal_batch_is_another_one(autojump_clock):
    """A desk that slices an order sends the same thing again and again."""
    async with desk_at_work() as desk:
        assert (await desk.place("FILL")).batch_id != (await desk.place("FILL")).batch_id


async def test_a_budget_without_room_for_the_way_out_takes_no_batch(autojump_clock):
    """429 with the seconds to wait: a batch of two legs needs six calls; what it did not need is
    given back at its end.
    """
    desk = Desk(limits=LimitsConfig(calls_per_second=1000, calls_per_minute=30))
    async with desk_at_work(desk):
        for _ in range(13):
            await desk.place("FILL", "FILL")
        with pytest.raises(Refused) as refused:
            await desk.place("FILL", "FILL")
        assert (refused.value.status, refused.value.retry_after_s > 0) == (429, True)
        assert len(desk.line.broker.asked("place")) == 26
        await trio.sleep(61)
        assert (await desk.place("FILL", "FILL")).outcome == "complete"


async def test_native_is_refused_where_the_broker_has_none(autojump_clock):
    """422 naming the field; nothing is sent."""
    async with desk_at_work() as desk:
        with pytest.raises(BadRequest) as refused:
            await desk.place("FILL", mode="native")
        assert [str(fault) for fault in refused.value.faults] == [
            "$.mode: fake has no native batches"
        ]


async def test_a_native_batch_that_is_none_is_refused_whole(autojump_clock):
    """P9: 422 naming each leg and field, beside what any batch is refused for; nothing is sent."""
    async with desk_at_work() as desk:
        desk.line.broker.has_native = True
        leg = a_leg_request("FILL25NOVFUT", order_type="LIMIT", price=Decimal(100), validity="IOC")
        other = evolve(leg, tradingsymbol="REST25NOVFUT", validity="DAY", quantity=0)
        with pytest.raises(BadRequest) as refused:
            await desk.place_legs(leg, other, mode="native")
        assert [str(fault).partition(":")[0] for fault in refused.value.faults] == [
            "$.orders[1].quantity",
            "$.orders[1].tradingsymbol",
            "$.orders[1].validity",
        ]
        assert desk.batches() == []


async def test_a_native_batch_begins_with_one_tag_and_waits_for_fills(autojump_clock):
    """P9: its legs are known by one tag and their symbols; calls: one to send, two a leg after."""
    async with desk_at_work() as desk:
        desk.line.broker.has_native = True
        limit = {"order_type": "LIMIT", "price": Decimal(100), "validity": "IOC"}
        legs = [a_leg_request(f"FILL25{month}FUT", **limit) for month in ("NOV", "DEC")]
        batch = await desk.place_legs(*legs, mode="native", advance_on="accepted")
        assert len({leg.broker_tag for leg in batch.legs}) == 1
        assert (batch.mode, batch.advance_on) == ("native", "filled")
        assert len(list(calls_made(desk.line.record.book))) == 1
        told = await desk.desk.dry_run(PRIMARY, BatchRequest(tuple(legs), mode="native"))
        assert (told.stages, told.calls) == (((0, 1),), 5)


async def test_a_batch_begins_as_the_account_has_it(autojump_clock):
    """The account's settings are written into the batch, so that a restart unwinds it alike."""
    settings = {"fill_wait_s": 7.0, "flatten": "market", "price_band_percent": Decimal(5)}
    desk = Desk(Line(a_config(**settings)))
    async with desk_at_work(desk):
        batch = await desk.place("FILL", on_failure="cancel_open")
    assert (batch.fill_wait_s, batch.is_exit) == (7.0, False)
    assert (batch.way_out.order_type, batch.way_out.band_percent) == ("MARKET", Decimal(5))
    assert not batch.way_out.flattens


def test_the_calls_of_before_are_known_from_the_store():
    """P20: legs, flattens, cancels, and what was asked for one by one; each once."""
    book = AccountBook(PRIMARY)
    leg = a_leg(0, "accepted", sent_at=after(1))
    unsent = a_leg(1, "cancelled")
    batch = evolve(a_batch(), legs=(leg, unsent))
    book.batches[batch.batch_id] = _Row(evolve(batch, rollback=(evolve(CANCEL, at=after(2)),)))
    for name, at in ((f"{COMMAND}1", after(3)), ("other", after(4))):
        book.messages.append(_Row(Message(name, "info", "cancel asked", None, at)))
    assert sorted(calls_made(book)) == [after(1), after(2), after(3)]


class _Row:
    def __init__(self, value):
        self.value = value
