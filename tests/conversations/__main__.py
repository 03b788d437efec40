"""`python -m tests.conversations [--real] [NAME …]`: tell stories, and say how each went.

Without `--real` on a virtual clock; with it to real processes, the long ones too. The matrix is
among them. Exit status 1 if one did not go as it is written.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

import structlog
import trio
from trio.testing import MockClock

from .real import open_real
from .script import Story
from .simulated import open_simulated
from .stories import stories
from .tell import Wrong, tell


def main(words: list[str] | None = None) -> int:
    """Tell the stories that were asked for; 1 when one of them is wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.conversations", description=__doc__)
    parser.add_argument("names", nargs="*", help="stories, by the beginning of their file's name")
    parser.add_argument("--real", action="store_true", help="to real processes")
    asked = parser.parse_args(words)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    chosen = [each for each in stories() if each.name.startswith(tuple(asked.names) or "")]
    with tempfile.TemporaryDirectory(prefix="orderwire-told-") as name:
        if asked.real:
            return trio.run(_tell_real, chosen, Path(name))
        return sum(_tell_simulated(story, Path(name) / story.name) for story in chosen) and 1


async def _tell_real(chosen: list[Story], folder: Path) -> int:
    failed = 0
    async with open_real(folder) as world:
        for story in chosen:
            began = time.monotonic()
            failed += _say(story, began, await _outcome(story, world))
    return failed and 1


def _tell_simulated(story: Story, folder: Path) -> int:
    folder.mkdir()
    began = time.monotonic()

    async def told() -> Wrong | None:
        async with open_simulated(folder) as world:
            return await _outcome(story, world)

    return _say(story, began, trio.run(told, clock=MockClock(autojump_threshold=0)))


async def _outcome(story, world) -> Wrong | None:
    try:
        await tell(story, world)
    except Wrong as wrong:
        return wrong
    return None


def _say(story: Story, began: float, wrong: Wrong | None) -> int:
    how = "as written" if wrong is None else f"WRONG\n  {wrong}"
    print(f"{story.name}: {how}, {time.monotonic() - began:.1f} s", flush=True)
    return wrong is not None


if __name__ == "__main__":
    sys.exit(main())
