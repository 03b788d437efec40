"""`python -m tests.brokers --minutes 10`: everything that befalls brokers, each in turn, and all.

Status 1 when a promise breaks; the seed, and which story it was, are printed with it.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path
from random import Random

from . import planted, stories
from .relay import BOTH, DOWN
from .world import UPSTREAMS, World

NAMES = tuple(UPSTREAMS)
DAILY = ("fy", "zer")  # whose tokens die
SETS = (*((name,) for name in NAMES), NAMES)


def main():
    """Tell stories in a random order until the time is over."""
    options = argparse.ArgumentParser(prog="python -m tests.brokers", description=__doc__)
    options.add_argument("--minutes", type=float, default=5.0)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--only", default="", help="stories with this in their name")
    chosen = options.parse_args()
    if not shuffled(Random(0), chosen.only):
        options.error(f"no story has {chosen.only!r} in its name")
    random, until_s = Random(chosen.seed), time.monotonic() + 60 * chosen.minutes
    told = 0
    with (
        tempfile.TemporaryDirectory(prefix="orderwire-brokers-") as name,
        World(Path(name), chosen.seed) as world,
    ):
        while time.monotonic() < until_s:
            for title, story in shuffled(random, chosen.only):
                if time.monotonic() >= until_s:
                    break
                try:
                    print(f"{title}: {story(world, random)}", flush=True)
                except AssertionError as broken:
                    print(f"BROKEN with seed {chosen.seed}, after {told} stories, in {title}:")
                    print(f"  {broken}", flush=True)
                    return 1
                told += 1
        planted.provoke(world)
        world.settle()
        leaks = planted.leaks(world)
        for leak in leaks:
            print(f"LEAK: {leak}")
        orders = sum(len(broker.truth()[0].status) for broker in world.brokers.values())
        fills = sum(len(broker.truth()[1]) for broker in world.brokers.values())
        print(
            f"{told} stories, {len(world.screen.frames):,} frames to one subscriber, "
            f"{orders:,} orders, {fills:,} fills: nothing broken, {len(leaks)} leaks"
        )
    return 1 if leaks else 0


def shuffled(random, only=""):
    """Every story, as (what it is, what tells it), in a random order; or those of some name."""
    told = [
        (f"{name} {'+'.join(names)}", told_of(work, names, *more))
        for names in SETS
        for name, work, *more in (
            ("kill -9", killed),
            ("frozen", frozen),
            ("half open", held, BOTH),
            ("nothing heard", held, (DOWN,)),
            ("nothing said", said_nothing),
            ("doubled", doubled, ("double",)),
            ("overtaken", doubled, ("reorder",)),
            ("both", doubled, ("double", "reorder")),
        )
    ]
    told += [
        (f"token of {name} dead at noon, {how}", told_of(noon, name, how))
        for name in DAILY
        for how in ("by hand", "by the page")
    ]
    random.shuffle(told)
    return [each for each in told if only in each[0]]


def told_of(work, *args):
    """A story with its arguments."""
    return lambda world, random: work(world, random, *args)


def killed(world, random, names):
    """Tell of kills."""
    return f"live {stories.kill(world, random, names):.2f} s after it served again"


def frozen(world, random, names):
    """Tell of brokers that stood still."""
    known_s, live_s = stories.freeze(world, random, names)
    return f"known after {known_s:.1f} s, live {live_s:.2f} s after it went on"


def held(world, random, names, ways):
    """Tell of lines that were half open."""
    return f"on another line after {stories.half_open(world, random, names, ways):.1f} s"


def said_nothing(world, random, names):
    """Tell of lines on which only the broker was heard."""
    stories.deaf(world, random, names)
    return "right"


def doubled(world, random, names, kinds):
    """Tell of frames that came twice or late."""
    return f"{stories.doubled(world, random, names, kinds)} frames, each event once"


def noon(world, random, name, how):
    """Tell of a token that died."""
    token = f"planted-{name}-{random.getrandbits(32):08x}"
    by_hand = how == "by hand"
    attempts, known_s, live_s = stories.noon(world, name, token, by_hand=by_hand)
    return (
        f"{attempts} refused, known after {known_s:.2f} s, live {live_s:.2f} s after the new token"
    )


if __name__ == "__main__":
    sys.exit(main())
