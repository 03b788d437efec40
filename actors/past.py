"""An account's book as it was at any earlier event.

    view(account, at) ─▶ kept books: the nearest before it ─┐
                     └─▶ the day's first event ─────────────┴─▶ fold on, a piece at a time ─▶ book
                           what went over into the day              └─▶ some are kept

A book is what its events fold into, so an earlier one is folded again, with the code that folds
the present one. Folding begins where the account's day began, or at a book that was kept, so a
reader who goes to and fro in a day waits once. Batches are not in it.
"""

from __future__ import annotations

from collections import OrderedDict
from copy import copy
from datetime import datetime
from functools import partial
from typing import Final

import trio
from attrs import define, evolve, field

from .domain.books import AccountBook, Current, next_day
from .domain.errors import PositionGone, Refused, Unavailable
from .domain.ids import AccountId, LogPosition, Offset
from .runtime.journal import Journal
from .storage import Store
from .view import View

ASK_S: Final = 10.0  # to a book, waiting for others included
ASKING_MAX: Final = 32
PIECE: Final = 1000  # offsets folded at a time
KEPT_EVERY: Final = 5000  # events; of other accounts ten times as many, which are passed over
BOOKS_MAX: Final = 32
ROWS_MAX: Final = 400_000  # of all kept books; those of a day share what did not change
ANSWERS_MAX: Final = 4  # books that were asked for, for their next pages
STATUSES: Final = 100  # looked through at a time


class Past:
    """The books of earlier moments. One is folded at a time."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._marks = Shelf(BOOKS_MAX)
        self._answers = Shelf(ANSWERS_MAX)
        self._turn = trio.Lock()
        self.asking = 0

    @property
    def rows(self) -> int:
        """Count the rows of the books that are kept for folding on."""
        return self._marks.rows

    @property
    def books(self) -> int:
        """Count the books that are kept for folding on."""
        return len(self._marks)

    @property
    def answers(self) -> int:
        """Count the books that are kept because they were asked for."""
        return len(self._answers)

    async def view(self, account: str, at: LogPosition) -> View:
        """Give an account's book as it stood at a position; it is not to be changed.

        PositionGone when it is retired or of another epoch, or has not come yet; Unavailable when
        too many ask, or it took too long: what was folded is kept, so asking again goes on.
        """
        account_id = AccountId(account)
        if (now := self._journal.view.get(account_id)) is None:
            raise Refused(404, f"there is no account {account}")
        self._journal.check(at)
        if at.offset == self._journal.end:
            return View(at, now)
        return View(at, await self._book(account_id, at.offset))

    async def day(self, account: str, points: int) -> list[tuple[Offset, datetime]]:
        """Give places of an account's present day, and when they came, oldest first.

        The first, the last, and `points` between, as evenly as the record has them; none when
        there is no event.
        """
        account_id = AccountId(account)
        if account_id not in self._journal.view:
            raise Refused(404, f"there is no account {account}")
        end = self._journal.end
        turn = await self._day_begins(account_id, end, Offset(-1))
        first = self._journal.base + 1 if turn is None else turn[0]
        if first > end:
            return []
        steps = {first + (end - first) * n // (points + 1) for n in range(points + 2)}
        offsets = [Offset(offset) for offset in sorted(steps)]
        moments = await self._journal.look(lambda store: store.past.moments(offsets))
        return list(zip(offsets, moments, strict=True))

    # ------------------------------------------------------------------------------ folding

    async def _book(self, account_id: AccountId, at: Offset) -> AccountBook:
        if (book := self._known(account_id, at)) is not None:
            return book
        if self.asking >= ASKING_MAX:
            raise Unavailable("too many ask for earlier books", retry_after_s=1)
        self.asking += 1
        try:
            with trio.fail_after(ASK_S):
                async with self._turn:
                    return self._known(account_id, at) or await self._fold(account_id, at)
        except trio.TooSlowError:
            raise Unavailable("this book is not folded yet: ask again", retry_after_s=1) from None
        finally:
            self.asking -= 1

    def _known(self, account_id: AccountId, at: Offset) -> AccountBook | None:
        return self._answers.get(account_id, at) or self._marks.get(account_id, at)

    async def _fold(self, account_id: AccountId, at: Offset) -> AccountBook:
        offset, book = await self._begin(account_id, at)
        folded = passed = 0
        while offset < at:
            upto = Offset(min(offset + PIECE, at))
            count = await self._journal.look(partial(fold_on, book=book, after=offset, upto=upto))
            if upto < self._journal.base:
                raise PositionGone("expired")
            folded, passed, offset = folded + count, passed + upto - offset - count, upto
            if folded + passed // 10 >= max(KEPT_EVERY, size_of(book) // 3):
                self._marks.put(account_id, offset, copied(book))
                folded = passed = 0
        self._answers.put(account_id, at, book)
        return book

    async def _begin(self, account_id: AccountId, at: Offset) -> tuple[Offset, AccountBook]:
        """Give the nearest book before an offset: one that is kept, or the day's beginning."""
        marks = [shelf.before(account_id, at, self._journal.base) for shelf in self._shelves]
        kept = max((mark for mark in marks if mark is not None), key=lambda m: m[0], default=None)
        if kept is not None and at - kept[0] <= KEPT_EVERY:
            return kept[0], copied(kept[1])
        turn = await self._day_begins(account_id, at, Offset(-1) if kept is None else kept[0])
        if turn is not None:
            return await self._begin_day(account_id, *turn)
        if kept is not None:
            return kept[0], copied(kept[1])
        base, rows = await self._journal.look(lambda store: store.past.at_base(account_id))
        return base, loaded(account_id, rows)

    @property
    def _shelves(self) -> tuple[Shelf, Shelf]:
        return self._marks, self._answers

    async def _begin_day(
        self, account_id: AccountId, turn: Offset, status: Current
    ) -> tuple[Offset, AccountBook]:
        """Fold the first event of a day onto what goes over into it."""
        rows, before = [status], Offset(turn - 1)
        pieces = await self._journal.look(lambda store: store.past.carried(account_id, before))
        while (piece := await self._journal.look(lambda _: next(pieces, None))) is not None:
            rows += piece
        book = loaded(account_id, sorted(rows))
        await self._journal.look(partial(fold_on, book=book, after=before, upto=turn))
        self._marks.put(account_id, turn, copied(book))
        return turn, book

    async def _day_begins(
        self, account_id: AccountId, at: Offset, after: Offset
    ) -> tuple[Offset, Current] | None:
        """Find the event that began an account's day, and its status until then.

        None when that is not after the given offset, or was retired.
        """
        upto, later = at, None
        while True:
            look = partial(statuses, account_id=account_id, upto=upto)
            rows = await self._journal.look(look)
            for row in rows:
                if later is not None and next_day(row, later) is not None:
                    return later.offset, row
                if row.offset <= after:
                    return None
                later = row
            if len(rows) < STATUSES or rows[-1].offset <= self._journal.base:
                return None
            upto = Offset(rows[-1].offset - 1)


