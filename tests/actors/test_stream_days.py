"""An account over the night: what is over with its day goes, what is carried over stays."""

from datetime import timedelta

import trio
from attrs import evolve

from actors.domain.days import next_begin

from .broker import FakeUpstream
from .fakes import START, a_config, a_position, a_row, a_trade, virtual_now
from .given_stream import Line, at_work

YESTERDAY = START - timedelta(minutes=5)
TO_SIX_S = (next_begin(START) - START).total_seconds()


def an_evening():
    """Give a line whose broker has a day behind it."""
    line = Line(a_config(reconcile_s=600))
    line.broker.show(
        a_row("1", "COMPLETE", filled_quantity=50, placed_at=YESTERDAY),
        a_row("2", placed_at=YESTERDAY),
        a_row("3", placed_at=YESTERDAY),
    )
    line.broker.trades.append(a_trade("7"))
    line.broker.positions.append(a_position("SBIN"))
    return line


def clear(broker: FakeUpstream):
    """Have the broker clear its book as brokers do in the night; an AMO is carried over."""
    broker.orders = {"3": broker.orders["3"]}
    broker.trades.clear()


async def test_the_day_turns_at_six(autojump_clock):
    """P7: at 06:00 IST ended orders and trades go, day orders have expired, positions stay."""
    async with at_work(an_evening()) as line:
        book = line.record.book
        assert (list(book.orders), len(book.trades)) == (["1", "2", "3"], 1)
        await trio.sleep(TO_SIX_S - trio.current_time() - 60)
        clear(line.broker)
        assert list(book.orders) == ["1", "2", "3"]
        await trio.sleep(120)
        assert line.orders() == {"2": ("CANCELLED", 0), "3": ("OPEN", 0)}
        assert (len(book.trades), len(book.positions)) == (0, 1)
        assert (line.state, line.stream.status.trading_day) == ("live", "2026-11-21")
        assert line.stream.book.open_orders == 1
        await trio.sleep(24 * 3600)
        assert list(book.orders) == ["3"]
        assert line.stream.status.trading_day == "2026-11-22"


async def test_trade_ids_that_start_again_are_other_trades(autojump_clock):
    """P2: the same ids on another day are news, and are told once."""
    async with at_work(an_evening()) as line:
        await trio.sleep(TO_SIX_S + 60)
        clear(line.broker)
        line.broker.show(a_row("9", "COMPLETE", filled_quantity=50, placed_at=virtual_now()))
        line.broker.trades.append(a_trade("7"))
        line.stream.nudge()
        await trio.sleep(1200)
        assert len(line.record.told("trade_update")) == 2
        assert len(line.record.book.trades) == 1


async def test_a_start_after_the_night_turns_the_day_first(autojump_clock):
    """P7: what an earlier run left of yesterday goes before the account is live."""
    line = an_evening()
    async with at_work(line):
        before = line.stream.status
    clear(line.broker)
    again = Line(line.config, line.broker, line.record)
    again.stream.row.note(trading_day="2026-11-19")
    assert before.trading_day == "2026-11-20"
    again.record.book.status = evolve(
        again.record.book.status, value=evolve(before, trading_day="2026-11-19")
    )
    async with at_work(again):
        assert again.state == "live"
        assert "1" not in again.record.book.orders
