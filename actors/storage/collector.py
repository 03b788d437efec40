"""The garbage collector's rest, while a start makes a million objects and none is garbage.

with no_collector(): load ─▶ fold          it would walk all of them again and again
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def no_collector() -> Iterator[None]:
    """Keep the collector off for the length of the block; it is a third of a start's time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
