"""The judge of a story of batches: everything that must hold, in one place."""

from __future__ import annotations

from .batch_door import check_door
from .batch_ends import check_ends
from .batch_lives import check_lives
from .batch_world import Played, run_script
from .script import Script


def play(script: Script) -> Played:
    """Play a story and judge it. Broken names the promise that does not hold."""
    played = run_script(script)
    judge(played)
    return played


def judge(played: Played) -> None:
    """Judge what came of a story."""
    played.log.check_order()
    played.log.check_lives()
    check_door(played)
    check_lives(played)
    check_ends(played)
