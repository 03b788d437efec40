"""A paper broker as a child process, which does not outlive the one that wants it.

    this process ── stdin, a pipe ──▶ `orderwire paper --lifeline`
                 ◀── ready URL ─────       │
    ended, or killed -9: the pipe closes ──┴──▶ it ends

It stands in a session of its own, so that Ctrl-C in a terminal reaches the gateway alone and the
broker is there until the gateway has closed.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import trio
from attrs import frozen

import web

from .faults import CannotRun
from .process import stoppable

READY_S: Final = 15.0
END_S: Final = 2.0
LINE_BYTES_MAX: Final = 4096


@frozen
class PaperProcess:
    """A paper broker that serves at `url`, and its process."""

    url: str
    process: trio.Process

    async def watch(self) -> None:
        """Wait for its end, which nobody asked for: CannotRun."""
        status = await self.process.wait()
        raise CannotRun(f"the paper broker ended by itself, with status {status}")


@asynccontextmanager
async def paper_process(
    options: Sequence[str], api_key: str, stop: trio.Event
) -> AsyncIterator[PaperProcess]:
    """Run `orderwire paper` on a free loopback port for the length of the block.

    CannotRun when it does not serve within READY_S; why is on stderr, which it shares. Stopped
    when `stop` is set before it does.
    """
    process = await trio.lowlevel.open_process(
        [sys.executable, "-P", "-m", "web", "paper", "--lifeline", "--port", "0", *options],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": import_path(), "ORDERWIRE_PAPER_KEY": api_key},
        start_new_session=True,
    )
    try:
        line = b""
        async with stoppable(stop):
            with trio.move_on_after(READY_S):
                line = await first_line(process)
        word, _, url = line.decode("ascii", "replace").strip().partition(" ")
        if word != "ready":
            raise CannotRun("the paper broker did not start")
        yield PaperProcess(url, process)
    finally:
        with trio.CancelScope(shield=True):
            await end(process)


async def first_line(process: trio.Process) -> bytes:
    """Read one line of its stdout, or as much as there is of one."""
    assert process.stdout is not None
    line = b""
    while not line.endswith(b"\n") and len(line) < LINE_BYTES_MAX:
        chunk = await process.stdout.receive_some(LINE_BYTES_MAX)
        if not chunk:
            break
        line += chunk
    return line


async def end(process: trio.Process) -> None:
    """Let go of it, and kill it if that is not enough."""
    assert process.stdin is not None
    assert process.stdout is not None
    await process.stdin.aclose()
    with trio.move_on_after(END_S):
        await process.wait()
    if process.poll() is None:
        process.kill()
        await process.wait()
    await process.stdout.aclose()


def import_path() -> str:
    """Give the path on which the child finds the very modules that run here."""
    ours = str(Path(web.__file__).resolve().parents[1])
    return os.pathsep.join(filter(None, [ours, os.environ.get("PYTHONPATH", "")]))
