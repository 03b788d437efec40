"""What falls is started again, with pauses, and not for ever."""

from random import Random

import pytest
import trio

from actors.runtime.supervisor import Allowance, Backoff, GaveUp, supervise


class Actor:
    """Falls as often as told, each time after having lived a while."""

    def __init__(self, falls, lived_s=0.0):
        self.falls = falls
        self.lived_s = lived_s
        self.starts = []

    async def run(self):
        """Live, then fall or end."""
        self.starts.append(trio.current_time())
        await trio.sleep(self.lived_s)
        if len(self.starts) <= self.falls:
            raise RuntimeError(f"fall {len(self.starts)}")


def test_pauses_double_from_a_second_to_a_minute():
    """The back-off is 1, 2, 4 … 60 s, each shortened by at most a half."""
    random, backoff = Random(1), Backoff()
    for attempt in range(40):
        most = min(2.0**attempt, 60.0)
        pauses = [backoff.pause_s(attempt, random) for _ in range(50)]
        assert most / 2 <= min(pauses)
        assert max(pauses) <= most
        assert len(set(pauses)) > 40, "a thousand clients must not come back at one moment"


def test_a_million_attempts_overflow_nothing():
    """P20: the pause of an attempt without number is still the greatest."""
    assert Backoff().pause_s(10**9, Random(1)) <= 60.0


async def test_an_actor_that_fell_runs_again_after_a_pause(autojump_clock):
    """A defect ends the actor's run, not the actor; whoever cares is told of each fall."""
    actor, told = Actor(falls=2), []
    await supervise("actor", actor.run, random=Random(1), on_fall=told.append)
    assert [str(error) for error in told] == ["fall 1", "fall 2"]
    first, second, third = actor.starts
    assert 0.5 <= second - first <= 1
    assert 1 <= third - second <= 2


async def test_one_that_falls_again_and_again_is_given_up(autojump_clock):
    """Every retry has an end: beyond its allowance the parent is told, with the cause."""
    actor = Actor(falls=100)
    with pytest.raises(GaveUp, match="actor fell 4 times in 60 s") as caught:
        await supervise("actor", actor.run, random=Random(1), allowance=Allowance(restarts_max=3))
    assert len(actor.starts) == 4
    assert str(caught.value.__cause__) == "fall 4"


async def test_falls_long_ago_do_not_count(autojump_clock):
    """The allowance is for a window: one fall a minute goes on for ever, at the first pause."""
    actor = Actor(falls=50, lived_s=61.0)
    await supervise("actor", actor.run, random=Random(1), allowance=Allowance(restarts_max=1))
    assert len(actor.starts) == 51
    steps = [b - a for a, b in zip(actor.starts, actor.starts[1:], strict=False)]
    assert max(steps) <= 62


async def test_cancellation_passes_through(autojump_clock):
    """A cancelled actor has not fallen and is not started again."""
    actor = Actor(falls=0, lived_s=1000)
    with trio.move_on_after(5):
        await supervise("actor", actor.run, random=Random(1))
    assert actor.starts == [0]
