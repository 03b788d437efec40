import json
from random import Random

import pytest
import trio
import trio.testing

from tests.web.sandbox.given import Clock, Floor, body
from tests.web.sandbox.test_ledger import books
from tests.web.sandbox.wire import call, connect, frames, placed
from web.sandbox.faults import Fault, FaultFileError
from web.sandbox.paper import STEPS_A_TURN, PaperOptions, open_paper, pace
from web.sandbox.trader import Trader


async def test_the_rate_is_kept_by_deadline(autojump_clock):
    """At 200 a second, ten virtual seconds make 2,000 changes over all accounts, each one told."""
    options = PaperOptions(accounts=("primary", "hedge"), rate=200, seed=4)
    async with open_paper(options, now=Clock()) as broker:
        await trio.sleep(10)
        told = sum(
            len([each for each in order.history if each.status not in TRANSIT])
            for book in broker.exchange.books.values()
            for order in book.orders.values()
        )
    assert abs(told - 2_000) <= 1


TRANSIT = {"PUT ORDER REQ RECEIVED", "VALIDATION PENDING", "OPEN PENDING"}


async def test_at_rate_zero_nothing_moves(autojump_clock):
    """A market that stands still has no orders but those that are placed."""
    async with open_paper(PaperOptions()) as broker:
        await trio.sleep(3600)
        assert broker.exchange.books["primary"].orders == {}


async def test_a_market_stands_still_for_as_long_as_it_is_told_to(autojump_clock):
    """No change meanwhile, what a caller places is traded all the same, and none is made up for."""
    async with open_paper(PaperOptions(rate=10, seed=3), now=Clock()) as broker:
        orders = broker.exchange.books["primary"].orders
        await trio.sleep(5.05)
        broker.meet([Fault("still", for_s=60)])
        before = {order_id: len(each.history) for order_id, each in orders.items()}
        await trio.sleep(30)
        assert {order_id: len(each.history) for order_id, each in orders.items()} == before
        await placed(broker, body("FILL1"))
        told = sum(len(each.history) for each in orders.values())
        await trio.sleep(31)
    assert 0 < sum(len(each.history) for each in orders.values()) - told <= 40


async def test_a_market_that_was_held_up_catches_up_in_turns(mock_clock, nursery):
    """Ten seconds late at 100 a second: all thousand steps are made, a bounded number a turn."""
    floor = Floor()
    trader = Trader(floor.market, ("primary",), Random(1))
    nursery.start_soon(pace, trader, 100.0)
    await trio.testing.wait_all_tasks_blocked()
    mock_clock.jump(10)
    turns = []
    while len(floor.changes) < 1_000:
        before = len(floor.changes)
        await trio.lowlevel.checkpoint()
        turns.append(len(floor.changes) - before)
    # One look at the rest of the world may fall between two turns, never between three.
    assert max(turns) <= 2 * STEPS_A_TURN
    await trio.testing.wait_all_tasks_blocked()
    assert len(floor.changes) == 1_000


async def test_the_same_seed_is_the_same_hour(autojump_clock, tmp_path):
    """Two runs with one seed leave the same ledger, byte for byte; another seed does not."""

    async def hour(name, seed):
        path = tmp_path / name
        options = PaperOptions(accounts=("primary", "hedge"), rate=0.5, seed=seed, ledger=path)
        async with open_paper(options, now=Clock()) as broker:
            # Never at the same instant as a step: which of the two comes first is Trio's affair.
            await trio.sleep(601)
            await placed(broker, body(kind="MARKET"))
            await trio.sleep(3_000)
        return path.read_bytes()

    assert await hour("a", 1) == await hour("b", 1)
    assert await hour("a2", 1) != await hour("c", 2)


async def test_started_again_on_its_ledger_it_is_the_same_broker(autojump_clock, tmp_path):
    """After an hour of trading, books, histories, trades, positions and tasks are equal, and ids
    go on from where they were.
    """
    options = PaperOptions(rate=1, seed=3, ledger=tmp_path / "ledger")
    clock = Clock()
    async with open_paper(options, now=clock) as broker:
        await trio.sleep(1_000)
        status, said = await call(broker, "POST", "/orders/place", body("REST1"))
        before = books(broker.exchange)
    async with open_paper(options, now=clock) as broker:
        assert books(broker.exchange) == before
        status, task = await call(broker, "GET", f"/orders/tasks/{said['task_id']}")
        assert (status, task["status"]) == (200, "completed")
        seen = set(broker.exchange.books["primary"].orders)
        assert await placed(broker, body("REST1")) not in seen
        await trio.sleep(100)


async def test_the_ledger_knows_before_anyone_is_told(autojump_clock, nursery, tmp_path):
    """When a frame or an answer comes, its change is already in the file."""
    path = tmp_path / "ledger"
    async with open_paper(PaperOptions(rate=50, ledger=path), now=Clock()) as broker:
        client = await connect(nursery, broker, "/advanced/ws/orders/primary?api_key=paper")
        await frames(client, 1)
        for _ in range(200):
            (frame,) = await frames(client, 1)
            assert f'"order_id":"{frame["data"]["order_id"]}"'.encode() in path.read_bytes()
        order_id = await placed(broker, body("FILL1"))
        lines = [json.loads(line) for line in path.read_bytes().splitlines()]
        events = [line["event"] for line in lines if line["order_id"] == order_id]
        assert events == ["order", "fill", "end"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"upstream": "zerodha"},
        {"accounts": ()},
        {"rate": -1},
        {"latency_ms": -1},
        {"api_key": ""},
    ],
)
def test_options_that_cannot_be_run_are_refused_by_name(wrong):
    """ValueError names the option."""
    with pytest.raises(ValueError, match=next(iter(wrong))):
        PaperOptions(**wrong)


async def test_a_bad_fault_file_is_told_before_anything_runs(tmp_path):
    """The command can say what is wrong with the file, and where."""
    (tmp_path / "faults.toml").write_text("[[fault]]\nkind='no'\n")
    with pytest.raises(FaultFileError, match=r"fault\[0\].kind"):
        async with open_paper(PaperOptions(faults=tmp_path / "faults.toml")):
            raise AssertionError


def test_the_key_is_not_shown():
    """P21: options that are printed keep the key to themselves."""
    assert "sesame" not in repr(PaperOptions(api_key="sesame"))
