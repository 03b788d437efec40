"""What is left of retired events is the books that they made, and the link that the chain goes on from."""

from __future__ import annotations

import attrs
import pytest

from actors.domain.books import Current
from actors.domain.errors import StoreDamaged
from actors.domain.ids import Offset
from actors.storage.base import WHOLE, Standing, sealed, stood_of
from actors.storage.rows import START, changes, event_of
from tests.actors.storage.given_days import PER_DAY, books_of, days
from tests.actors.storage.samples import event

EVENTS = days(5)
ROWS = changes(START, EVENTS).events


def standing(rows, base=None):
    """Fold rows onto what stood."""
    found = Standing(WHOLE.head, 0) if base is None else base
    for row in rows:
        found.fold(row)
    return found


def stood_in(found, rows=ROWS):
    """Make the base's rows of what stands."""
    return [stood_of(first, rows[offset - 1]) for first, offset in found.places()]


@pytest.mark.parametrize("at", [0, 1, 60, 61, 62, 63, 119, 150, 180, 299, 300])
def test_folding_from_a_base_gives_the_books(at):
    """P13: wherever the prefix ends, in a day or between two, what it left and the later events
    fold into the books that all events fold into.
    """
    base = [Current._make(row) for row in stood_in(standing(ROWS[:at]))]
    assert books_of(base, EVENTS[at:]) == books_of([], EVENTS)


def test_a_base_is_made_of_the_one_before():
    """P13: retiring in two steps leaves what retiring in one leaves, to the byte."""
    once = standing(ROWS[:200])
    first = standing(ROWS[:90])
    again = Standing(first.head, first.received_ms)
    for row in stood_in(first):
        again.load(Current._make(row))
    standing(ROWS[90:200], again)
    assert stood_in(again) == stood_in(once)
    assert (again.head, again.received_ms) == (once.head, once.received_ms)


def test_a_base_is_as_small_as_the_books():
    """P20: what was over with its day is not in the base, which so does not grow with the log."""
    stood = [Current._make(row) for row in stood_in(standing(ROWS))]
    over = [row for row in stood if row.is_ended and row.type not in ("message", "stream_status")]
    assert over
    assert min(row.offset for row in over if row.type != "batch_update") > 4 * PER_DAY
    assert min(row.offset for row in over if row.type == "batch_update") > 2 * PER_DAY


def test_the_chain_goes_on_from_a_base():
    """P12: the head of what stands is the last retired event and its link."""
    found = standing(ROWS[:40])
    assert found.head == changes(START, EVENTS[:40]).head
    assert found.received_ms == ROWS[39][5]


@pytest.mark.parametrize(
    "rows",
    [ROWS[1:2], [ROWS[0], ROWS[2]], [(*ROWS[0][:4], b"{}", *ROWS[0][5:])]],
    ids=["a hole at the start", "a hole", "altered"],
)
def test_what_was_altered_is_not_retired(rows):
    """P12: an event that is gone or altered shows before it would be thrown away."""
    with pytest.raises(StoreDamaged, match=r"event \d is gone or was altered"):
        standing(rows)


def test_whether_a_thing_has_ended_is_in_its_row():
    """An order that is complete has ended; its row is its event's, and the offset of its first."""
    row = changes(START, [event(1, n=2)]).events[0]
    (stood,) = [stood_of(Offset(1), row)]
    assert Current._make(stood) == Current.of(event_of(row), first=Offset(1), is_ended=True)


@pytest.mark.parametrize("column", range(8))
def test_a_seal_covers_every_column(column):
    """P12: whatever is altered in what stood, the seal is no longer right."""
    row = list(stood_of(Offset(1), ROWS[5]))
    seal = sealed(b"", tuple(row))
    row[column] = {int: 77, str: "x", bytes: b"x", bool: 1}[type(row[column])]
    row[7] = int(not row[7]) if column == 7 else row[7]
    assert sealed(b"", tuple(row)) != seal


@pytest.mark.parametrize(("column", "value"), [(0, "x"), (2, None), (5, 7), (6, None), (7, "y")])
def test_a_base_of_strange_values_is_damage(column, value):
    """P12: a row that none of ours can be is refused, not passed on."""
    row = list(stood_of(Offset(1), ROWS[5]))
    row[column] = value
    with pytest.raises(StoreDamaged, match="the base's row of event 6"):
        sealed(b"", tuple(row))


def test_an_account_that_is_gone_stands_too():
    """Of an account that has left the configuration the books stay: it may come back."""
    lone = attrs.evolve(event(1, "position_update"), account_id="gone")
    found = standing(changes(START, [lone]).events)
    assert found.places() == [(1, 1)]
