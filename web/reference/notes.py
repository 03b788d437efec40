"""What a type cannot say of a field: its bounds, and a few words. Pure.

The bounds are those of the checks; a field that explains itself has no words.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from actors.controls import DEADMAN_MAX_S, REASON_CHARS_MAX
from actors.domain.batch import LEGS_MAX
from actors.domain.checks import PRICE_MAX, QUANTITY_MAX, VALIDITIES, WAIT_MAX_S
from actors.logins import TOKEN_CHARS_MAX
from web.entrance import KEY_CHARS_MAX

from .call import Schema, one_of, whole, word

LEGS_MOST: Final = 20  # that an account may be configured to take
PRICE: Final[Schema] = {"minimum": 0, "maximum": int(PRICE_MAX)}
WAIT: Final[Schema] = whole(0, WAIT_MAX_S) | {
    "description": "How long the answer waits for the end; the batch goes on in any case."
}
LEG: Final[Mapping[str, Schema]] = {
    "tradingsymbol": word(64) | {"description": "As Kite writes it, whatever the broker."},
    "exchange": word(16),
    "quantity": whole(1, QUANTITY_MAX) | {"description": "In units, not lots."},
    "product": word(16)
    | {"description": "Such as `NRML`, `MIS`, `CNC`; the account may bound it."},
    "price": PRICE | {"description": "Of a `LIMIT` or `SL`; 0 is none."},
    "trigger_price": PRICE | {"description": "Of an `SL` or `SL-M`; 0 is none."},
    "validity": one_of(*VALIDITIES, default="DAY"),
    "variety": word(16),
    "tag": word(64) | {"type": ["string", "null"], "description": "The caller's own."},
}

NOTES: Final[Mapping[str, Mapping[str, Schema]]] = {
    "LegRequest": LEG,
    "OrderRequest": LEG,
    "BatchRequest": {
        "orders": {
            "minItems": 1,
            "maxItems": LEGS_MOST,
            "description": f"At most {LEGS_MAX}, or as many as the account's `legs_max` says.",
        },
        "rollback_on_failure": {
            "description": "true: as the account's `rollback` says; false: `keep`."
        },
        "mode": {
            "description": "`native`: one order of the exchange's own, where the broker has it."
        },
        "advance_on": {"description": "What each leg must be before the next stage follows."},
        "on_failure": {"description": "Beats `rollback_on_failure`."},
        "wait_s": WAIT,
    },
    "Change": {
        "": {"minProperties": 1},
        "quantity": {"minimum": 1, "maximum": QUANTITY_MAX},
        "price": PRICE,
        "trigger_price": PRICE,
        "order_type": {"enum": ["MARKET", "LIMIT", "SL", "SL-M", None]},
        "validity": {"enum": [*VALIDITIES, None]},
    },
    "FlattenWish": {"wait_s": WAIT},
    "HaltWish": {"reason": {"maxLength": REASON_CHARS_MAX}},
    "DeadmanWish": {
        "seconds": whole(0, DEADMAN_MAX_S) | {"description": "0 ends it."},
    },
    "TokenWish": {"access_token": word(TOKEN_CHARS_MAX)},
    "LoginWish": {"key": word(KEY_CHARS_MAX)},
    "Order": {
        "status": {"description": "In Kite's words, whatever the broker."},
        "tag": {"description": "The caller's own."},
        "broker_tag": {"description": "Ours, when it was placed here."},
        "origin": {"description": "`external`: placed elsewhere."},
        "updated_at": {"description": "The broker's own time of the last change."},
    },
    "Position": {"quantity": {"description": "Signed; `side` says it in words."}},
    "Problem": {
        "status": whole(400, 599),
        "reason": {"description": "A word for programs, where one status has several."},
        "request_id": {"description": "As in `X-Request-ID`, and in the gateway's log."},
    },
    "Fault": {"path": {"description": "`$.orders[0].price` in a body, `?limit` in a URL."}},
}
