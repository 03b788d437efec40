"""Retention: once a trading day, events that are older than the desk keeps give way to a base.

    a day begins ──▶ how far? ──▶ wait for who still reads there ──▶ retire, a piece between commits
                      older than `retention_days`   at most 10 min      └─▶ the journal's base

A trading day that is kept is kept whole. Who is behind the base after all is told so when it reads
on: its stream ends, and when it comes back with its place it gets a snapshot and the reason.
"""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta
from typing import Final, Protocol

import structlog
import trio

from .broadcaster import Broadcaster
from .domain.config import Config
from .domain.days import begin_of, trading_day
from .domain.errors import StoreDamaged, StoreError, Unavailable
from .domain.ids import Offset
from .runtime.journal import Journal
from .runtime.seams import Seams
from .runtime.supervisor import GaveUp, supervise
from .writer import Writer

log = structlog.get_logger()

LOOK_S: Final = 600.0  # how often it looks whether a day has begun: the wall clock may be set
HOLD_PAUSE_S: Final = 1.0
HOLD_LOOKS_MAX: Final = 600  # ten minutes: what those who read there get to be done
PIECE_PAUSE_S: Final = 0.02  # so that commits have the disk for most of the time


class Host(Protocol):
    """Whose record it is."""

    config: Config
    seams: Seams
    journal: Journal
    writer: Writer
    broadcaster: Broadcaster


class Retention:
    """Keeps the record at so many days."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._days = host.config.store.retention_days

    async def keep(self, falls: deque[float] | None = None) -> None:
        """Run under a supervisor; where that gives up, events are kept, and all else goes on."""
        random = self._host.seams.random
        try:
            await supervise("retention", self.run, random=random, falls=falls)
        except GaveUp as error:
            log.exception("retention given up", reason=str(error))

    async def run(self) -> None:
        """Retire what is too old at once, and whenever a trading day has begun, until cancelled.

        Returns at once when events are kept for ever. When the store fails it is tried again.
        """
        done = None
        while self._days:
            today = trading_day(self._host.seams.now())
            if today != done:
                try:
                    await self.retire(begin_of(today) - timedelta(days=self._days))
                    done = today
                except StoreDamaged as error:
                    done = today
                    log.error("old events are kept: not what was written", reason=str(error))  # noqa: TRY400
                except (StoreError, Unavailable) as error:
                    log.warning("old events are not retired", reason=str(error))
            await trio.sleep(LOOK_S)

    async def retire(self, before: datetime) -> None:
        """Retire the events that came before a moment. StoreError or Unavailable when it fails."""
        writer, journal = self._host.writer, self._host.journal
        upto = await writer.between(lambda store: store.older_than(before))
        await self._hold(upto)
        pieces = await writer.between(lambda store: store.retire(upto))
        begun = journal.base
        while (base := await writer.between(lambda _: next(pieces, None))) is not None:
            journal.retire(base)
            await trio.sleep(PIECE_PAUSE_S)
        if journal.base > begun:
            log.info("old events are retired", upto=journal.base, events=journal.base - begun)

    async def _hold(self, upto: Offset) -> None:
        """Wait for those who are still reading what is to be retired, but not for ever."""
        journal, broadcaster = self._host.journal, self._host.broadcaster
        for _ in range(HOLD_LOOKS_MAX):
            if journal.end - broadcaster.statistics()["lag_events"] >= upto:
                return
            await trio.sleep(HOLD_PAUSE_S)
        log.warning("old events are retired under those who read them", upto=upto)
