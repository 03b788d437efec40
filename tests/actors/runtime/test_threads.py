import os
import threading

import pytest
import trio

from actors.runtime import threads
from actors.runtime.threads import offload_to_thread

LINUX = pytest.mark.skipif(threads.BATCH is None, reason="this system knows no batch work")


async def test_a_call_runs_in_another_thread_and_its_answer_comes_back():
    """What blocks holds up no task: it runs elsewhere, with its arguments; its error comes back."""
    here = threading.get_ident()
    assert await offload_to_thread(lambda a, b: (a + b, threading.get_ident() != here), 1, 2) == (
        3,
        True,
    )
    with pytest.raises(ZeroDivisionError):
        await offload_to_thread(divmod, 1, 0)


async def test_a_call_is_finished_although_its_caller_is_cancelled():
    """P5: a commit that has begun is seen through."""
    begun, go_on, done = threading.Event(), threading.Event(), []

    def call():
        begun.set()
        go_on.wait()
        done.append(1)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(offload_to_thread, call)
        await trio.to_thread.run_sync(begun.wait)
        nursery.cancel_scope.cancel()
        go_on.set()
    assert done == [1]


@LINUX
async def test_its_thread_gives_way_and_the_loop_does_not():
    """P6: a thread that wakes pushes nobody aside; the loop's own thread stays as it was."""
    before = os.sched_getscheduler(0)
    assert await offload_to_thread(os.sched_getscheduler, 0) == os.SCHED_BATCH
    assert os.sched_getscheduler(0) == before


@LINUX
async def test_a_host_that_forbids_it_is_served_all_the_same(monkeypatch):
    """The call is made whatever the system says to the wish."""

    def refuse(*_):
        raise PermissionError

    monkeypatch.setattr(os, "sched_setscheduler", refuse)
    monkeypatch.setattr(threads, "_thread", threading.local())
    assert await offload_to_thread(lambda: 7) == 7
