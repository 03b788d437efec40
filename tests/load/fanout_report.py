"""The benchmark's words: a line a run, a table of medians, and the summary. Pure.

Runs ──▶ line as each ends          Medians ──▶ table, as the README has it ──▶ the last line
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from statistics import median
from typing import Any

from .fanout_hubs import Probe, Way
from .fanout_runs import Cell, Run

JUDGED_AT = 100  # subscribers
JUDGED_RATE = 500
DISTURBED_MAX = 0.1
WAYS: Mapping[Way, str] = {"writer": "from the writer on", "whole": "whole path"}
Medians = Mapping[Cell, Run]


@dataclass(frozen=True)
class Figure:
    """One row of the table: what it is called, how it is written, and the number of its ratio."""

    name: str
    text: Callable[[Run], str]
    number: Callable[[Run], float]


def line(number: int, run: Run) -> str:
    """Write a run as a line."""
    cell = run.cell
    fixed = "".join(
        f"   at {each.rate:,.0f}/s p99 {each.p99_ms:.2f} ms{'' if each.holds else ' (behind)'}"
        for each in run.fixed
    )
    return (
        f"run {number}   {cell.subscribers:5,} subscribers   {cell.side:<10} "
        f"{WAYS[cell.way]:<18}   highest {highest(run):>9}{fixed}"
    )


def table(medians: Medians) -> Iterator[str]:
    """Write the medians side by side, as Markdown."""
    yield "| subscribers | medians of the runs | Orderwire | FastAPI hub | ratio |"
    yield "|---:|---|---:|---:|---:|"
    for way, subscribers in _pairs(medians):
        ours, theirs = _both(medians, way, subscribers)
        some = ours or theirs
        assert some is not None, "a pair is of a cell that was measured"
        for figure in _figures(some):
            cells = [figure.text(run) if run else "" for run in (ours, theirs)]
            ratio = _ratio(figure, ours, theirs)
            yield f"| {subscribers:,} | {figure.name} | {' | '.join(cells)} | {ratio} |"


def summary(medians: Medians) -> str:
    """Write the last line: at 100 subscribers where they were asked for; memory at the most."""
    counts = sorted({cell.subscribers for cell in medians})
    judged = JUDGED_AT if JUDGED_AT in counts else counts[-1]
    figures: tuple[tuple[str, Figure, Way, int], ...] = (
        ("throughput", _rate("writer"), "writer", judged),
        ("whole_path", _rate("whole"), "whole", judged),
        ("p99", Figure("p99", str, _judged_p99), "writer", judged),
        ("memory", MEMORY, "writer", counts[-1]),
    )
    said = [
        f"{name} {_ratio(figure, *_both(medians, way, subscribers)) or 'unknown'}"
        for name, figure, way, subscribers in figures
    ]
    return f"orderwire/peer: {' '.join(said)}"


def notes(medians: Medians) -> Iterator[str]:
    """Say what the figures may owe to something else: the load client's limit, other programs."""
    for cell, run in medians.items():
        where = f"{cell.side}, {WAYS[cell.way]}, {cell.subscribers:,} subscribers"
        if run.bound_by_client:
            yield f"the load client's core was full, the hub may do better: {where}"
        disturbed = median(each.disturbed for each in run.probes)
        if disturbed > DISTURBED_MAX:
            yield f"other programs used {disturbed:.0%} of the hub's core: {where}"


def row(run: Run) -> dict[str, Any]:
    """Give a run as JSON values."""
    return {
        "side": run.cell.side,
        "way": run.cell.way,
        "subscribers": run.cell.subscribers,
        "highest_per_s": run.highest,
        "bytes_per_connection": run.bytes_per_connection,
        "bound_by_client": run.bound_by_client,
        "probes": [vars(each) for each in run.probes],
    }


def highest(run: Run) -> str:
    """Write the highest rate; with a sign when the client may have been what ended it."""
    return f"{'≥ ' if run.bound_by_client else ''}{run.highest:,.0f}/s"


MEMORY = Figure(
    "memory a connection",
    lambda run: f"{run.bytes_per_connection / 1024:.1f} KiB",
    lambda run: run.bytes_per_connection,
)


def _rate(way: Way) -> Figure:
    return Figure(f"highest rate, {WAYS[way]}", highest, lambda run: run.highest)


def _figures(some: Run) -> Iterator[Figure]:
    yield _rate(some.cell.way)
    for place, probe in enumerate(some.fixed):
        yield _latency(place, probe.rate)
        yield _cpu(place, probe.rate)
    if some.cell.way == "writer" and some.cell.subscribers >= JUDGED_AT:
        yield MEMORY


def _latency(place: int, rate: float) -> Figure:
    def text(run: Run) -> str:
        probe = run.fixed[place]
        behind = "" if probe.holds else " (behind)"
        return f"{probe.p50_ms:.2f} / {probe.p99_ms:.2f} / {probe.p999_ms:.2f} ms{behind}"

    name = f"p50 / p99 / p99.9 at {rate:,.0f}/s"
    return Figure(name, text, lambda run: run.fixed[place].p99_ms)


def _cpu(place: int, rate: float) -> Figure:
    return Figure(
        f"CPU for a million deliveries at {rate:,.0f}/s",
        lambda run: f"{run.fixed[place].cpu_s_per_million:.1f} s",
        lambda run: run.fixed[place].cpu_s_per_million,
    )


def _judged_p99(run: Run) -> float:
    if not run.fixed:
        return 0.0
    judged: Probe = min(run.fixed, key=lambda probe: abs(probe.rate - JUDGED_RATE))
    return judged.p99_ms


def _ratio(figure: Figure, ours: Run | None, theirs: Run | None) -> str:
    """Give ours by theirs; nothing when either is missing."""
    if ours is None or theirs is None or not figure.number(theirs):
        return ""
    return f"{figure.number(ours) / figure.number(theirs):.1f}x"


def _both(medians: Medians, way: Way, subscribers: int) -> tuple[Run | None, Run | None]:
    return (
        medians.get(Cell("orderwire", way, subscribers)),
        medians.get(Cell("peer", way, subscribers)),
    )


def _pairs(medians: Medians) -> list[tuple[Way, int]]:
    pairs = {(cell.way, cell.subscribers) for cell in medians}
    return sorted(pairs, key=lambda pair: (pair[1], pair[0] != "writer"))
