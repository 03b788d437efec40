"""The client against the sandbox broker, in one process: two programs that share only the wire.

TickerService ── HttpRequest ──▶ PaperBroker.handle
              ══ websocket codec over memory ══ PaperBroker.stream
"""

from contextlib import asynccontextmanager
from decimal import Decimal

import attrs
import pytest
import trio

from actors.domain.config import AccountConfig
from actors.domain.errors import BrokerRefused, BrokerUnknown, NeedsLogin, StreamLost
from actors.domain.model import OrderReport, TaskReport
from actors.upstream import Change
from actors.upstream.ticker_service import open_ticker_service
from tests.actors.upstream import samples
from tests.actors.upstream.memory import NOW, MemoryNet, seams
from tests.actors.upstream.paper import http_of, server_of
from web.sandbox.faults import Fault
from web.sandbox.paper import PaperOptions, open_paper

LEG = attrs.evolve(
    samples.LEG,
    tradingsymbol="FILL1",
    exchange="NSE",
    product="MIS",
    quantity=10,
    price=Decimal("100.05"),
    tag=None,
)


@asynccontextmanager
async def paper(*faults, key="paper", **options):
    """Run a sandbox broker, and give a client of it."""
    async with open_paper(PaperOptions(faults=faults, **options), now=lambda: NOW) as broker:
        config = AccountConfig("ticker_service", "http://paper", key)
        world = seams(connect=MemoryNet(server_of(broker)), http=http_of(broker))
        yield open_ticker_service("primary", config, world)


async def test_an_order_is_placed_heard_of_and_found(autojump_clock):
    """Its id comes by way of its task; the stream, the book, the trades and the positions agree."""
    async with paper() as service, service.stream() as stream:
        placed = await service.settled((await service.place(LEG)).receipt)
        heard = [(await stream.receive())[0] for _ in range(3)]
        updates = [one for one in heard if isinstance(one, OrderReport)]
        assert [one.status for one in updates] == ["OPEN", "COMPLETE"]
        (told,) = [one for one in heard if isinstance(one, TaskReport)]
        assert (told.status, told.order_id) == ("completed", placed.order_id)
        assert await service.task(told.task_id) == told
        day = await service.snapshot()
        assert day.notes == ()
        (order,) = day.orders
        assert (order.order_id, order.tag, order.filled_quantity) == (
            placed.order_id,
            "ow01abc",
            10,
        )
        assert sum(trade.quantity for trade in day.trades) == 10
        assert {trade.order_id for trade in day.trades} == {placed.order_id}
        (position,) = day.positions
        assert (position.side, position.quantity) == ("long", 10)
        assert await service.find("ow01abc") == day.orders
        assert (await service.history(placed.order_id))[-1].status == "COMPLETE"
        assert (await service.fills([trade.order_id for trade in day.trades])).trades == day.trades


async def test_a_resting_order_is_modified_and_cancelled(autojump_clock):
    """A change of quantity and an end are seen in the book; a second end is refused."""
    leg = attrs.evolve(LEG, tradingsymbol="REST1")
    async with paper() as service:
        placed = await service.settled((await service.place(leg)).receipt)
        await service.modify(placed.order_id, "regular", Change(quantity=20))
        (order,) = await service.find("ow01abc")
        assert (order.status, order.quantity) == ("OPEN", 20)
        await service.cancel(placed.order_id, "regular")
        (order,) = await service.find("ow01abc")
        assert order.status == "CANCELLED"
        with pytest.raises(BrokerRefused):
            await service.cancel(placed.order_id, "regular")


async def test_a_refusal_is_certain_and_a_missing_answer_is_not(autojump_clock):
    """P9: refused at the door, nothing stands under the tag; with no answer it may, or may not."""
    async with paper() as service:
        with pytest.raises(BrokerRefused):
            await service.place(attrs.evolve(LEG, tradingsymbol="REFUSE1"))
        assert await service.find("ow01abc") == ()
        for symbol, stands in (("GONE1", 0), ("LOST1", 1)):
            with pytest.raises(BrokerUnknown):
                await service.place(attrs.evolve(LEG, tradingsymbol=symbol))
            assert len(await service.find("ow01abc")) == stands


async def test_a_lost_answer_is_unknown_and_found_by_tag(autojump_clock):
    """P9: the order was placed and its answer never came: unknown, and then found by its tag."""
    async with paper(Fault("lost", for_s=5)) as service:
        with pytest.raises(BrokerUnknown):
            await service.place(LEG)
        assert len(await service.find("ow01abc")) == 1


async def test_a_broker_that_refuses_calls_proves_nothing(autojump_clock):
    """A 503 at the door is no certain no of a placement."""
    async with paper(Fault("refuse")) as service:
        with pytest.raises(BrokerUnknown):
            await service.place(LEG)
        with pytest.raises(BrokerUnknown):
            await service.snapshot()


async def test_a_wrong_key_needs_a_login_everywhere(autojump_clock):
    """The stream's handshake and every call say so."""
    async with paper(key="wrong") as service:
        for call in (service.snapshot, lambda: service.fills([]), lambda: service.place(LEG)):
            with pytest.raises(NeedsLogin):
                await call()
        with pytest.raises(NeedsLogin):
            async with service.stream():
                pass


async def test_an_idle_stream_stays_open_for_hours(autojump_clock):
    """The sandbox closes who sends no text ping for 60 s; the client's pings keep it open."""
    async with paper() as service, service.stream() as stream:
        for _ in range(240):
            assert await stream.receive() == ()
        assert (await service.place(LEG)).receipt is not None
        assert isinstance((await stream.receive())[0], OrderReport)


async def test_a_stream_that_drops_is_lost(autojump_clock):
    """A connection cut without a close is a lost stream."""
    async with paper(Fault("drop")) as service, service.stream() as stream:
        await service.place(LEG)
        with pytest.raises(StreamLost):
            await stream.receive()


async def test_a_busy_day_is_read_in_full(autojump_clock):
    """Ten minutes of trading: every frame is read, and every row of the day."""
    async with paper(rate=5.0, seed=3) as service, service.stream() as stream:
        heard = {}
        with trio.move_on_after(600.1):  # between two changes, 0.2 s apart
            while True:
                for report in await stream.receive():
                    heard[report.order_id] = report
        day = await service.snapshot()
        assert day.notes == ()
        assert len(day.orders) > 100
        assert {one.order_id for one in day.orders} == set(heard)
        assert all(one.filled_quantity == heard[one.order_id].filled_quantity for one in day.orders)


async def test_the_published_batch_call_places_nothing_under_our_tags(autojump_clock):
    """P9: it lengthens each tag beyond what Kite takes; its answer says so, and the book agrees."""
    legs = [attrs.evolve(LEG, broker_tag=f"ow0{n}") for n in range(2)]
    async with paper() as service:
        assert "Invalid `tag`" in await service.place_together(legs)
        assert [await service.find(leg.broker_tag) for leg in legs] == [(), ()]
        assert (await service.snapshot()).orders == ()


async def test_a_margin_is_told(autojump_clock):
    """The hedge first, or not: it is another sum; a native batch is not for it."""
    async with paper() as service:
        sell = attrs.evolve(LEG, index=1, tradingsymbol="FILL2", transaction_type="SELL")
        hedged = await service.margin([LEG, sell])
        naked = await service.margin([sell, LEG])
        assert hedged.available is None
        assert 0 < hedged.required < naked.required
        assert not service.has_native
        with pytest.raises(BrokerRefused, match="nothing was sent"):
            await service.place_native([LEG, sell])
