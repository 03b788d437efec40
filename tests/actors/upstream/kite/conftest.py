"""An account at Kite, and the table of answers that it meets."""

import pytest

from tests.actors.upstream.memory import HttpTable, answer
from tests.actors.upstream.samples import ORDERS, POSITIONS, TRADES

from .given import kite_of


@pytest.fixture
def http():
    table = HttpTable()
    table.lay("GET /orders", answer(ORDERS))
    table.lay("GET /trades", answer(TRADES))
    table.lay("GET /portfolio/positions", answer(POSITIONS))
    return table


@pytest.fixture
def kite(http):
    return kite_of(http=http)
