"""Fyers' symbol master: a file a segment, without names, for anyone."""

import pytest

from web.sandbox.faults import Fault
from web.sandbox.fyers.symbol_master import FILES
from web.sandbox.http import Request
from web.sandbox.listed import LISTED
from web.sandbox.paper import PaperOptions, open_paper


async def file(name, **options):
    """Ask a broker for a file, as anybody."""
    async with open_paper(PaperOptions(upstream="fyers", **options)) as broker:
        response = await broker.handle(Request("GET", f"/api/v3/sym_details/{name}"))
        return response.status, response.body.decode()


async def test_each_line_has_fyers_columns(autojump_clock):
    """21 values by their places: lot, step, ticker, exchange and segment among them."""
    status, text = await file("NSE_FO.csv")
    assert status == 200
    rows = [line.split(",") for line in text.splitlines()]
    assert {len(row) for row in rows} == {21}
    future = next(row for row in rows if row[9] == "NSE:NIFTY25NOVFUT")
    assert (future[2], future[3], future[4]) == ("11", "75", "0.05")
    assert (future[10], future[11], future[16]) == ("10", "11", "XX")
    assert next(row for row in rows if row[9].endswith("CE"))[16] == "CE"


async def test_the_files_have_all_that_is_listed_between_them(autojump_clock):
    """Each line stands in the file of its segment, and in no other."""
    lines = []
    for name in FILES:
        status, text = await file(name)
        assert status == 200
        assert text
        lines += text.splitlines()
    assert len(lines) == len(set(lines)) == len(LISTED)


@pytest.mark.parametrize("name", ["", "NSE_XX.csv", "NSE_CM.csv/more", "../orders"])
async def test_what_is_no_file_is_not_found(name, autojump_clock):
    """404, as for any other path."""
    assert (await file(name))[0] == 404


async def test_it_breaks_on_demand(autojump_clock):
    """What refuses questions refuses these too."""
    assert (await file("NSE_CM.csv", faults=(Fault("refuse", on=("reads",)),)))[0] == 503
