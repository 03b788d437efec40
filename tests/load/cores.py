"""Which core does what: the hub has one to itself, the load and its client have another.

    SERVER  the hub          CLIENT  what offers the load, and what takes it

Where there is one core, or the system does not let us choose, all of them share what there is.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

_CORES: Final = tuple(sorted(os.sched_getaffinity(0))) if hasattr(os, "sched_setaffinity") else ()
SERVER: Final = frozenset(_CORES[:1])
CLIENT: Final = frozenset(_CORES[1:2] or _CORES)


@contextmanager
def on_core(cores: frozenset[int]) -> Iterator[None]:
    """Run the block there, with what it starts."""
    if not cores:
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def idle_s(cores: frozenset[int]) -> float:
    """Give how long these cores had nothing to do since the start; 0 where that is not told."""
    names = {f"cpu{core}" for core in cores}
    try:
        lines = Path("/proc/stat").read_text(encoding="utf-8").splitlines()
    except OSError:
        return 0.0
    rows = [line.split() for line in lines if line.partition(" ")[0] in names]
    return sum(int(row[4]) + int(row[5]) for row in rows) / os.sysconf("SC_CLK_TCK")
