"""Every call of HTTP, in the order in which a reader wants them. Pure.

SECTIONS ── calls ──▶ CALLS       a route that is not in it, or is gone, fails a test
"""

from __future__ import annotations

from typing import Final

from .books import BOOKS, HOW_IT_IS
from .desk import HAND, LOGINS, WAY_IN
from .streams import ORDER_STREAM, PAGES, RECORD
from .trading import BATCHES, ORDERS

SECTIONS: Final = (
    HOW_IT_IS,
    BOOKS,
    BATCHES,
    ORDERS,
    HAND,
    RECORD,
    ORDER_STREAM,
    LOGINS,
    WAY_IN,
    PAGES,
)
CALLS: Final = tuple(call for section in SECTIONS for call in section.calls)
