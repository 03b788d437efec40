"""The client against the sandbox's Kite, in one process: two programs that share only the wire.

Kite ── HttpRequest ──▶ PaperBroker.handle
     ══ websocket codec over memory ══ PaperBroker.stream
"""

from contextlib import asynccontextmanager

import pytest
import trio
from attrs import evolve

from actors.domain.errors import BrokerRefused, BrokerUnknown, NeedsLogin, StreamLost
from actors.upstream import Change
from tests.actors.upstream.memory import NOW, MemoryNet
from tests.actors.upstream.paper import http_of, server_of
from tests.actors.upstream.samples import LEG
from web.sandbox.faults import Fault
from web.sandbox.paper import PaperOptions, open_paper

from .given import KiteNet, kite_of

FILL = evolve(LEG, tradingsymbol="FILL1", exchange="NSE", product="MIS", quantity=10)


@asynccontextmanager
async def paper(*faults, key="paper", **options):
    """Run a sandbox broker that speaks as Kite does, and give a client of it."""
    options = PaperOptions(upstream="kite", faults=faults, **options)
    async with open_paper(options, now=lambda: NOW) as broker:
        keys = {"api_key": "paper", "access_token": key, "api_secret": "paper"}
        addresses = {"url": "http://paper", "socket_url": "ws://paper/"}
        yield kite_of(
            http=http_of(broker), connect=KiteNet(MemoryNet(server_of(broker))), **keys, **addresses
        )


async def news(stream):
    """Give the next reports, past the heartbeats."""
    while not (reports := await stream.receive()):
        pass
    return reports


async def test_an_order_is_placed_heard_of_and_found(autojump_clock):
    """The stream, the book, the trades, the positions and the history agree."""
    async with paper() as kite, kite.stream() as stream:
        placed = await kite.place(FILL)
        (heard,) = await news(stream)
        assert (heard.order_id, heard.status, heard.tag) == (placed.order_id, "COMPLETE", "ow01abc")
        day = await kite.snapshot()
        assert day.notes == ()
        (order,) = day.orders
        assert (order.order_id, order.filled_quantity) == (placed.order_id, 10)
        assert {(one.order_id, one.quantity) for one in day.trades} == {(placed.order_id, 10)}
        (position,) = day.positions
        assert (position.side, position.quantity) == ("long", 10)
        assert await kite.find("ow01abc") == day.orders
        assert (await kite.history(placed.order_id))[-1].status == "COMPLETE"
        assert (await kite.fills([placed.order_id])).trades == day.trades


@pytest.mark.parametrize("order_type", ["MARKET", "SL-M"])
async def test_an_order_without_a_price_is_taken(autojump_clock, order_type):
    """The sandbox refuses it without market_protection, as Kite does; ours has it."""
    trigger = LEG.price if order_type == "SL-M" else None
    leg = evolve(FILL, order_type=order_type, price=None, trigger_price=trigger)
    async with paper() as kite:
        placed = await kite.place(leg)
        assert [one.order_id for one in await kite.find("ow01abc")] == [placed.order_id]


async def test_a_resting_order_is_modified_and_cancelled(autojump_clock):
    """A change is told as UPDATE, an end twice; a second end is refused."""
    async with paper() as kite, kite.stream() as stream:
        placed = await kite.place(evolve(FILL, tradingsymbol="REST1"))
        await kite.modify(placed.order_id, "regular", Change(quantity=20))
        (heard,) = await news(stream)
        assert (heard.status, heard.quantity) == ("UPDATE", 20)
        (order,) = await kite.find("ow01abc")
        assert (order.status, order.quantity) == ("OPEN", 20)
        await kite.cancel(placed.order_id, "regular")
        assert [(await news(stream))[0].status for _ in range(2)] == ["CANCELLED"] * 2
        (order,) = await kite.find("ow01abc")
        assert order.status == "CANCELLED"
        with pytest.raises(BrokerRefused):
            await kite.cancel(placed.order_id, "regular")


async def test_a_refusal_is_certain_and_a_missing_answer_is_not(autojump_clock):
    """P9: refused at the door, nothing stands under the tag; with no answer it may, or may not."""
    async with paper() as kite:
        with pytest.raises(BrokerRefused):
            await kite.place(evolve(FILL, tradingsymbol="REFUSE1"))
        assert await kite.find("ow01abc") == ()
        for symbol, stands in (("GONE1", 0), ("LOST1", 1)):
            with pytest.raises(BrokerUnknown):
                await kite.place(evolve(FILL, tradingsymbol=symbol))
            assert len(await kite.find("ow01abc")) == stands


async def test_a_broker_that_is_down_proves_nothing(autojump_clock):
    """A 503 at the door is no certain no of a placement."""
    async with paper(Fault("refuse")) as kite:
        with pytest.raises(BrokerUnknown):
            await kite.place(FILL)


async def test_a_wrong_token_needs_a_login_and_a_new_one_ends_that(autojump_clock):
    """The handshake and every call say so; what the login page gives becomes a token that works."""
    async with paper(key="wrong") as kite:
        for call in (kite.snapshot, lambda: kite.fills([]), lambda: kite.place(FILL)):
            with pytest.raises(NeedsLogin):
                await call()
        with pytest.raises(NeedsLogin):
            async with kite.stream():
                pass
        kite.login.use(await kite.login.exchange({"status": "success", "request_token": "r1"}))
        assert (await kite.snapshot()).orders == ()
        async with kite.stream() as stream:
            assert await stream.receive() == ()


async def test_an_idle_stream_stays_open_for_an_hour(autojump_clock):
    """The heart beats every two seconds, and that is all that is needed."""
    async with paper() as kite, kite.stream() as stream:
        for _ in range(1800):
            assert await stream.receive() == ()


async def test_a_stream_that_drops_is_lost(autojump_clock):
    """A connection cut without a close is a lost stream."""
    async with paper(Fault("drop")) as kite, kite.stream() as stream:
        await kite.place(FILL)
        with pytest.raises(StreamLost):
            await news(stream)


async def test_a_busy_day_is_read_in_full(autojump_clock):
    """Ten minutes of trading: every frame is read, and every row of the day."""
    async with paper(rate=5.0, seed=3) as kite, kite.stream() as stream:
        heard = {}
        with trio.move_on_after(600.1):  # between two changes, 0.2 s apart
            while True:
                for report in await stream.receive():
                    heard[report.order_id] = report
        day = await kite.snapshot()
        assert day.notes == ()
        assert len(day.orders) > 100
        told = [one for one in day.orders if one.order_id in heard]
        assert len(told) > 100
        assert all(one.filled_quantity == heard[one.order_id].filled_quantity for one in told)


async def test_a_margin_is_told(autojump_clock):
    """The hedge first, or not: it is another sum."""
    async with paper() as kite:
        sell = evolve(FILL, index=1, tradingsymbol="FILL2", transaction_type="SELL")
        hedged = await kite.margin([FILL, sell])
        naked = await kite.margin([sell, FILL])
        assert hedged.available is None
        assert 0 < hedged.required < naked.required
