"""One account's row: how its stream is, and how the desk holds it. Told whenever that is news.

    stream ──set_state──▶ row ──▶ a draft, handed to the writer like any other
    desk ────set_hand───▶ row ──▶ keep_told: committed, again and again until it is durable

What the desk says acts from the moment it stands in the row, whatever the disk does. A halt on a
full disk is a halt, and is told when the store takes it.
"""

from __future__ import annotations

from typing import Any, Final

import structlog
import trio
from attrs import evolve

from .domain.errors import StoreError, Unavailable
from .domain.ids import AccountId
from .domain.model import AccountStatus, Deadman, Draft, Halt, StreamState, status_subject
from .runtime.seams import Seams
from .writer import Writer

log = structlog.get_logger()

STORE_PAUSE_S: Final = 1.0  # between two attempts to tell what the store did not take


class StatusRow:
    """An account's row of `/ws/status`, in two hands: `now` is how it stands."""

    def __init__(self, account_id: AccountId, upstream: str, writer: Writer, seams: Seams) -> None:
        self.now = AccountStatus.at_start(upstream, seams.now())
        self._account_id = account_id
        self._writer = writer
        self._seams = seams
        self._untold = trio.Event()  # set while the desk's word waits for the store
        self._told = trio.Event()
        self._told.set()

    def remember(self, before: AccountStatus) -> None:
        """Take over what the desk had said in an earlier run; the stream begins anew."""
        self.now = evolve(
            self.now,
            halted=before.halted,
            deadman=before.deadman,
            trading_day=before.trading_day,
        )

    def note(self, **changes: Any) -> None:
        """Change fields of the row without a word; they are told with the next state."""
        self.now = evolve(self.now, **changes)

    def resync(self) -> None:
        """Note, without a word, that what is shown of the account is behind."""
        self.note(state="resyncing", since=self._seams.now())

    def set_state(
        self,
        state: StreamState,
        *,
        connected: bool | None = None,
        error: Exception | None = None,
    ) -> Draft:
        """Change what the stream says of itself; give the event that tells it."""
        before = self.now
        self.now = evolve(
            before,
            state=state,
            connected=before.connected if connected is None else connected,
            since=before.since if state == before.state else self._seams.now(),
            last_error=before.last_error if error is None else str(error),
        )
        log.info("stream", account=self._account_id, state=state, reason=str(error or ""))
        return self.draft()

    def set_hand(self, *, halted: Halt | None, deadman: Deadman | None) -> None:
        """Change what the desk says. It acts at once; `keep_told` makes it durable."""
        if (halted, deadman) == (self.now.halted, self.now.deadman):
            return
        self.now = evolve(self.now, halted=halted, deadman=deadman)
        log.info("desk", account=self._account_id, halted=halted, deadman=deadman)
        if not self._untold.is_set():
            self._told = trio.Event()
            self._untold.set()

    async def is_told(self, *, within_s: float) -> bool:
        """Wait until what the desk said is durable; False when it is not in time."""
        with trio.move_on_after(within_s):
            await self._told.wait()
        return self._told.is_set()

    async def keep_told(self) -> None:
        """Make durable what the desk says, until cancelled."""
        while True:
            await self._untold.wait()
            draft = self.draft()
            try:
                await self._writer.commit([draft])
            except (Unavailable, StoreError) as error:
                log.warning(
                    "a halt waits for the store", account=self._account_id, reason=str(error)
                )
                await trio.sleep(STORE_PAUSE_S)
                continue
            if _hand(draft.value) == _hand(self.now):
                self._untold = trio.Event()
                self._told.set()

    def draft(self) -> Draft:
        """Give the event that tells the row as it stands."""
        return Draft(
            "stream_status",
            self._account_id,
            status_subject(self._account_id),
            self.now,
            self._seams.now(),
            trio.current_time(),
        )


def _hand(row: object) -> tuple[Halt | None, Deadman | None]:
    assert isinstance(row, AccountStatus)
    return row.halted, row.deadman
