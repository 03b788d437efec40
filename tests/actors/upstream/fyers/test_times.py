"""Times: three ways to write one, and what stands for none."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.upstream.fields import FieldFault
from actors.upstream.fyers.times import ist_time

MOMENT = datetime(2023, 8, 4, 4, 42, 58, tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["04-Aug-2023 10:12:58", "04-08-2023 10:12:58", "2023-08-04 10:12:58", "04-AUG-2023 10:12:58"]
)  # fmt: skip
def test_each_way_of_writing_a_time_is_read(text):
    """All of them are IST: UTC is five and a half hours earlier. The day comes first."""
    assert ist_time({"at": text}, "at") == MOMENT


@pytest.mark.parametrize(
    "value", [None, "", "NA", "01-Jan-1970 05:30:00", "01-01-1970 00:00:00", "01-Jan-0001 00:00:00"]
)
def test_what_stands_for_no_time_is_none(value):
    """The broker writes NA, or the beginning of 1970, for a time that there is not."""
    assert ist_time({"at": value}, "at") is None


@pytest.mark.parametrize(
    "value",
    [
        *("31-02-2023 10:00:00", "04-13-2023 10:00:00", "04-Xyz-2023 10:00:00"),
        *("04-Aug-2023", "04-Aug-2023 25:00:00", "2023-08-04T10:12:58", "0000-01-01 00:00:00"),
        *(1702887690, True, [], {}, "٠٤-08-2023 10:12:58", "x" * 41),
    ],
)
def test_what_is_no_time_is_a_fault(value):
    """P19: a time that cannot be is refused by the field's name."""
    with pytest.raises(FieldFault) as caught:
        ist_time({"at": value}, "at")
    assert caught.value.name == "at"


@given(st.text(alphabet="0123456789- :AugNovNA", max_size=24) | st.datetimes().map(str))
def test_any_text_gives_a_time_or_a_fault(text):
    """P19: whatever is written, the answer is UTC, none, or the field's fault."""
    try:
        found = ist_time({"at": text}, "at")
    except FieldFault:
        return
    assert found is None or found.tzinfo is UTC
