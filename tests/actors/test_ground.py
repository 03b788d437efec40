"""A book's ground: lost with what the writer lost, and found again on the view."""

import pytest

from actors.book import Book
from actors.domain.errors import Unavailable
from actors.ground import Ground

from .fakes import PRIMARY, Record


def a_ground():
    record = Record()
    return Ground(Book(record.journal.view[PRIMARY]), record.writer), record


def test_it_slips_once_with_each_loss():
    """P15: what the writer lost is noticed once, and the ground is not firm until it is regained."""
    ground, record = a_ground()
    assert not ground.has_slipped()
    record.writer.generation += 1
    assert ground.has_slipped()
    assert not ground.has_slipped()
    ground.lose()
    assert not ground.is_firm


async def test_it_is_regained_only_when_the_store_takes_something(nursery):
    """P15: with a writer that cannot commit it stays lost."""
    ground, record = a_ground()
    ground.lose()

    async def full(_drafts):
        raise Unavailable("the disk is full")

    commit, record.writer.commit = record.writer.commit, full
    with pytest.raises(Unavailable):
        await ground.regain()
    assert not ground.is_firm
    record.writer.commit = commit
    nursery.start_soon(record.writer.run)
    await ground.regain()
    assert ground.is_firm
