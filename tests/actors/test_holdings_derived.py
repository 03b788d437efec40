"""Positions run ahead of the broker's listing by the trades that are known, and no further."""

from decimal import Decimal
from operator import attrgetter

import pytest
from attrs import evolve

from actors.domain.model import Message, Note, Position, Trade

from .fakes import a_position, a_trade
from .given_book import Bench, listed, sale

UNREADABLE = Note("error", "a row could not be read")


def quantities(values):
    """Give the quantities of the positions among what was told."""
    return [value.quantity for value in values if isinstance(value, Position)]


def texts(values):
    """Give the messages among what was told."""
    return [value.text for value in values if isinstance(value, Message)]


@pytest.fixture
def bench():
    """Give a book that the broker has listed: 100 SBIN, carried in."""
    bench = Bench()
    bench.ask_fills([], [listed(carried=100)])
    bench.made.clear()
    return bench


def test_a_trade_moves_its_position_at_once(bench):
    """P7: between a fill and the next listing the position is the one that the trade makes; it
    comes in one group with the trade, after it.
    """
    told = bench.hear(sale("1", price=Decimal(612)))
    assert [type(value) for value in told] == [Trade, Position]
    assert told[1] == evolve(
        listed(sold=50, carried=100),
        realised=Decimal("75.0"),
        unrealised=Decimal("25.0"),
        pnl=Decimal("100.0"),
    )
    assert bench.hear(sale("1", price=Decimal(612))) == []


def test_a_trade_of_what_was_not_held_opens_it(bench):
    """P7: what a whole listing lacked was not held."""
    (_, opened) = bench.hear(a_trade("1", tradingsymbol="INFY"))
    assert (opened.id, opened.quantity, opened.side) == ("NSE:INFY:MIS", 50, "long")
    assert (opened.average_price, opened.last_price) == (Decimal("610.5"), Decimal("610.5"))
    assert opened.pnl == opened.unrealised == opened.realised == 0


def test_before_the_first_whole_listing_nothing_is_opened():
    """P7: who does not know what was carried in does not know what is held."""
    bench = Bench()
    assert quantities(bench.hear(a_trade("1"))) == []
    assert quantities(bench.ask_fills([], [], notes=[UNREADABLE])) == []
    assert quantities(bench.hear(a_trade("2"))) == []
    assert quantities(bench.ask_fills([], [listed(100)])) == [100]
    assert quantities(bench.hear(a_trade("3"))) == [150]


def test_a_broker_that_pushes_positions_is_not_run_ahead_of():
    """P2: its own word comes with the fill, and the same change is not told twice."""
    bench = Bench(pushes_positions=True)
    bench.ask_fills([], [a_position(quantity=100)])
    assert quantities(bench.hear(a_trade("1"))) == []
    assert quantities(bench.hear(a_trade("2", tradingsymbol="INFY"))) == []
    assert quantities(bench.hear(a_position(quantity=150))) == [150]
    assert quantities(bench.ask_fills([a_trade("1")], [a_position(quantity=150)])) == []


def test_a_broker_that_does_not_say_what_it_counted_is_not_run_ahead_of():
    """P2: whether its listing had the fill already nobody knows; it is asked soon in any case."""
    bench = Bench()
    bench.ask_fills([], [a_position(quantity=100)])
    assert quantities(bench.hear(a_trade("1"))) == []
    assert quantities(bench.ask_fills([], [a_position(quantity=150)])) == [150]


def test_a_change_that_comes_with_its_listing_is_told_once(bench):
    """P2: trades and the positions asked after them make one telling, in the broker's figures."""
    row = evolve(listed(50, carried=100), average_price=Decimal("610.77"))
    told = bench.ask_fills([a_trade("1")], [row])
    assert [value for value in told if isinstance(value, Position)] == [row]


def test_what_the_listing_makes_of_the_money_is_taken(bench):
    """P7: held against the broker's own, the quantity agrees; averages and profits are its own."""
    bench.hear(a_trade("1"))
    row = evolve(listed(50, carried=100), average_price=Decimal(611), realised=Decimal(7))
    assert bench.ask_fills([], [row]) == [row]


