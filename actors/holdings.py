"""One account's trades and positions: what the broker says goes in, what is news comes out. Pure.

    trades     each once, known by exchange, trade and order        trade_update
    positions  listed or pushed, changed or only marked, or gone    position_update
               derived from a trade that they lack

What the broker lists is the truth, but a listing may be older than it looks. One that lacks trades
which are known does not set a position back; one that was asked for after they were heard, and
says so twice in a row, does, and a message says what each side has.

A price that moved is news too, but not at every look: a holding whose quantity, cost and realised
profit stay is told again every five seconds at most. One that is listed no more is flat when it
was missing twice in a row.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Final

from attrs import evolve, frozen

from .domain.books import AccountBook
from .domain.ids import PositionId
from .domain.model import (
    Draft,
    EventType,
    Note,
    Position,
    Snapshot,
    Trade,
    Value,
    position_id,
    trade_key,
)
from .domain.positions import Traded, added, id_of, is_behind, lacking, nothing_of
from .domain.wire import encode

MARK_EVERY: Final = timedelta(seconds=5)  # how often a mere change of a market price is news


@frozen
class Heard:
    """When a report was heard: by the wall, and on the monotonic clock, for latency."""

    at: datetime
    s: float = 0.0


class Holdings:
    """What an account has traded and holds, ahead of the view that it is laid over.

    `tell` makes drafts of a note. A broker that `pushes` its positions is not run ahead of.
    """

    def __init__(
        self, view: AccountBook, tell: Callable[[Note, Heard], list[Draft]], *, pushes: bool
    ) -> None:
        self._view = view
        self._tell = tell
        self._derives = not pushes
        self._is_listed = False  # before the first listing nobody knows what was carried in
        self._trades: set[str] = set()
        self._traded: dict[PositionId, Traded] = {}  # by these trades
        self._traded_before: dict[PositionId, Traded] = {}  # by those that the view began with
        self._positions: dict[PositionId, Position] = {}
        self._told_at: dict[PositionId, datetime] = {}
        self._touched: dict[PositionId, int] = {}
        self._behind: dict[PositionId, Position] = {}  # what was listed last, if it was too little
        self._absent: dict[PositionId, None] = {}

    # ------------------------------------------------------------------ what the stream says

    def trade(self, trade: Trade, heard: Heard, mark: int) -> list[Draft]:
        """Take a trade that was heard of, and what it makes of its position."""
        moved: dict[PositionId, Position] = {}
        drafts = self._take(trade, moved, heard)
        if drafts:
            self._touch(id_of(trade), mark)
        return drafts + self._put_all(moved, heard)

    def position(self, position: Position, heard: Heard, mark: int) -> list[Draft]:
        """Take a position that was heard of."""
        self._touch(position.id, mark)
        return self._put(position, heard)

    def _touch(self, of: PositionId, mark: int) -> None:
        self._touched[of] = mark
        self._behind.pop(of, None)

    # ---------------------------------------------------------------- what the broker answers

    def reconcile(self, answer: Snapshot, mark: int, heard: Heard) -> list[Draft]:
        """Take what the broker lists: trades first, then the positions that were asked after them.

        When every position could be read, one that is missing is closed.
        """
        moved: dict[PositionId, Position] = {}
        drafts = [d for trade in answer.trades for d in self._take(trade, moved, heard)]
        for listed in answer.positions:
            drafts += self._hold_against(listed, moved, mark, heard)
        drafts += self._put_all(moved, heard)
        if answer.notes:
            return drafts
        self._is_listed = True
        return drafts + self._close_absent({row.id for row in answer.positions}, mark, heard)

    def _hold_against(
        self, listed: Position, moved: dict[PositionId, Position], mark: int, heard: Heard
    ) -> list[Draft]:
        """Take a listed position, unless it lacks what is known of it here."""
        held = moved.get(listed.id) or self._known(listed.id)
        is_touched = self._touched.get(listed.id, 0) > mark
        if listed.day_bought is None:
            if is_touched:
                return []
        elif held is not None and is_behind(listed, held, partial(self._known_trades, listed)):
            if is_touched:
                return []
            if listed.id in moved or not is_same_count(self._behind.get(listed.id), listed):
                self._behind[listed.id] = listed
                return []
            return self._accept(listed, heard) + self._complain(listed, held, heard)
        moved.pop(listed.id, None)
        return self._accept(listed, heard)

    def _accept(self, listed: Position, heard: Heard) -> list[Draft]:
        self._behind.pop(listed.id, None)
        return self._put(listed, heard)

    def _close_absent(self, present: set[PositionId], mark: int, heard: Heard) -> list[Draft]:
        """Take a holding for closed once two answers in a row no longer list it."""
        drafts: list[Draft] = []
        absent: dict[PositionId, None] = {}
        held = {key: row.value for key, row in self._view.positions.items()} | self._positions
        for key, position in held.items():
            if key in present or position.quantity == 0 or self._touched.get(key, 0) > mark:
                continue
            if key in self._absent:
                drafts += self._flatten(position, heard)
            else:
                absent[key] = None
        self._absent = absent
        return drafts

    def _flatten(self, held: Position, heard: Heard) -> list[Draft]:
        """Tell that a holding is no more; what it has of the day's trades, nobody knows."""
        nothing = evolve(
            held, quantity=0, side="flat", unrealised=Decimal(0), day_bought=0, day_sold=0
        )
        drafts = self._put(evolve(nothing, day_bought=None, day_sold=None), heard)
        if is_behind(nothing, held, partial(self._known_trades, held)):
            drafts += self._complain(nothing, held, heard)
        return drafts

    def _complain(self, listed: Position, held: Position, heard: Heard) -> list[Draft]:
        """Say that the broker insists on a quantity which lacks trades that it told."""
        if listed.quantity == held.quantity:
            return []
        text = (
            f"the broker lists {listed.quantity:+d} of {held.id}, and by its trades it is"
            f" {held.quantity:+d}: what it lists is taken"
        )
        return self._tell(Note("warning", text), heard)

    # ------------------------------------------------------------------------ what it makes

    def _take(self, trade: Trade, moved: dict[PositionId, Position], heard: Heard) -> list[Draft]:
        """Take a trade if it is new; `moved` gets its position when that lacks it."""
        key, of = trade_key(trade), id_of(trade)
        if key in self._trades or key in self._view.trades:
            return []
        held = moved.get(of) or self._known(of) or (nothing_of(trade) if self._is_listed else None)
        if self._derives and held is not None:
            quantity = lacking(held, self._known_trades(trade), trade)
            after = added(held, trade, quantity) if quantity else None
            if after is not None:
                moved[of] = after
        self._trades.add(key)
        self._traded[of] = self._traded.get(of, Traded()).plus(trade)
        return [self._draft("trade_update", key, trade, heard)]

    def _put_all(self, moved: Mapping[PositionId, Position], heard: Heard) -> list[Draft]:
        return [draft for position in moved.values() for draft in self._put(position, heard)]

    def _put(self, position: Position, heard: Heard) -> list[Draft]:
        """Tell a position if it is news; one without a price keeps the last."""
        self._absent.pop(position.id, None)
        before = self._known(position.id)
        if before is not None:
            if position.last_price == 0:
                position = evolve(position, last_price=before.last_price)
            told_at = self._told_at.get(position.id)
            is_fresh = told_at is not None and heard.at - told_at < MARK_EVERY
            if before == position or (is_fresh and is_mark_only(before, position)):
                return []
        self._positions[position.id] = position
        self._told_at[position.id] = heard.at
        return [self._draft("position_update", position.id, position, heard)]

    def _known(self, of: PositionId) -> Position | None:
        """Give a position as it stands here."""
        if (known := self._positions.get(of)) is not None:
            return known
        row = self._view.positions.get(of)
        return None if row is None else row.value

    def _known_trades(self, of: Trade | Position) -> Traded:
        """Add up the day's trades that are known of a position."""
        key = position_id(of.exchange, of.tradingsymbol, of.product)
        if (before := self._traded_before.get(key)) is None:
            before, symbol = Traded(), b'"tradingsymbol":' + encode(of.tradingsymbol)
            for name, row in self._view.trades.items():
                if name not in self._trades and symbol in row.data and id_of(row.value) == key:
                    before = before.plus(row.value)
            self._traded_before[key] = before
        return before + self._traded.get(key, Traded())

    def _draft(self, kind: EventType, subject: str, value: Value, heard: Heard) -> Draft:
        return Draft(kind, self._view.account_id, subject, value, heard.at, heard.s)


# ---------------------------------------------------------------------------------- helpers


def is_mark_only(before: Position, after: Position) -> bool:
    """Say whether only the market moved, not the holding."""
    return (
        before.average_price == after.average_price
        and before.realised == after.realised
        and is_same_count(before, after)
    )


def is_same_count(before: Position | None, after: Position) -> bool:
    """Say whether two are of the same quantity, made of as many trades."""
    return before is not None and (
        (before.quantity, before.day_bought, before.day_sold)
        == (after.quantity, after.day_bought, after.day_sold)
    )
