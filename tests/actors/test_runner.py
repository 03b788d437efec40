"""A running batch: commits before it acts, learns from the view, and ends truly."""

from decimal import Decimal

import pytest
import trio

from actors.domain.errors import BrokerProtocol, BrokerUnreachable, NeedsLogin
from actors.runner import NEWS_PAUSE_S
from actors.upstream import Placement

from .fakes import DISK_FULL, a_leg_request
from .given_desk import Desk, desk_at_work, means_of, restarted


@pytest.mark.parametrize("tells", [True, False], ids=["the stream tells", "only snapshots tell"])
@pytest.mark.parametrize(
    ("symbols", "on_failure", "outcome"),
    [
        (("FILL", "REST"), None, "complete"),
        (("LOST", "FILL"), None, "complete"),
        (("REFUSE", "REJECT", "GONE"), None, "rejected_clean"),
        (("REST", "REFUSE"), None, "rolled_back_clean"),
        (("LOST", "REJECT"), None, "rolled_back_clean"),
        (("FILL", "PARTIAL", "REFUSE"), None, "unwound"),
        (("LATE", "GONE"), None, "unwound"),
        (("STUCK", "REFUSE"), None, "exposed"),
        (("FILL", "REFUSE"), "cancel_open", "exposed"),
        (("FILL", "REST", "REFUSE"), "keep", "kept"),
    ],
)
async def test_each_test_symbol_ends_as_it_must(
    symbols, on_failure, outcome, tells, autojump_clock
):
    """P9, P10: whatever the legs do, and whether or not the stream says a word: the outcome is
    named, the residual is what the broker holds, and nothing was sent twice.
    """
    desk = Desk()
    desk.line.broker.tells = tells
    async with desk_at_work(desk):
        batch = await desk.place(*symbols, on_failure=on_failure, wait_s=100)
        assert batch.outcome == outcome
        told = {rest.tradingsymbol: rest.quantity for rest in batch.residual}
        assert told == ({} if outcome in ("complete", "kept") else desk.net())
        sent = desk.line.broker.asked("place")
        assert len(sent) == len(set(sent))
        await trio.sleep(1)
        assert desk.batches() == [batch]


async def test_no_leg_leaves_before_its_intent_is_durable(autojump_clock):
    """P9: the first byte goes out after the commit, and so does each order of the way out."""
    async with desk_at_work() as desk:
        disk = desk.line.record.disk
        disk.pause_s = 1.0
        begun = trio.current_time()
        await desk.place("FILL", "REFUSE")
        first, *_, flatten = desk.line.broker.times("place")
        assert first - begun == pytest.approx(1.0)
        assert flatten - first >= 2.0


async def test_legs_go_out_side_by_side(autojump_clock):
    """Ten legs at a broker that takes a second cost a second, not ten."""
    async with desk_at_work() as desk:
        desk.line.broker.answer_s = 1.0
        await desk.place(*["REST"] * 10)
        times = desk.line.broker.times("place")
        assert len(times) == 10
        assert max(times) - min(times) < 0.01


async def test_a_store_that_fails_on_the_way_holds_the_way_out(autojump_clock):
    """P15: what is not durable is not done; once the disk is well the batch goes on to its end."""
    async with desk_at_work() as desk:
        await desk.place("FILL", "GONE", wait_s=1)
        desk.line.record.store.failing = DISK_FULL
        await trio.sleep(60)
        assert len(desk.line.broker.asked("place")) == 2
        desk.line.record.store.failing = None
        await trio.sleep(30)
        (batch,) = desk.batches()
        assert batch.outcome == "unwound"
        assert desk.net() == {}


async def test_what_was_learned_while_the_store_failed_is_not_forgotten(autojump_clock):
    """P15: an answer that came in the meantime counts once it can be made durable."""
    async with desk_at_work() as desk:
        desk.line.broker.answer_s = 2.0
        await desk.place("REFUSE", wait_s=0)
        desk.line.record.store.failing = DISK_FULL
        await trio.sleep(10)
        desk.line.record.store.failing = None
        await trio.sleep(10)
        (leg,) = desk.batches()[0].legs
        assert leg.error == "the broker refused it"
        assert desk.line.broker.times("find") == []


