"""The desk's hand through the door, on a real store."""

from contextlib import asynccontextmanager
from decimal import Decimal

import pytest
import trio

from actors import Config, open_system, system
from actors.domain.config import StoreConfig
from actors.domain.errors import Refused
from actors.domain.ids import OrderId
from actors.domain.model import Deadman
from actors.upstream import Change

from .broker import FakeUpstream
from .fakes import HEDGE, PRIMARY, a_config, a_row, fake_seams


@pytest.fixture
def desk(tmp_path, monkeypatch):
    """Give what runs a system of two accounts on one store, each account with an open order."""
    brokers = {name: FakeUpstream() for name in (PRIMARY, HEDGE)}
    for broker in brokers.values():
        broker.show(a_row("1"))
    monkeypatch.setitem(system.UPSTREAMS, "ticker_service", lambda name, *_: brokers[name])
    store = StoreConfig(str(tmp_path / "orderwire.db"))
    config = Config({PRIMARY: a_config(), HEDGE: a_config()}, store=store)

    @asynccontextmanager
    async def run(for_s=1.0):
        async with open_system(config, fake_seams()) as opened:
            await trio.sleep(for_s)
            yield opened

    return run


async def test_a_halt_is_of_one_account_and_outlives_a_restart(desk, autojump_clock):
    """P5: what was told is loaded with the view, before anything can be placed."""
    async with desk() as opened:
        await opened.halt("primary", "news")
        await opened.deadman("hedge", 60, cancel_open=True)
    async with desk(0) as opened:
        assert opened.status(PRIMARY).halted.reason == "news"
        assert opened.status(HEDGE).halted is None
        assert opened.status(HEDGE).deadman == Deadman(60, cancel_open=True)
        await trio.sleep(59)
        assert opened.status(HEDGE).halted is None
        await trio.sleep(5)
        assert opened.status(HEDGE).halted.by == "deadman"
        assert opened.view("hedge").orders[0].status == "CANCELLED"
        await opened.resume("primary")
    async with desk() as opened:
        assert opened.status(PRIMARY).halted is None
        assert opened.status(HEDGE).halted.by == "deadman"


async def test_orders_are_commanded_through_the_door(desk, autojump_clock):
    """Modify and cancel reach the account's broker; an account that is not there is refused."""
    async with desk() as opened:
        order_id = OrderId("1")
        changed = await opened.modify_order("primary", order_id, Change(price=Decimal(5)))
        assert (changed.order.price, changed.has_come) == (Decimal(5), True)
        ended = await opened.cancel_order("primary", order_id)
        assert (ended.order.status, ended.has_come) == ("CANCELLED", True)
        assert opened.view("hedge").orders[0].status == "OPEN"
        with pytest.raises(Refused, match="no account"):
            await opened.cancel_order("nobody", order_id)
