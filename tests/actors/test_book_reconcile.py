"""The book against the broker's own: what the stream missed becomes ordinary events."""

from datetime import timedelta

import pytest

from actors.domain.ids import OrderId
from actors.domain.model import Message, OrderReport

from .fakes import START, a_row
from .given_book import Bench, evolve_time


@pytest.fixture
def bench():
    """Give a book that knows of one open order, partly filled."""
    bench = Bench()
    bench.hear(a_row("1"), a_row("1", filled_quantity=20))
    bench.made.clear()
    return bench


def shown(orders):
    """Give what a reader sees first of orders."""
    return [(order.status, order.filled_quantity) for order in orders]


def test_missed_changes_become_ordinary_events(bench):
    """P7: what happened in a gap is an order_update like any other, and the book is the broker's."""
    made = bench.ask(a_row("1", "COMPLETE", filled_quantity=50), a_row("2"))
    assert shown(made) == [("COMPLETE", 50), ("OPEN", 0)]
    assert bench.types() == ["order_update", "order_update"]
    assert bench.ask(a_row("1", "COMPLETE", filled_quantity=50), a_row("2")) == []


def test_an_order_that_a_snapshot_lacks_is_not_cancelled(bench):
    """P7: absence says nothing of an order."""
    assert bench.ask() == []
    assert bench.book.open_orders == 1


def test_rows_touched_since_the_question_are_skipped(bench):
    """P7: a snapshot is older than it looks: what the stream told meanwhile stands."""
    mark = bench.book.mark()
    bench.hear(a_row("1", "COMPLETE", filled_quantity=50))
    assert bench.ask(a_row("1", "CANCELLED", filled_quantity=20), mark=mark) == []
    assert bench.book.moved([a_row("1", "CANCELLED", filled_quantity=20)], mark) == []


def test_moved_names_the_orders_whose_way_was_missed(bench):
    """P7: their history is worth asking for; that of an unchanged or a fresh one is not."""
    rows = [
        a_row("1", "OPEN", filled_quantity=20),
        a_row("2"),
        a_row("3", "COMPLETE", filled_quantity=50),
        a_row("4", "OPEN", filled_quantity=10),
    ]
    assert bench.book.moved(rows, bench.book.mark()) == ["3", "4"]
    rows = [a_row("1", "CANCELLED", filled_quantity=20)]
    assert bench.book.moved(rows, bench.book.mark()) == ["1"]
    assert bench.book.moved([a_row("1", filled_quantity=30)], bench.book.mark()) == ["1"]
    assert bench.book.moved([OrderReport(OrderId("1"), "OPEN")], bench.book.mark()) == []


HISTORY = (
    a_row("1", "PUT ORDER REQ RECEIVED"),
    a_row("1", "OPEN"),
    a_row("1", "OPEN", filled_quantity=20),
    a_row("1", "OPEN", filled_quantity=30),
    a_row("1", "CANCEL PENDING", filled_quantity=30),
    a_row("1", "CANCELLED", filled_quantity=30),
)


def test_a_history_replays_only_what_is_unknown(bench):
    """P7: the states after the one the book has, in order; nothing twice."""
    made = bench.ask(HISTORY[-1], histories={"1": HISTORY})
    assert shown(made) == [("OPEN", 30), ("CANCEL PENDING", 30), ("CANCELLED", 30)]


def test_the_whole_history_of_an_unknown_order_is_replayed():
    """P7: an order that lived and died while nobody looked has every state told."""
    bench = Bench()
    made = bench.ask(HISTORY[-1], histories={"1": HISTORY})
    assert shown(made) == [(row.status, row.filled_quantity) for row in HISTORY]


def test_a_history_without_the_known_state_is_replayed_as_far_as_lawful(bench):
    """P8: where nothing matches, the table decides; the broker's past is no reason to complain."""
    odd = (
        a_row("1", "OPEN", filled_quantity=5),
        a_row("1", "CANCELLED", filled_quantity=5),
        a_row("1", "COMPLETE", filled_quantity=50),
    )
    made = bench.ask(odd[-1], histories={"1": odd})
    assert shown(made) == [("COMPLETE", 50)]
    assert bench.types() == ["order_update"]


def test_a_history_that_names_too_little_begins_no_half_order():
    """P7: rows of a history may be bare; the order then begins with the first whole one."""
    bench = Bench()
    bare = (
        OrderReport(OrderId("1"), "OPEN"),
        OrderReport(OrderId("1"), "COMPLETE", filled_quantity=50),
    )
    (order,) = bench.ask(a_row("1", "COMPLETE", filled_quantity=50), histories={"1": bare})
    assert (order.status, order.tradingsymbol) == ("COMPLETE", "SBIN")


