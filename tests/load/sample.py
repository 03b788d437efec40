"""The order that every load is made of: a desk's buy of one lot of an option, open.

What tells one from another (its id, price, times and words) is put beside it.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from actors.domain.ids import AccountId

from . import plain

ACCOUNT: Final = AccountId(plain.ACCOUNT)
AN_ORDER: Final[dict[str, Any]] = {
    **plain.ORDER,
    "account_id": ACCOUNT,
    "average_price": Decimal(0),
    "trigger_price": Decimal(0),
}
