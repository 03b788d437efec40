"""`orderwire tail` as a person has it: a real process on a real terminal."""

import re

import pytest

from tests.web.commands.processes import free_port, orderwire
from tests.web.commands.terminals import bare, terminal

pytestmark = pytest.mark.process

ROW = re.compile(
    r"\d\d:\d\d:\d\d (primary|hedge  ) (order |trade ) …\d{5} (BUY |SELL) \S+ +[\d/]+ +[\d.]*.*"
)


@pytest.fixture(scope="module")
def demo():
    """The URL of a demo that is never quiet, for all who follow it."""
    with orderwire("demo", "--port", 0, "--no-browser", "--rate", 50) as process:
        yield process.ready()


def rows_in(text):
    """The orders and trades on a screen, without colours."""
    return [line for line in bare(text) if " order " in line or " trade " in line]


def test_eighty_columns_are_enough(demo):
    """What is followed, the headings, the day, then an event a line, in columns, none wrapped."""
    with terminal("tail", demo, columns=80) as screen:
        lines = bare("\n".join(screen.lines(60)))
    assert lines[0] == f"{demo}: every account, from now on"
    assert lines[1].split()[:4] == ["TIME", "IST", "ACCOUNT", "KIND"]
    assert lines[2].startswith("── ")
    assert lines[2].endswith("times in IST")
    assert max(map(len, lines)) <= 80
    assert all(ROW.fullmatch(line) for line in rows_in("\n".join(lines)))
    at = lines[1].index("STATUS")
    stated = {line[at:].split(" ")[0] for line in lines[3:] if " order " in line}
    assert stated <= {"OPEN", "COMPLETE", "CANCELLED", "REJECTED", "TRIGGER…", "VALIDATION…", ""}
    assert {line[at - 1] for line in rows_in("\n".join(lines)) if len(line) > at} == {" "}


def test_a_wide_terminal_shows_more(demo):
    """Times to the millisecond with their mark, whole ids, a note; and again when it is made wide."""
    with terminal("tail", demo, columns=80) as screen:
        screen.lines(10)
        screen.resize(200)
        screen.until("NOTE")
        known = len(screen.text)
        screen.until(lambda text: text.count("\n", known) > 30)
        lines = bare(screen.text[known:])[1:-1]
    assert re.match(r"\d\d:\d\d:\d\d\.\d{3} IST ", lines[0])
    assert max(map(len, lines)) > 100
    assert max(map(len, lines)) <= 200


@pytest.mark.parametrize(
    ("options", "env", "has_colours"),
    [((), {}, True), (("--no-color",), {}, False), ((), {"NO_COLOR": "1"}, False)],
)
def test_colours_are_for_who_wants_them(demo, options, env, has_colours):
    """A status is coloured; with `--no-color` or NO_COLOR there is not one escape."""
    with terminal("tail", demo, *options, env=env) as screen:
        text = screen.until("COMPLETE")
    assert ("\x1b[1;32mCOMPLETE\x1b[0m" in text) == has_colours
    assert ("\x1b" in text) == has_colours


def test_json_is_for_who_wants_it(demo):
    """On a terminal too: with `--json` there are frames alone."""
    with terminal("tail", demo, "--json") as screen:
        lines = screen.lines(20)
    assert {line[:9] for line in lines} == {'{"type":"'}


def test_ctrl_c_ends_it_with_the_way_to_go_on(demo):
    """P4: exit 0; the place and the command that goes on there, which begins with the next event."""
    with terminal("tail", demo, "--account", "primary") as screen:
        screen.lines(20)
        screen.interrupt()
        status, text = screen.end()
    ended, again = bare(text)[-3:-1]
    place = re.fullmatch(r"ended after (\w+:\d+); to go on:", ended)[1]
    assert (status, "Traceback" in text) == (0, False)
    assert again == f"orderwire tail {demo} --account primary --since {place}"
    with orderwire(*again.split()[1:], "--json") as tail:
        assert f'"prev":{place.partition(":")[2]}' in tail.line()


def test_it_says_from_where_it_goes_on_and_what_is_missing(demo):
    """P4: with `--since` from where; a gap as such, in its place above the events that follow."""
    with terminal("tail", demo, "--since", "another:7") as screen:
        lines = bare("\n".join(screen.lines(10)))
    assert lines[0] == f"{demo}: every account, after another:7"
    assert lines[1].startswith("TIME IST")
    assert lines[2].startswith("missed: the record could not be gone on with (epoch); from ")


def test_a_gateway_that_is_back_is_told_with_the_place(tmp_path):
    """P4, P7: that it is away, that it is back and from where, and that a stream was stale."""
    port = free_port()
    options = ("--port", port, "--no-browser", "--rate", 20, "--data", tmp_path)
    with orderwire("demo", *options) as demo:
        url = demo.ready()
        with terminal("tail", url, columns=120) as screen:
            screen.until("OPEN")
            demo.kill()
            screen.until("trying again")
            with orderwire("demo", *options) as again:
                again.ready()
                screen.until("back, and on after ")
                text = screen.until("● live")
    assert "○ stale: " in text
