"""`python -m tests.crash [batches] --kills 50`: kill real processes; status 1 if a promise breaks.

In the middle of batches the broker may be of any kind: `--upstream fyers`.
With `--results FILE` each round is appended there as a JSON line when it is done, and rounds that
the file already has are not done again: a long proof can be stopped and taken up.
"""

import argparse
import json
import sys
from collections import Counter
from pathlib import Path

import attrs

from web.sandbox.paper import UPSTREAMS

from . import batches, rounds

STREAM, BATCHES = "stream", "batches"
STREAM_KILLS_A_ROUND = 12  # the broker's first and last among them
BATCHES_KILLS_A_ROUND = 20


def main():
    """Run rounds until there are enough kills, and print what was measured."""
    options = argparse.ArgumentParser(prog="python -m tests.crash", description=__doc__)
    options.add_argument("where", nargs="?", choices=(STREAM, BATCHES), default=STREAM)
    options.add_argument("--upstream", choices=UPSTREAMS, default=UPSTREAMS[0], help="for batches")
    options.add_argument("--kills", type=int, default=12, help="processes to kill")
    options.add_argument("--seed", type=int, default=1, help="of the first round")
    options.add_argument("--results", type=Path, help="file of the rounds that are done")
    options.add_argument("--keep", type=Path, help="folder for what a broken round of batches left")
    chosen = options.parse_args()
    run, summarise = KINDS[chosen.where]
    done = {
        row["seed"]: row
        for row in read_results(chosen.results)
        if row.get("where", STREAM) == chosen.where
        and row.get("upstream", UPSTREAMS[0]) == chosen.upstream
    }
    kills, seed, rows = 0, chosen.seed, []
    while kills < chosen.kills:
        row = done.get(seed)
        if row is None:
            row = one_round(chosen, run, seed)
            append(chosen.results, row)
        if row["broken"] is not None:
            print(f"BROKEN with seed {seed}: {row['broken']}", flush=True)
            return 1
        rows.append(row)
        kills += row["kills"]
        seed += 1
    print(f"{kills} kills in {len(rows)} rounds, nothing broken")
    summarise(rows)
    return 0


def one_round(chosen, run, seed):
    """Run one round; its row, in which `broken` says what did not hold."""
    where = chosen.where
    print(f"round with seed {seed}", flush=True)
    try:
        measured = run(seed, chosen, say=lambda line: print(f"  {line}", flush=True))
    except AssertionError as broken:
        row = {"where": where, "upstream": chosen.upstream, "seed": seed}
        return {**row, "kills": 0, "broken": str(broken)}
    return {"where": where, **attrs.asdict(measured), "kills": measured.kills, "broken": None}


def stream_round(seed, _chosen, *, say):
    """Kill broker and gateway in the live stream."""
    return rounds.run_round(seed, broker_kills=1, gateway_kills=STREAM_KILLS_A_ROUND - 2, say=say)


def batches_round(seed, chosen, *, say):
    """Kill the gateway in the middle of batches."""
    return batches.run_round(
        seed,
        kills=BATCHES_KILLS_A_ROUND,
        upstream=chosen.upstream,
        keep=chosen.keep,
        say=say,
    )


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


def summarise_stream(rows):
    """Print what all rounds together showed."""
    live = [each for row in rows for each in row["broker_live_s"]]
    ready = [each for row in rows for each in row["gateway_ready_s"]]
    print(f"  broker: {len(live)}, live again in {min(live):.2f} to {max(live):.2f} s")
    if ready:
        print(f"  gateway: {len(ready)}, serving again in {min(ready):.2f} to {max(ready):.2f} s")
    for name in ("events", "resumed", "orders", "fills"):
        print(f"  {name}: {sum(row[name] for row in rows):,}")


def summarise_batches(rows):
    """Print where the kills fell, what they found half-way, and how it ended."""
    for name in ("points", "missed", "outcomes"):
        total = sum((Counter(row[name]) for row in rows), Counter())
        print(f"  {name}: " + ", ".join(f"{each} {n}" for each, n in total.most_common()))
    running = [each for row in rows for each in row["running"]]
    print(f"  batches half-way at a kill: {sum(running):,}, at most {max(running)}")
    for name, what in (("ready_s", "serving again"), ("quiet_s", "all ended, once it was quiet")):
        taken = [each for row in rows for each in row[name]]
        print(f"  {what} in {min(taken):.2f} to {max(taken):.2f} s")
    for name in ("brokers", "batches", "orders", "cut", "repeated"):
        print(f"  {name}: {sum(row[name] for row in rows):,}")


KINDS = {
    STREAM: (stream_round, summarise_stream),
    BATCHES: (batches_round, summarise_batches),
}

if __name__ == "__main__":
    sys.exit(main())
