"""A broker's list of instruments is read as it comes, or every wrong line of it is named."""

import gzip
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.domain.errors import DecodeError
from actors.domain.instrument_rows import Instrument
from actors.domain.instruments import FAULTS_MAX, LIST_BYTES_MAX, ROWS_MAX, Instruments, read_list

from .list_samples import FYERS, FYERS_JSON, KITE

HEAD = "exchange,tradingsymbol,lot_size,tick_size"


def faults_in(text):
    """Give the faults of a list, as texts."""
    with pytest.raises(DecodeError) as caught:
        Instruments.parse(text)
    return [str(fault) for fault in caught.value.faults]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_kites_dump_is_read_as_it_is(end):
    """Columns go by name, in Kite's order; quotes, commas in names and zero lots are no fault."""
    listed = Instruments.parse(KITE.replace("\n", end))
    assert len(listed) == 4
    assert listed.get("NFO", "NIFTY26NOVFUT") == Instrument(
        "NFO", "NIFTY26NOVFUT", 75, Decimal("0.1"), None
    )
    assert listed.get("NSE", "NIFTY 50") == Instrument("NSE", "NIFTY 50", 0, Decimal(0))
    assert listed.get("BSE", "M&M").tick_size == Decimal("0.1")
    assert listed.get("NSE", "M&M") is None


def test_the_freeze_quantity_may_be_there():
    """The one column that may be missing may also be empty: then nothing is known of it."""
    text = f"freeze_quantity, Exchange ,{HEAD.removeprefix('exchange,')}\n1800,NFO,A,75,0.1\n,NFO,B,75,0.1\n"
    listed = Instruments.parse(text)
    assert listed.get("NFO", "A").freeze_quantity == 1800
    assert listed.get("NFO", "B").freeze_quantity is None


def test_of_two_lines_for_one_thing_the_last_holds():
    """A list that was appended to says the latest last; empty lines say nothing."""
    listed = Instruments.parse(f"{HEAD}\nNFO,A,75,0.1\n\nNFO,A,65,0.05\n")
    assert len(listed) == 1
    assert listed.get("NFO", "A") == Instrument("NFO", "A", 65, Decimal("0.05"))


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("NFO,A,75", "line 3: 4 fields are needed, it has 3"),
        (",A,75,0.1", "line 3.exchange: 1 to 64 characters are needed"),
        ("NFO,,75,0.1", "line 3.tradingsymbol: 1 to 64 characters are needed"),
        (f"NFO,{'A' * 65},75,0.1", "line 3.tradingsymbol: 1 to 64 characters are needed"),
        ("NFO,A,,0.1", "line 3.lot_size: a whole number of units is needed"),
        ("NFO,A,-75,0.1", "line 3.lot_size: a whole number of units is needed"),
        ("NFO,A,75.0,0.1", "line 3.lot_size: a whole number of units is needed"),
        ("NFO,A,७५,0.1", "line 3.lot_size: a whole number of units is needed"),
        (f"NFO,A,{'9' * 13},0.1", "line 3.lot_size: a whole number of units is needed"),
        ("NFO,A,75,", "line 3.tick_size: 0, or from 0.000001 to 1000000, is needed"),
        ("NFO,A,75,-0.1", "line 3.tick_size: 0, or from 0.000001 to 1000000, is needed"),
        ("NFO,A,75,1e-9", "line 3.tick_size: 0, or from 0.000001 to 1000000, is needed"),
        ("NFO,A,75,NaN", "line 3.tick_size: 0, or from 0.000001 to 1000000, is needed"),
        ("NFO,A,75,sNaN", "line 3.tick_size: 0, or from 0.000001 to 1000000, is needed"),
        ("NFO,A,75,1e999999999999999999999",
         "line 3.tick_size: 0, or from 0.000001 to 1000000, is needed"),
    ],
)  # fmt: skip
def test_a_wrong_line_is_named_with_its_field(line, fault):
    """P19: what cannot be read is told by line and field; the value is not repeated."""
    assert faults_in(f"{HEAD}\nNFO,B,75,0.1\n{line}\n") == [fault]


def test_a_wrong_freeze_quantity_is_named():
    """A freeze quantity is a whole number of units where it stands at all."""
    assert faults_in(f"{HEAD},freeze_quantity\nNFO,A,75,0.1,many\n") == [
        "line 2.freeze_quantity: a whole number of units is needed"
    ]


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("", HEAD.replace(",", ", ")),
        ("exchange,tradingsymbol,lot_size\n", "tick_size"),
        ("NFO,A,75,0.1\n", HEAD.replace(",", ", ")),
    ],
)
def test_columns_that_are_missing_are_named(text, missing):
    """A file that is not such a list is known by its first line."""
    assert faults_in(text) == [f"line 1: it names no column {missing}"]


