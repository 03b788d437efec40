"""`python -m tests.fuzz --seconds 60 --seed 7`: fuzz every decoder; exit status 1 if one breaks."""

from __future__ import annotations

import argparse
import random
import sys
import time

from .decoders import DECODERS
from .run import Tally, fuzz


def main() -> int:
    """Share the seconds among the decoders, print what came of each, and of the whole."""
    options = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    options.add_argument("--seconds", type=float, default=60.0, help="for all decoders together")
    options.add_argument("--seed", type=int, default=None, help="the same seed, the same bytes")
    options.add_argument("--only", default="", help="decoders whose name contains this")
    chosen = options.parse_args()
    seed = random.SystemRandom().getrandbits(32) if chosen.seed is None else chosen.seed
    print(f"seed {seed}", flush=True)

    decoders = [decoder for decoder in DECODERS if chosen.only in decoder.name]
    if not decoders:
        options.error(f"no decoder is named like {chosen.only!r}")
    share_s = chosen.seconds / len(decoders)
    deadlines: dict[str, float] = {}

    def more(tally: Tally) -> bool:
        return time.monotonic() < deadlines.setdefault(tally.name, time.monotonic() + share_s)

    found = fuzz(decoders, seed, more, _print_line)
    if found is not None:
        print(f"FOUND with seed {seed}\n{found}")
        return 1
    print("every input gave a value or the decoder's own error")
    return 0


def _print_line(tally: Tally) -> None:
    print(
        f"{tally.name:32} {tally.total:>9,} inputs  {tally.values:>8,} values"
        f"  {tally.refused:>9,} refused  slowest {tally.slowest_s * 1000:.1f} ms",
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main())
