"""A book's ground: lost with what the writer lost, and found again on the view."""

from actors.book import Book
from actors.domain.errors import Unavailable
from actors.ground import Ground
from actors.status import StatusRow

from .fakes import PRIMARY, Record, fake_seams


def a_ground():
    """Give a ground, its record, and what was heard of losses."""
    record, losses = Record(), []
    row = StatusRow(PRIMARY, "fake", record.writer, fake_seams())
    book = Book(record.journal.view[PRIMARY])
    return Ground(book, row, record.writer, lambda: losses.append("lost")), record, losses


async def test_it_goes_once_with_each_loss():
    """P15: what the writer lost is noticed once, and is no ground until it is regained."""
    ground, record, losses = a_ground()
    ground.check()
    assert ground.is_firm
    record.writer.generation += 1
    ground.check()
    ground.check()
    assert (ground.is_firm, losses) == (False, ["lost"])


async def test_it_is_regained_only_when_the_store_takes_something(nursery):
    """P15: with a writer that cannot commit it stays lost; nothing is published meanwhile."""
    ground, record, _ = a_ground()
    ground.lose()

    async def full(_drafts):
        raise Unavailable("the disk is full")

    commit, record.writer.commit = record.writer.commit, full
    assert not await ground.regain()
    record.writer.commit = commit
    nursery.start_soon(record.writer.run)
    assert await ground.regain()
    assert ground.is_firm
    await record.writer.flush()
    assert [status.last_error for status in record.told("stream_status")] == ["the disk is full"]


async def test_what_the_writer_cannot_take_is_discarded():
    """P15: a writer that is full costs the ground, and nothing waits for it."""
    ground, record, losses = a_ground()

    async def stuck(_drafts):
        raise Unavailable("the writer is stuck")

    record.writer.submit = stuck
    await ground.publish(["a draft"])
    assert (ground.is_firm, losses) == (False, ["lost"])
    record.writer.submit = None
    await ground.publish(["another"])
