"""Orderwire beside its peer: `python -m tests.load.fanout`. It needs the extra `bench`.

    pacer  ──▶ hub ──▶ subscribers      from the writer on: committed, in the journal, delivered
    broker ──▶ hub ──▶ subscribers      the whole path, from the broker's frame on

The hub is Orderwire, or FastAPI with uvicorn, uvloop and a bounded queue a client, which commits
nothing. Both are offered the same updates by the same load client, in turns. The highest rate is the
one at which at least 99 % is delivered and p99 is at most 100 ms; a latency runs from the moment at
which an update came into the world, however busy the hub was. `events/s` are offered: each is
delivered to every subscriber. Memory is what a connection adds. All of it takes half an hour; the
last line is Orderwire's figures by the peer's.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
from collections import defaultdict
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from statistics import median

from web.server import make_room_for_connections

from . import fanout_report as report
from .drain import limit_line, measure_limit
from .fanout_hubs import Side
from .fanout_plot import plot
from .fanout_runs import GROWTH_FIRST, GROWTH_LATER, Cell, Run, measure, median_run
from .latency import machine

SUBSCRIBERS = (1, 100, 1000)
RATES = {1: (500, 5000), 100: (100, 500), 1000: (10, 50)}  # events/s, by subscribers
WHOLE_AT = 100
RUNS = 5
SIDES: tuple[Side, ...] = ("orderwire", "peer")
DELIVERIES_GUESS = 80_000  # a second: where the first search begins
RATE_GUESS_MAX = 10_000
NEEDED = ("fastapi", "uvicorn", "uvloop", "websockets")


def main(words: list[str] | None = None) -> None:
    """Measure, and print the table and the summary."""
    asked = _parser().parse_args(words)
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing and asked.only != "orderwire":
        sys.exit(f"the peer needs {', '.join(missing)}: install the extra `bench`")
    make_room_for_connections()  # the hubs inherit it
    print(f"machine: {machine()}", flush=True)
    print(limit_line(measure_limit()), flush=True)
    runs: dict[Cell, list[Run]] = defaultdict(list)
    for number in range(1, asked.runs + 1):
        for cell in cells(asked, number):
            runs[cell].append(_measure(asked, cell, runs[cell]))
            print(report.line(number, runs[cell][-1]), flush=True)
    medians = {cell: median_run(each) for cell, each in runs.items()}
    print()
    for text in (*report.table(medians), *report.notes(medians)):
        print(text)
    if asked.json:
        rows = [report.row(run) for each in runs.values() for run in each]
        asked.json.write_text(json.dumps({"machine": machine(), "runs": rows}, indent=1))
    if asked.plot:
        asked.plot.write_text(plot(medians), encoding="utf-8")
    print(report.summary(medians))


def cells(asked: argparse.Namespace, number: int) -> Iterator[Cell]:
    """Give what one run measures; the side that begins changes from run to run."""
    sides = [side for side in SIDES if asked.only in (None, side)]
    if number % 2 == 0:
        sides.reverse()
    for subscribers in asked.subscribers:
        for side in sides:
            yield Cell(side, "writer", subscribers)
        if subscribers == asked.whole_at:
            for side in sides:
                yield Cell(side, "whole", subscribers)


def _measure(asked: argparse.Namespace, cell: Cell, before: list[Run]) -> Run:
    known = median(run.highest for run in before) if before else 0.0
    return measure(
        cell,
        asked.rates or RATES.get(cell.subscribers, (100,)),
        guess=known or min(DELIVERIES_GUESS / cell.subscribers, RATE_GUESS_MAX),
        growth=GROWTH_LATER if known else GROWTH_FIRST,
        fixed_s=asked.seconds,
        search_s=asked.seconds / 2,
        near=asked.near,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.load.fanout", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    add = parser.add_argument
    add("--subscribers", type=_numbers, default=SUBSCRIBERS, metavar="N,N,…")
    add("--rates", type=_numbers, metavar="N,N,…", help="events/s at which latencies are told")
    add("--runs", type=int, default=RUNS, help="of each side, alternating")
    add("--seconds", type=float, default=4.0, help="at a fixed rate; a search step takes half")
    add("--near", type=float, default=1.08, help="how close the search comes, as a ratio")
    add("--whole-at", type=int, default=WHOLE_AT, metavar="N", help="subscribers; 0 for never")
    add("--only", choices=SIDES)
    add("--json", type=Path, metavar="FILE", help="write every probe there, too")
    add("--plot", type=Path, metavar="FILE", help="draw p99 by rate there, as SVG")
    add("--quick", action=_Quick, nargs=0, help="one short run, to see it work")
    return parser


class _Quick(argparse.Action):
    """Sets what makes a run short; what is said after it counts."""

    def __call__(self, _parser: object, asked: argparse.Namespace, *_: object) -> None:
        """Set it."""
        asked.runs, asked.seconds, asked.near, asked.subscribers = 1, 1.0, 1.5, (1, 100)


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(each) for each in text.split(","))


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # its processes end with it
    main()
