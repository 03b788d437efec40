"""The order that every load is made of: a desk's buy of one lot of an option, open.

What tells one from another (its id, price, times and words) is put beside it.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from actors.domain.ids import AccountId

ACCOUNT: Final = AccountId("primary")
AN_ORDER: Final[dict[str, Any]] = {
    "account_id": ACCOUNT,
    "status": "OPEN",
    "tradingsymbol": "NIFTY26NOV26000CE",
    "exchange": "NFO",
    "transaction_type": "BUY",
    "order_type": "LIMIT",
    "product": "NRML",
    "validity": "DAY",
    "variety": "regular",
    "quantity": 75,
    "filled_quantity": 0,
    "pending_quantity": 75,
    "average_price": Decimal(0),
    "trigger_price": Decimal(0),
    "tag": "desk",
    "broker_tag": None,
}
