from decimal import Decimal

import pytest

from web.sandbox.kite.forms import FIELDS_MAX, check_protection, form_of, terms_of
from web.sandbox.orders import RefusedError


def test_a_form_becomes_terms():
    """Text, counts and exact amounts; an empty field is one that was not sent."""
    form = form_of(b"tradingsymbol=M%26M&quantity=75&price=142.35&tag=&market_protection=-1")
    assert terms_of(form) == {
        "tradingsymbol": "M&M",
        "quantity": 75,
        "price": Decimal("142.35"),
        "market_protection": Decimal(-1),
    }


@pytest.mark.parametrize("body", [b"\xff", b"a=%ff", b"&".join([b"a=1"] * (FIELDS_MAX + 1))])
def test_what_is_no_form_is_refused(body):
    """P19: bytes that are no text, and more fields than anyone needs."""
    with pytest.raises(RefusedError, match="form"):
        form_of(body)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("quantity", "1.5"), ("quantity", "-1"), ("quantity", "1e3"), ("quantity", "\u0661"),
        ("price", "NaN"), ("price", "Infinity"), ("price", "1e9"), ("price", "1_0"),
    ],
)  # fmt: skip
def test_what_is_no_number_is_refused_by_name(name, text):
    """P19: words, exponents and the digits of other scripts are no numbers here."""
    with pytest.raises(RefusedError, match=f"Invalid `{name}`"):
        terms_of({name: text})


@pytest.mark.parametrize("kind", ["MARKET", "SL-M"])
def test_an_order_at_any_price_is_protected(kind):
    """Since April 2026: -1, or more than 0 and at most 100; none and 0 are refused."""
    for good in ("-1", "0.5", "100"):
        check_protection(kind, {"market_protection": Decimal(good)})
    for bad in ("0", "-2", "100.01"):
        with pytest.raises(RefusedError, match="market_protection"):
            check_protection(kind, {"market_protection": Decimal(bad)})
    with pytest.raises(RefusedError, match="market_protection"):
        check_protection(kind, {})
    for priced in ("LIMIT", "SL"):
        check_protection(priced, {})
