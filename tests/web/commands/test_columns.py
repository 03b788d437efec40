import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from web.commands.columns import COLUMNS, NOTE, Row, cut, fitted, heading, laid_out, layout, taken
from web.commands.paint import Paint

PLAIN = Paint()
CELLS = {
    "time": "09:15:30",
    "account": "primary",
    "kind": "position",
    "id": "261121000000062",
    "side": "SELL",
    "symbol": "BANKNIFTY25NOV52000CE",
    "quantity": "20/50",
    "price": "19500.25",
    "status": "TRIGGER PENDING",
    "note": "desk-7",
}


def line(width, **changes):
    """A row as a line of a terminal that wide."""
    return laid_out(Row({**CELLS, **changes}), layout(width), PLAIN)


@pytest.mark.parametrize("width", range(36, 260))
def test_no_width_is_too_narrow_or_too_wide(width):
    """The columns fit whatever the terminal; the symbol, how much and the status stand in each."""
    widths = layout(width)
    assert taken(widths) <= width
    assert {"symbol", "quantity", "status"} <= set(widths)
    assert cell_len(line(width, note="x" * 500)) <= width
    assert cell_len(heading(widths, PLAIN)) <= width


def test_eighty_columns_have_everything_and_more_have_a_note():
    """Nothing but the note is left out at 80; at 160 ids, symbols and statuses are whole."""
    assert list(layout(80)) == list(COLUMNS)
    assert line(80).split() == [
        *("09:15:30", "primary", "posit…", "…00062", "SELL"),
        *("BANKN…5NOV52000CE", "20/50", "19500.25", "TRIGGER…"),
    ]
    wide = line(160)
    assert all(text in wide for text in CELLS.values())


def test_columns_stand_under_their_headings():
    """A text begins where its heading begins; a number ends where its heading ends."""
    for width in (80, 120, 160, 200):
        head, row = heading(layout(width), PLAIN), line(width, symbol="SBIN", status="OPEN")
        assert head.index("SYMBOL") == row.index("SBIN")
        assert head.index("STATUS") == row.index("OPEN")
        assert head.index("QTY") + 3 == row.index("20/50") + 5
        assert head.index("PRICE") + 5 == row.index("19500.25") + 8


def test_a_number_is_never_cut():
    """It takes its room from the symbol; nothing behind it moves."""
    wide = line(80, quantity="1000000/9000000", price="1234567.89", symbol="NIFTY25NOVFUT")
    assert "1000000/9000000 1234567.89 TRIGGER" in wide
    assert wide.index("TRIGGER") == line(80).index("TRIGGER")


def test_what_is_cut_keeps_what_tells_it_apart():
    """Of an id the end, of a symbol both ends: the name and the strike; of the rest the beginning."""
    assert fitted("261121000000062", 6, COLUMNS["id"]) == "…00062"
    assert fitted("BANKNIFTY25NOV52000CE", 12, COLUMNS["symbol"]) == "BAN…V52000CE"
    assert fitted("TRIGGER PENDING", 9, COLUMNS["status"]) == "TRIGGER… "
    assert fitted("", 3, NOTE) == "   "


@given(st.text(max_size=40), st.integers(2, 30), st.sampled_from([*COLUMNS.values(), NOTE]))
def test_any_text_is_brought_to_its_width(text, width, column):
    """P19: wide letters and none: a cell is as wide as its column, but for a short number."""
    text = "".join(letter for letter in text if letter.isprintable())
    assert cell_len(fitted(text, width, column)) == width


def test_words_stand_where_there_are_no_columns():
    """A message takes all that is behind the id, and is cut at the edge."""
    words = (("error", ""), ("  " + "x" * 200, ""))
    text = laid_out(Row(CELLS, words=words), layout(80), PLAIN)
    assert text.startswith("09:15:30 primary posit… …00062 error  xxx")
    assert len(text) == 80
    assert text.endswith("x…")
    assert cut((("abc", ""),), 1) == ()
