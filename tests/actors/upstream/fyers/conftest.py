"""An account at Fyers, and the table of answers that it meets."""

import pytest

from tests.actors.upstream.fyers.given import service_of
from tests.actors.upstream.fyers.samples import ORDERS, POSITIONS, TRADES
from tests.actors.upstream.memory import HttpTable, answer


@pytest.fixture
def http():
    """A day of two orders, a trade and a position."""
    table = HttpTable()
    table.lay("GET /api/v3/orders", answer(ORDERS))
    table.lay("GET /api/v3/tradebook", answer(TRADES))
    table.lay("GET /api/v3/positions", answer(POSITIONS))
    return table


@pytest.fixture
def service(http):
    """The account that asks for it."""
    made, _ = service_of(http=http)
    return made
