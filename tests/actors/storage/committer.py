"""A process that commits until it is killed: `python -m tests.actors.storage.committer STORE [KEEP]`.

stdin    a line ──▶ fork a child that opens the store and commits on and on
stdout   `open PID EPOCH LAST`, then each acknowledged offset, then `gone` when it was killed

With KEEP it retires all but so many events after each group, in small pieces.
"""

from __future__ import annotations

import os
import sys
from collections import deque
from itertools import cycle
from pathlib import Path

from actors.domain.ids import Offset
from actors.storage import retire
from actors.storage.sqlite import open_store
from tests.actors.storage.samples import EPOCH, TODAY, log

GROUPS = (1, 3, 20, 150, 2)


def say(*words: object) -> None:
    """Write a line at once."""
    os.write(1, (" ".join(map(str, words)) + "\n").encode())


def commit_on(path: Path, keep: int | None) -> None:
    """Commit group after group, saying each offset once it is durable."""
    retire.PIECE = 10  # type: ignore[misc]
    store = open_store(path, make_epoch=lambda: EPOCH)
    last = store.load(today=TODAY, tail_max=0).last
    say("open", os.getpid(), store.epoch, last)
    for size in cycle(GROUPS):
        store.commit(log(size, after=last))
        last += size
        say(last)
        if keep is not None:
            deque(store.retire(Offset(last - keep)), maxlen=0)


def main() -> None:
    """Fork a committer for each line read."""
    for _ in sys.stdin:
        child = os.fork()
        if child == 0:
            commit_on(Path(sys.argv[1]), int(sys.argv[2]) if sys.argv[2:] else None)
        os.waitpid(child, 0)
        say("gone")


if __name__ == "__main__":
    main()