def test_a_listing_that_has_a_fill_before_its_trade_is_known(bench):
    """P2: it is taken at once, and the trade, when it comes, is not counted again."""
    assert quantities(bench.ask_fills([], [listed(80, carried=100)])) == [180]
    assert quantities(bench.hear(a_trade("1"))) == []
    (_, derived) = bench.hear(a_trade("2"))
    assert (derived.quantity, derived.day_bought) == (200, 100)


def test_a_listing_asked_for_before_a_trade_was_heard_sets_nothing_back(bench):
    """P7: it is older than the trade, however often it comes, and speaks against nothing."""
    mark = bench.book.mark()
    bench.hear(a_trade("1"))
    for _ in range(3):
        assert bench.ask_fills([], [listed(carried=100)], mark=mark) == []
    for _ in range(3):
        assert bench.ask_fills([], [], mark=mark) == []
    assert bench.ask_fills([], [listed(carried=100)]) == []
    assert bench.ask_fills([], [listed(50, carried=100)]) == []


def test_a_listing_asked_for_before_a_push_sets_nothing_back():
    """P7: the same of a broker that pushes positions and does not say what it counted."""
    bench = Bench(pushes_positions=True)
    mark = bench.book.mark()
    bench.hear(a_position(quantity=150))
    assert bench.ask_fills([], [a_position(quantity=100)], mark=mark) == []
    assert quantities(bench.ask_fills([], [a_position(quantity=100)])) == [100]


def test_what_the_broker_insists_on_is_taken_and_said(bench):
    """P7: a listing that lacks a known trade twice in a row is the truth, and a person is told."""
    bench.hear(a_trade("1"))
    row = listed(carried=100)
    assert bench.ask_fills([], [row]) == []
    told = bench.ask_fills([], [row])
    assert quantities(told) == [100]
    (text,) = texts(told)
    assert "lists +100 of NSE:SBIN:MIS" in text
    assert "by its trades it is +150" in text
    assert told[-1].level == "warning"
    assert bench.ask_fills([], [row]) == []
    (_, derived) = bench.hear(a_trade("2"))
    assert derived.quantity == 150, "the trade that is not in it for good is not counted later"


@pytest.mark.parametrize(
    "between",
    [
        lambda bench: bench.ask_fills([], [listed(50, carried=100)]),
        lambda bench: bench.ask_fills([], [listed(20, carried=100)]),
        lambda bench: bench.hear(a_trade("2")),
        lambda bench: bench.begin_again(),
    ],
    ids=["agreement", "another figure", "a trade", "a restart"],
)
def test_only_the_same_twice_in_a_row_is_insistence(bench, between):
    """P7: a broker whose listing comes late behind its trades is waited for."""
    bench.hear(a_trade("1"))
    bench.ask_fills([], [listed(carried=100)])
    between(bench)
    assert bench.ask_fills([], [listed(carried=100)]) == []
    assert "message" not in bench.types()


def test_a_listing_that_comes_late_behind_each_trade_is_waited_for(bench):
    """P7: it says the same twice, but between them came a trade that it could not have yet."""
    for n in range(5):
        told = bench.ask_fills([a_trade(str(n))], [listed(carried=100)])
        assert quantities(told) == [150 + 50 * n]
    assert "message" not in bench.types()


def test_a_mark_of_the_market_is_no_disagreement(bench):
    """P7: prices move; a listing that counts the same trades is taken as it is."""
    bench.hear(a_trade("1"))
    bench.second += 10
    row = evolve(listed(50, carried=100), last_price=Decimal(700), unrealised=Decimal(9))
    assert bench.ask_fills([], [row]) == [row]