@define(eq=False)
class Shelf:
    """Books that were folded, by account and offset; who was not used for longest goes first."""

    most: int
    rows: int = 0
    _books: OrderedDict[tuple[AccountId, Offset], AccountBook] = field(factory=OrderedDict)

    def __len__(self) -> int:
        return len(self._books)

    def get(self, account_id: AccountId, at: Offset) -> AccountBook | None:
        """Give the book of exactly this offset."""
        if (book := self._books.get((account_id, at))) is not None:
            self._books.move_to_end((account_id, at))
        return book

    def before(
        self, account_id: AccountId, at: Offset, base: Offset
    ) -> tuple[Offset, AccountBook] | None:
        """Give the newest book up to an offset that is not older than the base."""
        places = [offset for name, offset in self._books if name == account_id]
        offset = max((offset for offset in places if base <= offset <= at), default=None)
        if offset is None or (book := self.get(account_id, offset)) is None:
            return None
        return offset, book

    def put(self, account_id: AccountId, at: Offset, book: AccountBook) -> None:
        """Keep a book that nobody changes any more; at least the newest one stays."""
        self.rows += size_of(book) - self._drop((account_id, at))
        self._books[account_id, at] = book
        while len(self._books) > 1 and (len(self._books) > self.most or self.rows > ROWS_MAX):
            self.rows -= self._drop(next(iter(self._books)))

    def _drop(self, place: tuple[AccountId, Offset]) -> int:
        book = self._books.pop(place, None)
        return 0 if book is None else size_of(book)


# ---------------------------------------------------------------------------------- helpers


def statuses(store: Store, account_id: AccountId, upto: Offset) -> list[Current]:
    """Read an account's own rows up to an offset, newest first."""
    return store.past.statuses(account_id, upto, STATUSES)


def fold_on(store: Store, book: AccountBook, after: Offset, upto: Offset) -> int:
    """Fold an account's events after an offset and up to another; give how many there were."""
    events = store.past.span(book.account_id, after, upto)
    for event in events:
        book.fold(event)
    return len(events)


def loaded(account_id: AccountId, rows: list[Current]) -> AccountBook:
    """Make a book of what stood, first heard of first, leaving its batches out."""
    book = AccountBook(account_id)
    for row in rows:
        if row.type != "batch_update":
            book.load(row)
    return book


def copied(book: AccountBook) -> AccountBook:
    """Give a book that can be folded on without changing this one."""
    return evolve(
        book,
        orders=copy(book.orders),
        trades=copy(book.trades),
        positions=copy(book.positions),
        messages=copy(book.messages),
        our_orders=copy(book.our_orders),
        open_orders=copy(book.open_orders),
    )


def size_of(book: AccountBook) -> int:
    """Count the rows of a book."""
    return len(book.orders) + len(book.trades) + len(book.positions) + len(book.messages)
