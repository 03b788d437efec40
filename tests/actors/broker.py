"""A broker by hand: its stream is pushed, its answers are laid out, its failures are chosen.

push(report) ──▶ stream          show(row) ──▶ order book ──▶ snapshot, find
place(leg): what its symbol says (FILL, REST, REFUSE, LOST, …)
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from decimal import Decimal
from typing import Any

import trio
from attrs import asdict, define, evolve, field

from actors.domain.batch import Leg
from actors.domain.errors import BadRequest, BrokerRefused, BrokerUnknown, Fault, NeedsLogin
from actors.domain.ids import BrokerTag, OrderId
from actors.domain.model import OrderReport, Position, Report, Snapshot, Trade
from actors.domain.rehearsal import Margin
from actors.upstream import Change, Placement

from .fakes import a_row

PUSHED_MAX = 1000
NO_ANSWER_S = 10.0


@define(eq=False, slots=False)
class FakeLogin:
    """A login whose page brings back a `code`, and whose token is the code with `token-` before."""

    expires_at: datetime | None = None
    used: list[str] = field(factory=list)

    def use(self, token: str) -> None:
        """See `BrokerLogin`."""
        self.used.append(token)

    def list_headers(self) -> dict[str, str]:
        """See `BrokerLogin`; there is a token once one was used."""
        if not self.used:
            raise NeedsLogin("there is no access token yet; log in at the broker")
        return {"Authorization": self.used[-1]}

    def url(self, state: str) -> str:
        """See `BrokerLogin`."""
        return f"https://broker.test/login?state={state}"

    async def exchange(self, query: Mapping[str, str]) -> str:
        """See `BrokerLogin`."""
        await trio.lowlevel.checkpoint()
        if "code" not in query:
            raise BadRequest("the broker sent nothing back", (Fault("code", "missing"),))
        if query["code"] == "bad":
            raise BrokerRefused("the code is used up")
        return f"token-{query['code']}"


@define(eq=False, slots=False)
class FakeUpstream:
    """One account at the broker.

    Orders placed here do what their symbol says: REFUSE, REJECT, LOST, GONE, PARTIAL, REST, FILL,
    LATE, STUCK, as the test symbols of the sandbox do.
    """

    name: str = "fake"
    expires_at: datetime | None = None
    login: Any = None
    has_native: bool = False
    margin_is: Margin | Exception = field(factory=lambda: Margin(Decimal(1000), Decimal(5000)))
    margin_answers_s: float = 0.0
    tells: bool = True  # whether the stream tells what happens to orders placed here
    orders: dict[str, OrderReport] = field(factory=dict)
    trades: list[Trade] = field(factory=list)
    positions: list[Position] = field(factory=list)
    notes: list[Any] = field(factory=list)
    histories: dict[str, tuple[OrderReport, ...]] = field(factory=dict)
    cannot_open: Exception | None = None
    cannot_answer: Exception | None = None
    cannot_give_history: Exception | None = None
    cannot_change: Exception | None = None  # what a modification or a cancel is answered with
    loses_answers: bool = False  # it does what those ask for, and nobody hears so
    becomes_nothing: bool = False  # it takes cancels in, and does nothing
    answer_s: float = 0.0
    calls: list[tuple[float, str, Any]] = field(factory=list)
    _push: Any = None
    _heard: Any = None
    _net: dict[str, int] = field(factory=dict)

    def times(self, *names: str) -> list[float]:
        """Say when these calls were made."""
        return [at for at, name, _ in self.calls if name in names]

    def asked(self, *names: str) -> list[Any]:
        """Say what these calls asked for."""
        return [what for _, name, what in self.calls if name in names]

    def show(self, *rows: OrderReport) -> None:
        """Put rows in the order book without a word on the stream."""
        self.orders |= {row.order_id: row for row in rows}

    def push(self, *reports: Report | Exception) -> None:
        """Say something on the stream; an exception is raised where it is heard."""
        if self._push is not None:
            self._push.send_nowait(reports)

    @asynccontextmanager
    async def stream(self) -> AsyncIterator[FakeUpstream]:
        """See `Upstream`."""
        await self._call("stream", None, fails=False)
        if self.cannot_open is not None:
            raise self.cannot_open
        self._push, self._heard = trio.open_memory_channel[Any](PUSHED_MAX)
        try:
            yield self
        finally:
            self._push = None

    async def receive(self) -> tuple[Report, ...]:
        """See `ReportStream`."""
        reports = await self._heard.receive()
        if reports and isinstance(reports[0], Exception):
            raise reports[0]
        return reports

    async def snapshot(self) -> Snapshot:
        """See `Upstream`: the book as it was when the question came in."""
        rows = tuple(self.orders.values())
        await self._call("snapshot", None)
        return Snapshot(rows, tuple(self.trades), tuple(self.positions), tuple(self.notes))

    async def fills(self, order_ids: Sequence[OrderId]) -> Snapshot:
        """See `Upstream`."""
        await self._call("fills", list(order_ids))
        return Snapshot((), tuple(self.trades), tuple(self.positions))

    async def history(self, order_id: OrderId) -> tuple[OrderReport, ...]:
        """See `Upstream`."""
        await self._call("history", order_id)
        if self.cannot_give_history is not None:
            raise self.cannot_give_history
        return self.histories.get(order_id, ())

    async def find(self, tag: BrokerTag) -> tuple[OrderReport, ...]:
        """See `Upstream`."""
        await self._call("find", tag)
        return tuple(row for row in self.orders.values() if row.tag == tag)

    async def modify(self, order_id: OrderId, variety: str, change: Change) -> None:
        """See `Upstream`."""
        await self._call("modify", (order_id, variety, change))
        if self.cannot_change is not None:
            raise self.cannot_change
        row = self.orders[order_id]
        if row.status != "OPEN":
            raise BrokerRefused("the order has ended")
        said = {name: value for name, value in asdict(change).items() if value is not None}
        self._become(evolve(row, **said))
        self._answer()

    async def place(self, leg: Leg) -> Placement:
        """See `Upstream`."""
        await self._call("place", leg.broker_tag)
        word = leg.tradingsymbol
        if word.startswith("REFUSE"):
            raise BrokerRefused("the broker refused it")
        sign = 1 if leg.transaction_type == "BUY" else -1
        reduces = self._net.get(word, 0) * sign < 0
        if word.startswith("GONE") and not reduces:
            await trio.sleep(NO_ANSWER_S)
            raise BrokerUnknown("no answer")
        order_id = self._take(leg, word)
        if word.startswith("LOST"):
            await trio.sleep(NO_ANSWER_S)
            raise BrokerUnknown("no answer")
        return Placement(OrderId(order_id))

    def _take(self, leg: Leg, word: str, *, rests_as: str = "OPEN") -> str:
        sign = 1 if leg.transaction_type == "BUY" else -1
        reduces = self._net.get(leg.tradingsymbol, 0) * sign < 0
        order_id = str(len(self.orders) + 1)
        filled = 0
        if word.startswith("FILL") or word.startswith("STUCK") != reduces:
            filled = leg.quantity
        elif word.startswith("PARTIAL"):
            filled = leg.quantity // 2
        status = "COMPLETE" if filled == leg.quantity else rests_as
        if word.startswith("REJECT"):
            status, filled = "REJECTED", 0
        row = a_row(
            order_id,
            status,
            filled_quantity=filled,
            tradingsymbol=leg.tradingsymbol,
            exchange=leg.exchange,
            transaction_type=leg.transaction_type,
            product=leg.product,
            quantity=leg.quantity,
            tag=leg.broker_tag,
            status_message="margin" if status == "REJECTED" else None,
        )
        self._net[leg.tradingsymbol] = self._net.get(leg.tradingsymbol, 0) + sign * filled
        self._become(row)
        return order_id

    async def settled(self, receipt: str) -> Placement:
        """See `Upstream`: the receipt is the order's id."""
        await self._call("settled", receipt)
        return Placement(OrderId(receipt))

    async def place_together(self, legs: Sequence[Leg]) -> str | None:
        """See `Upstream`: as `place` does, one after the other, and nothing said of any."""
        await self._call("place_together", [leg.broker_tag for leg in legs])
        for leg in legs:
            try:
                await self.place(leg)
            except BrokerRefused as error:
                return str(error)
            except BrokerUnknown:
                continue
        return None

    async def place_native(self, legs: Sequence[Leg]) -> OrderId:
        """See `Upstream`: as `place` does each, in one call; what rests is cancelled at once."""
        await self._call("place_native", [leg.broker_tag for leg in legs])
        gone = any(leg.tradingsymbol.startswith("GONE") for leg in legs)
        lost = any(leg.tradingsymbol.startswith("LOST") for leg in legs)
        if any(leg.tradingsymbol.startswith("REFUSE") for leg in legs):
            raise BrokerRefused("the broker refused it")
        for leg in () if gone else legs:
            fills = "FILL" if leg.tradingsymbol.startswith("LOST") else leg.tradingsymbol
            self._take(leg, fills, rests_as="CANCELLED")
        if gone or lost:
            await trio.sleep(NO_ANSWER_S)
            raise BrokerUnknown("no answer")
        return OrderId("whole")

    async def margin(self, legs: Sequence[Leg]) -> Margin:
        """See `Upstream`."""
        await self._call("margin", [leg.tradingsymbol for leg in legs])
        await trio.sleep(self.margin_answers_s)
        if isinstance(self.margin_is, Exception):
            raise self.margin_is
        return self.margin_is

    async def cancel(self, order_id: OrderId, variety: str) -> None:
        """See `Upstream`."""
        await self._call("cancel", (order_id, variety))
        if self.cannot_change is not None:
            raise self.cannot_change
        row = self.orders[order_id]
        if row.status != "OPEN":
            raise BrokerRefused("the order has ended")
        if (row.tradingsymbol or "").startswith("LATE"):
            quantity = row.quantity or 0
            self._net[row.tradingsymbol or ""] = quantity
            self._become(evolve(row, status="COMPLETE", filled_quantity=quantity))
            raise BrokerRefused("the order has ended")
        if not self.becomes_nothing:
            self._become(evolve(row, status="CANCELLED"))
        self._answer()

    def _become(self, row: OrderReport) -> None:
        self.orders[row.order_id] = row
        if self.tells:
            self.push(row)

    def _answer(self) -> None:
        if self.loses_answers:
            raise BrokerUnknown("no answer")

    async def _call(self, name: str, what: Any, *, fails: bool = True) -> None:
        self.calls.append((trio.current_time(), name, what))
        await trio.sleep(self.answer_s)
        if fails and self.cannot_answer is not None:
            raise self.cannot_answer
