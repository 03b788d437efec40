"""The world of the actors' tests: a store, the seams and plain values, all in memory.

FakeStore      keeps the contract of actors/storage; fails or dawdles on command
Record         a store, its journal and its writer, joined up
fake_seams     virtual clock, inline store, fixed randomness
a_row(…)       values, with what differs
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import trio
from attrs import define, evolve, field

from actors.domain.batch import LegRequest
from actors.domain.books import MESSAGES_MAX, Current
from actors.domain.config import AccountConfig
from actors.domain.errors import GatewayBug, StoreError
from actors.domain.ids import AccountId, Epoch, Offset, OrderId, TradeId
from actors.domain.lifecycle import is_ended
from actors.domain.model import (
    Draft,
    Event,
    Message,
    Order,
    OrderReport,
    Position,
    Trade,
    position_id,
)
from actors.domain.wire import decode
from actors.runtime.journal import Journal
from actors.runtime.seams import Seams, offload_inline
from actors.storage import Loaded
from actors.writer import Writer

START = datetime(2026, 11, 20, 3, 45, tzinfo=UTC)
TODAY = date(2026, 11, 20)
EPOCH = Epoch("e1")
PRIMARY = AccountId("primary")
HEDGE = AccountId("hedge")


def virtual_now() -> datetime:
    """Give the wall clock of the virtual world, to the millisecond."""
    return START + timedelta(milliseconds=int(trio.current_time() * 1000))


def fake_seams(**changes: Any) -> Seams:
    """Give the seams of a world without sockets, threads and chance."""
    fields: dict[str, Any] = {
        "now": virtual_now,
        "random": Random(7),
        "connect": None,
        "http": None,
        "offload": offload_inline,
    }
    return Seams(**fields | changes)


def a_config(**changes: Any) -> AccountConfig:
    """Give the configuration of an account."""
    return evolve(AccountConfig("ticker_service", "http://broker.test", "key"), **changes)


# ------------------------------------------------------------------------------------ values


def a_row(order_id: str, status: str = "OPEN", **said: Any) -> OrderReport:
    """Give a whole row of a broker's order book: buy 50 SBIN."""
    fields: dict[str, Any] = {
        "filled_quantity": 0,
        "tradingsymbol": "SBIN",
        "exchange": "NSE",
        "transaction_type": "BUY",
        "order_type": "LIMIT",
        "product": "MIS",
        "validity": "DAY",
        "variety": "regular",
        "quantity": 50,
        "price": Decimal("610.5"),
        "trigger_price": Decimal(0),
        "average_price": Decimal(0),
    }
    return OrderReport(OrderId(order_id), status, **fields | said)


def a_trade(trade_id: str, order_id: str = "1", **changes: Any) -> Trade:
    """Give a fill of 50 SBIN."""
    trade = Trade(
        trade_id=TradeId(trade_id),
        order_id=OrderId(order_id),
        account_id=PRIMARY,
        exchange="NSE",
        tradingsymbol="SBIN",
        transaction_type="BUY",
        product="MIS",
        quantity=50,
        price=Decimal("610.5"),
        value=Decimal("30525.0"),
        traded_at=START,
    )
    return evolve(trade, **changes)


def a_position(symbol: str = "SBIN", quantity: int = 50, **changes: Any) -> Position:
    """Give a long holding."""
    position = Position(
        id=position_id("NSE", symbol, "MIS"),
        account_id=PRIMARY,
        exchange="NSE",
        tradingsymbol=symbol,
        product="MIS",
        quantity=quantity,
        average_price=Decimal("610.5"),
        last_price=Decimal(611),
        realised=Decimal(0),
        unrealised=Decimal(25),
        pnl=Decimal(25),
        side="long",
    )
    return evolve(position, **changes)


def a_leg_request(symbol: str = "FILL", **changes: Any) -> LegRequest:
    """Give a request to buy 50 at the market."""
    return evolve(LegRequest(symbol, "NFO", "BUY", 50, "MARKET", "NRML"), **changes)


