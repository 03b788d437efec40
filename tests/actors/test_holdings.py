"""Trades and positions: each told once, closed when the broker no longer lists them."""

from decimal import Decimal

import pytest
from attrs import evolve

from actors.domain.model import Note

from .fakes import a_position, a_trade
from .given_book import Bench


@pytest.fixture
def bench():
    """Give a book that knows nothing, over a view that is committed at once."""
    return Bench()


def test_a_trade_is_an_event_once(bench):
    """P2: a trade is the same by exchange, trade id and order, wherever it is heard."""
    trade = a_trade("7")
    assert bench.hear(trade, evolve(trade, price=Decimal(1))) == [trade]
    assert bench.ask_fills([trade, a_trade("7", order_id="2")], []) == [a_trade("7", order_id="2")]


def test_a_position_that_only_the_market_moves_is_told_each_5_s(bench):
    """P2: the same again is nothing; a mark is news after 5 s; a changed holding at once."""
    at = Decimal(600)
    told = []
    for second in range(1, 12):
        told += bench.hear(a_position(last_price=at + second, unrealised=Decimal(second)))
    assert [position.last_price for position in told] == [601, 606, 611]
    assert bench.hear(a_position(last_price=Decimal(611), unrealised=Decimal(11))) == []
    (bought,) = bench.hear(a_position(quantity=75))
    assert bought.quantity == 75


def test_trades_and_positions_of_a_snapshot_are_told_once(bench):
    """P2: the whole day asked for again and again makes each event once."""
    day = ([a_trade("1"), a_trade("2")], [a_position("SBIN"), a_position("INFY")])
    assert len(bench.ask_fills(*day)) == 4
    assert bench.ask_fills(*day) == []
    bench.begin_again()
    assert bench.ask_fills(*day) == []


def test_an_answer_with_unreadable_rows_closes_nothing(bench):
    """P7: what may be among the rows that could not be read is not absent."""
    bench.ask_fills([], [a_position("SBIN")])
    unreadable = Note("error", "a row could not be read")
    (message,) = bench.ask_fills([], [], notes=[unreadable])
    assert message.text == unreadable.text
    for _ in range(3):
        assert bench.ask_fills([], [], notes=[unreadable]) == []


def test_a_holding_absent_twice_is_flat(bench):
    """P7: once absent may be a hiccup; absent from two answers in a row is closed, and said once."""
    bench.ask_fills([], [a_position("SBIN"), a_position("INFY", quantity=-5)])
    assert bench.ask_fills([], [a_position("INFY", quantity=-5)]) == []
    (flat,) = bench.ask_fills([], [a_position("INFY", quantity=-5)])
    assert (flat.tradingsymbol, flat.quantity, flat.side) == ("SBIN", 0, "flat")
    assert flat.unrealised == Decimal(0)
    assert bench.ask_fills([], [a_position("INFY", quantity=-5)]) == []


def test_a_holding_that_comes_back_was_not_absent_in_a_row(bench):
    """P7: absent, present, absent is not twice in a row."""
    bench.ask_fills([], [a_position("SBIN")])
    for positions in ([], [a_position("SBIN")], []):
        assert bench.ask_fills([], positions) == []


def test_a_holding_known_from_the_view_alone_is_closed_too(bench):
    """P7: what a process before this one knew is closed when the broker no longer has it."""
    bench.ask_fills([], [a_position("SBIN")])
    bench.begin_again()
    assert bench.ask_fills([], []) == []
    (flat,) = bench.ask_fills([], [])
    assert flat.quantity == 0


def test_a_position_without_a_price_keeps_the_last(bench):
    """P10: a broker that pushes no price with a fill does not make us forget it when it is needed."""
    bench.hear(a_position(last_price=Decimal(600)))
    (bought,) = bench.hear(a_position(quantity=75, last_price=Decimal(0)))
    assert (bought.quantity, bought.last_price) == (75, 600)
    assert bench.hear(a_position(quantity=75, last_price=Decimal(0))) == []
