"""How long a report takes: `python -m tests.load.latency`.

    load broker ──▶ gateway ──▶ subscribers        three processes, real sockets, a real store
        due, sent ─── the stages between ─── received, each on CLOCK_MONOTONIC

Each cell is a rate and a number of subscribers, on a fresh gateway. A latency runs from the time
at which the broker's frame was due, so that what waits behind a busy gateway counts in full.
`commit` is from there to durable, `subscriber` to received, over every frame of every subscriber.
The stages follow some frames through the gateway; shares are of their mean.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import tempfile
import time
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from . import stages
from .processes import started
from .subscribers import close_all, listen, open_all

RATES = (100, 500, 2000)
SUBSCRIBERS = (1, 50)
SECONDS = 4.0
WARM_UP_S = 1.0
LATE_S = 10.0  # what frames may take to arrive when the load is over
FOLLOWED_PER_S = 200
FOLLOWED_SUBSCRIBERS = 10


def measure(rate: int, subscribers: int, seconds: float, *, profile: Path | None) -> stages.Cell:
    """Run one cell: a broker, a gateway, and subscribers here."""
    with tempfile.TemporaryDirectory(prefix="orderwire-load-") as name:
        folder = Path(name)
        every = max(1, rate // FOLLOWED_PER_S)
        stride = max(1, subscribers // FOLLOWED_SUBSCRIBERS)
        words = [
            "--every",
            str(every),
            "--stride",
            str(stride),
            *(["--profile"] if profile else []),
        ]
        with started("tests.load.broker", log=folder / "broker.log") as broker:
            log = folder / "gateway.log"
            with started("tests.load.gateway", broker.url, name, *words, log=log) as gateway:
                clients = open_all(gateway.url, subscribers)
                try:
                    begun_s, cpu_s = time.monotonic(), gateway.cpu_s()
                    _ask(f"{broker.url}/load?rate={rate}&seconds={seconds + WARM_UP_S}")
                    wanted = int(rate * (seconds + WARM_UP_S))
                    until_s = begun_s + seconds + WARM_UP_S + LATE_S
                    listen(clients, wanted, until_s=until_s)
                    busy = (gateway.cpu_s() - cpu_s) / (time.monotonic() - begun_s)
                finally:
                    close_all(clients)
        if profile:
            (folder / "gateway.prof").replace(profile)
        trace = json.loads((folder / "trace.json").read_text())
    return stages.judge(
        rate=rate,
        seen=[(client.port, client.seen) for client in clients],
        trace=trace,
        from_ns=int((begun_s + WARM_UP_S) * 1e9),
        wanted=wanted,
        busy=busy,
    )


def _ask(url: str) -> None:
    with urlopen(Request(url, method="POST"), timeout=LATE_S) as answer:
        answer.read()


def machine() -> str:
    """Say on what was measured."""
    load = " ".join(f"{each:.1f}" for each in os.getloadavg())
    return (
        f"{os.cpu_count()} cores, {platform.python_implementation()} {platform.python_version()}, "
        f"{platform.system()} {platform.machine()}, load before {load}"
    )


def main(words: list[str] | None = None) -> None:
    """Measure each cell and print the tables."""
    parser = argparse.ArgumentParser(prog="python -m tests.load.latency", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--seconds", type=float, default=SECONDS, help="of each cell")
    parser.add_argument("--rates", type=_numbers, default=RATES, metavar="N,N,…")
    parser.add_argument("--subscribers", type=_numbers, default=SUBSCRIBERS, metavar="N,N,…")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the numbers there, too")
    parser.add_argument(
        "--profile", type=Path, metavar="FILE", help="profile the last cell's gateway"
    )
    asked = parser.parse_args(words)
    where = machine()
    print(f"machine: {where}", flush=True)
    cells = []
    grid = [(rate, count) for count in asked.subscribers for rate in asked.rates]
    print(stages.HEAD, flush=True)
    for rate, count in grid:
        is_last = (rate, count) == grid[-1]
        profile = asked.profile.resolve() if asked.profile and is_last else None
        cells.append(measure(rate, count, asked.seconds, profile=profile))
        print(stages.line(cells[-1]), flush=True)
    print()
    print(stages.table(cells))
    if asked.json:
        rows: list[dict[str, Any]] = [stages.row(cell) for cell in cells]
        asked.json.write_text(json.dumps({"machine": where, "cells": rows}, indent=1))


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(each) for each in text.split(","))


if __name__ == "__main__":
    main()
