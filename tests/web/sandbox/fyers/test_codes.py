import pytest

from web.sandbox.fyers import codes


@pytest.mark.parametrize(
    ("table", "pairs"),
    [
        (codes.SIDES, {1: "BUY", -1: "SELL"}),
        (codes.TYPES, {1: "LIMIT", 2: "MARKET", 3: "SL-M", 4: "SL"}),
        (codes.PRODUCTS, {"CNC": "CNC", "INTRADAY": "MIS", "MARGIN": "NRML", "CO": "CO", "MTF": "MTF"}),
    ],
)  # fmt: skip
def test_the_codes_are_the_appendix(table, pairs):
    """Protocols 1.1, literally."""
    assert table == pairs


@pytest.mark.parametrize(
    ("book", "code"),
    [
        ("CANCELLED", 1), ("COMPLETE", 2), ("REJECTED", 5), ("OPEN", 6), ("TRIGGER PENDING", 6),
        ("PUT ORDER REQ RECEIVED", 4), ("VALIDATION PENDING", 4), ("OPEN PENDING", 4),
    ],
)  # fmt: skip
def test_every_status_of_the_book_has_a_code(book, code):
    """What is on its way is in transit; a stop that waits is pending."""
    assert codes.status_code(book) == code
    assert code in codes.INTERNAL_CODES.keys() & codes.REPORTS.keys()


def test_places_are_exchange_and_segment():
    """NSE 10, MCX 11, BSE 12; shares 10, futures 11, currencies 12, goods 20."""
    assert codes.PLACES == {
        "NSE": (10, 10), "NFO": (10, 11), "CDS": (10, 12), "MCX": (11, 20),
        "BSE": (12, 10), "BFO": (12, 11), "BCD": (12, 12),
    }  # fmt: skip
