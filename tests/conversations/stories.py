"""Where the stories are: every text file of this folder but the matrix."""

from __future__ import annotations

from pathlib import Path

from .script import Story, read_story

FOLDER = Path(__file__).parent


def stories() -> list[Story]:
    """Read them all, in the order of their names. Unreadable for the first fault."""
    paths = sorted(path for path in FOLDER.glob("*.txt") if path.stem != "matrix")
    return [read_story(path) for path in paths]
