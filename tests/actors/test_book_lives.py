"""Any lawful life, told in any order and any number of times, ends as the broker has it.

The table is written down here once more, by hand, so that it is not judged by itself.
"""

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from actors.domain.model import Order

from .fakes import a_row
from .given_book import Bench, evolve_time

QUANTITY = 50
BEFORE = ["AMO REQ RECEIVED", "PUT ORDER REQ RECEIVED", "VALIDATION PENDING", "OPEN PENDING"]
LIVE = [
    "TRIGGER PENDING",
    "OPEN",
    "MODIFY VALIDATION PENDING",
    "MODIFY PENDING",
    "MODIFIED",
    "CANCEL PENDING",
]
AFTER = ["COMPLETE", "CANCELLED", "REJECTED", "EXPIRED"]
BACK_FROM_THE_END = {
    ("CANCELLED", "COMPLETE"),
    ("EXPIRED", "COMPLETE"),
    ("EXPIRED", "CANCELLED"),
}


def is_lawful(before, after):
    """Say whether one published state may follow another."""
    if after.filled_quantity < before.filled_quantity or after.filled_quantity > after.quantity:
        return False
    old, new = before.status, after.status
    if old == new:
        return True
    if old in AFTER:
        return (old, new) in BACK_FROM_THE_END
    if old in BEFORE and new in BEFORE:
        return BEFORE.index(old) < BEFORE.index(new)
    return not (old in LIVE and new in BEFORE)


@st.composite
def lives(draw, order_id):
    """Draw a life as an exchange makes them: it begins, works, fills by parts, and ends."""
    first = draw(st.integers(0, len(BEFORE) - 1))
    states = [(status, 0) for status in BEFORE[first:]]
    filled = 0
    for status in draw(st.lists(st.sampled_from(LIVE), max_size=5)):
        filled = draw(st.integers(filled, QUANTITY - 1))
        states.append((status, filled))
    end = draw(st.sampled_from([None, *AFTER]))
    if end is not None:
        late = draw(st.booleans())
        if end == "COMPLETE" and late:
            states.append(("CANCELLED", filled))
        states.append((end, QUANTITY if end == "COMPLETE" else filled))
    has_times = draw(st.booleans())
    return [
        a_row(
            order_id,
            status,
            quantity=QUANTITY,
            filled_quantity=done,
            at=evolve_time(second) if has_times else None,
        )
        for second, (status, done) in enumerate(states)
    ]


@st.composite
def tellings(draw):
    """Draw lives of two orders, and how a bad stream tells of them."""
    life = {order_id: draw(lives(order_id)) for order_id in "12"}
    said = [report for reports in life.values() for report in reports]
    doubled = draw(st.lists(st.sampled_from(said), max_size=5))
    told = draw(st.permutations([*said, *doubled]))
    lost = draw(st.integers(0, len(told)))
    return life, told[lost:]


@settings(deadline=None, derandomize=True, database=None, max_examples=400)
@given(tellings(), st.booleans(), st.booleans())
def test_any_telling_ends_in_the_brokers_own_book(telling, with_history, commits):
    """P7, P8: shuffled, doubled, cut short: at most two reconciles later the book is the
    broker's, no step published on the way went against the table but a correction, and filled
    never fell.
    """
    life, told = telling
    bench = Bench(commits=commits)
    bench.hear(*told)
    histories = life if with_history else {}
    final = [reports[-1] for reports in life.values()]
    bench.ask(*final, histories=histories)
    settled = len(bench.made)
    bench.ask(*final, histories=histories)
    assert set(bench.types()[settled:]) <= {"correction"}
    for row in final:
        order = bench.book.order(row.order_id)
        assert (order.status, order.filled_quantity) == (row.status, row.filled_quantity)
    for order_id in life:
        steps = [d for d in bench.made if isinstance(d.value, Order) and d.subject == order_id]
        for before, after in pairwise(steps):
            if after.type != "correction":
                assert is_lawful(before.value, after.value)
                assert before.value != after.value
    assert bench.ask(*final, histories=histories) == []


@settings(deadline=None, derandomize=True, database=None, max_examples=200)
@given(lives("1"), st.integers(1, 3))
def test_a_life_told_in_order_needs_no_correction(life, times):
    """P2, P8: the true order, each report said some times over, then one reconcile: no messages,
    no corrections, and the last state stands.
    """
    bench = Bench()
    bench.hear(*(report for report in life for _ in range(times)))
    assert bench.ask(life[-1]) == []
    assert set(bench.types()) == {"order_update"}
    assert bench.book.order(life[-1].order_id).status == life[-1].status
