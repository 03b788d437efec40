"""The load client counts what came, however it was cut, and forgets none that was late."""

import socket
import time

import pytest

from tests.load.blaster import run_of_events
from tests.load.drain import Drain, Heard, limit_line, measure_limit, stamped


@pytest.fixture
def ends():
    one, other = socket.socketpair()
    other.setblocking(False)
    yield one, other
    one.close()
    other.close()


def given_events(*ages_ms):
    now_ns = time.monotonic_ns()
    stamps = [stamped(now_ns - int(age_ms * 1e6)) for age_ms in ages_ms]
    return "".join(f'\x01{{"status_message":"{each}"}}' for each in stamps).encode()


def test_an_event_counts_once_wherever_the_bytes_are_cut(ends):
    """A read may end within a frame, within its mark, or within its stamp."""
    data = given_events(5, 5)
    for cut in range(1, len(data)):
        drain, heard = Drain([ends[1]]), Heard()
        for part in (data[:cut], data[cut:]):
            ends[0].sendall(part)
            drain._read(ends[1].fileno(), heard)
        assert heard.delivered == 2, f"cut at {cut}"
        assert sum(heard.late.values()) <= 2
        drain._poll.close()


def test_the_oldest_of_a_read_is_in_the_figures(ends):
    """Of the events of one read half count as late as the oldest, half as the newest."""
    ends[0].sendall(given_events(900, 500, 200, 100))
    heard = Drain([ends[1]]).listen(4, time.monotonic_ns() + 10**9)
    p50_ms, p99_ms = heard.percentiles_ms(50, 99)
    assert heard.delivered == 4
    assert 100 <= p50_ms < 200
    assert 900 <= p99_ms < 1800


def test_it_says_when_the_hub_hung_up(ends):
    """A subscriber that was thrown out is an error, not a silence."""
    ends[0].close()
    with pytest.raises(ConnectionError):
        Drain([ends[1]]).listen(1, time.monotonic_ns() + 10**9)


def test_nothing_heard_is_as_late_as_can_be():
    """A hub that delivers nothing has no good percentiles."""
    assert Heard().percentiles_ms(50, 99) == [float("inf")] * 2


def test_events_of_the_measured_limit_are_of_the_usual_size():
    """The limit is that for frames of 290 bytes, each of which is counted."""
    run = run_of_events()
    assert len(run) == 64 * 290
    assert run.count(b'"status_message":"t') == 64


@pytest.mark.process
def test_its_own_limit_can_be_measured():
    """It takes what a blaster sends, and says how much that was."""
    heard = measure_limit(sockets=3, seconds=0.1)
    assert heard.delivered > 0
    assert limit_line(heard).startswith("load client: takes ")
