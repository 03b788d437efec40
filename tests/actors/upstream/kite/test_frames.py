"""Frames: each kind, what the book makes of what they say, and that no other can do harm."""

import contextlib
import hashlib
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.domain.errors import DecodeError
from actors.domain.model import Message, Note, OrderReport
from actors.upstream.kite.frames import read_frame, refuses_token
from tests.actors.given_book import Bench

from .samples import (
    CANCELLED,
    ERROR,
    HEARTBEAT,
    MESSAGE,
    OPEN,
    PARTLY,
    REJECTED,
    order_frame,
)

FRAMES = (OPEN, PARTLY, CANCELLED, REJECTED, ERROR, MESSAGE)


def test_an_order_frame_is_a_report():
    """A postback's row has what a row of the order book has; IST becomes UTC."""
    assert read_frame(PARTLY) == (
        OrderReport(
            order_id="251123000123456",
            status="UPDATE",
            filled_quantity=20,
            pending_quantity=30,
            average_price=Decimal("19500.2"),
            tradingsymbol="NIFTY26NOVFUT",
            exchange="NFO",
            transaction_type="BUY",
            order_type="LIMIT",
            product="NRML",
            validity="DAY",
            variety="regular",
            quantity=50,
            price=Decimal("19500.25"),
            trigger_price=Decimal(0),
            tag="ow01abc",
            placed_at=datetime(2026, 11, 23, 3, 45, 30, tzinfo=UTC),
            at=datetime(2026, 11, 23, 3, 45, 32, tzinfo=UTC),
            status_message=None,
        ),
    )
    (rejected,) = read_frame(REJECTED)
    assert (rejected.status, rejected.at) == ("REJECTED", rejected.placed_at)
    assert rejected.status_message.startswith("Insufficient funds.")


@pytest.mark.parametrize(
    "frame", [HEARTBEAT, b"", b"\x00\x01\x00\x08" * 50, '{"type":"instruments_meta","data":{}}']
)
def test_what_carries_no_news_is_a_sign_of_life(frame):
    """The heartbeat of one byte, ticks and unknown types are no reports and no errors."""
    assert read_frame(frame) == ()


def test_a_word_about_no_order_becomes_a_note():
    """`error` and `message` are shown to people."""
    assert read_frame(ERROR) == (Note("error", "Too many instruments"),)
    assert read_frame(MESSAGE) == (Note("info", "Market closes at 15:30"),)


@pytest.mark.parametrize(
    ("frame", "fault"),
    [
        ("[]", "$: an object is needed"),
        ("{}", "$.type: required field missing"),
        ('{"type":7}', "$.type: a string is needed"),
        ('{"type":"order"}', "$.data: an object is needed"),
        ('{"type":"order","data":{}}', "$.data.order_id: required field missing"),
        (order_frame(order_id=251123000123456), "$.data.order_id: a string is needed"),
        (order_frame(filled_quantity="20"), "$.data.filled_quantity: a whole number is needed"),
        ('{"type":"error"}', "$.data: required field missing"),
        ('{"type":"message","data":{"text":"no"}}', "$.data: a string is needed"),
    ],
)
def test_a_frame_that_cannot_be_read_says_where_and_which(frame, fault):
    """P19: the error holds path, length and digest, and nothing of the frame."""
    with pytest.raises(DecodeError) as caught:
        read_frame(frame)
    assert str(caught.value) == fault
    assert caught.value.length == len(frame)
    assert caught.value.sha256 == hashlib.sha256(frame.encode()).hexdigest()


@pytest.mark.parametrize(
    ("text", "refused"),
    [
        ("Incorrect `api_key` or `access_token`.", True),
        ("TokenException", True),
        ("the broker closed the stream: 1008 token expired", True),
        ("Invalid access token", True),
        ("Your session has expired", True),
        ("403 Forbidden", True),
        ("Too many instruments", False),
        ("the broker closed the stream: 1000 ", False),
        ("order 403 is open", False),
        ("nothing came for 20 s, not even a heartbeat", False),
    ],
)
def test_only_words_about_the_token_refuse_it(text, refused):
    """A dead token is beyond trying again; every other ending is not."""
    assert refuses_token(text) is refused


def heard(*frames):
    """Give the values of the events that a book makes of some frames, and the book."""
    bench = Bench()
    reports = [report for frame in frames for report in read_frame(frame)]
    return bench.hear(*reports), bench


def test_each_cancel_comes_twice_and_is_told_once():
    """P2: "two cancel messages per cancel"; a row's leftover pending quantity opens nothing."""
    told, bench = heard(OPEN, PARTLY, CANCELLED, CANCELLED)
    assert [(o.status, o.filled_quantity) for o in told] == [
        ("OPEN", 0),
        ("OPEN", 20),
        ("CANCELLED", 20),
    ]
    assert bench.book.open_orders == 0


def test_messages_out_of_order_make_no_event_backwards():
    """P8: "I might get complete first and then open": what is late is dropped without a word."""
    complete = order_frame(
        status="COMPLETE",
        filled_quantity=50,
        pending_quantity=0,
        average_price=19500.2,
        exchange_update_timestamp="2026-11-23 09:15:33",
    )
    told, _ = heard(complete, OPEN, PARTLY, OPEN)
    assert [(o.status, o.filled_quantity) for o in told] == [("COMPLETE", 50)]
    assert not any(isinstance(value, Message) for value in told)


def test_a_partial_fill_asks_for_its_trades():
    """P7: the stream tells of fills by their sum alone; the trades are fetched for that order."""
    _, bench = heard(OPEN, PARTLY)
    assert bench.book.take_filled() == ["251123000123456"]


@given(st.sampled_from(FRAMES), st.data())
def test_any_frame_gives_reports_or_a_decode_error(frame, data):
    """P19: a frame, cut, doubled or with characters changed, gives reports or a DecodeError."""
    at = data.draw(st.integers(0, len(frame)))
    end = data.draw(st.integers(at, min(len(frame), at + 12)))
    put = data.draw(
        st.text(max_size=6)
        | st.sampled_from(["null", "1e400", "-1", "true", '"', "{", "[[", "9" * 25, "\ud800"])
    )
    try:
        reports = read_frame(frame[:at] + put + frame[end:])
    except DecodeError:
        return
    assert all(isinstance(report, OrderReport | Note) for report in reports)


@given(st.binary(max_size=200))
def test_any_bytes_are_survived(raw):
    """P19: binary frames are a sign of life whatever they hold; as text they are read or refused."""
    assert read_frame(raw) == ()
    with contextlib.suppress(DecodeError):
        read_frame(raw.decode("utf-8", "replace"))
