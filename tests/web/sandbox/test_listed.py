"""What the paper market says that it lists is what it trades."""

import pytest

from web.sandbox.listed import LISTED, kind_of
from web.sandbox.prices import INSTRUMENTS, TICK


def test_all_that_is_traded_is_listed_with_its_lot():
    """The market's own instruments stand there as they are, on the market's ticks."""
    listed = {(each.exchange, each.symbol): each for each in LISTED}
    assert len(listed) == len(LISTED)
    for each in INSTRUMENTS:
        line = listed[each.exchange, each.symbol]
        assert (line.lot, line.tick) == (each.lot, TICK)


def test_each_segment_has_something():
    """A list that names nothing could not be told from one that is broken."""
    assert {each.exchange for each in LISTED} == {"NSE", "NFO", "CDS", "BSE", "BFO", "MCX"}


@pytest.mark.parametrize(
    ("exchange", "symbol", "kind"),
    [
        ("NSE", "SBIN", "EQ"),
        ("NSE", "PE", "EQ"),
        ("NFO", "NIFTY25NOVFUT", "FUT"),
        ("NFO", "NIFTY25NOV26000CE", "CE"),
        ("NFO", "NIFTY25NOV25800PE", "PE"),
    ],
)
def test_a_symbol_says_what_it_is(exchange, symbol, kind):
    """A share is a share whatever its name ends with."""
    assert kind_of(exchange, symbol) == kind
