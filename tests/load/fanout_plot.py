"""A picture of the benchmark: p99 by the rate that was offered, one panel a number of subscribers.

    probes of all runs ──▶ medians of near rates ──▶ a curve a side ──▶ SVG, both axes logarithmic

A curve ends where nobody would want it any more: beyond ten times the p99 that still counts.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from statistics import median

from .fanout_hubs import P99_MAX_MS, Probe, Side
from .fanout_runs import Cell, Run

PANEL, GAP, HEIGHT, LEFT, TOP, BOTTOM = 270, 20, 220, 48, 56, 44
P99_RANGE = (0.1, 1000.0)  # ms
DELIVERIES_RANGE = (300, 4e6)  # events/s times subscribers
COLOURS: dict[Side, str] = {"orderwire": "#0b7285", "peer": "#e8590c"}
NAMES: dict[Side, str] = {"orderwire": "Orderwire", "peer": "FastAPI, uvicorn, uvloop"}
BINS_PER_DOUBLING = 3


def plot(medians: Mapping[Cell, Run]) -> str:
    """Draw it, for those who measured from the writer on."""
    counts = sorted({cell.subscribers for cell in medians if cell.way == "writer"})
    width = LEFT + len(counts) * (PANEL + GAP)
    height = TOP + HEIGHT + BOTTOM
    font = 'font-family="system-ui, sans-serif" font-size="11" fill="#343a40"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" {font}>',
        f'<rect width="{width}" height="{height}" rx="6" fill="#fff"/>',
        _text(LEFT, 20, "p99 in ms, by deliveries a second (events/s times subscribers)", size=13),
    ]
    for place, (side, name) in enumerate(NAMES.items()):
        x = LEFT + 420 + place * 110 if width > 700 else LEFT + place * 110
        y = 20 if width > 700 else 34
        parts.append(f'<circle cx="{x}" cy="{y - 4}" r="4" fill="{COLOURS[side]}"/>')
        parts.append(_text(x + 8, y, name))
    for place, subscribers in enumerate(counts):
        parts += _panel(LEFT + place * (PANEL + GAP), subscribers, medians, labelled=not place)
    return "\n".join([*parts, "</svg>", ""])


def curve(probes: Iterable[Probe]) -> list[tuple[float, float]]:
    """Give deliveries a second and p99 in ms: the medians of probes at about the same rate."""
    bins: dict[int, list[Probe]] = defaultdict(list)
    for probe in probes:
        if probe.p99_ms <= P99_RANGE[1]:
            bins[round(math.log2(probe.rate) * BINS_PER_DOUBLING)].append(probe)
    return [
        (
            median(probe.rate * probe.subscribers for probe in bins[place]),
            median(probe.p99_ms for probe in bins[place]),
        )
        for place in sorted(bins)
    ]


def _panel(
    left: float, subscribers: int, medians: Mapping[Cell, Run], *, labelled: bool
) -> Iterator[str]:
    yield f'<rect x="{left}" y="{TOP}" width="{PANEL}" height="{HEIGHT}" fill="#f8f9fa"/>'
    noun = "subscriber" if subscribers == 1 else "subscribers"
    yield _text(left + 6, TOP + 15, f"{subscribers:,} {noun}", size=12)
    for p99_ms in (0.1, 1, 10, 100, 1000):
        y = _y(p99_ms)
        is_limit = p99_ms == P99_MAX_MS
        stroke = 'stroke="#868e96" stroke-dasharray="4 3"' if is_limit else 'stroke="#dee2e6"'
        yield f'<line x1="{left}" x2="{left + PANEL}" y1="{y}" y2="{y}" {stroke}/>'
        if labelled:
            yield _text(left - 6, y + 4, f"{p99_ms:g}", anchor="end")
    for deliveries, name in ((1e3, "1k"), (1e4, "10k"), (1e5, "100k"), (1e6, "1M")):
        x = left + _x(deliveries)
        bottom = TOP + HEIGHT
        yield f'<line x1="{x}" x2="{x}" y1="{TOP}" y2="{bottom}" stroke="#dee2e6"/>'
        yield _text(x, bottom + 16, name, anchor="middle")
    for side, colour in COLOURS.items():
        run = medians.get(Cell(side, "writer", subscribers))
        points = [] if run is None else curve(run.probes)
        at = [(left + _x(rate), _y(p99_ms)) for rate, p99_ms in points]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in at)
        yield f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>'
        yield from (f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.5" fill="{colour}"/>' for x, y in at)


def _x(deliveries: float) -> float:
    return round(PANEL * _share(deliveries, *DELIVERIES_RANGE), 1)


def _y(p99_ms: float) -> float:
    return round(TOP + HEIGHT * (1 - _share(p99_ms, *P99_RANGE)), 1)


def _share(value: float, low: float, high: float) -> float:
    return min(max(math.log(max(value, low) / low) / math.log(high / low), 0.0), 1.0)


def _text(x: float, y: float, text: str, *, size: int = 11, anchor: str = "start") -> str:
    return f'<text x="{x}" y="{y}" font-size="{size}" text-anchor="{anchor}">{text}</text>'
