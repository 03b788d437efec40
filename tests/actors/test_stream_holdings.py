"""An account's positions between a fill and the listing that has it."""

import pytest
import trio
from attrs import evolve

from actors.domain.model import Note

from .fakes import Record, a_config, a_position, a_row, a_trade
from .given_stream import Line, at_work

CARRIED = a_position(quantity=100, day_bought=0, day_sold=0)
LISTED = evolve(CARRIED, quantity=150, day_bought=50)


@pytest.fixture
async def line():
    """Give an account that holds 100 from before, with an order for 50 more at work."""
    line = Line(a_config(reconcile_s=30))
    line.broker.show(a_row("1"))
    line.broker.positions = [CARRIED]
    return line


def held(line):
    """Give the quantities told of the position."""
    return [position.quantity for position in line.record.told("position_update")]


def fill(line):
    """Fill the order, and say so on the stream; its position is listed when the broker gets to it."""
    row = a_row("1", "COMPLETE", filled_quantity=50)
    line.broker.show(row)
    line.broker.trades.append(a_trade("7"))
    line.broker.push(row)


async def test_a_listing_that_comes_late_behind_its_trades_is_not_waited_for(line, autojump_clock):
    """P7: within two seconds of a fill the position is the one that it makes, though the broker
    lists the old one; the listing that has it changes nothing.
    """
    async with at_work(line):
        fill(line)
        await trio.sleep(2)
        assert held(line) == [100, 150]
        line.broker.positions = [evolve(LISTED, unrealised=CARRIED.unrealised)]
        await trio.sleep(120)
        assert held(line)[:2] == [100, 150]
        assert set(held(line)[2:]) <= {150}
        assert not line.texts()


async def test_a_broker_that_insists_is_believed_and_a_person_told(line, autojump_clock):
    """P7: two listings in a row without the trade: what the broker lists stands, and is said."""
    async with at_work(line):
        fill(line)
        await trio.sleep(120)
        assert held(line) == [100, 150, 100]
        (text,) = line.texts()
        assert "lists +100 of NSE:SBIN:MIS, and by its trades it is +150" in text


async def test_a_trade_on_the_stream_while_a_listing_is_on_its_way(line, autojump_clock):
    """P7: the answer was made before the trade was heard, and does not set its position back."""
    async with at_work(line):
        line.broker.answer_s = 5
        line.stream.nudge()
        await trio.sleep(4)
        line.broker.push(a_trade("7"))
        await trio.sleep(3)
        assert held(line) == [100, 150]
        line.broker.positions = [LISTED]
        await trio.sleep(120)
        assert set(held(line)[1:]) == {150}
        assert not line.texts()


async def test_what_was_pushed_before_the_question_does_not_outlive_the_answer(
    line, autojump_clock
):
    """P7: a position pushed once is followed by asking too, when a fill was heard and no push."""
    async with at_work(line):
        line.broker.push(a_position(quantity=120))
        await trio.sleep(1)
        line.broker.positions = [a_position(quantity=150)]
        fill(line)
        await trio.sleep(2)
        assert held(line) == [100, 120, 150]


async def test_a_position_row_that_cannot_be_read_costs_nothing(line, autojump_clock):
    """P7: at a reconcile whose position is unreadable the day's trades say what is held."""
    async with at_work(line):
        line.broker.trades.append(a_trade("7"))
        line.broker.positions = []
        line.broker.notes = [Note("error", "a row could not be read")]
        line.stream.nudge()
        await trio.sleep(200)
        assert held(line) == [100, 150]
        assert line.texts() == ["a row could not be read"]


async def test_a_kill_changes_nothing(line, autojump_clock):
    """P13: a gateway begun again on the store goes on from what its trades made."""
    async with at_work(line):
        fill(line)
        await trio.sleep(2)
    again = Line(line.config, line.broker, Record(line.record.store))
    again.broker.trades.append(a_trade("8"))
    async with at_work(again, for_s=3):
        assert again.record.book.positions[CARRIED.id].value.quantity == 200
        again.broker.push(a_trade("9"))
        await trio.sleep(1)
        assert again.record.book.positions[CARRIED.id].value.quantity == 250
