"""A service of the client, and the table of answers that it meets."""

import pytest

from actors.domain.config import AccountConfig
from actors.upstream.ticker_service import TickerService, open_ticker_service
from tests.actors.upstream.memory import KEY, HttpTable, answer, seams
from tests.actors.upstream.samples import ORDERS, POSITIONS, TRADES


@pytest.fixture
def http():
    table = HttpTable()
    table.lay("GET /orders/", answer(ORDERS))
    table.lay("GET /orders/trades/all", answer(TRADES))
    table.lay("GET /portfolio/positions", answer(POSITIONS))
    return table


@pytest.fixture
def service(http) -> TickerService:
    config = AccountConfig("ticker_service", "http://broker:8080/", KEY)
    made = open_ticker_service("primary", config, seams(http=http))
    assert isinstance(made, TickerService)
    return made
