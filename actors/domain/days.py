"""The trading day of the Indian exchanges. Pure.

    … 23:55 last trade ── 06:00 ─▶ the next day begins: day orders are over, trade ids start again

It begins at 06:00 IST: commodities trade until shortly before midnight, brokers clear their order
books in the night and end their logins at six, and the first orders come before nine.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Final

IST: Final = timezone(timedelta(hours=5, minutes=30))
BEGINS: Final = timedelta(hours=6)
_1970: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MS: Final = timedelta(milliseconds=1)


def trading_day(moment: datetime) -> date:
    """Give the day that a moment belongs to."""
    return (moment.astimezone(IST) - BEGINS).date()


def begin_of(day: date) -> datetime:
    """Give when a day begins, in UTC."""
    return (datetime.combine(day, time.min, IST) + BEGINS).astimezone(UTC)


def next_begin(moment: datetime) -> datetime:
    """Give when the next day after a moment begins, in UTC."""
    return begin_of(trading_day(moment) + timedelta(days=1))


def ms_of(moment: datetime) -> int:
    """Give a moment in whole milliseconds since 1970."""
    return (moment - _1970) // _MS
