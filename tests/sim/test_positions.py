"""Simulated trading where only trades say what is held, from one reconcile to the next."""

from __future__ import annotations

import pytest
from attrs import evolve

from actors.domain.model import Note
from actors.upstream.kite.day import Day

from .checkers import Broken
from .world import Plan, run_world

PLAN = Plan(seed=4, length_s=30.0, rate=4.0, upstream="kite")


@pytest.fixture
def positions_are_unreadable(monkeypatch):
    """Have the positions that are asked for after fills lost; those of each reconcile are not."""
    ask = Day.fills

    async def fills(day, order_ids):
        answer = await ask(day, order_ids)
        return evolve(answer, positions=(), notes=(Note("error", "unreadable"),))

    monkeypatch.setattr(Day, "fills", fills)


@pytest.mark.usefixtures("positions_are_unreadable")
def test_between_a_fill_and_a_reconcile_trades_make_the_ledgers_net():
    """P7: with each trade comes the position that the broker's ledger has after it."""
    run_world(PLAN)


@pytest.mark.usefixtures("positions_are_unreadable")
def test_a_position_that_waits_for_the_listing_is_caught(monkeypatch):
    """The checker has teeth: without the trades, what is held is old until the next reconcile."""
    monkeypatch.setattr("actors.holdings.lacking", lambda *_: 0)
    with pytest.raises(Broken, match="P7: held"):
        run_world(evolve(PLAN, length_s=60.0))
