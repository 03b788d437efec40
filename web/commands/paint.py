r"""Colours, as this terminal has them: none with NO_COLOR, none with `--no-color`.

    paint = Paint.of(sys.stdout, is_plain=False)
    paint("COMPLETE", "good") ──▶ "\x1b[1;32mCOMPLETE\x1b[0m", or the text as it is

Styles go by what they say, so that a word has one colour wherever it stands.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any, Final, TextIO

import click
from attrs import field, frozen
from rich.console import Console

STYLES: Final[Mapping[str, str]] = {
    "good": "bold green",
    "bad": "bold red",
    "alarm": "bold white on red",
    "warn": "yellow",
    "strange": "bold magenta",
    "open": "cyan",
    "waiting": "blue",
    "gain": "green",
    "loss": "red",
    "buy": "bright_blue",
    "sell": "magenta",
    "strong": "bold",
    "quiet": "dim",
}
Piece = tuple[str, str]
"""A text and its style; "" is none."""


@frozen
class Paint:
    """Puts a style around a text. With nothing in it, it leaves texts as they are."""

    _around: Mapping[str, tuple[str, str]] = field(factory=dict)

    @classmethod
    def of(cls, stream: TextIO, *, is_plain: bool) -> Paint:
        """Give the colours of a stream, asked of rich once."""
        console = Console(file=stream)
        if is_plain or not stream.isatty() or console.no_color or console.color_system is None:
            return cls()
        return cls({name: _ends(console, style) for name, style in STYLES.items()})

    def __call__(self, text: str, style: str = "") -> str:
        """Give the text in that style."""
        before, after = self._around.get(style, ("", ""))
        return f"{before}{text}{after}" if text else ""

    def joined(self, *pieces: Piece) -> str:
        """Give texts, each in its own style, one after another."""
        return "".join(self(text, style) for text, style in pieces)


def width_of(stream: TextIO) -> int:
    """Give how many columns a terminal has now; COLUMNS in the environment says otherwise."""
    if (said := os.environ.get("COLUMNS", "")).isdigit() and int(said):
        return int(said)
    try:
        return os.get_terminal_size(stream.fileno()).columns or WIDTH
    except (OSError, ValueError):
        return WIDTH


def appearance(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say how a command is to look."""
    plain = click.option(
        "--no-color", "is_plain", is_flag=True, help="No colours; so does NO_COLOR, when it is set."
    )
    as_json = click.option(
        "--json",
        "is_json",
        is_flag=True,
        help="The gateway's own JSON, as when stdout is no terminal.",
    )
    return as_json(plain(command))


def shown(value: object) -> str:
    """Give a value as text that cannot steer a terminal."""
    text = str(value)
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() else " " for letter in text)


WIDTH: Final = 80  # of a terminal that does not say


def _ends(console: Console, style: str) -> tuple[str, str]:
    """Find what stands before and after a text in a style."""
    with console.capture() as captured:
        console.print("x", style=style, end="", highlight=False)
    before, _, after = captured.get().partition("x")
    return before, after
