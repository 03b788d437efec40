"""From stamps to figures: percentiles of the whole way, and the share of each stage. Pure.

    broker's, gateway's and subscribers' stamps ──judge──▶ Cell ──line, table, row──▶ text, JSON

A stage ends at a stamp and begins at the one before, so the stages of a frame add up to its whole
way exactly. What `written` says is when the task could go on; bytes that a subscriber has are in
its socket, so it is never later than `received`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from statistics import fmean
from typing import Any

STAGES = (
    ("sent", "broker: its turn comes, the frame is written"),
    ("arrived", "to the gateway: kernel, loop, websocket client"),
    ("heard", "decoded into a report"),
    ("handed", "book: report to event; into the writer's mailbox"),
    ("begun", "writer: gather, number, encode, hop to its thread"),
    ("fsynced", "commit: insert and fsync"),
    ("committed", "back on the loop"),
    ("framed", "journal, view; broadcaster wakes and frames"),
    ("taken", "the subscriber's turn in the round comes"),
    ("written", "written to the socket"),
    ("received", "kernel, the subscriber's process"),
)
PERCENTS = (50.0, 99.0, 99.9)
HEAD = (
    "  rate/s  subs   received   commit p50     p99   subscriber p50      p99    p99.9      max"
    "   gateway CPU   (ms)"
)


@dataclass(frozen=True)
class Spread:
    """Some durations, in ms."""

    mean: float
    p50: float
    p99: float
    p999: float
    max: float


@dataclass(frozen=True)
class Cell:
    """What came out at one rate with so many subscribers. `received` is a share of all frames."""

    rate: int
    subscribers: int
    received: float
    commit: Spread
    subscriber: Spread
    stages: dict[str, Spread]
    busy: float
    followed: int


def judge(
    *,
    rate: int,
    seen: Sequence[tuple[int, Sequence[tuple[int, int, int, int]]]],
    trace: Any,
    from_ns: int,
    wanted: int,
    busy: float,
) -> Cell:
    """Make a cell of what each process saw; frames due before `from_ns` were the warm-up."""
    frames = sum(len(each) for _, each in seen)
    whole = [
        (received - due) / 1e6 for _, each in seen for _, due, _, received in each if due >= from_ns
    ]
    ways = list(_ways(seen, trace, from_ns))
    durations: dict[str, list[float]] = {name: [] for name, _ in STAGES}
    for way in ways:
        before = way["due"]
        for name, _ in STAGES:
            durations[name].append((way[name] - before) * 1e3)
            before = way[name]
    return Cell(
        rate=rate,
        subscribers=len(seen),
        received=frames / (wanted * len(seen)),
        commit=spread([(way["committed"] - way["due"]) * 1e3 for way in ways]),
        subscriber=spread(whole),
        stages={name: spread(each) for name, each in durations.items()},
        busy=busy,
        followed=len(ways),
    )


def _ways(
    seen: Sequence[tuple[int, Sequence[tuple[int, int, int, int]]]], trace: Any, from_ns: int
) -> Iterable[dict[str, float]]:
    """Join the stamps of each followed frame's way to each subscriber."""
    inside = {event["offset"]: event for event in trace["events"] if "framed" in event}
    outside = {
        (port, offset): (due, sent, received)
        for port, each in seen
        for offset, due, sent, received in each
        if offset in inside and due >= from_ns
    }
    for offset, port, taken, written in trace["delivered"]:
        if (found := outside.get((port, offset))) is not None and taken and offset in inside:
            due, sent, received = (each / 1e9 for each in found)
            stamps = {"due": due, "sent": sent, "taken": taken, "received": received}
            yield {**inside[offset], **stamps, "written": min(written, received)}


def spread(durations: Sequence[float]) -> Spread:
    """Give the mean and percentiles of some durations; all zero when there are none."""
    if not durations:
        return Spread(0.0, 0.0, 0.0, 0.0, 0.0)
    ordered = sorted(durations)
    last = len(ordered) - 1
    p50, p99, p999 = (ordered[round(last * percent / 100)] for percent in PERCENTS)
    return Spread(fmean(ordered), p50, p99, p999, ordered[-1])


def line(cell: Cell) -> str:
    """Write a cell as a line under HEAD."""
    commit, whole = cell.commit, cell.subscriber
    fell_behind = "" if cell.received >= 1 else "   fell behind: the late are not in the figures"
    return (
        f"{cell.rate:8,d}{cell.subscribers:6d}{cell.received:11.1%}"
        f"{commit.p50:13.2f}{commit.p99:8.2f}"
        f"{whole.p50:17.2f}{whole.p99:9.2f}{whole.p999:9.2f}{whole.max:9.2f}"
        f"{cell.busy:14.0%}{fell_behind}"
    )


def table(cells: Sequence[Cell]) -> str:
    """Write the stages of all cells side by side: the mean in ms, and its share of the way."""
    width = max(len(text) for _, text in STAGES) + 2
    titles = [f"{cell.rate:,} x {cell.subscribers}" for cell in cells]
    lines = ["stage, mean ms and share".ljust(width) + "".join(f"{each:>17}" for each in titles)]
    for name, text in STAGES:
        means = [(cell.stages[name].mean, _total(cell)) for cell in cells]
        lines.append(
            text.ljust(width)
            + "".join(f"{mean:10.3f} {mean / total:6.1%}" for mean, total in means)
        )
    lines.append("the whole way".ljust(width) + "".join(f"{_total(c):10.3f}       " for c in cells))
    lines.append(
        "frames followed".ljust(width) + "".join(f"{c.followed:10,d}       " for c in cells)
    )
    return "\n".join(each.rstrip() for each in lines)


def _total(cell: Cell) -> float:
    return sum(each.mean for each in cell.stages.values()) or 1.0


def row(cell: Cell) -> dict[str, Any]:
    """Give a cell as JSON values."""
    return asdict(cell)
