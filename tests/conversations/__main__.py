"""`python -m tests.conversations [--real] [--upstream kite] [NAME …]`: stories, told and checked.

Without `--real` on a virtual clock; with it to real processes, the long stories too. The matrix
is told last, each row a story; to real processes only its quick rows. Without `--upstream` at
every broker. Exit status 1 if one did not go as it is written.
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

from web.sandbox.paper import UPSTREAMS

from .matrix import read_matrix
from .real import open_real
from .script import Story
from .simulated import open_simulated
from .stories import FOLDER, stories
from .tell import Wrong, tell


def main(words: list[str] | None = None) -> int:
    """Tell the stories that were asked for; 1 when one of them is wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.conversations", description=__doc__)
    parser.add_argument("names", nargs="*", help="stories, by the beginning of their file's name")
    parser.add_argument("--real", action="store_true", help="to real processes")
    parser.add_argument("--upstream", choices=UPSTREAMS, help="at this broker alone")
    asked = parser.parse_args(words)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    rows = [row for row in read_matrix(FOLDER / "matrix.txt") if not (asked.real and row.is_long)]
    everything = [*stories(), *rows]
    chosen = [each for each in everything if each.name.startswith(tuple(asked.names) or "")]
    failed = 0
    for upstream in UPSTREAMS if asked.upstream is None else (asked.upstream,):
        print(f"at {upstream}:", flush=True)
        failed += _tell_all(chosen, upstream, is_real=asked.real)
    return failed and 1


def _tell_all(chosen: list[Story], upstream: str, *, is_real: bool) -> int:
    """Tell stories at one broker; how many were wrong."""
    with tempfile.TemporaryDirectory(prefix="orderwire-told-") as name:
        if is_real:
            return trio.run(_tell_real, chosen, Path(name), upstream)
        return sum(
            _tell_simulated(story, Path(name) / str(number), upstream)
            for number, story in enumerate(chosen)
        )


async def _tell_real(chosen: list[Story], folder: Path, upstream: str) -> int:
    failed = 0
    async with open_real(folder, upstream) as world:
        for story in chosen:
            began = time.monotonic()
            failed += _say(story, began, await _outcome(story, world))
    return failed


def _tell_simulated(story: Story, folder: Path, upstream: str) -> int:
    folder.mkdir()
    began = time.monotonic()

    async def told() -> Wrong | None:
        async with open_simulated(folder, upstream=upstream) as world:
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
    print(f"{story.title or story.name}: {how}, {time.monotonic() - began:.1f} s", flush=True)
    return wrong is not None


if __name__ == "__main__":
    sys.exit(main())
