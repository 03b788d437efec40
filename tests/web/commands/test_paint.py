import io
import os

import pytest

from tests.web.commands.terminals import set_size
from web.commands.paint import STYLES, Paint, width_of


class Screen(io.StringIO):
    """A stream that says that it is a terminal."""

    def isatty(self):
        return True


@pytest.fixture(autouse=True)
def terminal(monkeypatch):
    """A terminal with colours, whatever these tests are run in."""
    for name in ("NO_COLOR", "FORCE_COLOR", "COLORTERM", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")


def test_a_terminal_has_colours():
    """Each style has its own, put around the text alone."""
    paint = Paint.of(Screen(), is_plain=False)
    assert paint("COMPLETE", "good") == "\x1b[1;32mCOMPLETE\x1b[0m"
    assert len({paint("x", style) for style in STYLES}) == len(STYLES)
    assert (paint("x"), paint("", "good")) == ("x", "")
    assert paint.joined(("a", ""), ("b", "warn")) == "a\x1b[33mb\x1b[0m"


@pytest.mark.parametrize(
    ("stream", "env", "is_plain"),
    [
        (Screen(), {}, True),
        (Screen(), {"NO_COLOR": "1"}, False),
        (Screen(), {"TERM": "dumb"}, False),
        (io.StringIO(), {}, False),
    ],
)
def test_who_wants_no_colours_gets_none(monkeypatch, stream, env, is_plain):
    """`--no-color`, NO_COLOR, a terminal that has none, and what is no terminal: not one escape."""
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    assert Paint.of(stream, is_plain=is_plain)("COMPLETE", "good") == "COMPLETE"


def test_a_terminal_is_as_wide_as_it_says(monkeypatch):
    """COLUMNS says otherwise; what has no width has eighty columns."""
    ours, theirs = os.openpty()
    set_size(theirs, 132)
    try:
        with open(theirs, "w", closefd=False) as stream:
            assert width_of(stream) == 132
            monkeypatch.setenv("COLUMNS", "90")
            assert width_of(stream) == 90
    finally:
        os.close(ours)
        os.close(theirs)
    monkeypatch.setenv("COLUMNS", "none")
    assert width_of(io.StringIO()) == 80
