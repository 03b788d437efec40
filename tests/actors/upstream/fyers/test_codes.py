"""Codes: each documented one in Kite's words, and every other one as a word of its own."""

import pytest

from actors.domain.lifecycle import ACCEPTED, KNOWN, is_ended
from actors.upstream.fyers import codes


@pytest.mark.parametrize(
    ("code", "word"),
    [
        (1, "CANCELLED"),
        (2, "COMPLETE"),
        (4, "PUT ORDER REQ RECEIVED"),
        (5, "REJECTED"),
        (6, "OPEN"),
        (7, "CANCELLED"),
    ],
)
def test_a_documented_status_is_one_of_kites_words(code, word):
    """Each status of the appendix is a word that the lifecycle knows."""
    assert codes.status_word(code) == word
    assert word in KNOWN


@pytest.mark.parametrize("code", [3, 0, 20, 90, -1])
def test_an_unknown_status_is_neither_acceptance_nor_an_end(code):
    """A code that nobody documented passes through, and nothing is concluded from it."""
    word = codes.status_word(code)
    assert word == f"FYERS STATUS {code}"
    assert word not in ACCEPTED
    assert not is_ended(word)


def test_transit_is_not_acceptance():
    """An order in transit is not at the exchange; one that rests is."""
    assert codes.status_word(4) not in ACCEPTED
    assert codes.status_word(6) in ACCEPTED


@pytest.mark.parametrize(
    ("there", "back", "pairs"),
    [
        (codes.TYPES, codes.TYPE_CODES, {1: "LIMIT", 2: "MARKET", 3: "SL-M", 4: "SL"}),
        (codes.SIDES, codes.SIDE_CODES, {1: "BUY", -1: "SELL"}),
        (
            codes.PRODUCTS,
            codes.PRODUCT_CODES,
            {"CNC": "CNC", "INTRADAY": "MIS", "MARGIN": "NRML", "MTF": "MTF", "CO": "CO", "BO": "BO"},
        ),
    ],
)  # fmt: skip
def test_the_words_go_both_ways(there, back, pairs):
    """What is read as a word of ours is sent as the same code again."""
    assert there == pairs
    assert {code: word for word, code in back.items()} == pairs


def test_unknown_types_and_sides_pass_through():
    """No row is lost for a code that came after this was written."""
    assert (codes.type_word(9), codes.side_word(0)) == ("FYERS TYPE 9", "FYERS SIDE 0")
