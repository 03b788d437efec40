"""Of each order the last state alone, and how many went before it."""

from hypothesis import given
from hypothesis import strategies as st

from actors.domain.ids import AccountId, Offset
from actors.domain.latest import Latest
from actors.domain.model import Draft
from actors.writer import number

from .given import NINE_FIFTEEN, an_order

KINDS = {"o": "order_update", "c": "correction", "t": "trade_update", "m": "message"}


def events(*names):
    """Make events: `oA` is an update of order A, `cA` a correction of it, `t1` a trade."""
    drafts = [
        Draft(KINDS[name[0]], AccountId("primary"), name[1:], an_order(), NINE_FIFTEEN)
        for name in names
    ]
    return number(drafts, after=Offset(0))


def told(latest, given_events, most=100):
    """Give what is chosen as (offset, conflated), and the place."""
    chosen, place = latest.choose(given_events, most)
    return [(event.offset, count) for event, count in chosen], place


def test_the_last_state_of_each_order_and_every_other_event():
    """A correction is a state like any other; trades and messages of one subject are all told."""
    given_events = events("oA", "oB", "t1", "cA", "t1", "m", "oA")
    assert told(Latest(), given_events) == ([(2, 0), (3, 0), (5, 0), (6, 0), (7, 2)], 7)


def test_orders_of_two_accounts_are_two():
    """The same order id in another account is another order."""
    one, two = events("oA", "oA")
    other = Draft("order_update", AccountId("hedge"), "A", an_order(), NINE_FIFTEEN)
    assert told(Latest(), [one, *number([other], after=Offset(1))]) == ([(1, 0), (2, 0)], 2)
    assert told(Latest(), [one, two]) == ([(2, 1)], 2)


@given(
    names=st.lists(st.sampled_from(["oA", "oB", "oC", "cA", "t1", "m1"]), min_size=1, max_size=40),
    most=st.integers(1, 5),
)
def test_however_it_is_cut_nothing_is_lost(names, most):
    """P4: over any number of turns each state is told or counted once, the last one is always told,
    and places and offsets only grow.
    """
    latest, waiting, seen, before = Latest(), events(*names), [], 0
    every = waiting
    while waiting:
        chosen, place = told(latest, waiting, most)
        assert 1 <= len(chosen) <= most
        assert [before, *(offset for offset, _ in chosen)] == sorted(
            {before, *(offset for offset, _ in chosen)}
        )
        assert place >= chosen[-1][0]
        seen += chosen
        before = place
        waiting = [event for event in waiting if event.offset > place]
    assert len(seen) + sum(count for _, count in seen) == len(every)
    offsets = {offset for offset, _ in seen}
    for name in ("A", "B", "C"):
        states = [e.offset for e in every if e.subject == name]
        assert not states or states[-1] in offsets
