"""Kite's dump of instruments: one CSV, its columns named in the first line, packed if wanted.

LISTED ──▶ instrument_token,exchange_token,tradingsymbol,…,tick_size,lot_size,…,exchange

Expiries and strikes stay empty and zero: nobody trades by them here.
"""

import gzip
from collections.abc import Iterator
from functools import cache
from typing import Final

from web.sandbox.http import Request, Response
from web.sandbox.kite.rows import instrument_token
from web.sandbox.listed import LISTED

COLUMNS: Final = (
    *("instrument_token", "exchange_token", "tradingsymbol", "name", "last_price", "expiry"),
    *("strike", "tick_size", "lot_size", "instrument_type", "segment", "exchange"),
)


def dump(request: Request) -> Response:
    """Give the list as it is published; with gzip for who says that it can read that."""
    headers = {"content-type": "text/csv"}
    if "gzip" not in request.headers.get("accept-encoding", ""):
        return Response(200, headers, text().encode())
    return Response(200, {**headers, "content-encoding": "gzip"}, gzip.compress(text().encode()))


@cache
def text() -> str:
    """Write the list."""
    return "".join(f"{line}\n" for line in _lines())


def _lines() -> Iterator[str]:
    yield ",".join(COLUMNS)
    for each in LISTED:
        token = instrument_token(each.exchange, each.symbol)
        segment = each.exchange if each.kind == "EQ" else f"{each.exchange}-{each.kind}"
        yield (
            f'{token},{token >> 8},{each.symbol},"{each.symbol}",0,,0,{each.tick},{each.lot},'
            f"{each.kind[:3]},{segment},{each.exchange}"
        )
