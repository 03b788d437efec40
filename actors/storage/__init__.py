"""What a store must do. SQLite is the default; a fake for tests keeps the same promises.

    commit(events)   all or none, and durable when it returns: nothing is shown before
    load(...)        what a start needs: the last offset, the day's books, the journal's tail
    read(...)        events after an offset, for those who were away

Every call blocks, and is made through the `offload` seam: one writer at a time, readers beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Protocol

from attrs import frozen

from actors.domain.books import Current
from actors.domain.ids import AccountId, Epoch, Offset
from actors.domain.model import Event


@frozen
class Loaded:
    """What a store gives at the start.

    `current` is each thing still of interest (the day's orders and trades, open orders of any day,
    positions, batches of the last day or not ended, the newest messages, each account's newest
    status), in the order in which they were first heard of: load them in this order and the books
    stand.
    `tail` is the newest events in order, without a hole, ending at `last`.
    """

    last: Offset
    current: tuple[Current, ...]
    tail: tuple[Event, ...]


class Store(Protocol):
    """One durable, ordered record of events."""

    epoch: Epoch

    def commit(self, events: Sequence[Event]) -> None:
        """Write events, whose offsets follow the last one, and the current state they make.

        Durable on return. StoreError when it could not be done: then nothing of it is there.
        """

    def load(self, *, today: date, tail_max: int) -> Loaded:
        """Give what a start needs; `today` is the trading day (IST)."""

    def read(
        self,
        after: Offset,
        *,
        limit: int,
        account_id: AccountId | None = None,
        subject: str | None = None,
    ) -> list[Event]:
        """Give at most `limit` events with a greater offset, in order; all, or of one subject."""

    def probe(self) -> None:
        """Try whether writing works; StoreError when it does not."""

    def close(self) -> None:
        """Close the file and let go of its lock."""
