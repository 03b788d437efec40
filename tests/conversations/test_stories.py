"""Every story at every broker, told to the whole system on a virtual clock and to real processes.

A story is written once: not a word of it is a broker's own. ticker_service gets all of it, the
brokers behind it what differs by the wire; `python -m tests.conversations` tells all to all.
"""

from functools import partial

import pytest
import trio

from web.sandbox.paper import UPSTREAMS

from .matrix import read_matrix
from .real import open_real
from .simulated import open_simulated
from .stories import FOLDER, stories
from .tell import Wrong, tell

AT_ONCE = 8
STORIES = stories()
ROWS = read_matrix(FOLDER / "matrix.txt")
ROWS_APART = 3  # of the matrix, at the other brokers
FIRST, *OTHERS = UPSTREAMS
# What a wire has to do with: a whole life, a fill at the cancel, a rejection, a change, a way out.
REAL = ("happy", "partial", "rejected", "modify", "exposed_flattened")
by_name = pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
at_others = pytest.mark.parametrize("upstream", OTHERS)


@by_name
@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_a_story_holds_in_simulation(story, seed, tmp_path, autojump_clock):
    """P9, P10, P11: the conversation goes as it is written, whichever task has its turn first."""
    async with open_simulated(tmp_path, seed) as world:
        await tell(story, world)


@by_name
@at_others
async def test_a_story_holds_at_every_broker(story, upstream, tmp_path, autojump_clock):
    """P9, P10, P11: the same conversation, word for word, over each other wire format."""
    async with open_simulated(tmp_path, upstream=upstream) as world:
        await tell(story, world)


async def test_the_matrix_holds_in_simulation(tmp_path, autojump_clock):
    """P9, P10: each test symbol alone and beside each other ends as the contract says.

    One after the other: several that time out at once would look like a broker that fails.
    """
    async with open_simulated(tmp_path) as world:
        assert await told(ROWS, world) == []


@at_others
async def test_the_matrix_holds_at_every_broker(upstream, tmp_path, autojump_clock):
    """P9, P10: a third of the same rows over each other wire format, other rows at each."""
    rows = ROWS[OTHERS.index(upstream) :: ROWS_APART]
    async with open_simulated(tmp_path, upstream=upstream) as world:
        assert await told(rows, world) == []


@pytest.mark.process
def test_the_stories_hold_in_real_processes(tmp_path):
    """P9, P10, P11: the same conversations, and the quick rows of the matrix, over real sockets.

    All in one gateway and one broker, so that each meets what the others left behind.
    """

    async def whole():
        async with open_real(tmp_path) as world:
            wrong = await told([row for row in ROWS if not row.is_long], world, at_once=AT_ONCE)
            for story in STORIES:
                if not story.is_long:
                    wrong += await told([story], world)
            return wrong

    assert trio.run(whole) == []


@pytest.mark.long
@pytest.mark.process
@at_others
def test_stories_hold_in_real_processes_at_every_broker(upstream, tmp_path):
    """P9, P10, P11: what a wire format has to do with, over each other one and real sockets."""

    async def whole():
        async with open_real(tmp_path, upstream) as world:
            return await told([story for story in STORIES if story.name.startswith(REAL)], world)

    assert trio.run(whole) == []


async def told(chosen, world, at_once=1):
    """Tell stories, so many at once; what was wrong, in the order in which it was found."""
    wrong = []
    limit = trio.CapacityLimiter(at_once)

    async def one(story):
        async with limit:
            try:
                await tell(story, world)
            except Wrong as error:
                wrong.append(f"{story.title} {error}")

    async with trio.open_nursery() as nursery:
        for story in chosen:
            nursery.start_soon(partial(one, story))
    return wrong
