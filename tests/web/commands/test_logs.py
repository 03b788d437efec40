import io
import json
import logging

import pytest
import structlog

from web.commands.logs import Sink, set_up_logs


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self):
        """Say so."""
        return True


class Gone(io.StringIO):
    """A stream whose reader has left."""

    def write(self, _):
        """Fail, as a closed pipe does."""
        raise BrokenPipeError


@pytest.fixture(autouse=True)
def _as_before():
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)


def logged(stream):
    """What is logged by us and by a library, set up for this stream."""
    set_up_logs(stream)
    structlog.get_logger().info("said", account="primary")
    structlog.get_logger().debug("not said")
    logging.getLogger("somebody").warning("heard %s", "this")
    logging.getLogger("hypercorn.error").info("quiet")
    return stream.getvalue()


def test_piped_it_is_json_one_line_each():
    """Ours and the libraries' lines are JSON objects with level, time and event."""
    lines = [json.loads(line) for line in logged(io.StringIO()).splitlines()]
    assert [(line["event"], line["level"]) for line in lines] == [
        ("said", "info"),
        ("heard this", "warning"),
    ]
    assert lines[0]["account"] == "primary"
    assert lines[0]["timestamp"].endswith("Z")
    assert lines[1]["logger"] == "somebody"


def test_on_a_terminal_it_is_for_a_person():
    """A terminal gets words, not JSON; libraries that chatter are quiet there too."""
    text = logged(Terminal())
    assert "said" in text
    assert "heard this" in text
    assert "quiet" not in text
    assert not text.startswith("{")


@pytest.mark.parametrize("stream", [io.StringIO(), Terminal()], ids=["piped", "terminal"])
def test_no_traceback_shows_the_values_of_variables(stream):
    """P21: an error is logged with its lines of code, and never with what stood in them."""
    set_up_logs(stream)
    secret = f"very-{'secret'}"
    try:
        int("x" + secret[:0])
    except ValueError:
        structlog.get_logger().exception("fell")
        logging.getLogger("somebody").exception("fell too")
    assert stream.getvalue().count("secret[:0]") == 2
    assert secret not in stream.getvalue()


def test_a_stderr_that_is_gone_stops_nobody():
    """What cannot be logged is dropped: no actor falls over a closed pipe."""
    set_up_logs(Gone())
    structlog.get_logger().info("said to nobody")
    logging.getLogger("somebody").warning("nor this")
    Sink(Gone()).flush()
