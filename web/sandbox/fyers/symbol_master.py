"""Fyers' symbol master: a CSV a segment, without a line of names, for whoever asks.

GET …/sym_details/NSE_FO.csv ──▶ 10110…1,NIFTY25NOVFUT,11,75,0.05,…,NSE:NIFTY25NOVFUT,10,11,…

At Fyers it stands on a host of its own; here under the REST, since a paper broker has one address.
"""

from collections.abc import Iterator
from typing import Final

from web.sandbox.fyers.answers import refused
from web.sandbox.fyers.codes import PLACES
from web.sandbox.fyers.names import put_together
from web.sandbox.http import Response
from web.sandbox.listed import LISTED, Listed

FOLDER: Final = "sym_details"
FILES: Final = {
    "NSE_CM.csv": "NSE",
    "NSE_FO.csv": "NFO",
    "NSE_CD.csv": "CDS",
    "BSE_CM.csv": "BSE",
    "BSE_FO.csv": "BFO",
    "MCX_COM.csv": "MCX",
}
KINDS: Final = {"EQ": 0, "FUT": 11, "CE": 14, "PE": 14}
"""Fyers' numbers for what is traded: a share, a future, an option of an index."""
SESSION: Final = "0915-1530|1815-1915:"


def master(name: str) -> Response:
    """Give the file of one segment."""
    if name not in FILES:
        return refused(404, "Not Found")
    text = "".join(f"{line}\n" for line in _lines(FILES[name]))
    return Response(200, {"content-type": "text/csv"}, text.encode())


def _lines(exchange: str) -> Iterator[str]:
    for number, each in enumerate(LISTED, 1):
        if each.exchange == exchange:
            yield _line(each, number)


def _line(each: Listed, number: int) -> str:
    place, segment = PLACES[each.exchange]
    option = each.kind if each.kind in {"CE", "PE"} else "XX"
    token = f"{place}{segment}{number:011d}"
    fields = (
        *(token, each.symbol, KINDS[each.kind], each.lot, each.tick, "", SESSION, "2025-11-03"),
        *("", put_together(each.exchange, each.symbol), place, segment, number, each.symbol),
        *(number, -1.0, option, token, None, 0, 0.0),
    )
    return ",".join(map(str, fields))
