"""`GET /events`: the record in pages, for who asks now and then, or has no open line.

    since ──▶ journal.check ──▶ read on, oldest first ──▶ events that the caller may read
                 └ 409 ahead                                 up to a page's bounds ──▶ next
                   410 epoch, expired

`next` moves on past what is not for the caller, so that one who comes back with it never turns in
one place. Events are as on the websocket; the first one's `prev` is the place that was asked for.
"""

from __future__ import annotations

from typing import Final

import trio
from attrs import frozen
from quart import Response, request
from quart_trio import QuartTrio

from actors import System
from actors.domain.frames import event_frame
from actors.domain.ids import LogPosition, Offset
from actors.domain.wire import encode
from actors.feed import Selection
from actors.runtime.journal import READ_MAX, Journal

from .answers import answer, caller
from .query import LIMIT, LIMIT_MAX, asked_once, read_whole
from .wishes import read_beginning, read_selection

PARAMETERS: Final = ("since", "limit", "types", "accounts")
SCAN_MAX: Final = 10_000  # events looked through for one page
PAGE_BYTES: Final = 1 << 20  # after which a page ends


@frozen
class Page:
    """Events in order, and the offset up to which nothing is left out."""

    frames: tuple[bytes, ...]
    next: Offset
    has_more: bool


class Events:
    """The record as a surface."""

    def __init__(self, system: System) -> None:
        self._journal = system.journal

    def add_to(self, app: QuartTrio) -> None:
        """Put the surface into an app."""
        app.add_url_rule("/events", "events", self.show)

    async def show(self) -> Response:
        """Give the events after a place; from the first one that is kept when none is said."""
        who = caller()
        who.require_some_reading()
        given = asked_once(request.args, PARAMETERS)
        limit = read_whole(given, "limit", 1, LIMIT_MAX) or LIMIT
        selection = read_selection(given, who.readable)
        since, _ = read_beginning(given)
        position = since or LogPosition(self._journal.epoch, self._journal.base)
        self._journal.check(position)
        page = await read_page(self._journal, selection, position.offset, limit)
        return answer(written(page, LogPosition(position.epoch, page.next)))


async def read_page(journal: Journal, selection: Selection, since: Offset, limit: int) -> Page:
    """Look on from an offset until the page is full, or enough was looked through."""
    frames: list[bytes] = []
    at = prev = since
    used, end = 0, Offset(min(journal.end, since + SCAN_MAX))
    while at < end and len(frames) < limit and used < PAGE_BYTES:
        await trio.lowlevel.checkpoint()
        for event in await journal.read(at, min(READ_MAX, end - at)):
            at = event.offset
            if not selection.takes(event):
                continue
            frames.append(event_frame(event, journal.epoch, prev).encode())
            prev = event.offset
            used += len(frames[-1])
            if len(frames) == limit or used >= PAGE_BYTES:
                break
    return Page(tuple(frames), at, has_more=at < journal.end)


def written(page: Page, position: LogPosition) -> bytes:
    """Write a page; its position is where the next one begins: what it includes ends there."""
    head = b'{"status":"success","count":%d,"data":[' % len(page.frames)
    tail = encode(
        {
            "next": str(position),
            "more": page.has_more,
            "epoch": position.epoch,
            "offset": position.offset,
        }
    )
    return head + b",".join(page.frames) + b"]," + tail[1:]
