"""What every test of a surface begins with."""

import pytest

from tests.web.fakes import a_gateway


@pytest.fixture
async def gateway(tmp_path):
    """A settled gateway, open on loopback, on whatever clock the test has."""
    async with a_gateway(tmp_path) as running:
        yield running
