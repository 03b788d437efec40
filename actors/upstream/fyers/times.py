"""Fyers' times: written in three ways, none with a zone, all of them IST. Pure.

18-Dec-2023 13:51:30   orders, and trades by REST
04-08-2023 10:12:58    trades on the socket: the day first
2023-12-18 13:51:30    as everyone else does
"NA", 01-Jan-1970 …    there is none
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

from actors.upstream.fields import IST, TIME_MAX, TIMES_KEPT, FieldFault, Row

NONE: Final = ("", "NA")
EPOCH_YEAR: Final = 1970
MONTHS: Final = (
    *("Jan", "Feb", "Mar", "Apr", "May", "Jun"),
    *("Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
)

_DAY_FIRST: Final = re.compile(r"(\d\d)-(\d\d|[A-Za-z]{3})-(\d{4}) (\d\d:\d\d:\d\d)", re.ASCII)
_YEAR_FIRST: Final = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", re.ASCII)


def ist_time(row: Row, name: str) -> datetime | None:
    """Take a time in IST; give UTC, or None for what stands for none."""
    value = row.get(name)
    if value is None or value in NONE:
        return None
    try:
        if isinstance(value, str) and len(value) <= TIME_MAX:
            return _utc(value)
    except (ValueError, OverflowError):
        pass
    raise FieldFault(name, "a time such as 18-Dec-2023 13:51:30 is needed")


@lru_cache(maxsize=TIMES_KEPT)
def _utc(text: str) -> datetime | None:
    """Read a time; ValueError when it is none. A day's rows repeat theirs, so they are kept."""
    if (found := _DAY_FIRST.fullmatch(text)) is not None:
        day, month, year, clock = found.groups()
        number = month if month.isdigit() else f"{MONTHS.index(month.title()) + 1:02}"
        text = f"{year}-{number}-{day} {clock}"
    elif _YEAR_FIRST.fullmatch(text) is None:
        raise ValueError(text)
    moment = datetime.fromisoformat(text).replace(tzinfo=IST)
    return moment.astimezone(UTC) if moment.year > EPOCH_YEAR else None
