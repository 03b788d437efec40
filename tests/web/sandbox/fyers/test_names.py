import pytest

from web.sandbox.fyers.names import put_together, taken_apart
from web.sandbox.orders import RefusedError

PAIRS = [
    ("NSE:SBIN-EQ", "NSE", "SBIN"),
    ("NSE:FILLA-EQ", "NSE", "FILLA"),
    ("NSE:BAJAJ-AUTO-EQ", "NSE", "BAJAJ-AUTO"),
    ("NSE:IDEA-BE", "NSE", "IDEA-BE"),
    ("BSE:RELIANCE-A", "BSE", "RELIANCE-A"),
    ("NSE:NIFTY25NOVFUT", "NFO", "NIFTY25NOVFUT"),
    ("NSE:FILLA", "NFO", "FILLA"),
    ("BSE:SENSEX25NOVFUT", "BFO", "SENSEX25NOVFUT"),
    ("NSE:USDINR25NOVFUT", "CDS", "USDINR25NOVFUT"),
    ("BSE:USDINR25NOVFUT", "BCD", "USDINR25NOVFUT"),
    ("MCX:GOLD25DECFUT", "MCX", "GOLD25DECFUT"),
]


@pytest.mark.parametrize(("symbol", "exchange", "tradingsymbol"), PAIRS)
def test_a_symbol_is_taken_apart_and_put_together(symbol, exchange, tradingsymbol):
    """Both ways; a test symbol is one in shares with -EQ, and in futures without."""
    assert taken_apart(symbol) == (exchange, tradingsymbol)
    assert put_together(exchange, tradingsymbol) == symbol


@pytest.mark.parametrize("symbol", ["", "SBIN", "SBIN-EQ", "NSE:", "NYSE:IBM-EQ", ":SBIN-EQ"])
def test_what_is_no_symbol_is_refused(symbol):
    """No exchange, an unknown one, or no name."""
    with pytest.raises(RefusedError, match="symbol"):
        taken_apart(symbol)