def test_a_state_that_the_broker_insists_on_is_a_correction(bench):
    """P8: told at the first snapshot, applied at the second, and nothing else goes against it."""
    bench.hear(a_row("1", "COMPLETE", filled_quantity=50))
    bench.made.clear()
    against = a_row("1", "REJECTED", filled_quantity=0)
    (message,) = bench.ask(against)
    assert isinstance(message, Message)
    (order,) = bench.ask(against)
    assert shown([order]) == [("REJECTED", 0)]
    assert bench.types() == ["message", "correction"]
    assert bench.ask(against) == []


def test_a_live_state_insisted_on_after_the_end_is_a_correction_without_a_word_before(bench):
    """P8: an old row is dropped without a word; one that stays old twice is the truth."""
    bench.hear(a_row("1", "COMPLETE", filled_quantity=50))
    row = a_row("1", "OPEN", filled_quantity=20)
    assert bench.ask(row) == []
    assert shown(bench.ask(row)) == [("OPEN", 20)]
    assert bench.types()[-1] == "correction"
    assert bench.book.open_orders == 1


@pytest.mark.parametrize(
    "between",
    [
        lambda bench: bench.ask(a_row("1", "REJECTED", filled_quantity=10)),
        lambda bench: bench.ask(a_row("1", "COMPLETE", filled_quantity=50)),
        lambda bench: bench.hear(a_row("1", "COMPLETE", filled_quantity=50)),
        lambda bench: bench.book.restart(),
    ],
    ids=["another state", "agreement", "the stream", "a restart"],
)
def test_only_two_snapshots_in_a_row_make_a_correction(bench, between):
    """P8: the same contradiction twice, with anything between, is not insistence."""
    bench.hear(a_row("1", "COMPLETE", filled_quantity=50))
    against = a_row("1", "REJECTED", filled_quantity=0)
    bench.ask(against)
    between(bench)
    bench.ask(against)
    assert "correction" not in bench.types()
    bench.ask(against)
    assert bench.types().count("correction") == 1


def test_a_row_that_says_less_than_is_known_contradicts_nothing(bench):
    """P2: a late row without anything new in it is no contradiction, however often it comes."""
    bench.hear(a_row("1", filled_quantity=20, at=evolve_time(9)))
    bench.made.clear()
    for _ in range(3):
        assert bench.ask(a_row("1", filled_quantity=20, at=evolve_time(5))) == []


def test_what_a_snapshot_found_changed_is_untold_until_the_stream_tells(bench):
    """P7: a known order that only a snapshot knew had moved speaks against the stream."""
    bench.ask(a_row("1", "COMPLETE", filled_quantity=50), a_row("2"))
    assert list(bench.book.untold) == ["1"]
    bench.hear(a_row("1", "COMPLETE", filled_quantity=50))
    assert not bench.book.untold


def test_fills_that_a_snapshot_found_come_with_its_own_trades(bench):
    """The trades of a snapshot are asked after its orders: nothing more has to be fetched."""
    bench.book.take_filled()
    bench.ask(a_row("1", "COMPLETE", filled_quantity=50))
    assert bench.book.take_filled() == []


def test_the_very_row_of_the_last_answer_is_not_looked_at_again(bench):
    """P2: an upstream gives an unchanged row as the same object; what was heard since counts."""
    row = a_row("1", "OPEN", filled_quantity=30)
    assert shown(bench.ask(row)) == [("OPEN", 30)]
    assert bench.ask(row) == []
    assert bench.book.moved([row], bench.book.mark()) == []
    bench.hear(a_row("1", "OPEN", filled_quantity=40))
    assert bench.ask(row) == bench.ask(row)[:0]
    assert bench.types()[-1] == "correction"


def test_a_day_order_that_is_listed_no_more_has_expired():
    """P7: an open order of an earlier day which the broker's book lacks is over; one of today, or
    one that is listed still (an AMO of last night), is not.
    """
    bench, evening, morning = Bench(), START - timedelta(hours=12), START
    begin = START - timedelta(hours=3)
    bench.ask(
        a_row("1", placed_at=evening),
        a_row("2", placed_at=evening),
        a_row("3", placed_at=morning),
        a_row("4", "COMPLETE", placed_at=evening),
    )
    (over,) = bench.take(bench.book.expire({"2"}, begin, bench.heard()))
    assert (over.order_id, over.status) == ("1", "CANCELLED")
    assert over.status_message == "it expired with its trading day"
    assert bench.take(bench.book.expire({"2"}, begin, bench.heard())) == []
    assert bench.book.open_orders == 2
