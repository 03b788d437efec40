"""One account's trades and positions: what the broker lists goes in, what is news comes out. Pure.

    trades     each once, known by exchange, trade and order        trade_update
    positions  changed, or only marked to the market, or gone       position_update

A price that moved is news too, but not at every look: a holding whose quantity, cost and realised
profit stay is told again every five seconds at most. One that is listed no more is flat when it
was missing twice in a row.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from attrs import evolve, frozen

from .domain.books import AccountBook
from .domain.ids import PositionId
from .domain.model import Draft, EventType, Position, Trade, Value, trade_key

MARK_EVERY: Final = timedelta(seconds=5)  # how often a mere change of a market price is news


@frozen
class Heard:
    """When a report was heard: by the wall, and on the monotonic clock, for latency."""

    at: datetime
    s: float = 0.0


class Holdings:
    """What an account has traded and holds, ahead of the view that it is laid over."""

    def __init__(self, view: AccountBook) -> None:
        self._view = view
        self._trades: set[str] = set()
        self._positions: dict[PositionId, tuple[Position, datetime]] = {}
        self._absent: dict[PositionId, None] = {}

    def trade(self, trade: Trade, heard: Heard) -> list[Draft]:
        """Take a trade that was heard of or listed."""
        key = trade_key(trade)
        if key in self._trades or key in self._view.trades:
            return []
        self._trades.add(key)
        return [self._draft("trade_update", key, trade, heard)]

    def position(self, position: Position, heard: Heard) -> list[Draft]:
        """Take a position that was heard of or listed; one without a price keeps the last."""
        self._absent.pop(position.id, None)
        before, told_at = self._known(position.id)
        if before is not None:
            if position.last_price == 0:
                position = evolve(position, last_price=before.last_price)
            is_fresh = told_at is not None and heard.at - told_at < MARK_EVERY
            if before == position or (is_fresh and is_mark_only(before, position)):
                return []
        self._positions[position.id] = (position, heard.at)
        return [self._draft("position_update", position.id, position, heard)]

    def _known(self, position_id: PositionId) -> tuple[Position | None, datetime | None]:
        """Give a position as it stands here, and when this book told it, if it did."""
        if (known := self._positions.get(position_id)) is not None:
            return known
        row = self._view.positions.get(position_id)
        return (None if row is None else row.value), None

    def reconcile(
        self,
        trades: Iterable[Trade],
        positions: Iterable[Position],
        heard: Heard,
        *,
        is_whole: bool,
    ) -> list[Draft]:
        """Take what the broker lists.

        `is_whole` says that every position could be read: then one that is missing is closed.
        """
        drafts = [draft for trade in trades for draft in self.trade(trade, heard)]
        present = set()
        for position in positions:
            present.add(position.id)
            drafts += self.position(position, heard)
        return drafts + (self._close_absent(present, heard) if is_whole else [])

    def _close_absent(self, present: set[PositionId], heard: Heard) -> list[Draft]:
        """Take a holding for closed once two answers in a row no longer list it."""
        drafts: list[Draft] = []
        absent: dict[PositionId, None] = {}
        held = {key: row.value for key, row in self._view.positions.items()}
        held |= {key: position for key, (position, _) in self._positions.items()}
        for key, position in held.items():
            if key in present or position.quantity == 0:
                continue
            if key in self._absent:
                flat = evolve(position, quantity=0, side="flat", unrealised=Decimal(0))
                self._positions[key] = (flat, heard.at)
                drafts.append(self._draft("position_update", key, flat, heard))
            else:
                absent[key] = None
        self._absent = absent
        return drafts

    def _draft(self, kind: EventType, subject: str, value: Value, heard: Heard) -> Draft:
        return Draft(kind, self._view.account_id, subject, value, heard.at, heard.s)


def is_mark_only(before: Position, after: Position) -> bool:
    """Say whether only the market moved, not the holding."""
    return (
        before.quantity == after.quantity
        and before.average_price == after.average_price
        and before.realised == after.realised
    )
