"""What a book stands on: events that are durable, or will be.

    writer loses what it was handed ──▶ the ground is gone: reports are discarded
    regain ──▶ all that was handed over is durable or refused ──▶ the book stands on the view

A book that ran ahead of a disk which then failed would show what never was.
"""

from __future__ import annotations

from attrs import define, field

from .book import Book
from .writer import Writer


@define(eq=False)
class Ground:
    """The ground of one account's book."""

    _book: Book
    _writer: Writer
    is_firm: bool = field(default=True, init=False)
    _generation: int = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._generation = self._writer.generation

    def has_slipped(self) -> bool:
        """Say whether the writer lost something since this was asked before."""
        if self._generation == self._writer.generation:
            return False
        self._generation = self._writer.generation
        return True

    def lose(self) -> None:
        """Note that the book stands on events that will not be durable."""
        self.is_firm = False

    async def regain(self) -> None:
        """Stand on the view, once all that was handed over is durable or refused.

        Unavailable or StoreError while the store takes nothing.
        """
        await self._writer.commit([])
        self._generation = self._writer.generation
        self._book.restart()
        self.is_firm = True
