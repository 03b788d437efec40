"""A command as a process: it runs until it is told to stop, and ends with a clear word.

    SIGTERM, Ctrl-C ──▶ `stop` is set ──▶ the work ends by itself ──▶ exit 0
                             ├─ late in the grace: what is left is cancelled ──▶ exit 0
                             └─ at its end: the process is ended as it stands ──▶ exit 0

A second signal changes nothing: the end is under way, and bounded. The last of these is for what no
cancellation reaches, such as a disk that hangs; a store is whole after any end.
"""

from __future__ import annotations

import os
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from functools import partial
from typing import Final

import click
import structlog
import trio

from .faults import BadConfiguration, CannotRun, Told, leaves
from .signals import Signals

log = structlog.get_logger()

GRACE_S: Final = 5.0
CUT_SHARE: Final = 0.7  # of the grace, after which the work is cancelled
LAST_SHARE: Final = 0.9  # of it, after which the process is ended as it stands
TELL_S: Final = 0.1  # what a last word gets: who reads it may be what holds us up


class Stopped(Exception):
    """Told to stop before there was anything to stop."""


def run(
    work: Callable[[trio.Event], Awaitable[None]], *, grace_s: float = GRACE_S, at_last: int = 0
) -> None:
    """Run `work(stop)` to its end. Signals are the command's own from the first line to the last.

    `at_last` is the exit status where the process has to be ended as it stands.

    Error handling: Told for what a person can mend; anything else escapes as it is.
    """
    signals = Signals()
    signals.listen()
    try:
        with ended_at_last(signals, grace_s * LAST_SHARE, status=at_last):
            trio.run(_run, work, signals, grace_s * CUT_SHARE)
    except Exception as error:
        if all(isinstance(leaf, Stopped) for leaf in leaves(error)):
            return
        if (told := told_of(error)) is None:
            raise
        raise told from None


async def _run(
    work: Callable[[trio.Event], Awaitable[None]], signals: Signals, cut_s: float
) -> None:
    stop = trio.Event()
    token = trio.lowlevel.current_trio_token()

    def wake() -> None:
        with suppress(trio.RunFinishedError):
            token.run_sync_soon(stop.set, idempotent=True)

    signals.when_heard(wake)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(_cut_after, stop, cut_s, nursery.cancel_scope)
        await work(stop)
        nursery.cancel_scope.cancel()


async def _cut_after(stop: trio.Event, seconds: float, scope: trio.CancelScope) -> None:
    await stop.wait()
    scope.deadline = trio.current_time() + seconds


@contextmanager
def ended_at_last(
    signals: Signals, within_s: float, *, status: int = 0, end: Callable[[int], object] = os._exit
) -> Iterator[None]:
    """End this process, with a status, when the block lasts for so long after the signal.

    A thread sees to it, so that neither a loop that is held up nor a call that does not come back
    is in its way.
    """
    begun, over = threading.Event(), threading.Event()

    def watch() -> None:
        begun.wait()
        if over.wait(within_s):
            return
        words = partial(log.warning, "ended as it stood: the grace is over", after_s=within_s)
        teller = threading.Thread(target=words, daemon=True)
        teller.start()
        teller.join(TELL_S)
        end(status)

    threading.Thread(target=watch, name="grace", daemon=True).start()
    signals.when_heard(begun.set)
    try:
        yield
    finally:
        over.set()
        begun.set()


@asynccontextmanager
async def ended_by(stop: trio.Event) -> AsyncIterator[None]:
    """Cancel the block as soon as `stop` is set."""

    async def cancel(scope: trio.CancelScope) -> None:
        await stop.wait()
        scope.cancel()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(cancel, nursery.cancel_scope)
        yield
        nursery.cancel_scope.cancel()


@asynccontextmanager
async def stoppable(stop: trio.Event) -> AsyncIterator[None]:
    """Do a part of the start in the block; Stopped when told to stop before its end."""
    async with ended_by(stop):
        yield
    if stop.is_set():
        raise Stopped


def say_ready(url: str) -> None:
    """Print the one line of stdout. Nobody there to read it is no fault."""
    with suppress(OSError):
        click.echo(f"ready {url}")


def told_of(error: Exception) -> Told | None:
    """Gather the tellings in an error; None when any of it is a defect."""
    found = leaves(error)
    told = [leaf for leaf in found if isinstance(leaf, Told)]
    if len(told) < len(found):
        return None
    if len(told) == 1:
        return told[0]  # with the exit status of its own
    lines = [line for each in told for line in each.lines]
    is_configuration = all(isinstance(each, BadConfiguration) for each in told)
    return BadConfiguration(*lines) if is_configuration else CannotRun(*lines)
