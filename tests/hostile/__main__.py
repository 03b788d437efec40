"""`python -m tests.hostile --seed 1`: throw everything at real processes; exit 1 if a line breaks.

    packets ─ posts ─ readers ─ leaks ─ stops      each with a gateway of its own

`--only PART` runs one of them; `--count` is how many mutants, requests, rounds or connections that
one makes, `--seconds` ends it early where it can be ended.
"""

import argparse
import sys
import time

from tests.sim.checkers import Broken

from . import leaks, packets, posts, readers, stops

PARTS = {each.__name__.rpartition(".")[2]: each for each in (packets, posts, readers, leaks, stops)}


def main():
    """Run the parts, and say of each what happened."""
    options = argparse.ArgumentParser(prog="python -m tests.hostile", description=__doc__)
    options.add_argument("--only", choices=PARTS, action="append", help="this part, not all")
    options.add_argument("--count", type=int, help="how much of a part; each has its own default")
    options.add_argument("--seconds", type=float, help="after which packets or stops may end")
    options.add_argument("--seed", type=int, default=1, help="of what is random")
    chosen = options.parse_args()
    wanted = {"seed": chosen.seed}
    if chosen.count is not None:
        wanted["count"] = chosen.count
    if chosen.seconds is not None:
        wanted["seconds"] = chosen.seconds
    broken = [name for name in chosen.only or PARTS if not part(name, wanted)]
    print(f"BROKEN: {', '.join(broken)}" if broken else "nothing broken", flush=True)
    return 1 if broken else 0


def part(name, wanted):
    """Run one part; whether it held."""
    print(f"{name}: {PARTS[name].__doc__.splitlines()[0]}", flush=True)
    began = time.monotonic()
    try:
        PARTS[name].run(lambda line: print(f"  {line}", flush=True), **wanted)
    except Broken as broken:
        print(f"  BROKEN with seed {wanted['seed']}: {broken}", flush=True)
        return False
    print(f"  took {time.monotonic() - began:.0f} s", flush=True)
    return True


if __name__ == "__main__":
    sys.exit(main())
