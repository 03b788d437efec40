"""`python -m tests.sim.batches --examples N --seed S --upstream U`: random batches, faults, judged.

    strategies ── Script ──▶ play, judge ──▶ fine, and counted
                    ▲                   └──▶ Broken: shrunk to a few lines, and told

Prints how the batches ended and what the desk was answered; the first story that breaks a promise
ends it with status 1.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Callable
from typing import Final

import hypothesis
from attrs import define, field
from hypothesis import HealthCheck, Phase

from web.sandbox.paper import UPSTREAMS

from .batch_judge import play
from .batch_world import Played
from .checkers import Broken
from .script import Script, told
from .strategies import scripts

GROUP: Final = 10  # stories that are drawn together
SEEDS_APART: Final = 1_000_000


@define
class Tally:
    """What came of many stories."""

    stories: int = 0
    outcomes: Counter[str] = field(factory=Counter)
    answers: Counter[str] = field(factory=Counter)
    kills: int = 0
    strays: int = 0
    revised: int = 0

    def take(self, played: Played) -> None:
        """Count one story."""
        self.stories += 1
        self.outcomes.update(played.outcomes)
        self.kills += played.kills
        self.strays += len(played.strayed)
        self.revised += sum(batch["revised_at"] is not None for batch in played.batches)
        for one in played.asked:
            self.answers[f"{one.what} {'-' if one.answer is None else one.answer.status}"] += 1

    def tell(self) -> str:
        """Give it in a few lines."""
        outcomes = ", ".join(f"{count} {name}" for name, count in self.outcomes.most_common())
        answers = ", ".join(f"{count} {name}" for name, count in sorted(self.answers.items()))
        return (
            f"{self.stories} stories, {self.outcomes.total()} batches: {outcomes}\n"
            f"{self.kills} kills, {self.strays} stray requests, {self.revised} ends told anew\n"
            f"answers: {answers}"
        )


def run(
    stories: int,
    *,
    seed: int = 0,
    upstream: str = UPSTREAMS[0],
    shrinks: bool = True,
    play: Callable[[Script], Played] = play,
) -> Tally:
    """Play so many stories, the same for the same seed. Broken with the smallest that fails.

    They are drawn in small groups, each from a seed of its own: in one search Hypothesis draws
    many that are like one another.
    """
    tally = Tally()

    def once(script: Script) -> None:
        try:
            played = play(script)
        except Broken as broken:
            raise Broken(f"{broken}\n{told(script)}") from None
        tally.take(played)

    for first in range(0, stories, GROUP):
        settings = hypothesis.settings(
            max_examples=min(GROUP, stories - first),
            database=None,
            deadline=None,
            phases=(Phase.generate, Phase.shrink) if shrinks else (Phase.generate,),
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
        )
        drawn = settings(hypothesis.given(scripts(upstream))(once))
        hypothesis.seed(seed * SEEDS_APART + first)(drawn)()
    return tally


def main() -> int:
    """Play what was asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.sim.batches", description=__doc__)
    parser.add_argument("--examples", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0, help="others give other stories")
    parser.add_argument("--upstream", choices=UPSTREAMS, default=UPSTREAMS[0])
    asked = parser.parse_args()
    began = time.monotonic()
    try:
        tally = run(asked.examples, seed=asked.seed, upstream=asked.upstream)
    except Broken as broken:
        print(f"BROKEN {broken}")
        return 1
    print(tally.tell())
    print(f"all promises held; {time.monotonic() - began:.0f} s")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
