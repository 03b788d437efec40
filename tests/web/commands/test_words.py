from decimal import Decimal

import pytest

from web.commands.words import (
    average,
    batch_words,
    held,
    message_words,
    money,
    order_cells,
    position_cells,
    stream_words,
)


def text(pieces):
    """The words without their colours."""
    return "".join(word for word, _ in pieces)


def test_an_order_says_how_much_of_how_much_and_at_what_price():
    """What was paid stands before what was asked; what a broker says before the caller's tag."""
    order = {"quantity": 50, "filled_quantity": 20, "price": Decimal("12.5"), "status": "OPEN"}
    assert order_cells(order)["quantity"] == "20/50"
    assert order_cells(order)["price"] == "12.50"
    assert order_cells(order | {"average_price": Decimal("12.43333")})["price"] == "12.43"
    assert order_cells({"trigger_price": 7, "price": 0})["price"] == "7.00"
    told = {"status_message": "no margin", "tag": "desk-7", "origin": "external"}
    assert order_cells(told)["note"] == "no margin, desk-7, placed elsewhere"


def test_a_position_shows_its_gain_with_a_sign():
    """The colour is not all that tells a gain from a loss."""
    row = {"side": "short", "quantity": -5, "pnl": Decimal("-2.5"), "average_price": 0}
    cells = position_cells(row)
    assert (cells["quantity"], cells["price"], cells["status"]) == ("-5", "-2.50", "short")
    assert position_cells(row | {"pnl": 3})["price"] == "+3.00"
    assert position_cells(row | {"pnl": None})["price"] == ""


def test_a_message_begins_with_how_grave_it_is():
    """Its level in colour, then its words."""
    words = message_words({"level": "error", "text": "the broker said no"})
    assert words[0] == ("error", "bad")
    assert text(words) == "error  the broker said no"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"state": "live", "last_error": "long gone"}, "● live"),
        ({"state": "silent"}, "○ stale: silent"),
        ({"state": "down", "last_error": "refused"}, "○ stale: down  refused"),
        (
            {"state": "live", "halted": {"by": "desk", "reason": "lunch"}},
            "● live  halted by the desk: lunch",
        ),
        ({"state": "live", "deadman": {"seconds": 60}}, "● live  dead man's switch: 60 s"),
    ],
)
def test_a_stream_is_live_or_what_is_shown_is_stale(data, words):
    """P7: an account that is not live is told as stale, and why; a halt is told in either case."""
    assert text(stream_words(data)) == words
    assert stream_words(data)[0][1] == ("good" if data["state"] == "live" else stale(data))


def stale(data):
    """The colour of a stream that is not live."""
    return "bad" if data["state"] == "down" else "warn"


def test_a_batch_says_how_it_ended_and_what_it_left():
    """P10: an exposure is an alarm, with what remains; one that unwinds is not done."""
    exposed = {
        "outcome": "exposed",
        "succeeded": 1,
        "total_orders": 2,
        "cause": "leg 1 was rejected",
        "residual": [{"tradingsymbol": "FILL1", "quantity": 50}],
    }
    words = batch_words(exposed)
    assert words[0] == ("exposed", "alarm")
    assert text(words) == "exposed  1 of 2 legs  left +50 FILL1  leg 1 was rejected"
    assert batch_words({"status": "running", "outcome": None})[0][0] == "running"
    assert batch_words({"status": "running", "cause": "leg 0"})[0][0] == "unwinding"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (Decimal("19500.25"), "19500.25"),
        (Decimal("83.1025"), "83.1025"),
        (Decimal("83.10"), "83.10"),
        (Decimal("1E+3"), "1000.00"),
        (12, "12.00"),
        (0, ""),
        (None, ""),
        ("none", "none"),
        (True, "True"),
        (Decimal("NaN"), "NaN"),
        (Decimal("Infinity"), "Infinity"),
    ],
)
def test_a_price_keeps_its_digits(value, shown):
    """Two behind the point at the least, no more than the broker gave; 0 is no price."""
    assert money(value) == shown


def test_an_average_is_rounded():
    """Its digits are reckoned; what is none is left out."""
    assert average(Decimal("25906.5714")) == "25906.57"
    assert (average(0), average(None), average("x")) == ("", "", "")


def test_what_may_be_owed_has_its_sign():
    """A quantity left behind is long or short."""
    assert [held({"quantity": each}) for each in (50, -5, "x", None)] == ["+50", "-5", "x", ""]
