"""The order table, every cell of it, and the judge that reads it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.domain.lifecycle import (
    ENDED,
    KNOWN,
    PENDING,
    REAL_WORLD,
    TABLE,
    UPDATE,
    WORKING,
    Move,
    Verdict,
    is_ended,
    judge,
    step,
)
from actors.domain.model import Order, OrderReport

from .given import a_report, after, an_order, any_of

# The table again, written by hand and not by rule. Rows are where an order stands, columns what is
# reported: F forward, = same, L late, U unlawful.
COLUMNS = (
    "AMO REQ RECEIVED",
    "PUT ORDER REQ RECEIVED",
    "VALIDATION PENDING",
    "OPEN PENDING",
    "TRIGGER PENDING",
    "OPEN",
    "MODIFY VALIDATION PENDING",
    "MODIFY PENDING",
    "MODIFIED",
    "CANCEL PENDING",
    "COMPLETE",
    "CANCELLED",
    "REJECTED",
    "EXPIRED",
)
EXPECTED = {
    #                            AMO PUT VAL OPP TRG OPN MVP MPN MOD CNP CMP CAN REJ EXP
    "AMO REQ RECEIVED":          " =   F   F   F   F   F   F   F   F   F   F   F   F   F ",
    "PUT ORDER REQ RECEIVED":    " L   =   F   F   F   F   F   F   F   F   F   F   F   F ",
    "VALIDATION PENDING":        " L   L   =   F   F   F   F   F   F   F   F   F   F   F ",
    "OPEN PENDING":              " L   L   L   =   F   F   F   F   F   F   F   F   F   F ",
    "TRIGGER PENDING":           " L   L   L   L   =   F   F   F   F   F   F   F   F   F ",
    "OPEN":                      " L   L   L   L   F   =   F   F   F   F   F   F   F   F ",
    "MODIFY VALIDATION PENDING": " L   L   L   L   F   F   =   F   F   F   F   F   F   F ",
    "MODIFY PENDING":            " L   L   L   L   F   F   F   =   F   F   F   F   F   F ",
    "MODIFIED":                  " L   L   L   L   F   F   F   F   =   F   F   F   F   F ",
    "CANCEL PENDING":            " L   L   L   L   F   F   F   F   F   =   F   F   F   F ",
    "COMPLETE":                  " L   L   L   L   L   L   L   L   L   L   =   U   U   U ",
    "CANCELLED":                 " L   L   L   L   L   L   L   L   L   L   F   =   U   U ",
    "REJECTED":                  " L   L   L   L   L   L   L   L   L   L   U   U   =   U ",
    "EXPIRED":                   " L   L   L   L   L   L   L   L   L   L   F   F   U   = ",
}  # fmt: skip
MOVES = {"F": Move.FORWARD, "=": Move.SAME, "L": Move.LATE, "U": Move.UNLAWFUL}
LAWFUL = (Move.FORWARD, Move.SAME)

statuses = st.one_of(st.sampled_from(sorted(KNOWN)), st.text(max_size=12))
quantities = st.one_of(st.none(), st.integers(-5, 120))
moments = st.one_of(st.none(), st.integers(-3, 3).map(after))
orders = st.builds(
    an_order,
    status=statuses,
    quantity=st.integers(0, 100),
    filled_quantity=st.integers(0, 100),
    updated_at=moments,
)
reports = st.builds(a_report, statuses, filled_quantity=quantities, quantity=quantities, at=moments)


def test_the_table_is_the_one_written_by_hand():
    """P8: every pair of known statuses means what the table on this page says."""
    assert {
        (before, reported): MOVES[letter]
        for before, row in EXPECTED.items()
        for reported, letter in zip(COLUMNS, row.split(), strict=True)
    } == TABLE


def test_the_table_has_every_status_that_kite_documents():
    """Every status of the broker's documentation is placed; UPDATE is news, and no state."""
    assert {*PENDING, *WORKING, *ENDED} == set(COLUMNS)
    assert {*COLUMNS, UPDATE} == KNOWN
    assert len(TABLE) == len(COLUMNS) ** 2


@pytest.mark.parametrize(
    ("name", "before", "reported", "move"), REAL_WORLD, ids=[row[0] for row in REAL_WORLD]
)
def test_each_row_of_the_real_world_is_judged_as_it_is_named(name, before, reported, move):
    """P8: what looks wrong and does happen has a row of its own, and the judge goes by it."""
    assert step(before, reported) is move
    verdict = judge(an_order(status=before), a_report(reported))
    assert verdict.move is move
    assert verdict.status == (reported if move in LAWFUL else before)


def test_the_rows_of_the_real_world_are_the_ones_we_know_of():
    """A row that is taken out, or one that comes in, is noticed here."""
    assert [row[0] for row in REAL_WORLD] == [
        "fill after cancel",
        "fill after expiry",
        "cancel after expiry",
        "complete before open",
        "doubled cancel",
        "fill during cancel",
        "cancel refused",
        "back to trigger",
        "reject after open",
    ]


