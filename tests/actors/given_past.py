"""Random lives of two accounts in a real store, and what their lists said at every moment.

acts (hypothesis) ──▶ World: events, committed and shown one by one ──▶ told[account, offset]
    order trade position message batch · a day turns · the process is gone and starts again
"""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, Self

import attrs
import pytest
from hypothesis import strategies as st

import actors.past
from actors.domain.books import AccountBook
from actors.domain.days import trading_day
from actors.domain.ids import AccountId, LogPosition, MessageId, Offset, OrderId, PositionId
from actors.domain.model import Event, EventType, Message, Value, status_subject, trade_key
from actors.domain.wire import encode
from actors.past import Past
from actors.runtime.journal import Journal
from actors.runtime.seams import offload_inline
from actors.storage.sqlite import SqliteStore, open_store
from tests.actors.domain.given import POSITION, STATUS, TRADE, a_batch, an_order

from .fakes import EPOCH, HEDGE, PRIMARY

ACCOUNTS = (PRIMARY, HEDGE)
BEGIN = datetime(2026, 11, 18, 4, 0, tzinfo=UTC)
STATES = ("OPEN", "TRIGGER PENDING", "COMPLETE", "CANCELLED")
LISTS = ("orders", "trades", "positions", "messages")

accounts = st.sampled_from(ACCOUNTS)
KEYS: Final = 5
keys = st.integers(0, KEYS - 1)
acts = st.one_of(
    st.tuples(st.just("order"), accounts, keys, st.sampled_from(STATES)),
    st.tuples(st.just("correction"), accounts, keys, st.sampled_from(STATES)),
    st.tuples(st.just("trade"), accounts, keys, st.integers(1, 50)),
    st.tuples(st.just("position"), accounts, keys, st.integers(-50, 50)),
    st.tuples(st.just("message"), accounts, keys, st.integers(0, 9)),
    st.tuples(st.just("batch"), accounts, keys, st.sampled_from([None, "complete"])),
    st.tuples(st.just("status"), accounts, st.just(0), st.booleans()),
    st.tuples(st.just("turn"), accounts, st.just(0), st.integers(1, 3)),
)


