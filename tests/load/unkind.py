"""Unkind clients among healthy ones, measured: `python -m tests.load.unkind`.

    stamps ──▶ hub ──▶ 200 healthy websockets ──▶ p99, without and with
                └────▶ stopped, goes on in time ──▶ 4008 and its position
                └────▶ stopped for good ─────────▶ cut
                └────▶ trickling ──▶ stays; from memory to the store, and back into the rounds
                └────▶ flooding ───▶ 4009

Each run is a fresh hub, from the writer on, and two equal loads: one without the unkind clients and
one with them, first the one and then the other in turns. The hub keeps 512 events in memory, so that
who is slow needs the store soon. The last line is the load with them by the load without: medians.
"""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from statistics import median
from typing import Any

from web.server import SEND_BUFFER_BYTES, make_room_for_connections

from .latency import machine
from .unkind_runs import Cost, Run, cost_of_stopped, measure

HEALTHY = 200
RATE = 200.0
SECONDS = 10.0
SECONDS_MIN = 8.0  # to be found stalled takes six
RUNS = 5
KIB, MIB = 1 << 10, 1 << 20
QUEUED_MAX_BYTES = 2 * SEND_BUFFER_BYTES  # the kernel doubles what it is asked for
EVICTED = {"stalled": 2, "flooding": 1}


def main(words: list[str] | None = None) -> None:
    """Measure, and print each run, the medians, and what a stopped client costs."""
    asked = _parser().parse_args(words)
    make_room_for_connections()  # the hubs inherit it
    print(f"machine: {machine()}", flush=True)
    runs = []
    for number in range(1, asked.runs + 1):
        unkind_first = number % 2 == 0
        run = measure(asked.healthy, asked.rate, asked.seconds, unkind_first=unkind_first)
        runs.append(run)
        for text in lines(number, run):
            print(text, flush=True)
    cost = cost_of_stopped(asked.rate)
    print(cost_line(cost, max(run.ends["queued_bytes"] for run in runs)))
    print(f"machine: {machine()}")
    print(summary(runs))
    broken = [fault for run in runs for fault in faults(run.ends)]
    if broken:
        sys.exit("\n".join(broken))


def faults(ends: Mapping[str, Any]) -> Iterator[str]:
    """Say what did not end as P6 promises.

    On a busy host the stopped one may go on too late, or before it was found to have stalled.
    """
    stopped, trickling = ends["stopped"], ends["trickling"]
    code, reason = stopped["end"]
    if code not in (4008, "cut", "kept") or (code == 4008 and reason != stopped["since"]):
        yield f"P6: one that stopped at {stopped['since']} was ended with {code} {reason!r}"
    for_good = ends["stopped for good"]
    if for_good["end"][0] != "cut" or not for_good["in_time"]:
        yield f"P6: one that stopped for good: {for_good}"
    if trickling["end"][0] != "kept":
        yield f"P6: one that trickled was ended with {trickling['end']}"
    elif not trickling["store_reads"]:
        yield "nothing is shown: one that trickled was never out of memory"
    elif not trickling["rejoined"]:
        yield "P6: one that trickled and had caught up was not in the rounds again"
    if ends["flooding"]["end"][0] != 4009:
        yield f"P6: one that flooded was ended with {ends['flooding']['end']}"
    if ends["queued_bytes"] > QUEUED_MAX_BYTES:
        yield f"P6: the kernel held {ends['queued_bytes']:,} bytes for a client that did not read"
    expected = EVICTED | ({"stalled": 1} if code == "kept" else {})
    if ends["evicted"] != expected:
        yield f"P6: the metrics tell of {ends['evicted']}, and {expected} were thrown out"


def lines(number: int, run: Run) -> Iterator[str]:
    """Write a run: the two loads, and how each unkind client ended."""
    for name, load in (("without", run.without), ("with", run.among)):
        yield (
            f"run {number}   {name:<8} p50 {load.p50_ms:6.2f} ms   p99 {load.p99_ms:7.2f} ms   "
            f"delivered {load.delivered:.1%}   memory {load.rss_bytes / MIB:.1f} MiB, "
            f"{load.grown_bytes / MIB:+.1f}   hub {load.hub_busy:.0%}, "
            f"client's core {load.client_busy:.0%} busy"
        )
    stopped, trickling, flooding = (run.ends[name] for name in ("stopped", "trickling", "flooding"))
    yield (
        f"        stopped: {stopped['end'][0]}   for good: {run.ends['stopped for good']['end'][0]}"
        f"   flooding: {flooding['end'][0]} after {flooding['sent'] / KIB:,.0f} KiB   trickling: "
        f"{trickling['end'][0]}, {trickling['behind']:,} events behind, "
        f"{trickling['store_reads']} reads from the store, "
        f"{'in the rounds again' if trickling['rejoined'] else 'not in the rounds'}"
    )


def cost_line(cost: Cost, queued_bytes: int) -> str:
    """Say what a stopped client costs."""
    return (
        f"a client that stopped: {cost.stopped / KIB:.0f} KiB beside the {cost.idle / KIB:.0f} KiB "
        f"of any, and in the kernel {queued_bytes / KIB:.0f} KiB of at most "
        f"{QUEUED_MAX_BYTES / KIB:.0f}"
    )


def summary(runs: Sequence[Run]) -> str:
    """Write the last line, of medians."""
    without = median(run.without.p99_ms for run in runs)
    among = median(run.among.p99_ms for run in runs)
    grown_mib = median(run.among.grown_bytes for run in runs) / MIB
    others_mib = median(run.without.grown_bytes for run in runs) / MIB
    return (
        f"unkind/kind: p99 {among / without:.2f}x ({among:.2f} ms, {without:.2f} ms)   "
        f"memory {grown_mib:+.1f} MiB ({others_mib:+.1f} without)"
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.load.unkind", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    add = parser.add_argument
    add("--healthy", type=int, default=HEALTHY, metavar="N", help="healthy clients")
    add("--rate", type=float, default=RATE, help="events/s")
    add("--seconds", type=_seconds, default=SECONDS, help="of each load, at least 8")
    add("--runs", type=int, default=RUNS, help="the two loads in turns")
    return parser


def _seconds(text: str) -> float:
    if (seconds := float(text)) < SECONDS_MIN:
        raise argparse.ArgumentTypeError(f"at least {SECONDS_MIN:.0f}")
    return seconds


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # its processes end with it
    main()