def test_ended_orders_leave_only_by_named_rows():
    """P8: an end is an end, but for the rows that have a name."""
    named = {(before, reported) for _, before, reported, _ in REAL_WORLD}
    left = {
        (before, reported)
        for (before, reported), move in TABLE.items()
        if before in ENDED and before != reported and move in LAWFUL
    }
    assert left
    assert left <= named


@given(orders.filter(lambda order: is_ended(order.status)), reports)
def test_no_report_moves_an_ended_order_but_by_a_named_row(order, report):
    """P8: whatever is reported of an ended order, unknown words too, it stays or a row is named."""
    verdict = judge(order, report)
    named = {(before, reported) for _, before, reported, _ in REAL_WORLD}
    assert verdict.status == order.status or (order.status, verdict.status) in named


@given(orders, reports)
def test_the_judge_never_raises_and_never_lets_filled_fall(order, report):
    """P8, P19: any status and any quantities get a verdict; a lawful one keeps what was filled."""
    verdict = judge(order, report)
    said = report.filled_quantity
    if verdict.move in LAWFUL:
        assert said is None or said >= order.filled_quantity
        assert verdict.reason == ""
    else:
        assert verdict.status == order.status
    assert bool(verdict.reason) == (verdict.move is Move.UNLAWFUL)


@given(orders, reports)
def test_a_lawful_verdict_never_fills_more_than_was_asked(order, report):
    """P8: more filled than ordered is told and not applied, where the quantity is known."""
    if judge(order, report).move in LAWFUL:
        quantity = order.quantity if report.quantity is None else report.quantity
        filled = order.filled_quantity if report.filled_quantity is None else report.filled_quantity
        assert quantity <= 0 or filled <= quantity


@given(any_of(Order), any_of(OrderReport))
def test_any_order_and_any_report_get_a_verdict(order, report):
    """P19: nothing that the model can hold makes the judge raise."""
    assert judge(order, report).move in Move
    assert judge(None, report).move is Move.FORWARD


@given(statuses, statuses)
def test_one_step_is_always_told(before, reported):
    """P19: any two words have a move, documented or not; the same word is the same state."""
    move = step(before, reported)
    assert (move is Move.SAME) == (before == reported)


@pytest.mark.parametrize("before", [*PENDING, *WORKING, "TRANSIT", UPDATE])
def test_an_unknown_status_passes_through_as_itself(before):
    """A word that nobody documented is taken as it stands, to and from every living state."""
    assert judge(an_order(status=before), a_report("FROZEN")) == Verdict(Move.FORWARD, "FROZEN")
    assert judge(an_order(status="FROZEN"), a_report("OPEN")) == Verdict(Move.FORWARD, "OPEN")
    assert judge(None, a_report("FROZEN")) == Verdict(Move.FORWARD, "FROZEN")
    assert not is_ended("FROZEN")


@pytest.mark.parametrize("before", ENDED)
def test_an_unknown_status_cannot_follow_an_end(before):
    """P8: an ended order is not brought back by a word that nobody knows."""
    verdict = judge(an_order(status=before), a_report("FROZEN"))
    assert (verdict.move, verdict.status) == (Move.UNLAWFUL, before)
    assert "FROZEN cannot follow" in verdict.reason


def test_a_first_report_begins_an_order_in_its_own_state():
    """Whatever state an order is first seen in is where it begins; an UPDATE means it is open."""
    assert judge(None, a_report("COMPLETE")) == Verdict(Move.FORWARD, "COMPLETE")
    assert judge(None, a_report(UPDATE)) == Verdict(Move.FORWARD, "OPEN")


@pytest.mark.parametrize(
    ("before", "filled", "verdict"),
    [
        ("OPEN PENDING", None, Verdict(Move.FORWARD, "OPEN")),
        ("OPEN", 20, Verdict(Move.SAME, "OPEN")),
        ("TRIGGER PENDING", None, Verdict(Move.SAME, "TRIGGER PENDING")),
        ("TRIGGER PENDING", 0, Verdict(Move.SAME, "TRIGGER PENDING")),
        ("TRIGGER PENDING", 20, Verdict(Move.FORWARD, "OPEN")),
        ("MODIFY VALIDATION PENDING", None, Verdict(Move.FORWARD, "OPEN")),
        ("MODIFY PENDING", None, Verdict(Move.FORWARD, "OPEN")),
        ("MODIFIED", 20, Verdict(Move.FORWARD, "OPEN")),
        ("CANCEL PENDING", 20, Verdict(Move.SAME, "CANCEL PENDING")),
        ("FROZEN", 20, Verdict(Move.SAME, "FROZEN")),
        ("COMPLETE", None, Verdict(Move.LATE, "COMPLETE")),
    ],
)
def test_an_update_is_news_of_the_state_it_leaves_the_order_in(before, filled, verdict):
    """UPDATE tells of a modification or a partial fill; it is never shown as a state."""
    assert judge(an_order(status=before), a_report(UPDATE, filled_quantity=filled)) == verdict


@given(orders.filter(lambda order: order.status != UPDATE), quantities)
def test_no_order_comes_to_stand_in_update(order, filled):
    """UPDATE is a word of the stream alone: no verdict carries it."""
    assert judge(order, a_report(UPDATE, filled_quantity=filled)).status != UPDATE
