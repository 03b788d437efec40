import json
import os
import signal
import subprocess
import sys

import click
import httpx2
import pytest
import trio

from tests.web.commands.processes import END, ROOT, free_port, orderwire, ran, until
from web.client import Refused
from web.client.line import open_stream, opened
from web.commands.paint import Paint
from web.commands.tail import Notices, Target, check_target, going_on, told_of


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
        unread = [json.loads(line) for line in tail.rest("stdout")]
        last = (frames + unread)[-1]
        place = f"{last['epoch']}:{last['offset']}"
        assert tail.rest("stderr") == [
            f"ended after {place}; to go on:",
            f"orderwire tail {demo} --since {place}",
        ]
    offsets = [frame["offset"] for frame in frames]
    assert offsets == list(range(offsets[0], offsets[0] + 20))
    since = f"{frames[4]['epoch']}:{frames[4]['offset']}"
    with orderwire("tail", demo, "--since", since) as tail:
        again = [json.loads(tail.line()) for _ in range(15)]
    assert again == frames[5:]


@pytest.mark.process
def test_piped_each_line_is_the_frame_as_it_came(demo):
    """Letter by letter what another client of the same stream is told, its digits and all."""
    with orderwire("tail", demo) as tail:
        first = json.loads(tail.line())
        since = f"{first['epoch']}:{first['offset']}"
        lines = [tail.line() for _ in range(30)]
    assert lines == trio.run(frames_after, demo, since, 30)


async def frames_after(url, since, count):
    """The texts of the events after a place, from the gateway itself."""
    address = f"{url.replace('http', 'ws')}/ws/orders?since={since}"
    texts = []
    with trio.fail_after(30):
        async with opened(address, [], open_stream) as socket:
            while len(texts) < count:
                text = await socket.get_message()
                texts += [text] if '"prev"' in text and '"data"' in text else []
    return texts


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
                assert "back, and on after" in tail.error("back")
    assert offsets == list(range(offsets[0], offsets[0] + 200))


@pytest.mark.process
def test_a_gap_is_told(demo):
    """P4: from a place that is not of this record it says so on stderr, and goes on; exit 0."""
    with orderwire("tail", demo, "--since", "another:7") as tail:
        assert "(epoch)" in tail.error("missed")
        first, second = (json.loads(tail.line())["offset"] for _ in range(2))
        assert second == first + 1
        assert tail.stop(signal.SIGINT) == 0


def notices(**target):
    """What is said of a target, without colours."""
    given = {"url": "http://h", "account": None, "key": "secret", "since": None, "patience_s": 1}
    return Notices(Paint(), Target(**{**given, **target}))


def test_it_says_from_where_it_goes_on_when_it_was_lost_alone():
    """P4: the place, once; while nothing is lost, a heartbeat is no news."""
    told = notices()
    assert told.back("e:1") == ""
    assert told.lost("gone; trying again") == "gone; trying again\n"
    assert [told.back("e:2"), told.back("e:2")] == ["http://h: back, and on after e:2\n", ""]


def test_it_says_what_it_follows():
    """Whose events, and from where on."""
    assert notices().begin() == "http://h: every account, from now on\n"
    assert notices(account="a", since="e:1").begin() == "http://h: a, after e:1\n"


def test_the_command_that_goes_on_can_be_run_as_it_stands():
    """The address and the account as they were; a key is nowhere. Without a place, nothing."""
    target = notices(account="hedge").target
    assert target.again("e:1") == "orderwire tail http://h --account hedge --since e:1"
    usual = notices(url="http://127.0.0.1:8009").target
    assert usual.again("e:1") == "orderwire tail --since e:1"
    assert list(going_on(target, None)) == []


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
