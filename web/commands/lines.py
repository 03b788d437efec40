"""One event, one line: columns and colours for a person, JSON as it came for a program. Pure.

12:00:15.123  primary  COMPLETE   BUY   50/50   NIFTY25NOVFUT   19500.25   desk-7
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from rich.console import Console
from rich.text import Text

COLOURS: Final = {
    "COMPLETE": "bold green",
    "REJECTED": "bold red",
    "CANCELLED": "yellow",
    "OPEN": "cyan",
    "TRIGGER PENDING": "magenta",
    "BUY": "blue",
    "SELL": "red",
    "live": "green",
    "down": "bold red",
    "needs_login": "bold red",
    "exposed": "bold red",
    "error": "bold red",
    "warning": "yellow",
}
WIDTHS: Final = (12, 10, 8, 15, 4, 11, 20, 10)
HEADINGS: Final = ("TIME", "ACCOUNT", "WHAT", "STATE", "SIDE", "QUANTITY", "SYMBOL", "PRICE", "")
Row = tuple[str, str, str, str, str, str, str, str, str]


def json_line(text: str) -> str:
    """Give a frame's own text as one line; its digits stay as they came."""
    return text.replace("\r", " ").replace("\n", " ") + "\n"


def coloured(console: Console) -> Callable[[Mapping[str, Any]], str]:
    """Give what writes a frame as a line for this console, cut at its width."""

    def line(frame: Mapping[str, Any]) -> str:
        return written(console, text_of(row_of(frame)))

    return line


def heading(console: Console) -> str:
    """Give the line that names the columns."""
    return written(console, Text(aligned(HEADINGS), style="dim"))


def written(console: Console, text: Text) -> str:
    """Give a text as the console would print it."""
    with console.capture() as captured:
        console.print(text, no_wrap=True, overflow="ellipsis", crop=True)
    return captured.get()


def text_of(row: Row) -> Text:
    """Lay a row out in its columns, with colours for what a person looks for."""
    text = Text(aligned(row), end="")
    at = 0
    for cell, width in zip(row, WIDTHS, strict=False):
        if colour := COLOURS.get(cell):
            text.stylize(colour, at, at + width)
        at += width + 1
    text.stylize("dim", 0, WIDTHS[0])
    return text


def aligned(row: Row) -> str:
    """Pad the cells of a row; the last takes what is left."""
    cells = [f"{cell[:width]:{width}}" for cell, width in zip(row, WIDTHS, strict=False)]
    return " ".join([*cells, row[-1]]).rstrip()


def row_of(frame: Mapping[str, Any]) -> Row:
    """Choose what a line says of an event; what is missing is left out."""
    given = frame.get("data")
    data: Mapping[str, Any] = given if isinstance(given, dict) else {}

    def said(*names: str) -> str:
        return next((shown(data[name]) for name in names if data.get(name) is not None), "")

    kind = shown(frame.get("type", "")).removesuffix("_update").removesuffix("_status")
    quantity = said("quantity")
    if data.get("filled_quantity") is not None:
        quantity = f"{said('filled_quantity')}/{quantity}"
    elif data.get("total_orders") is not None:
        quantity = f"{said('succeeded')}/{said('total_orders')}"
    return (
        shown(frame.get("timestamp", ""))[11:23],
        shown(frame.get("account_id", "")),
        kind,
        said("outcome", "status", "state", "level", "side"),
        said("transaction_type"),
        quantity,
        said("tradingsymbol"),
        price_of(data),
        said("text", "status_message", "last_error", "tag"),
    )


def price_of(data: Mapping[str, Any]) -> str:
    """Give the price that matters: what was paid, else what is asked, else what it is worth."""
    for name in ("average_price", "price", "trigger_price", "pnl"):
        if data.get(name):
            return shown(data[name])
    return ""


def shown(value: object) -> str:
    """Give a value as text that cannot steer a terminal."""
    return "".join(letter if letter.isprintable() else " " for letter in str(value))
