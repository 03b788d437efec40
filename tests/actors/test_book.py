"""The book: what the stream says becomes events, each once; what cannot be is told."""

from decimal import Decimal

import pytest

from actors.book import HELD_MAX, SEEN_MAX
from actors.domain.ids import BrokerTag, OrderId
from actors.domain.model import Message, Note, Order, OrderReport, TaskReport

from .fakes import PRIMARY, START, a_position, a_row, a_trade
from .given_book import Bench, evolve_time


@pytest.fixture
def bench():
    """Give a book that knows nothing, over a view that is committed at once."""
    return Bench()


def statuses(values):
    """Give the statuses of orders."""
    return [order.status for order in values]


LIFE = (
    a_row("1", "PUT ORDER REQ RECEIVED", at=evolve_time(1)),
    a_row("1", "OPEN", at=evolve_time(2)),
    a_row("1", "OPEN", filled_quantity=20, at=evolve_time(3)),
    a_row("1", "COMPLETE", filled_quantity=50, average_price=Decimal("610.4"), at=evolve_time(4)),
)


def test_a_life_becomes_its_events_in_order(bench):
    """P8: each step of a lawful life is one order_update, and the last one stands."""
    made = bench.hear(*LIFE)
    assert [(o.status, o.filled_quantity, o.pending_quantity) for o in made] == [
        ("PUT ORDER REQ RECEIVED", 0, 50),
        ("OPEN", 0, 50),
        ("OPEN", 20, 30),
        ("COMPLETE", 50, 0),
    ]
    assert set(bench.types()) == {"order_update"}
    assert made[-1].average_price == Decimal("610.4")
    assert made[-1].account_id == PRIMARY
    assert bench.book.open_orders == 0


def test_doubled_reports_vanish(bench):
    """P2: each report said three times makes the events of saying it once."""
    assert len(bench.hear(*(r for r in LIFE for _ in range(3)))) == 4


def test_late_reports_vanish(bench):
    """P2: what comes after the end and belongs before it makes nothing."""
    bench.hear(LIFE[3])
    assert bench.hear(*LIFE[:3], *reversed(LIFE[:3])) == []


@pytest.mark.parametrize("commits", [True, False], ids=["durable", "ahead of the disk"])
def test_what_was_heard_stays_known_through_a_reconcile(commits):
    """P2: a report, then a snapshot with the same, then the report again: one event."""
    bench = Bench(commits=commits)
    assert len(bench.hear(LIFE[1])) == 1
    assert bench.ask(LIFE[1]) == []
    assert bench.hear(LIFE[1]) == []


def test_a_doubled_report_that_the_table_would_take_vanishes_too(bench):
    """P2: among working states any may follow any; a state that was said before is not news."""
    states = ("OPEN", "MODIFY PENDING", "MODIFIED", "CANCEL PENDING")
    rows = [a_row("1", status) for status in states]
    assert len(bench.hear(*rows)) == 4
    assert bench.hear(*rows, *reversed(rows)) == []
    assert bench.book.order(OrderId("1")).status == "CANCEL PENDING"


def test_what_was_heard_stays_known_through_a_restart(bench):
    """P2: a new process on the committed view hears the whole life again and makes nothing."""
    bench.hear(*LIFE, a_trade("7"), a_position(), Note("info", "market is open"))
    count = len(bench.made)
    bench.begin_again()
    assert bench.hear(*LIFE, a_trade("7"), a_position(), Note("info", "market is open")) == []
    assert bench.ask(LIFE[3]) == []
    assert len(bench.made) == count == 7


def test_the_memory_of_reports_is_bounded(bench):
    """P20: of one order the newest states are remembered; beyond it the table still judges."""
    for n in range(1, SEEN_MAX + 20):
        bench.hear(a_row("1", "OPEN", quantity=10_000, filled_quantity=n))
    assert len(bench.book._seen[OrderId("1")]) == SEEN_MAX
    assert bench.hear(a_row("1", "OPEN", quantity=10_000, filled_quantity=1)) == []


def test_what_was_not_durable_can_be_taken_back():
    """P5: after `restart` the book stands on the view; the same reports are news again."""
    bench = Bench(commits=False)
    bench.hear(LIFE[1], LIFE[2], a_trade("7"))
    assert bench.book.open_orders == 1
    bench.book.restart()
    assert bench.book.order(OrderId("1")) is None
    assert bench.book.open_orders == 0
    assert len(bench.hear(LIFE[1], LIFE[2], a_trade("7"))) == 3


def test_a_mark_keeps_its_meaning_through_a_restart():
    """P7: rows of a snapshot asked for before a failed commit do not overwrite what came since."""
    bench = Bench()
    bench.hear(a_row("1"), a_row("2"), a_row("3"))
    mark = bench.book.mark()
    bench.book.restart()
    bench.hear(a_row("1", filled_quantity=10))
    assert bench.ask(a_row("1", "CANCELLED", filled_quantity=5), mark=mark) == []


