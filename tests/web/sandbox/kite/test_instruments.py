"""Kite's dump: what a desk reads its lots and steps from."""

import csv
import gzip
from io import StringIO

from tests.web.sandbox.kite.given import TOKEN
from web.sandbox.http import Request
from web.sandbox.kite.instruments import COLUMNS
from web.sandbox.listed import LISTED
from web.sandbox.paper import PaperOptions, open_paper


async def dump(token=TOKEN, **headers):
    """Ask a broker for its list."""
    async with open_paper(PaperOptions(upstream="kite")) as broker:
        given = {"x-kite-version": "3", "authorization": token, **headers}
        return await broker.handle(Request("GET", "/instruments", {}, given))


async def test_it_is_a_csv_with_kites_columns(autojump_clock):
    """A line for each instrument: its lot, its step and its exchange under their names."""
    response = await dump()
    assert (response.status, response.headers) == (200, {"content-type": "text/csv"})
    first, *rows = csv.reader(StringIO(response.body.decode()))
    assert tuple(first) == COLUMNS
    said = [dict(zip(first, row, strict=True)) for row in rows]
    assert len(said) == len(LISTED)
    future = next(row for row in said if row["tradingsymbol"] == "NIFTY25NOVFUT")
    assert (future["lot_size"], future["tick_size"]) == ("75", "0.05")
    assert (future["exchange"], future["segment"]) == ("NFO", "NFO-FUT")
    assert len({row["instrument_token"] for row in said}) == len(said)


async def test_it_is_packed_for_who_can_unpack_it(autojump_clock):
    """As at Kite: with gzip, when the caller says that it reads that."""
    response = await dump(**{"accept-encoding": "gzip, deflate"})
    assert response.headers["content-encoding"] == "gzip"
    assert gzip.decompress(response.body) == (await dump()).body


async def test_it_is_for_who_is_logged_in(autojump_clock):
    """Without the day's token there is no list."""
    assert (await dump("token paper:dead")).status == 403