def test_a_wrong_column_is_not_told_a_hundred_thousand_times():
    """P20: after its first faults a list is given up; they come in order."""
    faults = faults_in(f"{HEAD}\n" + "NFO,A,x,0.1\n" * 1000)
    assert len(faults) == FAULTS_MAX
    assert faults[0].startswith("line 2.")


def test_a_quote_without_end_is_a_fault():
    """P19: a quote that is never closed makes one field too large of the rest; it is a fault."""
    assert faults_in(f'{HEAD}\n"' + "NFO,A,75,0.1\n" * 20_000)[0].startswith("line ")


@given(st.text(max_size=40), st.integers(0, len(KITE)), st.integers(0, 40))
def test_any_text_is_a_list_or_a_decode_error(inserted, at, cut):
    """P19: whatever stands in the file, instruments or faults come of it, nothing else."""
    for text in (inserted, KITE[:at] + inserted + KITE[at + cut :]):
        try:
            listed = Instruments.parse(text)
        except DecodeError as error:
            assert error.faults
        else:
            assert all(row.lot_size >= 0 <= row.tick_size for row in listed.rows.values())


# -------------------------------------------------------------------------------- as published


@pytest.mark.parametrize("text", [KITE, FYERS, FYERS_JSON, f"\ufeff{KITE}", f"\n {FYERS_JSON}"])
@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "packed"])
def test_each_broker_is_told_by_the_content(text, pack):
    """No name and no header is asked: a list says itself what it is, packed or not."""
    listed = read_list(pack(text.encode()))
    assert listed.get("NSE", "SBIN").lot_size == 1
    assert listed.wrong == 0


def whole_list(rows, wrong=0):
    """Give Kite's dump with so many lines, some of which cannot be read."""
    lines = (
        f"{n},{n >> 8},X{n}FUT,X,0,,0,0.05,{'x' if n < wrong else 25},FUT,NFO-FUT,NFO"
        for n in range(rows)
    )
    return "\n".join([KITE.splitlines()[0], *lines]).encode()


def test_a_brokers_whole_list_is_read():
    """A hundred thousand lines, each found by its name."""
    listed = read_list(whole_list(100_000))
    assert len(listed) == 100_000
    assert listed.get("NFO", "X99999FUT") == Instrument("NFO", "X99999FUT", 25, Decimal("0.05"))


def test_a_list_without_end_is_refused():
    """P20: rows cost more than their bytes, so they are counted too."""
    lines = (f"N,{n},1,1" for n in range(ROWS_MAX + 1))
    with pytest.raises(DecodeError) as caught:
        read_list("\n".join([HEAD, *lines]).encode())
    assert [str(one) for one in caught.value.faults] == [f"$: it has more than {ROWS_MAX} rows"]


def test_a_few_wrong_rows_cost_no_list():
    """A hundredth may be wrong: it is passed over and counted. With more, it is another list."""
    listed = read_list(whole_list(1000, wrong=10))
    assert (len(listed), listed.wrong) == (990, 10)
    assert str(listed.faults[0]) == "line 2.lot_size: a whole number of units is needed"
    with pytest.raises(DecodeError) as caught:
        read_list(whole_list(1000, wrong=11))
    assert len(caught.value.faults) == 11
    with pytest.raises(DecodeError) as caught:
        read_list(whole_list(1000, wrong=1000))
    assert len(caught.value.faults) == FAULTS_MAX


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (b"", "line 1: it names no column exchange, tradingsymbol, lot_size, tick_size"),
        (HEAD.encode(), "$: it lists nothing"),
        (b"{}", "$: it lists nothing"),
        (b"<html>", "line 1: it names no column exchange, tradingsymbol, lot_size, tick_size"),
        (KITE.encode()[:-5] + b"\xff", f"byte {len(KITE) - 5}: it is not UTF-8"),
        (gzip.compress(KITE.encode())[:-9], "$: it is cut off"),
        (b"\x1f\x8bnothing of the kind", "$: it cannot be unpacked"),
        (gzip.compress(b" " * (LIST_BYTES_MAX + 1)), f"$: it has more than {LIST_BYTES_MAX} bytes"),
    ],
)
def test_what_is_no_list_is_refused(body, fault):
    """P19, P20: an answer that is empty, cut off, another's page or far too large is one fault."""
    with pytest.raises(DecodeError) as caught:
        read_list(body)
    assert [str(one) for one in caught.value.faults] == [fault]
