"""`python -m tests.resume --resumes 10000`: drop and come back; status 1 if a record is not whole."""

import argparse
import sys

from tests.sim.checkers import Broken

from .run import RATE, run


def main():
    """Run, and print what was done and found."""
    options = argparse.ArgumentParser(prog="python -m tests.resume", description=__doc__)
    options.add_argument("--resumes", type=int, default=1000, help="how often, over all clients")
    options.add_argument("--clients", type=int, default=48)
    options.add_argument("--rate", type=int, default=RATE, help="broker updates a second")
    options.add_argument("--seed", type=int, default=1)
    asked = options.parse_args()

    def say(line):
        print(line, flush=True)

    try:
        found = run(asked.resumes, clients=asked.clients, rate=asked.rate, seed=asked.seed, say=say)
    except (Broken, ExceptionGroup) as broken:
        say(f"BROKEN with seed {asked.seed}: {first_of(broken)}")
        return 1
    counts = found.counts
    say(
        f"{counts.resumes} resumes by {found.clients} clients: {counts.sockets} by websocket, "
        f"{counts.streams} by Server-Sent Events; {counts.wordless} left before the first word, "
        f"{found.resumed} went on where they were, none anywhere else"
    )
    say(
        f"{counts.changed} came back with another choice, {counts.wishes} changed theirs meanwhile"
        f" ({found.stretches} stretches)"
    )
    say(
        f"{found.given} events given, at most {found.largest} on one connection; each client's "
        f"record is whole, in order, and the same as /events says ({found.events} events)"
    )
    say(f"{found.took_s:.0f} s; ended by the gateway: {len(counts.ends)} {counts.ends[:3]}")
    return 1 if counts.ends else 0


def first_of(error):
    """Find what broke in a group."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return repr(error)


if __name__ == "__main__":
    sys.exit(main())
