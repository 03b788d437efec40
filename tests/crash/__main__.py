"""`python -m tests.crash --kills 50 --seed 1`: kill real processes; exit status 1 if a promise breaks.

With `--results FILE` each round is appended there as a JSON line when it is done, and rounds that
the file already has are not done again: a long proof can be stopped and taken up.
"""

import argparse
import json
import sys
from pathlib import Path

import attrs

from .rounds import run_round

KILLS_A_ROUND = 12
GATEWAY_KILLS_A_ROUND = 10


def main():
    """Run rounds until there are enough kills, and print what was measured."""
    options = argparse.ArgumentParser(prog="python -m tests.crash", description=__doc__)
    options.add_argument("--kills", type=int, default=KILLS_A_ROUND, help="processes to kill")
    options.add_argument("--seed", type=int, default=1, help="of the first round")
    options.add_argument("--results", type=Path, help="file of the rounds that are done")
    chosen = options.parse_args()
    done = {row["seed"]: row for row in read_results(chosen.results)}
    kills, seed, rows = 0, chosen.seed, []
    while kills < chosen.kills:
        row = done.get(seed)
        if row is None:
            row = one_round(seed)
            append(chosen.results, row)
        if row["broken"] is not None:
            print(f"BROKEN with seed {seed}: {row['broken']}", flush=True)
            return 1
        rows.append(row)
        kills += row["kills"]
        seed += 1
    summarise(rows)
    return 0


def one_round(seed):
    """Run one round; its row, in which `broken` says what did not hold."""
    print(f"round with seed {seed}", flush=True)
    try:
        measured = run_round(
            seed,
            broker_kills=KILLS_A_ROUND - GATEWAY_KILLS_A_ROUND - 1,
            gateway_kills=GATEWAY_KILLS_A_ROUND,
            say=lambda line: print(f"  {line}", flush=True),
        )
    except AssertionError as broken:
        return {"seed": seed, "kills": 0, "broken": str(broken)}
    return {**attrs.asdict(measured), "kills": measured.kills, "broken": None}


def read_results(path):
    """The rows of a results file; a line that a kill tore is not one."""
    if path is None or not path.exists():
        return []
    whole = path.read_text()
    return [json.loads(line) for line in whole[: whole.rfind("\n") + 1].splitlines()]


def append(path, row):
    """Put a row at the end of the results file, if there is one."""
    if path is not None:
        with path.open("a") as file:
            file.write(json.dumps(row) + "\n")


def summarise(rows):
    """Print what all rounds together showed."""
    live = [each for row in rows for each in row["broker_live_s"]]
    ready = [each for row in rows for each in row["gateway_ready_s"]]
    print(f"{sum(row['kills'] for row in rows)} kills in {len(rows)} rounds, nothing broken")
    print(f"  broker: {len(live)}, live again in {min(live):.2f} to {max(live):.2f} s")
    if ready:
        print(f"  gateway: {len(ready)}, serving again in {min(ready):.2f} to {max(ready):.2f} s")
    for name in ("events", "resumed", "orders", "fills"):
        print(f"  {name}: {sum(row[name] for row in rows):,}")


if __name__ == "__main__":
    sys.exit(main())
