from decimal import Decimal

import pytest

from tests.web.sandbox.given import ask
from web.sandbox.symbols import Fate, conduct, fill_price


@pytest.mark.parametrize(
    ("symbol", "fate", "answers"),
    [
        ("REFUSE1", Fate.REFUSED, True),
        ("REJECT1", Fate.REJECTED, True),
        ("LOST", Fate.RESTS, False),
        ("GONE", Fate.GONE, False),
        ("PARTIALX", Fate.HALF, True),
        ("REST2", Fate.RESTS, True),
        ("FILL25NOVFUT", Fate.FILLS, True),
        ("LATE", Fate.RESTS, True),
        ("STUCK", Fate.FILLS, True),
    ],
)
def test_each_prefix_has_its_conduct(symbol, fate, answers):
    """A symbol's prefix alone says what happens to an order in it."""
    rule = conduct(symbol)
    assert (rule.fate, rule.answers, rule.fills_on_cancel) == (fate, answers, symbol == "LATE")


def test_other_symbols_have_a_market():
    """A symbol without such a prefix has no conduct."""
    assert conduct("SBIN") is None
    assert conduct("AREST") is None


def test_what_reduces_fills_except_where_it_is_stuck():
    """An order that reduces an open position fills at once, but in STUCK it rests."""
    fates = {
        name: conduct(name, reduces=True).fate for name in ("REST", "PARTIAL", "LATE", "STUCK")
    }
    assert fates == {
        "REST": Fate.FILLS,
        "PARTIAL": Fate.FILLS,
        "LATE": Fate.FILLS,
        "STUCK": Fate.RESTS,
    }


def test_a_fill_is_at_the_limit_or_at_a_hundred():
    """The price in a test symbol is the order's limit, else 100.00."""
    assert fill_price(ask(price="12.35")) == Decimal("12.35")
    assert fill_price(ask(kind="MARKET", price="0")) == Decimal("100.00")
