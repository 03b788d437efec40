from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.domain.days import begin_of, next_begin, trading_day

MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (datetime(2026, 11, 20, 3, 45, tzinfo=UTC), date(2026, 11, 20)),  # 09:15 IST
        (datetime(2026, 11, 20, 18, 25, tzinfo=UTC), date(2026, 11, 20)),  # 23:55
        (datetime(2026, 11, 21, 0, 29, 59, tzinfo=UTC), date(2026, 11, 20)),
        (datetime(2026, 11, 21, 0, 30, tzinfo=UTC), date(2026, 11, 21)),  # 06:00
    ],
)
def test_a_day_is_from_six_to_six(moment, day):
    """The last commodity trade and the night after it belong to the day before."""
    assert trading_day(moment) == day


@given(MOMENTS)
def test_each_moment_lies_in_its_day(moment):
    """Days follow each other without a gap, each of 24 hours."""
    day = trading_day(moment)
    assert begin_of(day) <= moment < next_begin(moment)
    assert next_begin(moment) - begin_of(day) == timedelta(days=1)
    assert trading_day(next_begin(moment)) == day + timedelta(days=1)
