import io
import json
import logging
from contextlib import suppress

import pytest
import structlog
import trio

from tests.web.fakes import a_gateway, a_key, serving
from tests.web.raw import PING_FRAME, TEXT_FRAME, plug
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


def fall(text):
    """Be a defect that quotes what it should not."""
    raise ValueError(text)


SECRET = "s3cretV4lue-x_y.z~1+/="


@pytest.mark.parametrize(
    "said",
    [
        *("Authorization: Bearer %s", "authorization: %s", "X-API-Key: %s", "x-api-key=%s"),
        *("Cookie: session=%s", "Authorization: token %s", "basic: authorization=Basic %s"),
        *("GET /ws/orders?ticket=%s&types=message HTTP/1.1", "/x?api_key=%s", "?a=b&token=%s"),
        *('{"access_token": "%s"}', "{'api_key': '%s'}", "[(b'x-api-key', b'%s')]"),
        *('("Authorization", "Bearer %s")', "bearer %s", "the key ow_%s is not known"),
        'said: \\"authorization\\": \\"Bearer %s\\"',
    ],
)
@pytest.mark.parametrize("stream", [io.StringIO, Terminal], ids=["piped", "terminal"])
def test_no_line_shows_a_secret(stream, said):
    """P21: in an event, a field, a library's words or a defect's, in a header's form or a query's,
    a secret is masked, and the rest of the line is not.
    """
    out = stream()
    set_up_logs(out)
    text = said % SECRET
    structlog.get_logger().info(text)
    structlog.get_logger().info("a field", headers=text, more=[text], pairs={"raw": text})
    logging.getLogger("somebody").warning("heard %s of %s", text, "others")
    for log in (structlog.get_logger(), logging.getLogger("somebody")):
        try:
            fall(text)
        except ValueError:
            log.exception("fell")
    structlog.get_logger().info("by name", api_key=SECRET, ticket=SECRET)
    lines = out.getvalue()
    assert SECRET[:8] not in lines
    assert lines.count("***") >= 7
    for kept in ("a field", "of others", "fell", "ValueError", "by name"):
        assert kept in lines


def test_what_is_no_secret_is_not_masked():
    """Words that only speak of keys, tokens and tickets stay as they are, and lines stay JSON."""
    out = io.StringIO()
    set_up_logs(out)
    said = "the token has expired; keys: 3; ticket sold; ticker_service; follow_up"
    structlog.get_logger().info(
        said, request_id="a-b", keys=3, api_key="x", ticket="y", account="p"
    )
    (line,) = map(json.loads, out.getvalue().splitlines())
    assert line["event"] == said
    assert (line["request_id"], line["keys"], line["account"]) == ("a-b", 3, "p")
    assert (line["api_key"], line["ticket"]) == ("***", "***")


@pytest.mark.process
async def test_no_key_of_a_request_is_logged(tmp_path, monkeypatch):
    """P21: good or bad, in a header or in a query, of a request that is answered, refused or ends
    in a defect, or of a websocket: no line of the log has it.
    """
    out = io.StringIO()
    set_up_logs(out)
    keys = {"desk": a_key(SECRET)}
    given = (
        f"Authorization: Bearer {SECRET}\r\n",
        f"X-API-Key: {SECRET}\r\n",
        f"X-API-Key: x{SECRET}\r\nCookie: session={SECRET}\r\nX-Request-ID: {SECRET}\r\n",
    )
    async with a_gateway(tmp_path, keys=keys) as gateway, serving(gateway) as url:
        monkeypatch.setattr("web.conversation.read_wish", None)
        monkeypatch.setattr(type(gateway.system), "not_ready", None)
        for headers in given:
            for path in ("/accounts", "/nothing", "/ready", f"/accounts?ticket={SECRET}"):
                async with plug(url) as wire:
                    await wire.ask("GET", path, b"", headers.strip().encode())
                    await wire.answer()
            for early in (b"", PING_FRAME):
                async with plug(url) as wire:
                    path = f"/ws/orders?ticket={SECRET}" if early else "/ws/orders"
                    await wire.upgrade(path, extra=headers.encode(), early=early)
                    await wire.until(b"\r\n\r\n")
                    with suppress(trio.BrokenResourceError):
                        await wire.send(TEXT_FRAME)
                    await wire.rest()
            async with plug(url) as wire:
                await wire.send(f"GET /{SECRET} HTTP/9\r\n{headers}\r\n".encode())
                await wire.rest()
    assert "a request ended in a defect" in out.getvalue()
    assert "a websocket ended in a defect" in out.getvalue()
    assert SECRET not in out.getvalue()
    assert SECRET[:8] not in out.getvalue()


def test_a_stderr_that_is_gone_stops_nobody():
    """What cannot be logged is dropped: no actor falls over a closed pipe."""
    set_up_logs(Gone())
    structlog.get_logger().info("said to nobody")
    logging.getLogger("somebody").warning("nor this")
    Sink(Gone()).flush()