def a_draft(n: int, account_id: AccountId = PRIMARY, **changes: Any) -> Draft:
    """Give the n-th of many messages, as a draft."""
    message = Message(id=f"m{n}", level="info", text=f"word {n}", order_id=None, at=START)
    return evolve(Draft("message", account_id, f"m{n}", message, START), **changes)


# ------------------------------------------------------------------------------------- store


@define(eq=False, slots=False)
class FakeStore:
    """A store that forgets nothing but what its caller may not have: values and latencies."""

    epoch: Epoch = EPOCH
    events: list[Event] = field(factory=list)
    commits: list[int] = field(factory=list)  # how many events each had
    failing: Exception | None = None
    probes: int = 0
    days: list[date] = field(factory=list)
    closed: bool = False

    def commit(self, events: Sequence[Event]) -> None:
        """See `Store`."""
        if self.failing is not None:
            raise self.failing
        for event in events:
            if event.offset != len(self.events) + 1:
                raise GatewayBug(f"event {event.offset} cannot follow {len(self.events)}")
            self.events.append(evolve(event, received_s=0.0, value=None))
        if events:
            self.commits.append(len(events))

    def load(self, *, today: date = TODAY, tail_max: int = 10_000) -> Loaded:
        """See `Store`; every day is today."""
        self.days.append(today)
        latest: dict[tuple[str, ...], Current] = {}
        messages: dict[AccountId, deque[Current]] = {}
        for event in self.events:
            if event.type == "message":
                newest = messages.setdefault(event.account_id, deque(maxlen=MESSAGES_MAX))
                newest.append(Current.of(event, first=event.offset))
            elif event.type == "stream_status":
                latest[event.account_id, event.subject] = Current.of(event, first=event.offset)
            else:
                kind = "order_update" if event.type == "correction" else event.type
                thing = (event.account_id, kind, event.subject)
                first = latest[thing].first if thing in latest else event.offset
                ended = kind == "order_update" and is_ended(decode(event.data, Order).status)
                latest[thing] = Current.of(event, first=first, is_ended=ended)
        rows = [*latest.values(), *(row for rows in messages.values() for row in rows)]
        tail = self.events[max(0, len(self.events) - tail_max) :]
        ordered = sorted(rows, key=lambda row: row[0])
        return Loaded(Offset(len(self.events)), tuple(ordered), tuple(tail))

    def read(
        self,
        after: Offset,
        *,
        limit: int,
        account_id: AccountId | None = None,
        subject: str | None = None,
    ) -> list[Event]:
        """See `Store`."""
        found = [
            event
            for event in self.events[after:]
            if account_id in (None, event.account_id) and subject in (None, event.subject)
        ]
        return found[:limit]

    def probe(self) -> None:
        """See `Store`."""
        self.probes += 1
        if self.failing is not None:
            raise self.failing

    def close(self) -> None:
        """See `Store`."""
        self.closed = True


@define
class SlowDisk:
    """An `Offload` that takes its time, as a thread with a slow disk does."""

    pause_s: float = 0.0

    async def __call__(self, call: Any, *args: Any) -> Any:
        """Run a call after the pause."""
        await trio.sleep(self.pause_s)
        return call(*args)


DISK_FULL = StoreError("the disk is full")


def a_journal(store: FakeStore, *accounts: AccountId, **options: Any) -> Journal:
    """Give a journal over a store, as a start makes it."""
    offload = options.pop("offload", offload_inline)
    return Journal(store, store.load(), accounts or (PRIMARY,), offload, **options)


@define(eq=False, slots=False)
class Record:
    """A store, its journal and its writer, joined up."""

    store: FakeStore = field(factory=FakeStore)
    disk: SlowDisk = field(factory=SlowDisk)
    journal: Journal = field(init=False)
    writer: Writer = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.journal = a_journal(self.store, PRIMARY, HEDGE, offload=self.disk)
        self.writer = Writer(self.store, self.journal, self.disk)

    @property
    def book(self) -> Any:
        """Give the committed book of the primary account."""
        return self.journal.view[PRIMARY]

    def told(self, *types: str) -> list[Any]:
        """Give the values of the committed events of some types, in order."""
        return [e.value for e in self.journal.recent(self.journal.floor, 10**6) if e.type in types]