async def test_a_broker_that_cannot_be_asked_leaves_it_unknown(autojump_clock):
    """P10: no answer to the order and none to the question: `unknown`, and it says so; no order is
    sent again; once the broker answers the batch ends.
    """
    async with desk_at_work() as desk:
        await desk.place("GONE", wait_s=1)
        desk.line.broker.cannot_answer = BrokerUnreachable("down")
        await trio.sleep(30)
        (batch,) = desk.batches()
        assert (batch.outcome, batch.status) == ("unknown", "running")
        asked = len(desk.line.broker.times("find"))
        assert 10 <= asked <= 31
        desk.line.broker.cannot_answer = None
        await trio.sleep(10)
        assert desk.batches()[0].outcome == "rejected_clean"
        assert len(desk.line.broker.asked("place")) == 1


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (BrokerUnreachable("down"), "rejected_clean"),
        (NeedsLogin("refused"), "rejected_clean"),
        (BrokerProtocol("what?"), "rejected_clean"),
    ],
)
async def test_an_error_of_placing_is_certain_or_asked_about(error, outcome, autojump_clock):
    """P9: what surely was not done has failed at once; what may have been done is asked for."""
    async with desk_at_work() as desk:

        async def place(leg):
            raise error

        desk.line.broker.place = place
        batch = await desk.place("FILL")
        assert batch.outcome == outcome
        asked = len(desk.line.broker.times("find"))
        assert asked == (2 if isinstance(error, BrokerProtocol) else 0)
        assert batch.legs[0].error


async def test_an_order_that_the_broker_names_later_is_found_by_its_tag(autojump_clock):
    """P9: a queued placement has no id yet; the order book knows it by our tag."""
    async with desk_at_work() as desk:
        place = desk.line.broker.place

        async def queued(leg):
            await place(leg)
            return Placement(None)

        desk.line.broker.tells = False
        desk.line.broker.place = queued
        batch = await desk.place("REST")
        assert batch.outcome == "complete"
        assert batch.legs[0].order_id == "1"


@pytest.mark.parametrize("tells", [True, False])
async def test_a_queued_order_is_asked_for_only_when_the_stream_is_quiet(tells, autojump_clock):
    """P9: what became of a receipt is asked once, and not at all when it has been told already."""
    async with desk_at_work() as desk:
        broker, place = desk.line.broker, desk.line.broker.place

        async def queued(leg):
            return Placement(None, (await place(leg)).order_id)

        broker.tells = tells
        broker.place = queued
        batch = await desk.place("FILL")
        assert (batch.outcome, batch.legs[0].order_id) == ("complete", "1")
        await trio.sleep(5)
        assert broker.asked("settled") == ([] if tells else ["1"])


@pytest.mark.parametrize("symbols", [("REST",), ("FILL",), ("REST", "REFUSE")])
async def test_a_quiet_stream_is_not_waited_for(symbols, autojump_clock):
    """P7: when the stream does not tell what became of an order the account is asked soon, after a
    placement and after a cancel. Kite's stream says nothing of an order that comes to rest.
    """
    desk = Desk()
    desk.line.broker.tells = False
    async with desk_at_work(desk):
        begun = trio.current_time()
        batch = await desk.place(*symbols)
        assert batch.ended
        assert trio.current_time() - begun == pytest.approx(NEWS_PAUSE_S, abs=0.1)


async def test_a_leg_that_hangs_is_looked_for_each_second(autojump_clock):
    """P10: while nothing comes the runner keeps asking, and the minute calls the leg off."""
    desk = Desk()
    async with desk_at_work(desk):
        place = desk.line.broker._become

        def hangs(row):
            from attrs import evolve

            place(evolve(row, status="OPEN PENDING") if row.status == "OPEN" else row)

        desk.line.broker._become = hangs
        batch = await desk.place("REST", wait_s=100)
        assert batch.outcome in ("exposed", "rolled_back_clean")
        assert len(desk.line.broker.times("snapshot")) > 30


