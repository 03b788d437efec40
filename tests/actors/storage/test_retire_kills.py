"""A process that is killed while it retires leaves a store with a prefix retired."""

from __future__ import annotations

import random

import pytest

from tests.actors.storage.given_days import books_of
from tests.actors.storage.samples import EPOCH, log
from tests.actors.storage.test_sqlite_faults import begin, committer, kill, load, reopened

KILLS = 10


@pytest.mark.process
def test_a_process_killed_while_it_retires_leaves_a_whole_record(path):
    """P5, P12, P13: after kill -9 at a random moment of committing and retiring, the store holds the
    events after its base, none that was acknowledged missing, and they fold onto what stood at the
    base as all that were ever committed fold; again and again.
    """
    chance = random.Random()
    bases = set()
    with committer(path, "100") as process:
        held = 0
        for _ in range(KILLS):
            pid, epoch, acknowledged = begin(process)
            assert (epoch, acknowledged) == (EPOCH, held)
            for _ in range(chance.randrange(12)):
                acknowledged = int(process.stdout.readline())
            acknowledged = max([acknowledged, *kill(process, pid)])
            with reopened(path) as store:
                loaded = load(store)
                assert store.epoch == EPOCH
                stood = store.stood()
            held = loaded.last
            assert held >= acknowledged
            assert list(loaded.tail) == log(held - loaded.base, after=loaded.base)
            assert books_of(stood, loaded.tail) == books_of([], log(held))
            bases.add(loaded.base)
    assert len(bases) > KILLS / 3
