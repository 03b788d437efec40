"""The hop into a thread, for calls that block: the store's, and long ones over a list.

    loop ──call──▶ thread, which gives way ──answer──▶ loop

A thread that has slept would take the processor from the loop at once, only to wait for the
interpreter that the loop holds: under load a fifth of all time went into such changes. So these
threads are batch work to the system: they get their share, but push nobody aside.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from threading import local
from typing import Final, TypeVar, TypeVarTuple

import trio

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

BATCH: Final[int | None] = getattr(os, "SCHED_BATCH", None)  # Linux has it (sched(7))

_thread = local()


async def offload_to_thread(call: Callable[[*Ts], T], *args: *Ts) -> T:
    """Run a call in a worker thread; it is finished even if the caller is cancelled."""
    return await trio.to_thread.run_sync(giving_way, call, *args)


def giving_way(call: Callable[[*Ts], T], *args: *Ts) -> T:
    """Run a call in this thread, which from now on gives way to others."""
    if BATCH is not None and not hasattr(_thread, "gives_way"):
        _thread.gives_way = True
        with suppress(OSError):  # a host may forbid it, and it is no more than a kindness
            os.sched_setscheduler(0, BATCH, os.sched_param(0))
    return call(*args)
