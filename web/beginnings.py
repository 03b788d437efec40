"""How a subscriber begins: where it stands, whether it was resumed, a snapshot if it needs one.

    Opening ──▶ begin ──▶ subscription, [connection_established, snapshot, snapshot, …]
                              all at one position, from which its events follow

A websocket and a stream of Server-Sent Events begin alike. Nothing waits in here, so nothing
happens between the place that is taken and the books that are written down.
"""

from __future__ import annotations

from typing import Any

from actors import System
from actors.domain.errors import PositionGone
from actors.domain.frames import answer_frame, snapshot_frames
from actors.domain.ids import AccountId, Offset
from actors.domain.wire import time_text
from actors.feed import Selection
from actors.subscription import Subscription

from .wishes import Opening


def begin(
    system: System, account: AccountId | None, opening: Opening
) -> tuple[Subscription, list[str]]:
    """Take a place in the record, and what is to be said first, all at one position.

    `account` is the one that the client named, if it did. Unavailable when there are too many
    different subscriptions.
    """
    resumed: dict[str, Any] = {}
    since: Offset | None = None
    if opening.since is not None:
        try:
            system.journal.check(opening.since)
            since, resumed = opening.since.offset, {"recovered": True}
        except PositionGone as gone:
            resumed = {"recovered": False, "reason": gone.reason}
    subscription = system.broadcaster.subscribe(opening.selection, since, latest=opening.latest)
    fields = {"account_id": account, **resumed, "timestamp": time_text(system.seams.now())}
    texts = [answer_frame("connection_established", subscription.position, fields)]
    if opening.with_snapshot or resumed.get("recovered") is False:
        texts += snapshot_of(system, opening.selection)
    return subscription, texts


def snapshot_of(system: System, selection: Selection) -> list[str]:
    """Write down the books that a selection takes in, as they stand at the journal's end."""
    journal = system.journal
    books = [book for name, book in journal.view.items() if name in selection.accounts]
    return snapshot_frames(books, journal.position, selection.dialect)