@attrs.define(eq=False, slots=False)
class World:
    """A store, its journal, and what was shown at each offset."""

    path: Path
    journal: Journal = attrs.field(init=False)
    store: SqliteStore = attrs.field(init=False)
    past: Past = attrs.field(init=False)
    told: dict[tuple[AccountId, Offset], Any] = attrs.field(factory=dict)
    now: datetime = BEGIN
    days: dict[AccountId, int] = attrs.field(factory=lambda: dict.fromkeys(ACCOUNTS, 0))
    lives: dict[tuple[AccountId, int], int] = attrs.field(factory=dict)

    def __attrs_post_init__(self) -> None:
        self._open()
        for account_id in ACCOUNTS:
            self.act("status", account_id, 0, detail=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.store.close()

    def _open(self) -> None:
        self.store = open_store(self.path, make_epoch=lambda: EPOCH)
        loaded = self.store.load(today=trading_day(self.now), tail_max=3)
        self.journal = Journal(self.store, loaded, ACCOUNTS, offload_inline, tail_max=4)
        self.past = Past(self.journal)

    def act(self, kind: str, account_id: AccountId, key: int, detail: Any) -> None:
        """Let one thing happen, and note what all lists then say."""
        self.now += timedelta(seconds=1)
        if kind == "turn":
            self.now += timedelta(days=detail)
            for each in ACCOUNTS:
                self._rename_ended(each)
                self.days[each] = (self.now - BEGIN).days
                self._commit("stream_status", each, *self._status(each, is_live=True))
            return
        self._commit(*self._event(kind, account_id, key, detail))

    def restart(self) -> None:
        """Take the file as it lies there, as after a kill, and start from it."""
        other = self.path.with_name(self.path.name + "x")
        for suffix in ("", "-wal"):
            shutil.copy(f"{self.path}{suffix}", f"{other}{suffix}")
        self.store.close()
        self.path = other
        self._open()

    def _commit(self, kind: EventType, account_id: AccountId, subject: str, value: Value) -> None:
        offset = Offset(self.journal.end + 1)
        event = Event(offset, kind, account_id, subject, encode(value), self.now, value=value)
        self.store.commit([event])
        self.journal.append([event])
        for name, book in self.journal.view.items():
            self.told[name, offset] = plain(book)

    def _event(
        self, kind: str, account_id: AccountId, key: int, detail: Any
    ) -> tuple[EventType, AccountId, str, Value]:
        mark = f"{self.days[account_id]}-{key}"
        match kind:
            case "order" | "correction":
                order_id = self.order_id(account_id, key)
                order = an_order(order_id=order_id, account_id=account_id, status=detail)
                name: EventType = "correction" if kind == "correction" else "order_update"
                return name, account_id, order.order_id, order
            case "trade":
                trade = attrs.evolve(TRADE, trade_id=mark, account_id=account_id, quantity=detail)
                return "trade_update", account_id, trade_key(trade), trade
            case "position":
                held = attrs.evolve(POSITION, id=PositionId(f"p{key}"), quantity=detail)
                return "position_update", account_id, held.id, held
            case "message":
                word = Message(MessageId(f"m{detail}"), "info", f"no {detail}", None, self.now)
                return "message", account_id, self.order_id(account_id, key), word
            case "batch":
                batch = attrs.evolve(a_batch("filled"), batch_id=mark, outcome=detail)
                return "batch_update", account_id, batch.batch_id, batch
        return "stream_status", account_id, *self._status(account_id, is_live=detail)

    def order_id(self, account_id: AccountId, key: int) -> OrderId:
        """Give the id that an order has by now: a broker gives none twice."""
        return OrderId(f"{key}.{self.lives.get((account_id, key), 0)}")

    def _rename_ended(self, account_id: AccountId) -> None:
        for key in range(KEYS):
            if self.order_id(account_id, key) not in self.journal.view[account_id].open_orders:
                self.lives[account_id, key] = self.lives.get((account_id, key), 0) + 1

    def _status(self, account_id: AccountId, *, is_live: bool) -> tuple[str, Value]:
        day = trading_day(BEGIN + timedelta(days=self.days[account_id])).isoformat()
        state = "live" if is_live else "silent"
        return status_subject(account_id), attrs.evolve(STATUS, state=state, trading_day=day)


def plain(book: AccountBook) -> dict[str, list[Any]]:
    """Give a book's lists as values that can be compared: bytes, place, latest offset."""
    rows = {
        "orders": book.orders.values(),
        "trades": book.trades.values(),
        "positions": book.positions.values(),
        "messages": book.messages,
    }
    return {name: [(r.data, r.first, r.offset) for r in rows[name]] for name in LISTS}


@pytest.fixture
def small(monkeypatch):
    """Fold in the smallest pieces, and keep a book every three events."""
    monkeypatch.setattr(actors.past, "PIECE", 2)
    monkeypatch.setattr(actors.past, "KEPT_EVERY", 3)
    monkeypatch.setattr(actors.past, "STATUSES", 2)


def a_world(folder, story=()):
    """Give a world in which this has happened; a word in the story is a restart."""
    world = World(folder / f"{len(list(folder.iterdir()))}.db")
    for act in story:
        world.restart() if act == "restart" else world.act(*act)
    return world


async def book_at(past, account_id, offset):
    """Ask for an earlier book; give its lists as `plain` does."""
    at = LogPosition(EPOCH, offset)
    view = await past.view(account_id, at)
    assert view.position == at
    return plain(view.book)


A_DAY = [
    *[("order", PRIMARY, key, "OPEN") for key in range(4)],
    *[("order", PRIMARY, 1, "COMPLETE"), ("trade", PRIMARY, 1, 50)],
    *[("position", PRIMARY, 1, 50), ("message", PRIMARY, 1, 7), ("order", HEDGE, 1, "OPEN")],
]
