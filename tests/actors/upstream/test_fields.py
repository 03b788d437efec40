"""One field at a time: the exact type within its bounds, or the field's name and what is wrong."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from actors.domain.exact import INT_MAX
from actors.upstream import fields
from actors.upstream.fields import FieldFault


@pytest.mark.parametrize(
    ("read", "value"),
    [
        (fields.maybe_count, "7"),
        (fields.maybe_count, 7.0),
        (fields.maybe_count, True),
        (fields.maybe_count, -1),
        (fields.maybe_count, INT_MAX + 1),
        (fields.required_count, None),
        (fields.required_signed, None),
        (fields.required_signed, -INT_MAX - 1),
        (fields.maybe_money, "7.50"),
        (fields.maybe_money, True),
        (fields.maybe_money, Decimal("NaN")),
        (fields.maybe_money, Decimal("1e400")),
        (fields.required_money, None),
        (fields.required_word, ""),
        (fields.required_word, 7),
        (fields.required_word, "x" * 65),
        (fields.required_word, "\ud800"),
        (fields.maybe_word, ["SBIN"]),
        (fields.maybe_word, "x" * 65),
        (fields.maybe_text, 7),
        (fields.maybe_time, 1_700_000_000),
        (fields.maybe_time, "2026-11-21"),
        (fields.maybe_time, "2026-13-41 09:15:30"),
    ],
)
def test_what_is_not_of_its_type_is_a_fault_of_that_field(read, value):
    """P19: a value of another type or out of bounds is refused by the field's name, not taken."""
    with pytest.raises(FieldFault) as caught:
        read({"here": value}, "here")
    assert caught.value.name == "here"


@pytest.mark.parametrize(
    ("read", "value", "taken"),
    [
        (fields.maybe_count, None, None),
        (fields.maybe_count, 0, 0),
        (fields.required_signed, -50, -50),
        (fields.maybe_money, Decimal("610.50"), Decimal("610.50")),
        (fields.maybe_money, 610, Decimal(610)),
        (fields.maybe_money, None, None),
        (fields.maybe_word, "", None),
        (fields.maybe_word, "é", "é"),
        (fields.required_word, "M&M", "M&M"),
        (fields.maybe_text, "x" * 600, "x" * 500),
        (fields.maybe_time, "", None),
        (fields.maybe_time, "2026-11-21 09:15:30", datetime(2026, 11, 21, 3, 45, 30, tzinfo=UTC)),
        (fields.maybe_time, "2026-11-21T09:15:30Z", datetime(2026, 11, 21, 9, 15, 30, tzinfo=UTC)),
    ],
)
def test_what_is_of_its_type_is_taken_as_it_is(read, value, taken):
    """Absent, null and empty are nothing said; money keeps its digits; a time without a zone is IST."""
    assert read({"here": value}, "here") == taken


def test_a_fault_knows_the_way_to_its_field():
    """P19: a fault inside an object is told with the path from the row on."""
    with pytest.raises(FieldFault) as caught:
        fields.read_under("result", {"n": "x"}, lambda row: fields.required_count(row, "n"))
    assert str(caught.value.at("$.data[3]")) == "$.data[3].result.n: a whole number is needed"
    with pytest.raises(FieldFault) as caught:
        fields.read_under("result", 7, lambda row: row)
    assert str(caught.value.at("$")) == "$.result: an object is needed"
