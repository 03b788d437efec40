"""Which guides there are: Markdown files beside this one, in the order in which a desk needs them.

    NAMES ──▶ guides() ──▶ Guide("brokers", "Configure each broker", "An account is …", "# …")

They are few and small, and part of the package: read once, and held.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

from attrs import field, frozen

FOLDER: Final = Path(__file__).parent
PATH: Final = "/docs/guides"  # where they are served
NAMES: Final = (
    "brokers",
    "batches",
    "deployment",
    "operations",
    "embedding",
    "adding-a-broker",
)


@frozen
class Guide:
    """One guide: what it is called, and its Markdown. `summary` is its first paragraph."""

    name: str
    title: str
    summary: str
    text: str = field(repr=False)


@cache
def guides() -> Mapping[str, Guide]:
    """Give all of them by name, in their order."""
    return {name: read_guide(name, (FOLDER / f"{name}.md").read_text("utf-8")) for name in NAMES}


@cache
def pictures() -> Mapping[str, str]:
    """Give the pictures of the guides, by file name."""
    return {path.name: path.read_text("utf-8") for path in sorted(FOLDER.glob("*.svg"))}


def read_guide(name: str, text: str) -> Guide:
    """Read a guide: `# Title`, then a paragraph that says what it is about."""
    title, summary = text.split("\n\n", 2)[:2]
    return Guide(name, title.removeprefix("# ").strip(), " ".join(summary.split()), text)
