"""What every test of a surface begins with."""

import pytest
import structlog

from tests.web.fakes import a_gateway


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
