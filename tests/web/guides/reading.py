"""What stands in Markdown, as tests look for it: blocks, tables, code, links, headings.

README, CONTRIBUTING, guides ──▶ DOCUMENTS ──▶ blocks_of  tables_of  codes_of  links_of
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from attrs import frozen
from markdown_it import MarkdownIt

from web.guides.page import anchor_of
from web.guides.texts import FOLDER, NAMES

ROOT = Path(__file__).parents[3]
GUIDES = [FOLDER / f"{name}.md" for name in NAMES]
DOCUMENTS = [ROOT / "README.md", ROOT / ".github" / "CONTRIBUTING.md", *GUIDES]
CODE = re.compile(r"`([^`]+)`")

markdown = MarkdownIt("commonmark").enable("table")


@frozen
class Block:
    """A block of code: what its fence says, its text, and where it begins."""

    info: str
    text: str
    place: str


def blocks_of(path: Path, language: str) -> Iterator[Block]:
    """Give the blocks of a language."""
    for token in markdown.parse(path.read_text("utf-8")):
        if token.type == "fence" and token.info.split(" ")[0] == language:
            yield Block(token.info, token.content, f"{path.name}:{token.map[0] + 1}")


def tables_of(path: Path) -> Iterator[list[list[str]]]:
    """Give the tables: rows of cells as they are written, the line of heads first."""
    row, table = [], []
    for token in markdown.parse(path.read_text("utf-8")):
        if token.type == "table_open":
            table = []
        elif token.type == "tr_open":
            row = []
            table.append(row)
        elif token.type == "inline" and table:
            row.append(token.content)
        elif token.type == "table_close":
            yield table
            table = []


def codes_of(path: Path) -> Iterator[str]:
    """Give what is written as code in a line of text."""
    for token in markdown.parse(path.read_text("utf-8")):
        for child in token.children or ():
            if child.type == "code_inline":
                yield child.content


def links_of(path: Path) -> Iterator[str]:
    """Give where the links and pictures lead."""
    for token in markdown.parse(path.read_text("utf-8")):
        for child in token.children or ():
            if child.type in ("link_open", "image"):
                yield child.attrGet("href") or child.attrGet("src")


def anchors_of(path: Path) -> set[str]:
    """Give the places of a document's headings."""
    tokens = markdown.parse(path.read_text("utf-8"))
    return {
        anchor_of(inline.content)
        for opened, inline in pairwise(tokens)
        if opened.type == "heading_open"
    }
