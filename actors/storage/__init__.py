"""What a store must do. SQLite is the default; a fake for tests keeps the same promises.

    commit(events)   all or none, and durable when it returns: nothing is shown before
    load(...)        what a start needs: the last offset, the day's books, the journal's tail
    read(...)        events after an offset, for those who were away
    retire(upto)     a prefix gives way to one base, in pieces between commits

Every call blocks, and is made through the `offload` seam: one writer at a time, readers beside it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Final, Protocol

from attrs import frozen

from actors.domain.books import Current
from actors.domain.ids import AccountId, Epoch, Offset
from actors.domain.model import Event

BEGINNING: Final = Offset(0)


@frozen
class Loaded:
    """What a store gives at the start.

    `current` is each thing still of interest (the day's orders and trades, open orders of any day,
    positions, batches of the last day or not ended, the newest messages, each account's newest
    status), in the order in which they were first heard of: load them in this order and the books
    stand.
    `tail` is the newest events in order, without a hole, ending at `last`.
    `base` is the last event that was retired: what can be read are the ones after it.
    """

    last: Offset
    current: tuple[Current, ...]
    tail: tuple[Event, ...]
    base: Offset = BEGINNING


class PastStore(Protocol):
    """What an account's book was made of earlier. Each call, or step of an iterator, is short.

    PositionGone when what is asked for has been retired.
    """

    def at_base(self, account_id: AccountId) -> tuple[Offset, list[Current]]:
        """Give the base, and what of an account stood there, first heard of first."""

    def statuses(self, account_id: AccountId, upto: Offset, limit: int) -> list[Current]:
        """Give at most `limit` of an account's own rows up to an offset, newest first."""

    def carried(self, account_id: AccountId, at: Offset) -> Iterator[list[Current]]:
        """Give what of an account goes over into a day whose first event is the one after `at`.

        Its newest messages, its positions and the orders that were open, in no order.
        """

    def span(self, account_id: AccountId, after: Offset, upto: Offset) -> list[Event]:
        """Give an account's events after an offset and up to another, but for its batches."""

    def moments(self, offsets: Sequence[Offset]) -> list[datetime]:
        """Give when each of these events came. Every offset is after the base."""


class Store(Protocol):
    """One durable, ordered record of events."""

    epoch: Epoch

    @property
    def past(self) -> PastStore:
        """Give what looks back at an account's book."""

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
        """Give at most `limit` events with a greater offset, in order; all, or of one subject.

        Of a subject that is older than the base, the first is what it was at the base.
        """

    def older_than(self, moment: datetime) -> Offset:
        """Give the last event that came before a moment, or the base."""

    def retire(self, upto: Offset) -> Iterator[Offset]:
        """Put a base in the place of the events up to an offset.

        Each step is one short, durable piece, and gives the base by then; it may be left off after
        any. What a base replaces is not read any more, and is taken away after that step.
        """

    def probe(self) -> None:
        """Try whether writing works; StoreError when it does not."""

    def close(self) -> None:
        """Close the file and let go of its lock."""
