"""What a run of the fan-out benchmark is made of, and what its medians say. Pure but for `measure`.

stage ──▶ fixed rates, then the highest ──▶ Run        several Runs ──▶ Median, one a side
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from statistics import median

from .fanout_hubs import Probe, Side, Stage, Way

PROBES_MAX = 16
NEAR = 1.08  # the highest rate that holds and the lowest that does not are so close at the end
GROWTH_FIRST = 2.0
GROWTH_LATER = 1.25  # when a run before has told about where it is
RATE_MIN = 1.0


@dataclass(frozen=True)
class Cell:
    """One thing to measure: a side, a way, and a number of subscribers."""

    side: Side
    way: Way
    subscribers: int


@dataclass(frozen=True)
class Run:
    """What came out of a cell. `bound_by_client`: the hub may have had more in it."""

    cell: Cell
    highest: float
    fixed: tuple[Probe, ...]
    probes: tuple[Probe, ...]
    bytes_per_connection: float
    bound_by_client: bool


def measure(
    cell: Cell,
    rates: Sequence[float],
    *,
    guess: float,
    growth: float,
    fixed_s: float,
    search_s: float,
    near: float = NEAR,
) -> Run:
    """Start a hub, offer it the fixed rates, then look for the highest that it holds."""
    with Stage(cell.side, cell.way, cell.subscribers) as stage:
        bytes_per_connection = stage.bytes_per_connection
        fixed = tuple(stage.probe(rate, fixed_s) for rate in rates)
        tried: list[Probe] = []

        def holds(rate: float) -> bool:
            tried.append(stage.probe(rate, search_s))
            return tried[-1].holds

        highest = search(holds, guess, growth, near=near)
    failed = [each for each in tried if each.rate > highest]
    return Run(
        cell=cell,
        highest=highest,
        fixed=fixed,
        probes=(*fixed, *tried),
        bytes_per_connection=bytes_per_connection,
        bound_by_client=any(each.is_bound_by_client for each in failed),
    )


def search(
    holds: Callable[[float], bool], guess: float, growth: float, *, near: float = NEAR
) -> float:
    """Find about the highest rate that holds: away from the guess in growing steps, then between.

    0 when none does, however low.
    """
    low, high, rate = 0.0, math.inf, guess
    for _ in range(PROBES_MAX):
        if holds(rate):
            low = rate
        else:
            high = rate
        if low and high < math.inf:
            if high / low <= near:
                break
            rate = math.sqrt(low * high)
        else:
            rate = low * growth if low else high / growth
            growth = min(growth**1.5, 4.0)
        if rate < RATE_MIN:
            break
    return low


def median_run(runs: Sequence[Run]) -> Run:
    """Give the medians of several runs of one cell."""
    return Run(
        cell=runs[0].cell,
        highest=median(run.highest for run in runs),
        fixed=tuple(map(_median_probe, zip(*(run.fixed for run in runs), strict=True))),
        probes=tuple(probe for run in runs for probe in run.probes),
        bytes_per_connection=median(run.bytes_per_connection for run in runs),
        bound_by_client=any(run.bound_by_client for run in runs),
    )


def _median_probe(probes: Sequence[Probe]) -> Probe:
    names = ("delivered", "p50_ms", "p99_ms", "p999_ms", "cpu_s", "client_busy", "disturbed")
    middle = {name: median(getattr(probe, name) for probe in probes) for name in names}
    events = round(median(probe.events for probe in probes))
    return replace(probes[0], events=events, **middle)
