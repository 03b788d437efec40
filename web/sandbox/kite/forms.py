"""Kite's form bodies: what is text on the wire becomes the terms of an order.

    quantity=75&price=142.35&tag=abc ──▶ {"quantity": 75, "price": Decimal("142.35"), "tag": "abc"}

A field that is sent empty counts as not sent. Since April 2026 a MARKET or SL-M order needs
`market_protection`: -1, or more than 0 and at most 100.
"""

import re
from decimal import Decimal
from typing import Any, Final
from urllib.parse import parse_qsl

from web.sandbox.orders import RefusedError

FIELDS_MAX: Final = 100
COUNTS: Final = frozenset({"quantity", "disclosed_quantity", "validity_ttl"})
AMOUNTS: Final = frozenset({"price", "trigger_price", "market_protection"})
COUNT: Final = re.compile(r"[0-9]{1,12}")
AMOUNT: Final = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,8})?")
PROTECTED: Final = frozenset({"MARKET", "SL-M"})


def form_of(body: bytes) -> dict[str, str]:
    """Read a form; the last of equal names wins. Raises RefusedError for what is none."""
    try:
        pairs = parse_qsl(body.decode("ascii"), max_num_fields=FIELDS_MAX, errors="strict")
    except ValueError:
        raise RefusedError("The body is not a form.") from None
    return dict(pairs)


def terms_of(form: dict[str, str]) -> dict[str, Any]:
    """Give the fields with their numbers read. Raises RefusedError naming the field at fault."""
    terms: dict[str, Any] = dict(form)
    for name in COUNTS & form.keys():
        terms[name] = int(_matched(name, form[name], COUNT))
    for name in AMOUNTS & form.keys():
        terms[name] = Decimal(_matched(name, form[name], AMOUNT))
    return terms


def check_protection(order_type: str, terms: dict[str, Any]) -> None:
    """Refuse an order at any price that is not protected. Raises RefusedError."""
    if order_type not in PROTECTED:
        return
    protection = terms.get("market_protection", Decimal(0))
    if protection != -1 and not 0 < protection <= 100:
        raise RefusedError(
            f"{order_type} orders without market protection are not allowed. "
            "Set `market_protection` to -1, or to more than 0 and at most 100."
        )


def _matched(name: str, text: str, pattern: re.Pattern[str]) -> str:
    if not pattern.fullmatch(text):
        raise RefusedError(f"Invalid `{name}`.")
    return text
