"""When an account is asked what."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from actors.agenda import FILLS_PAUSE_S, UNTOLD_GRACE_S, Agenda, period_s
from actors.domain.config import AccountConfig


def test_the_whole_day_is_due_at_the_earliest_wish():
    """Of several wishes the earliest counts, and once begun none is left."""
    agenda = Agenda()
    assert agenda.next_s == math.inf
    for at_s in (30, 10, 20):
        agenda.ask_full(at_s)
    assert agenda.next_s == 10
    agenda.begin_full()
    assert agenda.next_s == math.inf


def test_nothing_is_due_while_it_rests():
    """P20: after an error, wishes wait for the end of the pause; a connection ends the pause."""
    agenda = Agenda()
    agenda.rest(100)
    agenda.ask_fills()
    agenda.ask_full(5)
    assert agenda.next_s == 100
    agenda.wake()
    agenda.ask_full(5)
    assert agenda.next_s == 5


def test_fills_are_fetched_at_most_once_a_pause():
    """The first wish for fills is due at once, the next one a pause after the last fetch."""
    agenda = Agenda()
    agenda.ask_fills()
    assert agenda.fills_s == -math.inf
    agenda.begin_fills()
    agenda.end_fills(10, 10.01)
    agenda.ask_fills()
    assert agenda.fills_s == 10.01 + FILLS_PAUSE_S


@given(took_s=st.floats(0, 100))
def test_fetching_fills_takes_at_most_a_tenth_of_the_time(took_s):
    """P20: a fetch that took long is followed by a pause ten times as long."""
    agenda = Agenda()
    agenda.end_fills(0, took_s)
    agenda.ask_fills()
    assert took_s <= (agenda.fills_s - took_s) * 0.1 + 1e-9


def test_a_doubt_is_looked_into_a_little_later():
    """A stream gets a moment to tell what a snapshot told first."""
    agenda = Agenda()
    agenda.doubt(50)
    assert agenda.next_s == 50 + UNTOLD_GRACE_S


def test_an_account_is_asked_often_while_nobody_tells_of_its_open_orders():
    """P7: silent or cut off with orders open, it is asked every poll_s; else every reconcile_s."""
    config = AccountConfig("ticker_service", "http://x", "k", poll_s=1, reconcile_s=30)
    assert [period_s(config, state, 1) for state in ("silent", "connecting", "down")] == [1] * 3
    assert [period_s(config, state, 1) for state in ("live", "resyncing")] == [30] * 2
    assert [period_s(config, state, 0) for state in ("silent", "connecting", "down")] == [30] * 3
