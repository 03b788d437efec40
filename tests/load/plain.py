"""The order that both sides of a benchmark tell of, in plain values: a desk's buy of one lot, open.

What stands here imports nothing, so that the peer carries nothing of ours.
"""

from typing import Any, Final

ACCOUNT: Final = "primary"
ORDER: Final[dict[str, Any]] = {
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
    "average_price": 0,
    "trigger_price": 0,
    "tag": "desk",
    "broker_tag": None,
}
