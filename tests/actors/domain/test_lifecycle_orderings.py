"""Reports doubled, reordered and contradicting: what is dropped, what is news, what is told."""

from decimal import Decimal

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.domain.lifecycle import (
    ACCEPTED,
    ENDED,
    PENDING,
    WORKING,
    Move,
    Verdict,
    judge,
)

from .given import NINE_FIFTEEN, a_report, after, an_order

LAWFUL = (Move.FORWARD, Move.SAME)


@pytest.mark.parametrize("status", [*PENDING, *WORKING, *ENDED])
def test_the_same_report_again_is_no_step(status):
    """P2: a doubled report leaves every order where it is, without a word."""
    order = an_order(status=status, filled_quantity=10)
    report = a_report(status, filled_quantity=10, at=NINE_FIFTEEN)
    assert judge(order, report) == Verdict(Move.SAME, status)


LIFE = (
    ("PUT ORDER REQ RECEIVED", 0),
    ("VALIDATION PENDING", 0),
    ("OPEN PENDING", 0),
    ("OPEN", 0),
    ("OPEN", 20),
    ("OPEN", 35),
    ("COMPLETE", 50),
)


@given(st.data())
def test_a_life_told_in_any_order_ends_the_same(data):
    """P2, P8: reports reordered and doubled lead to the same end, and none of them is unlawful."""
    told = data.draw(st.permutations(LIFE))
    doubled = data.draw(st.lists(st.sampled_from(LIFE), max_size=5))
    order = None
    for status, filled in (*told, *doubled):
        verdict = judge(order, a_report(status, filled_quantity=filled, quantity=50))
        assert verdict.move is not Move.UNLAWFUL
        if verdict.move in LAWFUL:
            order = an_order(status=verdict.status, filled_quantity=filled, updated_at=None)
    assert order is not None
    assert (order.status, order.filled_quantity) == ("COMPLETE", 50)


@given(st.permutations([("OPEN", 1), ("MODIFIED", 2), ("OPEN", 3), ("CANCEL PENDING", 4)]))
def test_the_brokers_times_put_live_states_in_order(told):
    """P2: live states may follow each other both ways, so their times say which is the old one."""
    order = an_order(status="OPEN PENDING")
    for status, second in told:
        verdict = judge(order, a_report(status, at=after(second)))
        assert verdict.move is not Move.UNLAWFUL
        if verdict.move in LAWFUL:
            order = attrs.evolve(order, status=verdict.status, updated_at=after(second))
    assert (order.status, order.updated_at) == ("CANCEL PENDING", after(4))


def test_an_older_end_is_believed():
    """An end may carry an earlier time than the state it ends: brokers' clocks are not one clock."""
    assert judge(an_order(), a_report("COMPLETE", at=after(-1))).move is Move.FORWARD


def test_an_older_report_that_fills_more_is_news():
    """P7: what was filled is news, whatever the time beside it."""
    report = a_report("OPEN", filled_quantity=20, at=after(-1))
    assert judge(an_order(), report) == Verdict(Move.SAME, "OPEN")


@pytest.mark.parametrize(
    ("order", "report", "reason"),
    [
        (an_order(), a_report("OPEN", filled_quantity=51), "51 filled of 50"),
        (
            an_order(filled_quantity=20),
            a_report("OPEN", quantity=10),
            "20 filled of 10",
        ),
        (
            an_order(status="COMPLETE", filled_quantity=50),
            a_report("REJECTED"),
            "REJECTED cannot follow COMPLETE",
        ),
        (
            an_order(status="CANCELLED", filled_quantity=10),
            a_report("OPEN", filled_quantity=20),
            "more was filled after CANCELLED",
        ),
        (
            an_order(status="CANCELLED"),
            a_report("OPEN", at=after(1)),
            "OPEN cannot follow CANCELLED",
        ),
        (
            an_order(filled_quantity=20),
            a_report("CANCELLED", filled_quantity=10),
            "filled quantity fell from 20 to 10",
        ),
        (
            an_order(filled_quantity=20),
            a_report("OPEN", filled_quantity=10, at=after(1)),
            "filled quantity fell from 20 to 10",
        ),
    ],
)
def test_an_unlawful_report_says_why_and_moves_nothing(order, report, reason):
    """P8: a contradiction becomes words that name the order and both states."""
    verdict = judge(order, report)
    assert (verdict.move, verdict.status) == (Move.UNLAWFUL, order.status)
    assert verdict.reason == (
        f"order 230405000123456: the broker reports {report.status}, but {reason}"
    )


def test_a_live_state_with_less_filled_is_an_old_one():
    """P2: a partial fill that arrives after a greater one is dropped without a word."""
    order = an_order(filled_quantity=20)
    for less in (0, 10, 19):
        report = a_report("OPEN", filled_quantity=less)
        assert judge(order, report) == Verdict(Move.LATE, "OPEN")


def test_acceptance_is_a_state_of_the_market():
    """An order is accepted when it works or is complete; pending or ended otherwise, it is not."""
    assert {*WORKING, "COMPLETE"} == ACCEPTED
    assert not ACCEPTED & {*PENDING, "REJECTED", "CANCELLED", "EXPIRED"}


def test_other_news_in_the_same_state_is_same():
    """A price that changed while the status stayed is lawful, for the book to look at."""
    assert judge(an_order(), a_report("OPEN", price=Decimal("611.00"))).move is Move.SAME
