import pytest
import trio
import trio.testing
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from actors.domain.errors import PositionGone, Refused
from actors.domain.ids import LogPosition
from actors.past import Past
from actors.runtime.journal import Journal
from actors.runtime.seams import offload_inline
from actors.storage.past import SqlitePast
from tests.actors.storage.samples import folded, log
from tests.actors.storage.samples import plain as plainly
from tests.actors.storage.test_sqlite_faults import begin, committer, kill, load, reopened

from .fakes import EPOCH, HEDGE, PRIMARY
from .given_past import A_DAY, ACCOUNTS, a_world, acts, book_at, small

__all__ = ["small"]

MANY = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


# ------------------------------------------------------------------------ what a list had said


@MANY
@given(story=st.lists(acts, max_size=40))
async def test_an_earlier_book_is_what_was_shown_then(tmp_path, story):
    """P13: at every offset of any life, over any days, the lists are those that were shown when
    that was the end, whether or not an earlier book is kept.
    """
    with a_world(tmp_path, story) as world:
        for offset in range(1, world.journal.end + 1):
            for account_id in ACCOUNTS:
                told = world.told[account_id, offset]
                assert await book_at(Past(world.journal), account_id, offset) == told


@MANY
@given(story=st.lists(st.one_of(acts, st.just("restart")), max_size=40), data=st.data())
async def test_going_to_and_fro_shows_the_same(tmp_path, small, story, data):
    """P13: who goes to and fro, folding on from kept books, sees at each place what was shown
    there, also what was shown before the process was killed and started again.
    """
    with a_world(tmp_path, story) as world:
        places = st.tuples(st.sampled_from(ACCOUNTS), st.integers(1, world.journal.end))
        for account_id, offset in data.draw(st.lists(places, max_size=25)):
            told = world.told[account_id, offset]
            assert await book_at(world.past, account_id, offset) == told


async def test_what_the_day_before_left_is_there(tmp_path, monkeypatch):
    """P13: on the morning after, open orders, positions and messages are there; trades and what
    had ended are not, and no event of the day before is read again.
    """
    story = [*A_DAY, ("turn", PRIMARY, 0, 1), *A_DAY]
    with a_world(tmp_path, story) as world:
        turn = len(A_DAY) + 3
        reads, span = [], SqlitePast.span

        def noted(past, account_id, after, upto):
            reads.append(after)
            return span(past, account_id, after, upto)

        monkeypatch.setattr(SqlitePast, "span", noted)
        book = await book_at(world.past, PRIMARY, turn)
        assert [row[1] for row in book["orders"]] == [3, 5, 6]
        assert [len(book[name]) for name in ("trades", "positions", "messages")] == [0, 1, 1]
        assert book == world.told[PRIMARY, turn]
        assert min(reads) == turn - 1


async def test_an_order_of_yesterday_that_is_told_again_is_of_today(tmp_path):
    """P13: an order that was over, and that the broker lists again next morning, is shown from
    then on, in the place of that event, as it was then.
    """
    with a_world(tmp_path, [*A_DAY, ("turn", PRIMARY, 0, 1)]) as world:
        world.lives.clear()
        before = world.journal.end
        world.act("order", PRIMARY, 1, "COMPLETE")
        world.act("order", PRIMARY, 2, "CANCELLED")
        for offset in range(before, world.journal.end + 1):
            told = world.told[PRIMARY, offset]
            assert await book_at(Past(world.journal), PRIMARY, offset) == told
        assert [row[1] for row in told["orders"]] == [3, 5, 6, before + 1]


async def test_the_days_of_two_accounts_begin_apart(tmp_path):
    """P13: between the turns of two accounts one has the old day, the other the new one."""
    with a_world(tmp_path, [*A_DAY, ("turn", PRIMARY, 0, 1)]) as world:
        first = world.journal.end - 1
        assert (await book_at(world.past, PRIMARY, first))["trades"] == []
        assert await book_at(world.past, HEDGE, first) == world.told[HEDGE, first]
        assert world.told[HEDGE, first]["orders"] != []


async def test_what_was_retired_is_gone_and_the_rest_stands(tmp_path):
    """P13: with a base in the middle of a day or at its turn, what is not older is as it was
    shown; what is older is 410 `expired`, and the base itself is there.
    """
    story = [*A_DAY, ("turn", PRIMARY, 0, 1), *A_DAY, ("order", PRIMARY, 2, "COMPLETE"), *A_DAY]
    with a_world(tmp_path, story) as world:
        for base in (5, len(A_DAY) + 3, len(A_DAY) + 8):
            for reached in world.store.retire(base):
                world.journal.retire(reached)
            with pytest.raises(PositionGone, match="expired"):
                await book_at(world.past, PRIMARY, base - 1)
            for past in (world.past, Past(world.journal)):
                for offset in range(base, world.journal.end + 1):
                    for account_id in ACCOUNTS:
                        told = world.told[account_id, offset]
                        assert await book_at(past, account_id, offset) == told


