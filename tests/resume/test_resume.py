import pytest

from . import crowd
from .run import run

CLIENTS = 1000
RESUMES = 60


@pytest.mark.process
def test_a_thousand_come_back_at_once_after_a_kill(tmp_path):
    """P4, P5: a thousand clients are cut off by kill -9 and come back together after the restart:
    each is resumed where it was, and has every event once, in order, as `/events` tells it.
    """
    measured = crowd.run(tmp_path, CLIENTS)
    assert measured.resumed == 2 * CLIENTS
    assert measured.given >= 2 * CLIENTS


@pytest.mark.process
def test_random_drops_and_returns_lose_nothing():
    """P3, P4: clients drop anywhere and come back, by websocket and by Server-Sent Events, some with
    another choice: each one's record is whole, and none was ended by the gateway.
    """
    measured = run(RESUMES, clients=12, rate=100)
    assert measured.counts.ends == []
    assert measured.counts.resumes >= RESUMES
    assert measured.counts.streams > 0
    assert measured.given > 0
