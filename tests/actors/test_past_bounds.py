"""What asking for earlier books costs, and what bounds it."""

import pytest
import trio
import trio.testing

import actors.past
from actors.domain.errors import Unavailable
from actors.domain.ids import LogPosition
from actors.past import Shelf, copied

from .fakes import EPOCH, HEDGE, PRIMARY, SlowDisk
from .given_past import A_DAY, a_world, book_at, plain, small

__all__ = ["small"]


async def test_what_was_kept_is_not_folded_again(tmp_path, small):
    """P20: a second ask reads from the kept book before it on; the same ask reads nothing."""
    with a_world(tmp_path, [("order", PRIMARY, n % 5, "OPEN") for n in range(20)]) as world:
        looks, look = [], world.journal.look

        async def noted(call):
            looks.append(call)
            return await look(call)

        world.journal.look = noted
        await book_at(world.past, PRIMARY, 19)
        first = len(looks)
        await book_at(world.past, PRIMARY, 19)
        assert len(looks) == first
        await book_at(world.past, PRIMARY, 20)
        await book_at(world.past, PRIMARY, 13)
        assert len(looks) <= first + 3
        assert first > 6


async def test_kept_books_stay_as_they_are(tmp_path, small):
    """P13: folding on from a kept book leaves it what it was."""
    with a_world(tmp_path, A_DAY * 3) as world:
        early = await world.past.view(PRIMARY, LogPosition(EPOCH, 8))
        before = plain(early.book)
        await book_at(world.past, PRIMARY, world.journal.end - 1)
        assert plain(early.book) == before == world.told[PRIMARY, 8]


async def test_books_are_bounded_by_their_number_and_their_rows(tmp_path, monkeypatch):
    """P20: the books that are kept are bounded; who was not used for longest goes first, and the
    newest stays however large it is.
    """
    with a_world(tmp_path, A_DAY) as world:
        book = world.journal.view[PRIMARY]
        rows = actors.past.size_of(book)
        shelf = Shelf(3)
        for offset in (1, 2, 3):
            shelf.put(PRIMARY, offset, copied(book))
        assert shelf.before(PRIMARY, 1, 0) is not None
        shelf.put(PRIMARY, 4, book)
        kept = [offset for offset in (1, 2, 3, 4) if shelf.get(PRIMARY, offset)]
        assert (kept, len(shelf), shelf.rows) == ([1, 3, 4], 3, 3 * rows)
        shelf.put(PRIMARY, 4, book)
        assert shelf.rows == 3 * rows
        monkeypatch.setattr(actors.past, "ROWS_MAX", rows)
        shelf.put(PRIMARY, 5, book)
        assert (len(shelf), shelf.rows) == (1, rows)
        assert shelf.before(HEDGE, 9, 0) is None
        assert shelf.before(PRIMARY, 9, 6) is None


async def test_one_is_folded_at_a_time_and_not_too_many_wait(tmp_path, autojump_clock, nursery):
    """P20: of many who ask at once each has its answer in turn, and one more is 503 at once."""
    with a_world(tmp_path, A_DAY) as world:
        disk = SlowDisk(0.1)
        world.journal._offload = disk
        answers = []

        async def ask(n):
            answers.append(await book_at(world.past, PRIMARY, 1 + n % 5))

        for n in range(actors.past.ASKING_MAX):
            nursery.start_soon(ask, n)
        await trio.testing.wait_all_tasks_blocked()
        assert world.past.asking == actors.past.ASKING_MAX
        with pytest.raises(Unavailable, match="too many"):
            await book_at(world.past, PRIMARY, 7)
        await trio.sleep(9)
        assert (len(answers), world.past.asking) == (actors.past.ASKING_MAX, 0)


async def test_a_long_fold_ends_and_is_gone_on_with(tmp_path, autojump_clock, small):
    """P20: a book that takes too long is 503; asking again goes on from what was folded."""
    with a_world(tmp_path, [("order", PRIMARY, n % 5, "OPEN") for n in range(40)]) as world:
        world.journal._offload = SlowDisk(1.0)
        asks = 0
        while True:
            asks += 1
            try:
                book = await book_at(world.past, PRIMARY, 39)
            except Unavailable as error:
                assert (error.status, error.retry_after_s) == (503, 1)
                assert asks < 5
            else:
                break
        assert (asks > 1, book) == (True, world.told[PRIMARY, 39])
