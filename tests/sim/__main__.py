"""`python -m tests.sim --seeds N --minutes M`: simulated trading, seed by seed.

Prints a line a seed; the first promise that breaks ends it with status 1 and the seed to repeat.
With --results FILE each line is appended there too, and seeds that stand in it are not run again.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from attrs import evolve

from web.sandbox.paper import UPSTREAMS

from .checkers import Broken
from .world import Plan, run_world


def main() -> int:
    """Run the seeds that were asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.sim", description=__doc__)
    parser.add_argument("--seeds", type=int, default=200)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--minutes", type=float, default=10.0, help="virtual minutes a seed")
    parser.add_argument("--upstream", choices=UPSTREAMS, default=UPSTREAMS[0])
    parser.add_argument("--results", type=Path)
    asked = parser.parse_args()
    done = _done(asked.results)
    events = kills = 0
    began = time.monotonic()
    for seed in range(asked.first, asked.first + asked.seeds):
        if seed in done:
            continue
        try:
            plan = Plan.from_seed(seed, asked.minutes * 60)
            outcome = run_world(evolve(plan, upstream=asked.upstream))
        except Broken as broken:
            _tell(f"seed {seed}: BROKEN {broken}", asked.results)
            return 1
        events += len(outcome.log.events)
        kills += outcome.kills
        resumes = sum(client.resumes for client in outcome.clients)
        _tell(
            f"seed {seed}: {len(outcome.log.events)} events, {outcome.kills} kills, "
            f"{resumes} resumes, {outcome.fickle[0].changes} changes of subscription, "
            f"{outcome.fickle[1].conflated} conflated, {outcome.corrections} corrections, "
            f"{outcome.digest[:12]}",
            asked.results,
        )
    print(f"{events} events, {kills} kills, {time.monotonic() - began:.0f} s")
    return 0


def _tell(line: str, results: Path | None) -> None:
    print(line, flush=True)
    if results is not None:
        with results.open("a") as file:
            file.write(line + "\n")


def _done(results: Path | None) -> set[int]:
    if results is None or not results.exists():
        return set()
    lines = [line for line in results.read_text().splitlines() if "BROKEN" not in line]
    return {int(line.split()[1].rstrip(":")) for line in lines}


if __name__ == "__main__":
    raise SystemExit(main())
