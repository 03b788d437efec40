"""Rows and events turn into each other without loss, and links tell of any change."""

from __future__ import annotations

from datetime import UTC, date, datetime

import attrs
import pytest

from actors.domain.errors import GatewayBug, StoreDamaged
from actors.storage.rows import START, changes, day_start_ms, event_of, link_of
from tests.actors.storage.samples import TYPES, event, log


@pytest.mark.parametrize("kind", TYPES)
def test_an_event_of_every_type_comes_back_from_its_row(kind):
    """An event's row gives the event again, to the byte and the millisecond, undecoded."""
    written = event(1, kind, n=3, at=datetime(2026, 11, 20, 6, 30, 1, 123000, tzinfo=UTC))
    (row,) = changes(START, [written]).events
    assert event_of(row) == written
    assert event_of(row).value is None


def test_a_group_keeps_one_row_a_thing():
    """Of a thing that changed twice in one group, the latest stands, with its first offset."""
    rows = changes(START, [event(1, n=1), event(2, "correction", n=2), event(3, key=2)])
    assert [(row[0], row[1], row[2]) for row in rows.current["orders"].values()] == [
        (1, 2, "correction"),
        (3, 3, "order_update"),
    ]


@pytest.mark.parametrize(("n", "ended"), [(0, False), (1, False), (2, True), (3, True)])
@pytest.mark.parametrize("decoded", [True, False])
@pytest.mark.parametrize(
    ("kind", "table"), [("order_update", "orders"), ("batch_update", "batches")]
)
def test_what_has_ended_is_marked(kind, table, n, ended, decoded):
    """Orders and batches are marked ended by their status, whether or not the value came along."""
    written = event(1, kind, n=n)
    if not decoded:
        written = attrs.evolve(written, value=None)
    rows = changes(START, [written])
    assert [row[-1] for row in rows.current[table].values()] == [ended]


@pytest.mark.parametrize("offsets", [(2,), (1, 3), (1, 1), (0,)])
def test_offsets_that_do_not_follow_are_our_bug(offsets):
    """P1: the log takes offsets one after the other, and no others."""
    with pytest.raises(GatewayBug, match="cannot follow event"):
        changes(START, [event(offset) for offset in offsets])


def test_data_that_cannot_be_read_is_our_bug():
    """An order whose data is no order is named by its offset, and nothing of it is written."""
    broken = attrs.evolve(event(1), data=b'{"status":7}', value=None)
    with pytest.raises(GatewayBug, match=r"event 1, order_update, has bad data: \$"):
        changes(START, [broken])


@pytest.mark.parametrize(
    ("column", "value"), [(0, 8), (1, "message"), (2, "hedge"), (3, "x"), (4, b"{}"), (5, 1)]
)
def test_a_link_covers_every_column(column, value):
    """P12: whatever is altered in a row, or before it, the row's link is no longer right."""
    row = list(changes(START, log(7)).events[-1])
    link = link_of(b"before", row)
    row[column] = value
    assert link_of(b"before", row) != link
    assert link_of(b"other", row) != link_of(b"before", row)


@pytest.mark.parametrize(
    ("column", "value"),
    [(1, None), (2, 5), (3, None), (4, "text"), (4, None), (5, None), (5, 2**62), (5, "x")],
)
def test_a_row_of_strange_values_is_damage(column, value):
    """P12: a row that an event cannot have written is refused, not passed on."""
    row = list(changes(START, [event(1)]).events[0])
    row[column] = value
    with pytest.raises(StoreDamaged, match="event 1 in the store"):
        event_of(row)


def test_a_day_begins_at_midnight_in_india():
    """A trading day is a day in India: it begins at 18:30 UTC of the day before."""
    begins = datetime(2026, 11, 19, 18, 30, tzinfo=UTC)
    assert day_start_ms(date(2026, 11, 20)) == begins.timestamp() * 1000