def test_a_position_of_a_trade_that_is_never_listed_is_flat(bench):
    """P7: a whole listing that lacks it twice is insistence too, and is said."""
    bench.hear(a_trade("1", tradingsymbol="INFY"))
    assert bench.ask_fills([], [listed(carried=100)]) == []
    flat, message = bench.ask_fills([], [listed(carried=100)])
    assert (flat.tradingsymbol, flat.quantity, flat.side) == ("INFY", 0, "flat")
    assert "lists +0 of NSE:INFY:MIS" in message.text
    assert quantities(bench.hear(a_trade("2", tradingsymbol="INFY"))) == []


def test_a_row_that_cannot_be_read_leaves_what_the_trades_make(bench):
    """P7: a fill is known, its position's row is not: the trade says what is held."""
    told = bench.ask_fills([sale("1")], [], notes=[UNREADABLE])
    assert quantities(told) == [50]


def test_a_restart_goes_on_from_what_was_committed(bench):
    """P13: the same trades and listings, with the process killed after each, make the same."""

    def play(bench, again):
        for step in (
            lambda: bench.hear(a_trade("1")),
            lambda: bench.ask_fills([a_trade("2")], [listed(50, carried=100)]),
            lambda: bench.ask_fills([], [listed(100, carried=100)]),
            lambda: bench.hear(sale("3", quantity=300)),
        ):
            step()
            if again:
                bench.begin_again()
                bench.ask_fills([], [bench.view.positions[listed().id].value])
        return [value for value in map(attrgetter("value"), bench.made) if type(value) is Position]

    once = play(bench, again=False)
    other = Bench()
    other.ask_fills([], [listed(carried=100)])
    other.made.clear()
    assert play(other, again=True) == once
    assert quantities(once) == [150, 200, -100]


def test_a_listing_after_a_restart_is_held_against_committed_trades(bench):
    """P13: a broker's listing that comes late does not undo, after a kill, what was told."""
    bench.hear(a_trade("1"))
    bench.begin_again()
    assert bench.ask_fills([], [listed(carried=100)]) == []
    assert bench.ask_fills([], [listed(50, carried=100)]) == []


def test_over_the_night_the_position_stays_and_the_trades_begin_anew(bench):
    """P7: the day's first listing counts no trade, which is no disagreement; ids start again."""
    bench.hear(a_trade("1"))
    bench.view.trades.clear()  # as the turn of the day does
    bench.begin_again()
    assert quantities(bench.ask_fills([], [listed(carried=150)])) == [150]
    (_, derived) = bench.hear(a_trade("1"))
    assert (derived.quantity, derived.day_bought) == (200, 50)
    assert "message" not in bench.types()


def test_after_a_restart_each_trade_counts_once(bench):
    """P2: those of before, and those heard before the first listing, which may have them or not."""
    bench.hear(a_trade("1"))
    bench.begin_again()
    assert bench.hear(a_trade("1")) == []
    assert quantities(bench.hear(a_trade("2"))) == [200]
    assert bench.ask_fills([], [listed(50, carried=100)]) == []
    assert bench.ask_fills([], [listed(100, carried=100)]) == []
    assert quantities(bench.hear(a_trade("3"))) == [250]


def test_a_trade_that_became_durable_meanwhile_counts_once():
    """P2: it was heard before anything was listed, and stands in the view by now."""
    bench = Bench()
    bench.hear(a_trade("1"))
    bench.ask_fills([], [listed(100)])
    assert quantities(bench.hear(a_trade("2"))) == []


def test_a_broker_that_clears_its_trades_late_is_not_complained_of(bench):
    """P7: listing yesterday's trades after six, it counts fewer of them later; nothing is held
    otherwise, and nobody is told.
    """
    yesterday = [a_trade("1"), sale("2")]
    bench.ask_fills(yesterday, [listed(50, 50, carried=100)])
    told = [bench.ask_fills([], [listed(carried=100)]) for _ in range(2)]
    assert (told[0], quantities(told[1]), texts(told[1])) == ([], [100], [])


def test_absurd_numbers_move_no_position(bench):
    """P19: a trade that no sum can hold is told as it is."""
    assert quantities(bench.hear(a_trade("1", quantity=2**63 - 1))) == []