async def test_what_is_retired_while_it_is_folded_is_gone(tmp_path, small):
    """P13: when the base passes a place that is being read, that is told, and nothing made up."""
    with a_world(tmp_path, A_DAY) as world:
        look = world.journal.look

        async def retiring(call):
            for _ in world.store.retire(world.journal.end):
                pass
            return await look(call)

        world.journal.look = retiring
        with pytest.raises(PositionGone, match="expired"):
            await book_at(world.past, PRIMARY, 4)


@pytest.mark.process
def test_a_book_after_kill_9_is_what_its_events_give(tmp_path):
    """P13, P5: after kill -9 of a process that was writing, an earlier book is the fold of the
    events up to there, at places all over the record.
    """
    path = tmp_path / "orderwire.db"
    with committer(path) as process:
        for _ in range(3):
            pid, _, _ = begin(process)
            for _ in range(10):
                process.stdout.readline()
            kill(process, pid)
    with reopened(path) as store:
        trio.run(compare_with_log, store)


async def compare_with_log(store):
    journal = Journal(store, load(store), ACCOUNTS, offload_inline)
    past, end = Past(journal), journal.end
    for offset in {1, end // 3, end // 2, end - 1}:
        events = [event for event in log(offset) if event.type != "batch_update"]
        views = [await past.view(name, LogPosition(journal.epoch, offset)) for name in ACCOUNTS]
        assert plainly({view.book.account_id: view.book for view in views}) == folded(events)


# ---------------------------------------------------------------------------------- who may ask


@pytest.mark.parametrize(("epoch", "step", "reason"), [("other", 0, "epoch"), (EPOCH, 1, "ahead")])
async def test_a_place_that_is_not_there_says_why(tmp_path, epoch, step, reason):
    """P4: a place of another epoch, or one that has not come, is refused with its reason."""
    with a_world(tmp_path, A_DAY) as world:
        place = LogPosition(epoch, world.journal.end + step)
        with pytest.raises(PositionGone) as gone:
            await world.past.view(PRIMARY, place)
        assert gone.value.reason == reason


async def test_before_the_first_event_there_is_nothing(tmp_path):
    """P13: offset 0 of a record of which nothing was retired is an empty book."""
    with a_world(tmp_path, A_DAY) as world:
        assert set(map(len, (await book_at(world.past, PRIMARY, 0)).values())) == {0}


async def test_there_is_no_past_of_no_account(tmp_path):
    """An account that is not configured is 404."""
    with a_world(tmp_path) as world:
        with pytest.raises(Refused, match="no account"):
            await world.past.view("nobody", world.journal.position)
        with pytest.raises(Refused, match="no account"):
            await world.past.day("nobody", 3)


async def test_the_end_is_the_present_book(tmp_path):
    """What is asked for at the end is the book of the journal, without a look at the store."""
    with a_world(tmp_path, A_DAY) as world:
        view = await world.past.view(PRIMARY, world.journal.position)
        assert view.book is world.journal.view[PRIMARY]


# -------------------------------------------------------------------------------------- the day


async def test_a_day_is_told_by_places_from_its_first_to_its_last(tmp_path):
    """The places of a day begin with its turn and end with the end; the others lie evenly
    between, each with the time when its event came.
    """
    with a_world(tmp_path, [*A_DAY, ("turn", PRIMARY, 0, 1), *A_DAY]) as world:
        turn, end = len(A_DAY) + 3, world.journal.end
        day = await world.past.day(PRIMARY, 4)
        assert [offset for offset, _ in day] == [turn, 14, 16, 18, 20, end]
        assert [at for _, at in day] == sorted(at for _, at in day)
        assert day[-1][1] == world.now
        assert [offset for offset, _ in await world.past.day(PRIMARY, 0)] == [turn, end]
        assert len(await world.past.day(HEDGE, 1000)) == end - turn


async def test_a_first_day_begins_with_the_record_and_one_without_events_is_empty(tmp_path):
    """Where no turn is known the day begins with what is left of the record."""
    with a_world(tmp_path, A_DAY) as world:
        assert [offset for offset, _ in await world.past.day(PRIMARY, 0)] == [1, world.journal.end]
        for base in world.store.retire(world.journal.end):
            world.journal.retire(base)
        assert await world.past.day(PRIMARY, 5) == []
