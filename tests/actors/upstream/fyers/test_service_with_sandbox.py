"""The client against the sandbox's Fyers, in one process: two programs that share only the wire.

Fyers ── HttpRequest ──▶ PaperBroker.handle
      ══ websocket codec over memory ══ PaperBroker.stream
"""

from contextlib import asynccontextmanager
from decimal import Decimal

import pytest
import trio
from attrs import evolve

from actors.domain.errors import BrokerRefused, BrokerUnknown, NeedsLogin, StreamLost
from actors.domain.model import OrderReport, Position, Trade, trade_key
from actors.upstream import Change
from tests.actors.given_book import Bench
from tests.actors.upstream.fyers.given import service_of
from tests.actors.upstream.memory import NOW
from tests.actors.upstream.paper import http_of, server_of
from tests.actors.upstream.samples import LEG
from web.sandbox.faults import Fault
from web.sandbox.paper import PaperOptions, open_paper

FILL = evolve(
    LEG,
    tradingsymbol="FILL1",
    exchange="NSE",
    product="MIS",
    quantity=10,
    price=Decimal(100),
)


@asynccontextmanager
async def paper(*faults, token="paper", **options):
    """Run a sandbox broker that speaks as Fyers does, and give a client of it."""
    options = PaperOptions(upstream="fyers", faults=faults, **options)
    async with open_paper(options, now=lambda: NOW) as broker:
        serve = server_of(broker, lambda: net.headers[-1])
        service, net = service_of(http=http_of(broker), serve=serve, token=token, secret="paper")
        yield service


async def news(stream):
    """Give the next report, past the signs of life."""
    while not (reports := await stream.receive()):
        pass
    (report,) = reports
    return report


async def test_an_order_is_placed_heard_of_and_found(autojump_clock):
    """Socket, book, trades and positions agree: the trade comes before its order's fill, and is
    the same one by REST.
    """
    async with paper() as fyers, fyers.stream() as stream:
        placed = await fyers.place(FILL)
        heard = [await news(stream) for _ in range(5)]
        kinds = [OrderReport, OrderReport, Trade, OrderReport, Position]
        assert [type(one) for one in heard] == kinds
        statuses = [one.status for one in heard if isinstance(one, OrderReport)]
        assert statuses == ["PUT ORDER REQ RECEIVED", "OPEN", "COMPLETE"]
        assert {one.order_id for one in heard[:4]} == {placed.order_id}
        day = await fyers.snapshot()
        assert day.notes == ()
        assert day.trades == (heard[2],)
        (order,) = day.orders
        assert (order.status, order.filled_quantity, order.tag) == ("COMPLETE", 10, "ow01abc")
        (position,) = day.positions
        assert (position.id, position.quantity) == ("NSE:FILL1:MIS", 10)
        assert evolve(position, last_price=Decimal(0)) == heard[4]
        assert await fyers.find("ow01abc") == day.orders
        assert await fyers.history(placed.order_id) == day.orders
        assert (await fyers.fills([placed.order_id])).trades == day.trades


async def test_a_book_that_hears_and_asks_tells_each_thing_once(autojump_clock):
    """P2: what the socket told is told again by REST in other names, and makes no second event."""
    bench = Bench()
    async with paper() as fyers, fyers.stream() as stream:
        await fyers.place(FILL)
        for _ in range(5):
            bench.hear(await news(stream))
        kinds = ["order_update", "order_update", "trade_update", "order_update", "position_update"]
        assert bench.types() == kinds
        day = await fyers.snapshot()
        assert bench.ask(*day.orders) == []
        assert bench.ask_fills(day.trades, day.positions) == []
        assert list(bench.view.trades) == [trade_key(day.trades[0])]


async def test_a_resting_order_is_modified_and_cancelled(autojump_clock):
    """A change of the quantity alone goes out with the type and price that the order has."""
    async with paper() as fyers, fyers.stream() as stream:
        placed = await fyers.place(evolve(FILL, tradingsymbol="REST1"))
        assert [(await news(stream)).status for _ in range(2)][-1] == "OPEN"
        await fyers.modify(placed.order_id, "regular", Change(quantity=20))
        heard = await news(stream)
        assert (heard.status, heard.quantity, heard.price) == ("OPEN", 20, Decimal(100))
        await fyers.modify(placed.order_id, "regular", Change(price=Decimal(101)))
        assert (await news(stream)).price == Decimal(101)
        await fyers.cancel(placed.order_id, "regular")
        assert (await news(stream)).status == "CANCELLED"
        (order,) = await fyers.find("ow01abc")
        assert (order.status, order.quantity) == ("CANCELLED", 20)
        with pytest.raises(BrokerRefused):
            await fyers.cancel(placed.order_id, "regular")


async def test_several_orders_are_independent(autojump_clock):
    """One of a basket is refused, the other stands: none undoes another."""
    async with paper() as fyers:
        legs = [
            evolve(FILL, tradingsymbol=name, broker_tag=f"ow{name}")
            for name in ("REST1", "REFUSE1")
        ]
        said = await fyers.place_together(legs)
        assert said.startswith("order 2: ")
        assert len(await fyers.find("owREST1")) == 1
        assert await fyers.find("owREFUSE1") == ()


async def test_a_refusal_is_certain_and_a_missing_answer_is_not(autojump_clock):
    """P9: refused at the door, nothing stands under the tag; with no answer it may, or may not."""
    async with paper() as fyers:
        with pytest.raises(BrokerRefused):
            await fyers.place(evolve(FILL, tradingsymbol="REFUSE1"))
        assert await fyers.find("ow01abc") == ()
        for symbol, stands in (("GONE1", 0), ("LOST1", 1)):
            with pytest.raises(BrokerUnknown):
                await fyers.place(evolve(FILL, tradingsymbol=symbol))
            assert len(await fyers.find("ow01abc")) == stands


