import json
import os
import pty
import signal
import subprocess
import sys

import click
import httpx2
import pytest

from tests.web.commands.processes import END, ROOT, free_port, orderwire, ran, until
from web.client import Gap, Refused
from web.commands.tail import check_target, gap_line, told_of


@pytest.fixture(scope="module")
def demo():
    """The URL of a demo that is never quiet, for all who follow it."""
    with orderwire("demo", "--port", 0, "--no-browser", "--rate", 50) as process:
        yield process.ready()


@pytest.mark.process
def test_piped_it_gives_frames_one_a_line_and_resumes(demo):
    """JSON lines with offsets one after another; `--since` goes on from any of them; exit 0."""
    with orderwire("tail", demo) as tail:
        frames = [json.loads(tail.line()) for _ in range(20)]
        assert tail.stop(signal.SIGINT) == 0
        assert tail.rest("stderr") == []
    offsets = [frame["offset"] for frame in frames]
    assert offsets == list(range(offsets[0], offsets[0] + 20))
    since = f"{frames[4]['epoch']}:{frames[4]['offset']}"
    with orderwire("tail", demo, "--since", since) as tail:
        again = [json.loads(tail.line()) for _ in range(15)]
    assert again == frames[5:]


@pytest.mark.process
def test_one_account_is_followed_alone(demo):
    """`--account` shows the events of that account and no other."""
    with orderwire("tail", demo, "--account", "hedge") as tail:
        assert {json.loads(tail.line())["account_id"] for _ in range(10)} == {"hedge"}
    status, out, err = ran("tail", demo, "--account", "nobody")
    assert (status, out, len(err)) == (1, [], 1)
    assert "no such account" in err[0]


@pytest.mark.process
def test_it_ends_when_nobody_reads_on(demo):
    """As before `| head`: once its stdout is closed it ends, exit 0 and no complaint."""
    with orderwire("tail", demo) as tail:
        tail.line()
        os.close(os.dup(tail.popen.stdout.fileno()))
    shell = f"{sys.executable} -m web tail {demo} | head -2"
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {shell}"],
        cwd=ROOT, capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout.count("\n"), done.stderr) == (0, 2, "")


@pytest.mark.process
def test_it_ends_when_nobody_reads_on_though_nothing_happens():
    """A closed stdout is noticed without an event to write."""
    with orderwire("demo", "--port", 0, "--no-browser", "--rate", 0) as demo:
        url = demo.ready()
        reading, writing = os.pipe()
        tail = subprocess.Popen(
            [sys.executable, "-m", "web", "tail", url], cwd=ROOT, stdout=writing
        )
        try:
            os.close(writing)
            until(lambda: subscribers(url) == 1, "tail has connected")
            os.close(reading)
            assert tail.wait(30) == 0
        finally:
            tail.kill()
            tail.wait()


def subscribers(url):
    """How many follow a gateway."""
    return httpx2.get(f"{url}/ws/status").json()["subscribers"]


@pytest.mark.process
def test_on_a_terminal_it_has_columns(demo):
    """A person gets headings and columns, not JSON."""
    ours, theirs = pty.openpty()
    tail = subprocess.Popen(
        [sys.executable, "-m", "web", "tail", demo],
        cwd=ROOT,
        stdout=theirs,
        env={**os.environ, "COLUMNS": "120", "TERM": "xterm"},
    )
    os.close(theirs)
    try:
        text = b""
        while text.count(b"\n") < 3:
            text += os.read(ours, 4096)
        assert b"TIME" in text
        assert b"SYMBOL" in text
        assert b"{" not in text
        tail.send_signal(signal.SIGINT)
        assert tail.wait(30) == 0
    finally:
        tail.kill()
        tail.wait()
        os.close(ours)


@pytest.mark.process
def test_a_gateway_that_stays_away_is_given_up():
    """It says that it tries again, and after its patience ends with one line, exit 1."""
    url = f"http://127.0.0.1:{free_port()}"
    status, out, err = ran("tail", url, "--patience", "0.2")
    assert (status, out) == (1, [])
    assert [url in line for line in err] == [True, True]
    assert "given up" in err[-1]


@pytest.mark.process
def test_it_goes_on_where_it_was_when_the_gateway_is_back(tmp_path):
    """P4: the demo is killed and started again on its data: every offset once, across both."""
    port = free_port()
    options = ("--port", port, "--no-browser", "--rate", 50, "--data", tmp_path)
    with orderwire("demo", *options) as demo:
        demo.ready()
        with orderwire("tail", f"http://127.0.0.1:{port}") as tail:
            offsets = [json.loads(tail.line())["offset"] for _ in range(5)]
            demo.kill()
            tail.error("trying again")
            with orderwire("demo", *options) as again:
                again.ready()
                while len(offsets) < 200:
                    line = tail.line()
                    assert line is not END
                    offsets.append(json.loads(line)["offset"])
    assert offsets == list(range(offsets[0], offsets[0] + 200))


@pytest.mark.process
def test_a_gap_is_told(demo):
    """P4: from a place that is not of this record it says so on stderr, and goes on; exit 0."""
    with orderwire("tail", demo, "--since", "another:7") as tail:
        assert "(epoch)" in tail.error("missed")
        first, second = (json.loads(tail.line())["offset"] for _ in range(2))
        assert second == first + 1
        assert tail.stop(signal.SIGINT) == 0


def test_a_gap_has_its_reason_and_where_it_ends():
    """One line, with what the gateway said."""
    assert gap_line(Gap({}, "e:7", "expired")) == (
        "missed: the record could not be gone on with (expired); from e:7 on"
    )


def test_a_missing_key_is_told_with_the_way_to_give_one():
    """Who is refused for want of a key reads where it belongs; other refusals stand alone."""
    assert told_of(Refused(401, "no key")) == "no key (--key, or ORDERWIRE_KEY)"
    assert told_of(Refused(404, "no such account")) == "no such account"


@pytest.mark.parametrize(
    "url", ["127.0.0.1:8009", "ftp://h", "http://", "http://h:x", "http://h?a"]
)
def test_what_is_no_address_is_refused(url):
    """A fault of the command line, before anything is opened."""
    with pytest.raises(click.BadParameter):
        check_target(url, None)


def test_what_is_no_account_is_refused():
    """So is a name that no account can have; good ones pass."""
    with pytest.raises(click.BadParameter):
        check_target("http://h", "a/b")
    check_target("ws://h:1/under", "primary")
