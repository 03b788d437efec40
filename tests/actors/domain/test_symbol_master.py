"""Fyers' symbol master is read in both its forms, with symbols and exchanges as we name them."""

from decimal import Decimal

import pytest

from actors.domain.errors import DecodeError
from actors.domain.instrument_rows import Instrument
from actors.domain.instruments import Instruments

from .list_samples import FYERS, FYERS_JSON

SBIN = FYERS.splitlines()[0]


def faults_in(text):
    """Give the faults of a list, as texts."""
    with pytest.raises(DecodeError) as caught:
        Instruments.parse(text)
    return [str(fault) for fault in caught.value.faults]


def test_a_csv_without_names_is_read_by_its_columns():
    """Each segment has our exchange's name, a share loses its EQ; any number of columns will do."""
    assert list(Instruments.parse(FYERS).rows.values()) == [
        Instrument("NSE", "SBIN", 1, Decimal("0.1")),
        Instrument("NSE", "ARE&M", 1, Decimal("0.05")),
        Instrument("NSE", "NIFTY50-INDEX", 0, Decimal("0.05")),
        Instrument("NFO", "NIFTY26SEPFUT", 65, Decimal("0.1")),
        Instrument("CDS", "USDINR26AUGFUT", 1, Decimal("0.0025")),
        Instrument("BFO", "SENSEX26AUGFUT", 20, Decimal("0.05")),
        Instrument("MCX", "CRUDEOIL26SEPFUT", 1, Decimal(1)),
    ]


def test_the_json_is_read_with_its_freeze_quantities():
    """Numbers may be texts, whole ones have a point; what is empty or null is not known."""
    assert list(Instruments.parse(FYERS_JSON).rows.values()) == [
        Instrument("NFO", "BANKNIFTY24JUL52000CE", 15, Decimal("0.05"), 900),
        Instrument("NSE", "SBIN", 1, Decimal("0.05")),
        Instrument("NSE", "NIFTY50-INDEX", 0, Decimal(0)),
    ]


def test_a_segment_without_a_name_of_ours_is_passed_over():
    """Goods at NSE have no exchange of ours: taken for shares, they would be another's rules."""
    for text in (FYERS, FYERS_JSON):
        listed = Instruments.parse(text)
        assert listed.wrong == 0
        assert not any("GOLD" in symbol for _, symbol in listed.rows)


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("1,2,3", "line 2: 12 fields are needed, it has 3"),
        (SBIN.replace("NSE:SBIN-EQ", "SBIN"), "line 2.tradingsymbol: a symbol such as NSE:SBIN-EQ is needed"),
        (SBIN.replace("NSE:SBIN-EQ", "NSE:"), "line 2.tradingsymbol: 1 to 64 characters are needed"),
        (SBIN.replace(",0,1,0.1,", ",0,x,0.1,"), "line 2.lot_size: a whole number of units is needed"),
        (SBIN.replace(",0,1,0.1,", ",0,1,-1,"), "line 2.tick_size: 0, or from 0.000001 to 1000000, is needed"),
    ],
)  # fmt: skip
def test_a_wrong_line_is_named(line, fault):
    """P19: by line and field, in the words that a list of any form has."""
    assert faults_in(f"{SBIN}\n{line}\n") == [fault]


@pytest.mark.parametrize(
    ("member", "fault"),
    [
        ("7", "member 1: minLotSize, tickSize and segment are needed, each a number"),
        ("{}", "member 1: minLotSize, tickSize and segment are needed, each a number"),
        ('{"segment":10,"minLotSize":"","tickSize":1}',
         "member 1: minLotSize, tickSize and segment are needed, each a number"),
        ('{"segment":10,"minLotSize":1.5,"tickSize":1}',
         "member 1.lot_size: a whole number of units is needed"),
        ('{"segment":10,"minLotSize":"NaN","tickSize":1}',
         "member 1.lot_size: a whole number of units is needed"),
        ('{"segment":10,"minLotSize":1,"tickSize":"sNaN"}',
         "member 1.tick_size: 0, or from 0.000001 to 1000000, is needed"),
        ('{"segment":10,"minLotSize":1,"tickSize":1,"qtyFreeze":"many"}',
         "member 1.freeze_quantity: a whole number of units is needed"),
    ],
)  # fmt: skip
def test_a_wrong_member_is_named(member, fault):
    """P19: by its place in the file, since its name may be anything."""
    assert faults_in(f'{{"NSE:SBIN-EQ":{member}}}') == [fault]


def test_a_symbol_of_none_is_named():
    """A member whose name is no symbol of Fyers' is a fault as well."""
    member = '{"segment":10,"minLotSize":1,"tickSize":1}'
    (fault,) = faults_in(f'{{"SBIN":{member}}}')
    assert fault.startswith("member 1.tradingsymbol: a symbol such as")


@pytest.mark.parametrize("text", ["{", '{"a":', "{}}", '{"NSE:A":[' * 2000, '{"\ud800":1}'])
def test_what_is_no_json_object_is_refused(text):
    """P19: cut off, doubled, nested without end or no text: one fault."""
    assert faults_in(text) == ["$: a JSON object of symbols is needed"]