async def test_a_broker_that_is_down_proves_nothing_and_one_that_is_full_refuses(autojump_clock):
    """P9: a 503 at the door is no certain no; a 429 is, and questions then wait."""
    async with paper(Fault("refuse", for_s=1, on="orders")) as fyers:
        with pytest.raises(BrokerUnknown):
            await fyers.place(FILL)
    async with paper(Fault("refuse", for_s=0.5, status=429, on="orders")) as fyers:
        with pytest.raises(BrokerRefused, match="rate limit"):
            await fyers.place(FILL)
        with pytest.raises(BrokerRefused, match="s of quiet"):
            await fyers.snapshot()
        await trio.sleep(1)
        assert (await fyers.snapshot()).orders == ()


async def test_a_wrong_token_needs_a_login_and_a_new_one_ends_that(autojump_clock):
    """The handshake and every call say so; what the login page gives becomes a token that works."""
    async with paper(token="wrong") as fyers:
        for call in (fyers.snapshot, lambda: fyers.fills([]), lambda: fyers.place(FILL)):
            with pytest.raises(NeedsLogin):
                await call()
        with pytest.raises(NeedsLogin):
            async with fyers.stream():
                pass
        fyers.login.use(await fyers.login.exchange({"s": "ok", "auth_code": "code-1"}))
        assert (await fyers.snapshot()).orders == ()
        async with fyers.stream() as stream:
            assert await stream.receive() == ()


async def test_an_idle_stream_stays_open_for_an_hour(autojump_clock):
    """A ping and its pong each ten seconds, and that is all that is needed."""
    async with paper() as fyers, fyers.stream() as stream:
        for _ in range(360):
            assert await stream.receive() == ()


async def test_a_stream_that_drops_is_lost(autojump_clock):
    """A connection cut without a close is a lost stream."""
    async with paper(Fault("drop")) as fyers:
        with pytest.raises(StreamLost):
            async with fyers.stream() as stream:
                await fyers.place(FILL)
                while True:
                    await stream.receive()


async def test_a_busy_day_is_read_in_full(autojump_clock):
    """Ten minutes of trading: every frame is read, and every row of the day."""
    async with paper(rate=5.0, seed=3) as fyers, fyers.stream() as stream:
        heard = {}
        with trio.move_on_after(600.1):  # between two changes, 0.2 s apart
            while True:
                for report in await stream.receive():
                    if isinstance(report, OrderReport):
                        heard[report.order_id] = report
        day = await fyers.snapshot()
        assert day.notes == ()
        told = [one for one in day.orders if one.order_id in heard]
        assert len(told) > 100
        for one in told:
            last = heard[one.order_id]
            assert (one.status, one.filled_quantity) == (last.status, last.filled_quantity)


def spread(*symbols):
    """Give legs under one tag, bought and sold in turn."""
    leg = evolve(FILL, exchange="NFO", product="NRML", validity="IOC")
    return [
        evolve(leg, index=i, tradingsymbol=symbol, transaction_type=("BUY", "SELL", "BUY")[i])
        for i, symbol in enumerate(symbols)
    ]


async def test_a_whole_is_placed_heard_of_and_found_leg_by_leg(autojump_clock):
    """P9: one id for the whole; each leg has its own, under the one tag, by socket and by book."""
    symbols = ("FILL25NOVFUT", "FILL25DECFUT", "FILL25JANFUT")
    async with paper() as fyers, fyers.stream() as stream:
        assert fyers.has_native
        whole = await fyers.place_native(spread(*symbols))
        heard = [await news(stream) for _ in range(5 * 3)]
        found = await fyers.find("ow01abc")
        assert [(one.tradingsymbol, one.exchange, one.status) for one in found] == [
            (symbol, "NFO", "COMPLETE") for symbol in symbols
        ]
        ids = {one.order_id for one in found}
        assert len(ids | {whole}) == 4
        assert {one.order_id for one in heard if isinstance(one, OrderReport)} == ids
        assert {one.tag for one in heard if isinstance(one, OrderReport)} == {"ow01abc"}
        assert {one.order_id for one in heard if isinstance(one, Trade)} == ids


async def test_a_whole_that_is_not_taken_or_not_answered_says_so(autojump_clock):
    """P9: a refusal is certain; no answer is unknown, and the book tells of it by the tag."""
    async with paper() as fyers:
        with pytest.raises(BrokerRefused, match="REFUSE"):
            await fyers.place_native(spread("REFUSE25NOVFUT", "REFUSE25DECFUT"))
        for kind, count in (("GONE", 0), ("LOST", 2)):
            with pytest.raises(BrokerUnknown):
                await fyers.place_native(spread(f"{kind}25NOVFUT", f"{kind}25DECFUT"))
            assert len(await fyers.find("ow01abc")) == count


async def test_a_margin_is_told(autojump_clock):
    """P10: the hedge first needs less; what there is becomes less by what is held."""
    async with paper() as fyers:
        buy, sell = spread("FILL25NOVFUT", "FILL25DECFUT")
        hedged = await fyers.margin([buy, sell])
        assert hedged.required < (await fyers.margin([sell, buy])).required
        await fyers.place(buy)
        assert (await fyers.margin([sell])).available == hedged.available - 1000
