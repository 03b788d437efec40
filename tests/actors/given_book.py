"""A book over a view that is committed at once, or when the test says so."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from attrs import define, evolve, field

from actors.book import Book
from actors.domain.books import AccountBook
from actors.domain.ids import Offset, OrderId
from actors.domain.model import Draft, Note, OrderReport, Position, Report, Snapshot, Trade
from actors.domain.positions import side_of
from actors.holdings import Heard
from actors.writer import number

from .fakes import PRIMARY, START, a_position, a_trade


@define
class Bench:
    """A book at work: what goes in is heard second after second, what comes out is kept."""

    view: AccountBook = field(factory=lambda: AccountBook(PRIMARY))
    commits: bool = True
    pushes_positions: bool = False
    made: list[Draft] = field(factory=list)
    second: int = 0
    book: Book = field(init=False)
    _end: int = 0

    def __attrs_post_init__(self) -> None:
        self.book = Book(self.view, pushes_positions=self.pushes_positions)

    def heard(self) -> Heard:
        """Give the moment: a second after the last."""
        self.second += 1
        return Heard(evolve_time(self.second), float(self.second))

    def hear(self, *reports: Report) -> list[Any]:
        """Hear reports; give the values of the events they make."""
        return [
            value for report in reports for value in self.take(self.book.hear(report, self.heard()))
        ]

    def ask(
        self,
        *rows: OrderReport,
        mark: int | None = None,
        histories: dict[str, Sequence[OrderReport]] | None = None,
    ) -> list[Any]:
        """Reconcile with a snapshot asked for now; give the values of the events it makes."""
        mark = self.book.mark() if mark is None else mark
        lives = {OrderId(order_id): life for order_id, life in (histories or {}).items()}
        return self.take(self.book.reconcile(rows, mark, self.heard(), lives))

    def ask_fills(
        self,
        trades: Sequence[Any],
        positions: Sequence[Any],
        *,
        mark: int | None = None,
        notes: Sequence[Note] = (),
    ) -> list[Any]:
        """Take the broker's trades and positions, as asked for now or at an earlier mark."""
        mark = self.book.mark() if mark is None else mark
        answer = Snapshot((), tuple(trades), tuple(positions), tuple(notes))
        return self.take(self.book.reconcile_fills(answer, mark, self.heard()))

    def take(self, drafts: Sequence[Draft]) -> list[Any]:
        """Keep drafts, and commit them to the view."""
        self.made += drafts
        if self.commits:
            for event in number(drafts, after=Offset(self._end)):
                self.view.fold(evolve(event, value=None))
                self._end += 1
        return [draft.value for draft in drafts]

    def begin_again(self) -> None:
        """Do as a restart of the process does: a new book on what was committed."""
        self.book = Book(self.view, pushes_positions=self.pushes_positions)

    def types(self) -> list[str]:
        """Name the events made, in order."""
        return [draft.type for draft in self.made]


def evolve_time(second: float) -> Any:
    """Give a moment so many seconds after the start."""
    return START.fromtimestamp(START.timestamp() + second, START.tzinfo)


def listed(bought: int = 0, sold: int = 0, *, carried: int = 0) -> Position:
    """Give SBIN as the broker lists it: what was carried in, and of today's trades so much.

    All of it was traded at 610.5, and is 0.5 above.
    """
    quantity = carried + bought - sold
    return a_position(
        quantity=quantity,
        average_price=Decimal("610.5") if quantity else Decimal(0),
        unrealised=quantity * Decimal("0.5"),
        pnl=quantity * Decimal("0.5"),
        side=side_of(quantity),
        day_bought=bought,
        day_sold=sold,
    )


def sale(trade_id: str, **changes: Any) -> Trade:
    """Give a sale of 50 SBIN."""
    return a_trade(trade_id, transaction_type="SELL", **changes)
