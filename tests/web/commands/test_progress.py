import sys

import pytest
import trio

from tests.web.commands.terminals import bare
from web.commands.paint import Paint
from web.commands.progress import Progress, words_of

BATCH = {
    "batch_id": "7c0d91aa-1",
    "outcome": None,
    "cause": None,
    "legs": [{"state": state} for state in ("filled", "accepted", "pending", "submitted")],
}


def text(batch, elapsed_s=4.25):
    """The line without its colours."""
    return "".join(word for word, _ in words_of(batch, elapsed_s, 120.0))


def test_it_says_how_far_each_leg_is():
    """A mark a leg in their order, how many are how, the time and how much of it there is."""
    assert text(BATCH) == (
        "  4.2 s of 120 s  7c0d91aa  ●○··  1 filled, 1 accepted, 1 pending, 1 submitted"
    )
    assert text(None) == "  4.2 s of 120 s  sent; no word of it yet"


def test_a_batch_that_goes_back_says_so():
    """So does one whose broker cannot be asked; a strange state has a mark too."""
    assert text(BATCH | {"cause": "leg 0"}).endswith("  unwinding")
    assert text(BATCH | {"outcome": "unknown"}).endswith("  the broker cannot be asked")
    assert "·" in text({"legs": [{"state": "new"}, 1]})


@pytest.fixture
def screen(monkeypatch, capsys):
    """What is on a terminal of eighty columns."""
    monkeypatch.setenv("COLUMNS", "80")
    return capsys


async def test_the_line_is_written_over_and_taken_away(screen, autojump_clock):
    """It is one line from its first to its last; a notice stays above it; nothing is left of it."""
    progress = Progress(Paint(), 120.0, is_shown=True)
    with trio.move_on_after(1.0):
        await progress.run()
    progress.heard(BATCH)
    progress.say("the connection was lost")
    written = screen.readouterr().err
    assert written.count("sent; no word") > 3
    assert written.count("\n") == 1
    assert bare(written.replace("\x1b[K", "")) == ["the connection was lost", ""]


async def test_it_is_cut_at_the_edge(screen, monkeypatch, autojump_clock):
    """A line that wrapped could not be written over."""
    monkeypatch.setenv("COLUMNS", "40")
    progress = Progress(Paint(), 120.0, BATCH, is_shown=True)
    with trio.move_on_after(0.5):
        await progress.run()
    lines = screen.readouterr().err.replace("\x1b[K", "").split("\r")
    assert max(map(len, lines)) == 39


async def test_a_batch_that_ends_at_once_never_shows_it(screen, autojump_clock):
    """Nothing flickers."""
    with trio.move_on_after(0.2):
        await Progress(Paint(), 120.0, is_shown=True).run()
    assert screen.readouterr().err == ""


@pytest.mark.parametrize("term", ["dumb", None])
async def test_what_cannot_be_written_over_has_no_line(term, monkeypatch, capsys, autojump_clock):
    """Neither a dumb terminal nor a file gets one; notices are lines there."""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: term is not None)
    monkeypatch.setenv("TERM", term or "xterm")
    progress = Progress(Paint(), 120.0)
    with trio.move_on_after(5):
        await progress.run()
    progress.say("lost")
    assert capsys.readouterr().err == "lost\n"