def test_an_unlawful_report_is_told_once_and_not_applied(bench):
    """P8: it becomes a message however often it comes; the order stays as it was."""
    bench.hear(LIFE[3])
    wrong = a_row("1", "REJECTED", filled_quantity=50)
    (message,) = bench.hear(wrong, wrong)
    assert isinstance(message, Message)
    assert (message.level, message.order_id) == ("warning", "1")
    assert "REJECTED cannot follow COMPLETE" in message.text
    assert bench.view.orders[OrderId("1")].value.status == "COMPLETE"
    bench.begin_again()
    assert bench.hear(wrong) == []


def test_filled_quantity_never_falls_by_a_report(bench):
    """P8: an end with less filled is told; a live state with less is an old one."""
    bench.hear(LIFE[2])
    assert bench.hear(a_row("1", "OPEN", filled_quantity=5)) == []
    (message,) = bench.hear(a_row("1", "CANCELLED", filled_quantity=5))
    assert "fell from 20 to 5" in message.text
    assert bench.book.order(OrderId("1")).filled_quantity == 20


def test_a_frame_that_names_too_little_waits_to_be_explained(bench):
    """P7: a partial frame of an unknown order makes no half order; a snapshot releases it."""
    partial = OrderReport(OrderId("1"), "COMPLETE", filled_quantity=50)
    assert bench.hear(partial, partial) == []
    assert bench.book.wants_orders
    made = bench.ask(a_row("1", "OPEN", filled_quantity=20))
    assert [(o.status, o.filled_quantity) for o in made] == [("OPEN", 20), ("COMPLETE", 50)]
    assert made[-1].tradingsymbol == "SBIN"
    # The fill was heard, and its trade need not be in the snapshot.
    assert bench.book.take_filled() == ["1"]


def test_a_partial_frame_of_a_known_order_applies_at_once(bench):
    """What a frame does not say stays as it was."""
    bench.hear(a_row("1"))
    (order,) = bench.hear(OrderReport(OrderId("1"), "OPEN", filled_quantity=20))
    assert (order.quantity, order.pending_quantity, order.price) == (50, 30, Decimal("610.5"))
    assert not bench.book.wants_orders


def test_frames_that_wait_are_bounded(bench):
    """P20: of frames that nothing explains only the newest wait."""
    for n in range(HELD_MAX + 10):
        bench.hear(OrderReport(OrderId(str(n)), "OPEN", filled_quantity=1))
    assert len(bench.book._held) == HELD_MAX
    assert [o.filled_quantity for o in bench.ask(a_row("5"), a_row("50"))] == [0, 0, 1]


def test_orders_are_ours_by_their_tag_and_else_external(bench):
    """An order under a tag that was durable before it was sent is ours, with the caller's tag."""
    from actors.domain.books import OurLeg

    bench.view.legs[BrokerTag("ow1")] = OurLeg("b1", "hedge leg")
    bench.hear(a_row("1", tag="ow1"), a_row("2", tag="theirs"), a_row("3"))
    orders = [bench.book.order(OrderId(n)) for n in "123"]
    assert [(o.origin, o.broker_tag, o.tag) for o in orders] == [
        ("orderwire", "ow1", "hedge leg"),
        ("external", None, "theirs"),
        ("external", None, None),
    ]


def test_a_fill_asks_for_its_trade(bench):
    """P7: once a fill was heard of its trade has to be fetched; a mere change asks for nothing."""
    bench.hear(LIFE[1])
    assert bench.book.take_filled() == []
    bench.hear(LIFE[2], a_row("2", "COMPLETE", filled_quantity=50))
    assert bench.book.take_filled() == ["1", "2"]
    assert bench.book.take_filled() == []


def test_a_failed_task_is_told_once(bench):
    """A task that the broker gave up on is a message, with the broker's reason if it has one."""
    failed = TaskReport("t1", "failed", OrderId("1"), "insufficient funds")
    (message,) = bench.hear(failed, failed)
    assert (message.level, message.order_id) == ("error", "1")
    assert "insufficient funds" in message.text
    (dead,) = bench.hear(TaskReport("t2", "dead_letter", None, None))
    assert "no reason" in dead.text
    assert not bench.book.wants_orders


def test_a_task_that_names_an_unknown_order_asks_for_it(bench):
    """P7: a task's order may never be told by the stream; a known one asks for nothing."""
    assert bench.hear(TaskReport("t1", "completed", OrderId("1"), None)) == []
    assert bench.book.wants_orders
    bench.book.wants_orders = False
    bench.hear(a_row("1"), TaskReport("t2", "completed", OrderId("1"), None))
    bench.hear(TaskReport("t3", "queued", None, None))
    assert not bench.book.wants_orders


def test_a_note_is_a_message_with_an_id_of_its_own(bench):
    """P2: a broker's word is told once; two words have two ids, at the moment they were heard."""
    first, second = bench.hear(
        Note("warning", "margin is low"), Note("info", "x"), Note("warning", "margin is low")
    )
    assert first.id != second.id
    assert (first.text, first.at) == ("margin is low", evolve_time(1))


def test_an_event_says_when_its_report_was_heard(bench):
    """`timestamp` is our hearing, on the wall and on the monotonic clock."""
    bench.hear(a_row("1", at=START))
    assert (bench.made[0].received_at, bench.made[0].received_s) == (evolve_time(1), 1.0)
    assert isinstance(bench.made[0].value, Order)
    assert bench.made[0].subject == "1"
