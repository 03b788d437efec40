"""A broker's no, and whether it is one; and its words, fit to be shown.

    "Insufficient funds"                      ──refusal──▶ BrokerRefused: nothing was done
    "timed out, please check the order book"  ──refusal──▶ BrokerUnknown: it may have been done
    400, "bad   token s3cret"                 ──spoken───▶ "the broker answered 400: bad token ***"

A refusal is certain only when nothing in it says otherwise: a 400 with "Order request timed out.
Please check the order book" was seen for orders that had been placed (Kite's forum, comment
35732), and Fyers says "no acknowledgement … check orderbook" of orders that may be on their way.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote, quote_plus

from actors.domain.errors import BrokerRefused, BrokerUnknown

WORDS_MAX: Final = 200

_MAY_BE_DONE: Final = re.compile(
    r"timed? ?-?out|check (the )?order ?book|no ack|not acknowledged|confirm before placing",
    re.IGNORECASE,
)


def refusal(said: str, *, changes: bool) -> BrokerRefused | BrokerUnknown:
    """Give what a broker's no means. `changes` is true of calls that place, modify or cancel."""
    if changes and _MAY_BE_DONE.search(said):
        return BrokerUnknown(said)
    return BrokerRefused(said)


def spoken(status: int | None, words: str, *secrets: str) -> str:
    """Write what the broker said: on one line, at most WORDS_MAX of its words, no secret in them.

    `status` is the answer's, None where there was none.
    """
    words = " ".join(hide(words, *secrets).split())[:WORDS_MAX]
    if status is None:
        return words
    return f"the broker answered {status}: {words}" if words else f"the broker answered {status}"


def hide(text: str, *secrets: str) -> str:
    """Take secrets out of a broker's words, which go into logs and the store.

    An address that is echoed has them in the spelling of addresses.
    """
    for secret in filter(None, secrets):
        for spelling in dict.fromkeys((secret, quote(secret, safe=""), quote_plus(secret))):
            text = text.replace(spelling, "***")
    return text
