"""One event, one line: columns and colours for a person, JSON as it came for a program. Pure.

    Event ──row_of──▶ cells ──Screen──▶ a heading, the day when it turns, and the line itself
    text ──json_line──▶ the same text, on one line

Times are the desk's: India's, a fixed +05:30, wherever the reader sits.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Final

from attrs import define, field

from web.client import Event, Gap, Snapshot

from .columns import Layout, Row, heading, laid_out, layout
from .paint import Paint, shown
from .words import (
    SIDES,
    STATUSES,
    batch_words,
    level_of,
    message_words,
    order_cells,
    position_cells,
    said,
    stream_words,
)

BATCH_ID_CHARS: Final = 6  # of its beginning; enough to tell a day's apart
IST: Final = timezone(timedelta(hours=5, minutes=30), "IST")


@define
class Screen:
    """What a terminal is told: a heading for each width that it has had, and the days."""

    paint: Paint
    width: Callable[[], int]
    _widths: Layout = field(factory=dict)
    _measured: int = 0
    _day: str = ""

    def begin(self) -> str:
        """Give the heading, where it is not there yet for this width."""
        if (width := self.width()) == self._measured:
            return ""
        self._measured, self._widths = width, layout(width)
        return heading(self._widths, self.paint) + "\n"

    def lines_of(self, event: Event) -> str:
        """Give an event as its line, and before it what has changed since the last."""
        head, at = self.begin(), time_of(event.timestamp)
        day = self._day if at is None else f"{at:%A, %d %B %Y}, times in IST"
        if day != self._day:
            head += self.paint(f"── {day}"[: self._measured], "quiet") + "\n"
            self._day = day
        return head + laid_out(row_of(event, self._widths.get("time", 0)), self._widths, self.paint)


def json_line(text: str) -> str:
    """Give a frame's own text as one line; its digits stay as they came."""
    return text.replace("\r", " ").replace("\n", " ") + "\n"


def gap_line(snapshot: Snapshot) -> str:
    """Say that events are missing here, and why."""
    reason = snapshot.reason if isinstance(snapshot, Gap) else "a new beginning"
    return f"missed: the record could not be gone on with ({reason}); from {snapshot.position} on"


def row_of(event: Event, time_width: int = 16) -> Row:
    """Choose what a line says of an event; what is missing is left out."""
    kind = shown(event.type).removesuffix("_update").removesuffix("_status")
    data = event.data
    cells = {
        "time": clock(event.timestamp, time_width),
        "account": shown(event.account_id),
        "kind": kind,
        "id": said(data, "order_id"),
    }
    styles = {"time": "quiet", "id": "quiet", "note": "quiet"}
    match event.type:
        case "message":
            return Row(cells, styles | {"kind": level_of(data)}, message_words(data))
        case "stream_status":
            return Row(cells, styles, stream_words(data))
        case "batch_update":
            return Row(
                cells | {"id": said(data, "batch_id")[:BATCH_ID_CHARS]}, styles, batch_words(data)
            )
        case "position_update":
            given = position_cells(data)
        case _:
            given = order_cells(data)
    if event.type == "correction":
        styles["kind"] = "strange"
        given["note"] = ", ".join(filter(None, ("the broker insists on it", given["note"])))
    for name, colours in (("status", STATUSES), ("side", SIDES)):
        styles[name] = colours.get(given.get(name, ""), "")
    if given.get("status") == "REJECTED":
        styles["note"] = ""
    if event.type == "position_update":
        styles["price"] = {"+": "gain", "-": "loss"}.get(given["price"][:1], "")
    return Row(cells | given, styles)


def time_of(text: str) -> datetime | None:
    """Read a frame's time, as the desk's clock has it; None when it is none."""
    try:
        at = datetime.fromisoformat(text)
        return at.astimezone(IST) if at.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None


def clock(text: str, width: int) -> str:
    """Give the time of the day, as fully as there is room for."""
    if (at := time_of(text)) is None:
        return ""
    if width < len("09:15:00 IST"):
        return f"{at:%H:%M:%S}"
    if width < len("09:15:00.000 IST"):
        return f"{at:%H:%M:%S} IST"
    return f"{at:%H:%M:%S}.{at.microsecond // 1000:03} IST"
