"""What every test of a surface begins with."""

from functools import partial

import pytest
import structlog
import trio

from tests.web.fakes import a_gateway
from tests.web.odd_app import an_app
from web.server import Listen, serve


@pytest.fixture(autouse=True)
def entries():
    """Keep what is logged, instead of printing it."""
    with structlog.testing.capture_logs() as kept:
        yield kept


@pytest.fixture
async def gateway(tmp_path):
    """A settled gateway, open on loopback, on whatever clock the test has."""
    async with a_gateway(tmp_path) as running:
        yield running


@pytest.fixture
async def app():
    """An app in which anything may go wrong."""
    return an_app()


@pytest.fixture
async def url(app, nursery):
    """Where that app is served."""
    stop = trio.Event()
    url = await nursery.start(partial(serve, app, Listen("127.0.0.1", 0, grace_s=1), stop=stop))
    yield url
    stop.set()
