"""What a book stands on: events that are durable, or will be.

    drafts ─▶ publish ─▶ writer
                           └ cannot take them, or loses them ─▶ the ground is gone: reports are
                             discarded ─▶ regain: the writer is idle ─▶ the book stands on the view

A book that ran ahead of a disk which then failed would show what never was.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from attrs import define, field

from .book import Book
from .domain.errors import StoreError, Unavailable
from .domain.model import Draft
from .status import StatusRow
from .writer import Writer


@define(eq=False)
class Ground:
    """The ground of one account's book. `on_loss` is called when it goes."""

    _book: Book
    _row: StatusRow
    _writer: Writer
    _on_loss: Callable[[], None]
    is_firm: bool = field(default=True, init=False)
    _generation: int = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._generation = self._writer.generation

    async def follow(self) -> None:
        """Notice what the writer loses, until cancelled."""
        while True:
            await self._writer.lost.wait()
            self.check()

    def check(self) -> None:
        """Notice what the writer has lost."""
        if self._generation != self._writer.generation:
            self._generation = self._writer.generation
            self.lose()

    def lose(self) -> None:
        """Discard what is published until the ground is regained, which is asked for."""
        self.is_firm = False
        if self._row.now.connected:
            self._row.resync()
        self._on_loss()

    async def regain(self) -> bool:
        """Stand on the view, once all that was handed over is durable or refused.

        False while the store takes nothing.
        """
        self.check()
        if self.is_firm:
            return True
        try:
            await self._writer.commit([])
        except (Unavailable, StoreError) as error:
            self._row.note(last_error=str(error))
            return False
        self._generation = self._writer.generation
        self._book.restart()
        self.is_firm = True
        await self.submit([self._row.draft()])  # what was told of it may be lost too
        return self.is_firm

    async def publish(self, drafts: Sequence[Draft]) -> None:
        """Publish what the book made, unless its ground is gone."""
        if drafts and self.is_firm:
            await self.submit(drafts)

    async def submit(self, drafts: Sequence[Draft]) -> None:
        """Hand events to the writer; what it cannot take is discarded and found again later."""
        try:
            await self._writer.submit(drafts)
        except Unavailable as error:
            self.lose()
            self._row.note(last_error=str(error))
