"""Frames: each published one, and that no other can do harm."""

import contextlib
import hashlib
import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.domain.errors import DecodeError
from actors.domain.model import Note, OrderReport, TaskReport
from actors.upstream.ticker_service.frames import (
    Word,
    asks_for_login,
    auth_frame,
    first_word,
    read_frame,
    refuses_key,
)
from tests.actors.upstream.samples import (
    CONNECTED,
    ERROR,
    FULL_UPDATE,
    MESSAGE,
    SHORT_UPDATE,
    TASK_FAILED,
    TASK_UPDATE,
)

TASK_ID = "5f0c1a1e-8c1d-4b3a-9d53-0a1b2c3d4e5f"
FRAMES = (CONNECTED, ERROR, FULL_UPDATE, MESSAGE, SHORT_UPDATE, TASK_FAILED, TASK_UPDATE, "pong")


def test_an_update_may_say_little_or_all():
    """The published frame has four fields of the order; a full Kite row is read in full."""
    assert read_frame(SHORT_UPDATE, "primary") == (
        OrderReport(
            "251123000123456", "OPEN", filled_quantity=25, average_price=Decimal("19500.25")
        ),
    )
    (report,) = read_frame(FULL_UPDATE, "primary")
    assert (report.status, report.tag, report.price) == ("COMPLETE", "ow01abc", Decimal("19500.25"))


def test_a_task_update_is_told_as_a_task():
    """A `task_status` has no order at its top; its result may name one."""
    assert read_frame(TASK_UPDATE, "primary") == (
        TaskReport(TASK_ID, "completed", "251123000123456", None),
    )
    assert read_frame(TASK_FAILED, "primary") == (
        TaskReport(TASK_ID, "dead_letter", None, "Insufficient funds"),
    )


@pytest.mark.parametrize(
    "frame",
    [
        "pong",
        b"\x00",
        b"",
        CONNECTED,
        '{"type":"connection_established"}',
        '{"type":"authenticated"}',
        '{"type":"something_new","data":7}',
    ],
)
def test_what_carries_no_news_is_a_sign_of_life(frame):
    """Pongs, binary frames, greetings and unknown types are no reports and no errors."""
    assert read_frame(frame, "primary") == ()


def test_a_word_about_no_order_becomes_a_note():
    """`error` and `message` are shown to people; a word beyond 500 characters is cut."""
    assert read_frame(ERROR, "primary") == (Note("error", "Too many connections for this account"),)
    assert read_frame(MESSAGE, "primary") == (Note("info", "Market closes at 15:30"),)
    (note,) = read_frame(json.dumps({"type": "error", "message": "x" * 900}), "primary")
    assert len(note.text) == 500


@pytest.mark.parametrize(
    ("frame", "fault"),
    [
        ("[]", "$: an object is needed"),
        ("{}", "$.type: required field missing"),
        ('{"type":7}', "$.type: a string is needed"),
        ('{"type":"order_update"}', "$.data: an object is needed"),
        ('{"type":"order_update","data":{}}', "$.data.order_id: required field missing"),
        (SHORT_UPDATE.replace("25,", '"25",'), "$.data.filled_quantity: a whole number is needed"),
        (
            SHORT_UPDATE.replace("primary", "other"),
            "$.account_id: this is another account's stream",
        ),
        (
            TASK_UPDATE.replace('{"order_id":"251123000123456"}', "[]"),
            "$.data.result: an object is needed",
        ),
        (
            TASK_UPDATE.replace('"251123000123456"', "12"),
            "$.data.result.order_id: a string is needed",
        ),
        ('{"type":"error"}', "$.message: required field missing"),
    ],
)
def test_a_frame_that_cannot_be_read_says_where_and_which(frame, fault):
    """P19: the error holds path, length and digest, and nothing of the frame."""
    with pytest.raises(DecodeError) as caught:
        read_frame(frame, "primary")
    assert str(caught.value) == fault
    assert caught.value.length == len(frame)
    assert caught.value.sha256 == hashlib.sha256(frame.encode()).hexdigest()


@pytest.mark.parametrize("frame", ["", "ping", "{", "\ud800", '"\ud800"', "[" * 40 + "]" * 40])
def test_what_is_no_json_is_a_decode_error(frame):
    """P19: garbage is told by its digest."""
    with pytest.raises(DecodeError) as caught:
        read_frame(frame, "primary")
    assert len(caught.value.sha256) == 64


@pytest.mark.parametrize(
    ("frame", "word"),
    [
        (CONNECTED, Word("welcome")),
        ('{"type":"connection_established"}', Word("welcome")),
        ('{"type":"authenticated","account_id":"primary","message":"ok"}', Word("authenticated")),
        (SHORT_UPDATE, Word("news")),
        (ERROR, Word("complaint", "Too many connections for this account")),
        ('{"type":"error"}', Word("complaint", "no reason given")),
        ('{"type":"error","message":7}', Word("nothing")),
        ('{"type":"hello"}', Word("nothing")),
        ("pong", Word("nothing")),
        (b"\x00", Word("nothing")),
        ("{", Word("nothing")),
        ("[]", Word("nothing")),
        ('{"type":[]}', Word("nothing")),
        (" " * (1024 * 1024 + 1), Word("nothing")),
    ],
)
def test_the_first_word_tells_whether_the_stream_is_open(frame, word):
    """Either greeting opens a stream, so does news; a complaint is kept; the rest is nothing."""
    assert first_word(frame) == word


@pytest.mark.parametrize(
    ("text", "refused", "asks"),
    [
        ("the broker closed the stream: 1008 Unauthorized", True, True),
        ("Invalid API key", True, True),
        ("the broker closed the stream: 1008 Authentication required", False, True),
        ("Invalid auth format", False, True),
        ("Auth timeout", False, True),
        ("the broker closed the stream: 1008 Maximum connections reached", False, True),
        ("the broker closed the stream: 1000 Heartbeat timeout", False, False),
        ("the stream ended without a close", False, False),
    ],
)
def test_only_a_refused_key_is_a_refused_key(text, refused, asks):
    """Each published close reason: one is about the key, some about how it is given."""
    assert (refuses_key(text), asks_for_login(text)) == (refused, asks)


def test_the_auth_frame_is_as_published():
    """`{"type":"auth","api_key":KEY}`."""
    assert json.loads(auth_frame('k"ey')) == {"type": "auth", "api_key": 'k"ey'}


@given(st.sampled_from(FRAMES), st.data())
def test_any_frame_gives_reports_or_a_decode_error(frame, data):
    """P19: a published frame, cut, doubled or with characters changed, gives reports or a
    DecodeError; nothing else, in either of its readers.
    """
    at = data.draw(st.integers(0, len(frame)))
    end = data.draw(st.integers(at, min(len(frame), at + 12)))
    put = data.draw(
        st.text(max_size=6)
        | st.sampled_from(["null", "1e400", "-1", "true", '"', "{", "[[", "9" * 25, "\ud800"])
    )
    changed = frame[:at] + put + frame[end:]
    first_word(changed)
    try:
        reports = read_frame(changed, "primary")
    except DecodeError:
        return
    assert all(isinstance(report, OrderReport | TaskReport | Note) for report in reports)


@given(st.binary(max_size=200))
def test_any_bytes_are_survived(raw):
    """P19: binary frames are a sign of life whatever they hold; as text they are read or refused."""
    assert read_frame(raw, "primary") == ()
    text = raw.decode("utf-8", "replace")
    first_word(text)
    with contextlib.suppress(DecodeError):
        read_frame(text, "primary")
