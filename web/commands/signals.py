"""The signals that end a process: held from its first instruction to its last, and heard once.

    hold ──▶ blocked, in every thread ──▶ waited for, in one of its own ──▶ `wake`
                                           what comes after that is never delivered

A handler alone would not do. While one is taken away, a signal that is under way is told of on
stderr as lost; and when the interpreter winds up it takes them all away, and the next signal is a
death where there should be an exit status.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

STOPPING: Final = (signal.SIGTERM, signal.SIGINT)


def hold() -> None:
    """Have no signal end this process from now on. Threads that are started later do the same."""
    signal.pthread_sigmask(signal.SIG_BLOCK, STOPPING)


@contextmanager
def heeded() -> Iterator[None]:
    """Let signals through to this thread in the block: what it starts there is to heed them."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPPING)
    try:
        yield
    finally:
        hold()


class Signals:
    """The first signal that tells this process to end."""

    def __init__(self) -> None:
        self._is_heard = False
        self._wakes: list[Callable[[], None]] = []

    def listen(self) -> None:
        """Hear signals from now on, and any that was held before."""
        hold()
        for each in STOPPING:
            signal.signal(each, self._handle)  # for one that comes to a thread that heeds them
        threading.Thread(target=self._wait, name="signals", daemon=True).start()

    def when_heard(self, wake: Callable[[], None]) -> None:
        """Have `wake` called at the signal, from any thread, or now when it has come already."""
        self._wakes.append(wake)
        if self._is_heard:
            wake()

    def _wait(self) -> None:
        signal.sigwait(STOPPING)
        self._hear()

    def _handle(self, _number: int, _frame: FrameType | None) -> None:
        self._hear()

    def _hear(self) -> None:
        self._is_heard = True
        for wake in self._wakes:
            wake()
