"""A command as a process: it runs until it is told to stop, and ends with a clear word.

    SIGTERM, Ctrl-C ──▶ `stop` is set ──▶ the work ends by itself ──▶ exit 0
                             └─ after the grace: what is left is cancelled ──▶ exit 0

A second signal changes nothing: the end is under way, and bounded.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Final

import click
import trio

from .faults import BadConfiguration, CannotRun, Told, leaves
from .signals import Signals

GRACE_S: Final = 5.0


class Stopped(Exception):
    """Told to stop before there was anything to stop."""


def run(work: Callable[[trio.Event], Awaitable[None]], *, grace_s: float = GRACE_S) -> None:
    """Run `work(stop)` to its end. Signals are the command's own from the first line to the last.

    Error handling: Told for what a person can mend; anything else escapes as it is.
    """
    signals = Signals()
    signals.listen()
    try:
        trio.run(_run, work, signals, grace_s)
    except Exception as error:
        if all(isinstance(leaf, Stopped) for leaf in leaves(error)):
            return
        if (told := told_of(error)) is None:
            raise
        raise told from None


async def _run(
    work: Callable[[trio.Event], Awaitable[None]], signals: Signals, grace_s: float
) -> None:
    stop = trio.Event()
    token = trio.lowlevel.current_trio_token()

    def wake() -> None:
        with suppress(trio.RunFinishedError):
            token.run_sync_soon(stop.set, idempotent=True)

    signals.when_heard(wake)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(_cut_after, stop, grace_s, nursery.cancel_scope)
        await work(stop)
        nursery.cancel_scope.cancel()


async def _cut_after(stop: trio.Event, grace_s: float, scope: trio.CancelScope) -> None:
    await stop.wait()
    scope.deadline = trio.current_time() + grace_s


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
    lines = [line for each in told for line in each.lines]
    is_configuration = all(isinstance(each, BadConfiguration) for each in told)
    return BadConfiguration(*lines) if is_configuration else CannotRun(*lines)