def native_legs(*symbols):
    """Give contracts of one underlying each named, as a native batch must be."""
    months = ("NOV", "DEC", "JAN")
    return [
        a_leg_request(
            f"{symbol}25{month}FUT",
            transaction_type=side,
            order_type="LIMIT",
            price=Decimal(100),
            validity="IOC",
            tag=f"desk{month}",
        )
        for symbol, month, side in zip(symbols, months, ("BUY", "SELL", "BUY"), strict=False)
    ]


@pytest.mark.parametrize("size", [2, 3])
@pytest.mark.parametrize(
    ("symbol", "outcome", "state"),
    [
        ("FILL", "complete", "filled"),
        ("LOST", "complete", "filled"),
        ("REST", "rolled_back_clean", "cancelled"),
        ("PARTIAL", "unwound", "cancelled"),
        ("REJECT", "rejected_clean", "rejected"),
        ("REFUSE", "rejected_clean", "rejected"),
        ("GONE", "rejected_clean", "rejected"),
    ],
)
async def test_a_native_batch_is_one_call_and_ends_whole(
    symbol, outcome, state, size, autojump_clock
):
    """P9, P10: all legs in one call, paid for once; they are told apart by symbol, whether the
    stream tells of them or a snapshot, and each has the caller's own tag.
    """
    desk = Desk()
    desk.line.broker.tells = size == 2
    desk.line.broker.has_native = True
    async with desk_at_work(desk):
        budget = means_of(desk).gate.budget
        batch = await desk.place_legs(*native_legs(*[symbol] * size), mode="native", wait_s=100)
        assert (batch.outcome, {leg.state for leg in batch.legs}) == (outcome, {state})
        (sent,) = desk.line.broker.asked("place_native")
        assert sent == [batch.legs[0].broker_tag] * size
        flattens = desk.line.broker.asked("place")
        assert len(flattens) == (size if outcome == "unwound" else 0)
        assert budget.use(desk.seams.now()).day == 1 + len(flattens)
        assert {symbol: n for symbol, n in desk.net().items() if outcome != "complete"} == {}
        whole = None if symbol in ("LOST", "GONE", "REFUSE") else "whole"
        assert batch.parent_order_id == whole
        orders = [row.value for row in desk.line.record.book.orders.values()][:size]
        if symbol not in ("REFUSE", "GONE"):
            assert [order.order_id for order in orders] == [leg.order_id for leg in batch.legs]
            assert [order.tag for order in orders] == [leg.tag for leg in batch.legs]


async def test_a_broker_that_fills_one_leg_alone_is_unwound(autojump_clock):
    """P10: it promised all or none; what it did all the same is stated and undone."""
    async with desk_at_work() as desk:
        desk.line.broker.has_native = True
        fill, rest = native_legs("FILL", "FILL")
        take = desk.line.broker._take

        def lies(leg, word, **how):
            return take(leg, "REST" if leg.index == 1 else word, **how)

        desk.line.broker._take = lies
        batch = await desk.place_legs(fill, rest, mode="native")
        assert batch.cause == "leg 1 (FILL25DECFUT) was cancelled"
        assert (batch.outcome, desk.net()) == ("unwound", {})


@pytest.mark.parametrize("seconds", [0.2, 5.0, 10.2, 11.0])
@pytest.mark.parametrize("symbol", ["LOST", "GONE"])
async def test_a_restart_finds_a_native_batch_by_its_one_tag(symbol, seconds, autojump_clock):
    """P9: what a crash left between intent and answer is asked for, never sent again."""
    first = Desk()
    first.line.broker.has_native = True
    async with desk_at_work(first):
        await first.place_legs(*native_legs(symbol, symbol), mode="native", wait_s=0)
        await trio.sleep(seconds)
    async with desk_at_work(restarted(first)) as again:
        await trio.sleep(30)
        (batch,) = again.batches()
        assert batch.outcome == ("complete" if symbol == "LOST" else "rejected_clean")
        assert len(again.line.broker.asked("place_native")) == 1
