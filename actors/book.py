"""One account's book: what the broker says goes in, what is news comes out. Pure.

    stream ──hear(report)──────┐                    ┌─▶ drafts of events, in order
    asked  ──reconcile(rows)───┤  Book (ahead of    ├─▶ nothing, if known already
           ──replay(history)───┘   the disk)        └─▶ a message, if it cannot be

The book may be ahead of what is durable; nobody reads it. It is laid over the view (the committed
book) and can be thrown away and begun again from it at any time (`restart`).

A stream and a snapshot are two sources of one truth. A snapshot is older than it looks, so a row
counts only for orders that the stream has not touched since the question went out (`mark`).
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Final

from .domain.books import AccountBook
from .domain.ids import AccountId, MessageId, OrderId
from .domain.lifecycle import Move, has_moved, is_ended, is_of_before, judge, unknown_part
from .domain.merge import Signature, begin, is_same_state, merge, signature, stands_alone
from .domain.model import (
    Draft,
    EventType,
    Message,
    Note,
    Order,
    OrderReport,
    Position,
    Report,
    Snapshot,
    TaskReport,
    Trade,
    Value,
)
from .holdings import Heard, Holdings

SEEN_MAX: Final = 64  # states remembered an order, to know a doubled report again
HELD_MAX: Final = 1000  # reports that name too little to stand alone
TOLD_MAX: Final = 1000  # messages remembered, so that none is told twice

OVER: Final = "it expired with its trading day"
_TASK_FAILED: Final = ("failed", "dead_letter")


class Book:
    """One account's orders, trades and positions, and what is still to be asked about them."""

    def __init__(self, view: AccountBook, *, pushes_positions: bool = False) -> None:
        self.account_id: AccountId = view.account_id
        self.wants_orders = False  # something was named that only a snapshot can explain
        # Orders of which a fill was heard: their trades have to be fetched.
        self.filled: dict[OrderId, None] = {}
        # Orders that a reconcile found changed and of which the stream has not told.
        self.untold: dict[OrderId, None] = {}
        self._view = view
        self._pushes_positions = pushes_positions
        self._heard_count = 0  # never begins again: marks that are out must keep their meaning
        self.restart()

    def restart(self) -> None:
        """Forget all that may not be durable, and stand on the view again."""
        self._orders: dict[OrderId, Order] = {}
        self._holdings = Holdings(self._view, self._tell, pushes=self._pushes_positions)
        self._seen: dict[OrderId, deque[Signature]] = {}
        self._touched: dict[OrderId, int] = {}
        self._contradicted: dict[OrderId, Signature] = {}
        self._held: deque[tuple[OrderReport, Heard]] = deque(maxlen=HELD_MAX)
        self._told: deque[str] = deque(
            (row.value.text for row in self._view.messages), maxlen=TOLD_MAX
        )
        self._settled: dict[OrderId, OrderReport] = {}
        self._open: dict[OrderId, None] = dict(self._view.open_orders)
        self.untold.clear()

    @property
    def open_orders(self) -> int:
        """Count the orders that can still change."""
        return len(self._open)

    @property
    def held_back(self) -> int:
        """Count the reports that wait for an order to be known."""
        return len(self._held)

    def order(self, order_id: OrderId) -> Order | None:
        """Give an order as it stands here, durable or not."""
        if (order := self._orders.get(order_id)) is not None:
            return order
        if (row := self._view.orders.get(order_id)) is None:
            return None
        order = self._orders[order_id] = row.value
        return order

    def take_filled(self) -> list[OrderId]:
        """Take the orders whose fills were heard of; they are going to be asked about."""
        filled, self.filled = list(self.filled), {}
        return filled

    # ------------------------------------------------------------------ what the stream says

    def hear(self, report: Report, heard: Heard) -> list[Draft]:
        """Take one report of the stream; give the events it makes, mostly one or none."""
        match report:
            case OrderReport():
                return self._hear_order(report, heard)
            case Trade():
                return self._holdings.trade(report, heard, self._count())
            case Position():
                return self._holdings.position(report, heard, self._count())
            case TaskReport():
                return self._hear_task(report, heard)
            case Note():
                return self._tell(report, heard)

    def _hear_order(self, report: OrderReport, heard: Heard) -> list[Draft]:
        self._touched[report.order_id] = self._count()
        self._contradicted.pop(report.order_id, None)
        self._settled.pop(report.order_id, None)
        self.untold.pop(report.order_id, None)
        before = self.order(report.order_id)
        if before is None and not stands_alone(report):
            self._held.append((report, heard))
            self.wants_orders = True
            return []
        seen = self._seen.setdefault(report.order_id, deque(maxlen=SEEN_MAX))
        state = signature(report)
        if state in seen:
            return []
        seen.append(state)
        return self._apply(before, report, heard)

    def _hear_task(self, task: TaskReport, heard: Heard) -> list[Draft]:
        if task.status in _TASK_FAILED:
            text = f"the broker's task {task.task_id} {task.status}: {task.error or 'no reason'}"
            return self._tell(Note("error", text, task.order_id), heard)
        if task.order_id is not None and self.order(task.order_id) is None:
            self.wants_orders = True
        return []

    # ---------------------------------------------------------------- what the broker answers

    def mark(self) -> int:
        """Note the moment before a question goes out; its answer comes with this mark."""
        return self._heard_count

    def moved(self, rows: Sequence[OrderReport], mark: int) -> list[OrderId]:
        """Name the orders of a snapshot whose way here was missed, newest last.

        Their history is worth asking for: the snapshot has only where they ended up.
        """
        ids = []
        for row in rows:
            if self._settled.get(row.order_id) is row or self._is_touched(row.order_id, mark):
                continue
            order = self.order(row.order_id)
            if order is None:
                if has_moved(row):
                    ids.append(row.order_id)
            elif judge(order, row).move is Move.FORWARD or row.filled_quantity not in (
                None,
                order.filled_quantity,
            ):
                ids.append(row.order_id)
        return ids

    def reconcile(
        self,
        rows: Sequence[OrderReport],
        mark: int,
        heard: Heard,
        histories: Mapping[OrderId, Sequence[OrderReport]],
    ) -> list[Draft]:
        """Take rows of the broker's order book; what they add becomes ordinary events.

        A state that the table forbids is told the first time, and becomes a correction when the
        next snapshot insists on it.
        """
        drafts: list[Draft] = []
        for row in rows:
            if self._settled.get(row.order_id) is row:
                continue  # the very row of the last answer, and nothing was heard since
            known = self.order(row.order_id) is not None
            if known and self._is_touched(row.order_id, mark):
                continue
            filled, self.filled = self.filled, {}
            made = self._replay(histories.get(row.order_id, ()), heard)
            made += self._settle(row, heard)
            self.filled = filled  # the trades of what the row adds come with the same answer
            drafts += made
            if row.order_id not in self._contradicted:
                self._settled[row.order_id] = row
            if made and (known or has_moved(row)):
                # A broker need not tell that it took an order in, but all that follows.
                self.untold[row.order_id] = None
            drafts += self._release(row.order_id)
        return drafts

    def expire(self, listed: Collection[OrderId], begin: datetime, heard: Heard) -> list[Draft]:
        """End the orders of before `begin` of the day that are listed no more.

        Of one of today's, not being listed proves nothing.
        """
        drafts: list[Draft] = []
        for order_id in [order_id for order_id in self._open if order_id not in listed]:
            order = self.order(order_id)
            if order is not None and is_of_before(order, begin):
                over = OrderReport(order_id, "CANCELLED", status_message=OVER)
                drafts += self._apply(order, over, heard)
        return drafts

    def reconcile_fills(self, answer: Snapshot, mark: int, heard: Heard) -> list[Draft]:
        """Take the broker's trades and positions; see `Holdings.reconcile`."""
        drafts = [draft for note in answer.notes for draft in self._tell(note, heard)]
        return drafts + self._holdings.reconcile(answer, mark, heard)

    def _count(self) -> int:
        self._heard_count += 1
        return self._heard_count

    def _is_touched(self, order_id: OrderId, mark: int) -> bool:
        return self._touched.get(order_id, 0) > mark

    def _replay(self, history: Sequence[OrderReport], heard: Heard) -> list[Draft]:
        """Take the states an order passed that come after the one it has here."""
        if not history:
            return []
        drafts: list[Draft] = []
        order = self.order(history[0].order_id)
        for report in unknown_part(history, order):
            if order is None and not stands_alone(report):
                continue
            drafts += self._apply(order, report, heard, is_replay=True)
            order = self.order(report.order_id)
        return drafts

    def _settle(self, row: OrderReport, heard: Heard) -> list[Draft]:
        before = self.order(row.order_id)
        verdict = judge(before, row)
        if before is None or verdict.move in (Move.FORWARD, Move.SAME):
            self._contradicted.pop(row.order_id, None)
            return self._apply(before, row, heard)
        after = merge(before, row, row.status, self._view.legs)
        if is_same_state(before, after):
            self._contradicted.pop(row.order_id, None)
            return []
        state = signature(row)
        if self._contradicted.get(row.order_id) == state:
            del self._contradicted[row.order_id]
            return [self._put(after, "correction", heard)]
        self._contradicted[row.order_id] = state
        if verdict.move is Move.UNLAWFUL:
            return self._tell(Note("warning", verdict.reason, row.order_id), heard)
        return []

    def _release(self, order_id: OrderId) -> list[Draft]:
        """Take the reports that waited for an order to be known."""
        waiting = [(report, heard) for report, heard in self._held if report.order_id == order_id]
        if not waiting:
            return []
        rest = [item for item in self._held if item[0].order_id != order_id]
        self._held = deque(rest, maxlen=HELD_MAX)
        return [draft for item in waiting for draft in self._hear_order(*item)]

    # ------------------------------------------------------------------------ what it makes

    def _apply(
        self, before: Order | None, report: OrderReport, heard: Heard, *, is_replay: bool = False
    ) -> list[Draft]:
        verdict = judge(before, report)
        if verdict.move is Move.UNLAWFUL:
            # Within a history the broker tells its own past in its own order; what does not fit
            # there is settled by the row that follows it.
            note = Note("warning", verdict.reason, report.order_id)
            return [] if is_replay else self._tell(note, heard)
        if verdict.move is Move.LATE:
            return []
        base = before or begin(report, self.account_id)
        after = merge(base, report, verdict.status, self._view.legs)
        if before is not None and is_same_state(before, after):
            return []
        if after.filled_quantity > (0 if before is None else before.filled_quantity):
            self.filled[after.order_id] = None
        return [self._put(after, "order_update", heard)]

    def _put(self, order: Order, kind: EventType, heard: Heard) -> Draft:
        self._orders[order.order_id] = order
        if is_ended(order.status):
            self._open.pop(order.order_id, None)
        else:
            self._open[order.order_id] = None
        return self._draft(kind, order.order_id, order, heard)

    def _tell(self, note: Note, heard: Heard) -> list[Draft]:
        """Make a message of what a person should read, once."""
        if note.text in self._told:
            return []
        self._told.append(note.text)
        identity = f"{self.account_id}|{note.order_id}|{heard.at.isoformat()}|{note.text}"
        message_id = MessageId(hashlib.sha256(identity.encode()).hexdigest()[:16])
        message = Message(message_id, note.level, note.text, note.order_id, heard.at)
        return [self._draft("message", note.order_id or message_id, message, heard)]

    def _draft(self, kind: EventType, subject: str, value: Value, heard: Heard) -> Draft:
        return Draft(kind, self.account_id, subject, value, heard.at, heard.s)
