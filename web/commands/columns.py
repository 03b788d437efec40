"""Columns that fit a terminal, narrow or wide, and rows laid out in them. Pure.

    80   TIME IST ACCOUNT KIND   ID     SIDE SYMBOL            QUANTITY    PRICE STATUS
    160  TIME         …  the same, each with more room, and a NOTE behind

A text that is too long is cut, where its reader misses least of it. A number is never cut: it takes
what it needs from the symbol before it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from attrs import field, frozen
from rich.cells import cell_len, set_cell_size

from .paint import Paint, Piece

Keeps = Literal["head", "tail", "ends"]
Layout = Mapping[str, int]
"""Columns by name, in their order, with their widths."""

ELLIPSIS: Final = "…"
SYMBOL_MIN: Final = 6
NOTE_MIN: Final = 12


@frozen
class Column:
    """One column. `keeps` is what is left of a text that is too long."""

    name: str
    heading: str
    least: int
    keeps: Keeps = "head"
    is_number: bool = False


COLUMNS: Final = {
    column.name: column
    for column in (
        Column("time", "TIME IST", 8),
        Column("account", "ACCOUNT", 7),
        Column("kind", "KIND", 6),
        Column("id", "ID", 6, keeps="tail"),
        Column("side", "SIDE", 4),
        Column("symbol", "SYMBOL", 17, keeps="ends"),
        Column("quantity", "QTY", 7, is_number=True),
        Column("price", "PRICE", 8, is_number=True),
        Column("status", "STATUS", 9),
    )
}
NOTE: Final = Column("note", "NOTE", NOTE_MIN)
BEFORE_WORDS: Final = ("time", "account", "kind", "id")
# Which columns there are, where there is little room, and which grow first where there is some.
ALWAYS: Final = ("symbol", "quantity", "status")
WANTED: Final = ("time", "side", "price", "kind", "account", "id")
GROWTH: Final = (
    *(("quantity", 9), ("time", 12), ("symbol", 21), ("kind", 10), ("price", 9), ("id", 8)),
    *(("note", 16), ("time", 16), ("status", 15), ("account", 10), ("id", 15), ("note", 40)),
    *(("symbol", 24), ("account", 16)),
)


@frozen
class Row:
    """What a line says. `words`, where there are any, stand in the place of all after the id."""

    cells: Mapping[str, str]
    styles: Mapping[str, str] = field(factory=dict)
    words: tuple[Piece, ...] = ()


def layout(width: int) -> Layout:
    """Choose the columns and their widths for a terminal of that width."""
    chosen = {name: COLUMNS[name].least for name in ALWAYS}
    for name in WANTED:
        more = {**chosen, name: COLUMNS[name].least}
        if taken(more) <= width:
            chosen = more
    widths = {name: chosen[name] for name in COLUMNS if name in chosen} | {"note": 0}
    for name, wanted in GROWTH:
        if name not in widths:
            continue
        grown = {**widths, name: wanted}
        if taken(grown) > width:
            break
        widths = grown
    if widths["note"]:
        widths["note"] += width - taken(widths)
    else:
        del widths["note"]
    return widths


def taken(widths: Layout) -> int:
    """Say how wide these columns are together, with a space between them."""
    return sum(widths.values()) + sum(1 for each in widths.values() if each) - 1


def heading(widths: Layout, paint: Paint) -> str:
    """Give the line that names the columns."""
    cells = {name: column_of(name).heading for name in widths}
    return laid_out(Row(cells, dict.fromkeys(cells, "quiet")), widths, paint)


def laid_out(row: Row, widths: Layout, paint: Paint) -> str:
    """Give a row as a line, no wider than its columns."""
    if not row.words:
        return " ".join(_cells(row, _with_room(row, widths), paint)).rstrip()
    head = {name: width for name, width in widths.items() if name in BEFORE_WORDS}
    room = taken(widths) - sum(head.values()) - len(head)
    return " ".join((*_cells(row, head, paint), paint.joined(*cut(row.words, room)))).rstrip()


def fitted(text: str, width: int, column: Column) -> str:
    """Bring a text to a width: filled up with spaces, or cut."""
    if len(text) <= width and text.isascii():
        return text.rjust(width) if column.is_number else text.ljust(width)
    if cell_len(text) <= width:
        return set_cell_size(text, width)
    room = width - 1
    if not text.isascii() or column.keeps == "head":
        return set_cell_size(set_cell_size(text, room).rstrip() + ELLIPSIS, width)
    head = 0 if column.keeps == "tail" else room // 3
    return text[:head] + ELLIPSIS + text[len(text) - room + head :]


def cut(pieces: tuple[Piece, ...], width: int) -> tuple[Piece, ...]:
    """Cut a line of pieces at a width."""
    kept: list[Piece] = []
    for text, style in pieces:
        if cell_len(text) > width:
            return (*kept, (fitted(text, width, NOTE), style)) if width > 1 else tuple(kept)
        kept.append((text, style))
        width -= cell_len(text)
    return tuple(kept)


def column_of(name: str) -> Column:
    """Give a column by its name."""
    return COLUMNS.get(name, NOTE)


def _with_room(row: Row, widths: Layout) -> Layout:
    """Give wide numbers their room, at the cost of the symbol."""
    excess = {
        name: len(row.cells.get(name, "")) - width
        for name, width in widths.items()
        if column_of(name).is_number and len(row.cells.get(name, "")) > width
    }
    if not excess:
        return widths
    given = {name: width + excess.get(name, 0) for name, width in widths.items()}
    given["symbol"] = max(SYMBOL_MIN, widths["symbol"] - sum(excess.values()))
    return given


def _cells(row: Row, widths: Layout, paint: Paint) -> list[str]:
    """Fit each cell; what fills it up has no colour."""
    cells = []
    for name, width in widths.items():
        text = fitted(row.cells.get(name, ""), width, column_of(name))
        bare = text.strip()
        before = text[: len(text) - len(text.lstrip())] if bare else ""
        after = text[len(before) + len(bare) :]
        cells.append(f"{before}{paint(bare, row.styles.get(name, ''))}{after}")
    return cells
