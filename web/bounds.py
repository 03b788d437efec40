"""Every bound of the tree beside its use, as `/metrics` shows them.

    system, past ──▶ (name, used, most), …
    an account ────▶ (name, used, most), …
    actors ────────▶ (name, falls, most), …

What one call may take at most (a page, a body, the tries of a cancel) is no place in which anything
stays, and is not here. What a surface keeps it tells itself (`Metrics.add_bounds`).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import trio

from actors import System
from actors.batch import RUNNING_MAX
from actors.book import HELD_MAX
from actors.domain.books import MESSAGES_MAX
from actors.domain.frames import HEADS_MAX
from actors.domain.ids import AccountId
from actors.domain.instruments import ROWS_MAX as INSTRUMENTS_MAX
from actors.domain.unwind import ORDERS_MAX
from actors.feed import FRAMES_MAX
from actors.past import ANSWERS_MAX, ASKING_MAX, BOOKS_MAX, ROWS_MAX, Past
from actors.runtime.limits import FAILURES
from actors.runtime.metrics import Bound
from actors.runtime.supervisor import Allowance
from actors.storage.sqlite import WAL_BYTES_MAX
from actors.subscription import ASKED_MAX

DAYS_CLAIMED: Final = 2  # for which a book knows the keys of batches: today, and yesterday


def bounds_of(system: System, past: Past) -> Iterator[Bound]:
    """Give what is bounded in all, however many accounts and clients there are."""
    mailbox = system.writer.statistics()
    yield mailbox.name, mailbox.used, mailbox.bound
    journal = system.journal
    yield "journal_tail", journal.held, journal.tail_max
    yield "store_log_bytes", log_bytes(Path(system.config.store.path)), WAL_BYTES_MAX
    fan_out = system.broadcaster.statistics()
    yield "feeds", fan_out["feeds"], fan_out["feeds_max"]
    yield "feed_frames", fan_out["feed_frames"], FRAMES_MAX
    yield "feed_heads", fan_out["feed_heads"], HEADS_MAX
    yield "client_asked", fan_out["asked"], ASKED_MAX
    yield "batches", system.batches.running, RUNNING_MAX
    yield "orders_of_a_batch", system.batches.orders_of_one, ORDERS_MAX
    yield "past_asking", past.asking, ASKING_MAX
    yield "past_rows", past.rows, ROWS_MAX
    yield "past_books", past.books, BOOKS_MAX
    yield "past_answers", past.answers, ANSWERS_MAX
    threads = trio.to_thread.current_default_thread_limiter()
    yield "threads", threads.borrowed_tokens, threads.total_tokens
    for name, (used, most) in system.seams.use().items():
        yield name, used, most


def bounds_of_account(system: System, name: AccountId) -> Iterator[Bound]:
    """Give what is bounded for an account."""
    book, means = system.journal.view[name], system.batches.means[name]
    yield "reports_held_back", system.streams[name].book.held_back, HELD_MAX
    yield "messages", len(book.messages), MESSAGES_MAX
    # A batch that has its key has made a call at least.
    claims_max = DAYS_CLAIMED * means.gate.limits.calls_per_day
    yield "idempotency_keys", len(book.claims), claims_max
    yield "failures_in_a_row", means.breaker.failures, FAILURES
    lists = [len(each.instruments or ()) for each in system.listings.of(name).sources]
    yield "instruments_of_a_list", max(lists, default=0), INSTRUMENTS_MAX


def falls_of(system: System) -> Iterator[Bound]:
    """Give how often each actor fell lately, and how often it may before it is given up."""
    allowance, now_s = Allowance(), trio.current_time()
    for name, falls in system.falls.items():
        yield name, fallen_since(falls, now_s - allowance.window_s), allowance.restarts_max


# ---------------------------------------------------------------------------------- helpers


def fallen_since(falls: deque[float], since_s: float) -> int:
    """Count the falls since a time; a supervisor forgets old ones only at the next."""
    return sum(fell_s >= since_s for fell_s in falls)


def log_bytes(store: Path) -> int:
    """Give the size of a store's write-ahead log; 0 when there is none."""
    try:
        return store.with_name(f"{store.name}-wal").stat().st_size
    except OSError:
        return 0
