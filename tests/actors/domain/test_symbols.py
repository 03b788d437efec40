import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.domain.symbols import fyers_symbol, our_symbol

PAIRS = [
    ("NSE", "SBIN", "NSE:SBIN-EQ", 10),
    ("NSE", "M&M", "NSE:M&M-EQ", 10),
    ("NSE", "YESBANK-BE", "NSE:YESBANK-BE", 10),
    ("BSE", "RELIANCE-A", "BSE:RELIANCE-A", 10),
    ("NFO", "NIFTY26NOVFUT", "NSE:NIFTY26NOVFUT", 11),
    ("NFO", "BANKNIFTY2611952000CE", "NSE:BANKNIFTY2611952000CE", 11),
    ("BFO", "SENSEX26NOV80000PE", "BSE:SENSEX26NOV80000PE", 11),
    ("CDS", "USDINR26NOVFUT", "NSE:USDINR26NOVFUT", 12),
    ("MCX", "GOLD26DECFUT", "MCX:GOLD26DECFUT", 20),
]


@pytest.mark.parametrize(("exchange", "name", "symbol", "segment"), PAIRS)
def test_a_symbol_is_the_same_at_both_brokers(exchange, name, symbol, segment):
    """The pairs as Kite and Fyers list them, both ways."""
    assert fyers_symbol(exchange, name) == symbol
    assert our_symbol(symbol, segment) == (exchange, name)


@pytest.mark.parametrize(
    ("symbol", "ours"),
    [
        ("NSE:SBIN-EQ", ("NSE", "SBIN")),
        ("NSE:NIFTY26NOVFUT", ("NFO", "NIFTY26NOVFUT")),
        ("BSE:SENSEX26NOV80000PE", ("BFO", "SENSEX26NOV80000PE")),
        ("MCX:GOLD26DECFUT", ("MCX", "GOLD26DECFUT")),
        ("NSE:ICE-EQ", ("NSE", "ICE")),
        ("FILL1", ("", "FILL1")),
        ("XYZ:THING", ("XYZ", "THING")),
    ],
)
def test_a_segment_that_is_not_told_is_guessed(symbol, ours):
    """A derivative is known by its date and its kind; what is no symbol is left as it is."""
    assert our_symbol(symbol) == ours


@given(st.sampled_from(["NSE", "NFO", "BFO", "MCX"]), st.text("ABCXYZ", min_size=1, max_size=10))
def test_what_we_write_we_read(exchange, name):
    """With its segment each symbol comes back as it was."""
    segment = {"NSE": 10, "NFO": 11, "BFO": 11, "MCX": 20}[exchange]
    assert our_symbol(fyers_symbol(exchange, name), segment) == (exchange, name)
