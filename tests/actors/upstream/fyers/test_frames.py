"""Frames of the order socket: what each of the documented ones becomes."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.domain.errors import DecodeError
from actors.domain.model import Note, OrderReport, Position, Trade
from actors.upstream.fyers.frames import SUBSCRIBE, read_frame
from tests.actors.upstream.fyers import samples


def read(frame):
    return read_frame(frame, "primary")


def test_the_subscription_names_every_kind():
    """One text frame asks for all that the socket tells, as documented."""
    assert json.loads(SUBSCRIBE) == {
        "T": "SUB_ORD",
        "SLIST": ["orders", "trades", "positions", "edis", "pricealerts", "login"],
        "SUB_T": 1,
    }


@pytest.mark.parametrize(
    ("frame", "kind"),
    [
        (samples.TRANSIT, OrderReport),
        (samples.PARSED_ORDER, OrderReport),
        (samples.FILLED_90, OrderReport),
        (samples.PARSED_TRADE, Trade),
        (samples.RAW_TRADE, Trade),
        (samples.PARSED_POSITION, Position),
        (samples.RAW_POSITION, Position),
        (samples.TRANSIT.encode(), OrderReport),
    ],
)
def test_each_documented_frame_becomes_its_report(frame, kind):
    """Orders, trades and positions, raw or parsed, in a text frame or the same bytes in a binary one."""
    (report,) = read(frame)
    assert type(report) is kind


@pytest.mark.parametrize(
    "frame", ["pong", samples.ACK, '{"s":"ok"}', '{"s":"ok","funds":{}}', b"", b"\x00", b"pong"]
)
def test_what_is_no_news_is_a_sign_of_life(frame):
    """The pong is no JSON; the acknowledgement proves nothing; what is unknown passes."""
    assert read(frame) == ()


@pytest.mark.parametrize("frame", [samples.LOGIN, samples.ALERT, samples.EDIS])
def test_general_messages_tell_of_nobody(frame):
    """P21: a login, an alert, an authorisation: that it came is told, and nothing of what it holds.
    Two that differ are two messages.
    """
    (note,) = read(frame)
    assert isinstance(note, Note)
    assert note.level == "info"
    assert not any(secret in note.text for secret in ("XP0001", "ABCDE", "192", "INE313D", "SBIN"))
    assert read(frame) == (note,)
    assert read(frame.replace("}}", ',"n":2}}')) != (note,)


def test_an_error_is_told_without_the_person():
    """P21: the broker's words, but neither the client nor the PAN."""
    assert read(samples.ERROR) == (
        Note("error", "the stream tells of an error: Nothing for ***, PAN ***"),
    )
    assert read('{"s":"error"}')[0].text.endswith("no reason given")


def test_a_frame_with_several_kinds_tells_all_of_them():
    """Nothing in a frame is passed over for what stands beside it."""
    frame = {**json.loads(samples.TRANSIT), **json.loads(samples.RAW_TRADE)}
    assert [type(one) for one in read(json.dumps(frame))] == [OrderReport, Trade]


@pytest.mark.parametrize(
    ("frame", "fault"),
    [
        ("{", "$"),
        ("ping", "$"),
        ("[]", "$: an object is needed"),
        ('{"orders":[]}', "$.orders: an object is needed"),
        ('{"orders":{"id":"1","qty":1,"symbol":"NSE:A-EQ"}}', "$.orders.org_ord_status"),
        ('{"trades":{"symbol":7}}', "$.trades.symbol"),
        ('{"s":"error","message":7}', "$.message"),
        ("\ud800", "$"),
        (b"{\xff", "$"),
    ],
)
def test_a_frame_that_cannot_be_read_is_named_by_digest_and_path(frame, fault):
    """P19: the fault has its path, and nothing of the frame is kept but its length and digest."""
    with pytest.raises(DecodeError) as caught:
        read(frame)
    assert str(caught.value).startswith(fault)
    assert caught.value.length > 0
    assert len(caught.value.sha256) == 64


@given(
    st.sampled_from(samples.FRAMES),
    st.integers(0, 900),
    st.text(max_size=8) | st.sampled_from(['"', "{", "[[", "null", "-1", "9" * 40, "1e400"]),
)
def test_any_frame_is_read_or_refused(frame, at, put):
    """P19: a frame with anything put in anywhere gives reports or its decode error."""
    at %= len(frame)
    frame = frame[:at] + put + frame[at + len(put) :]
    try:
        reports = read(frame)
    except DecodeError:
        return
    assert all(isinstance(one, OrderReport | Trade | Position | Note) for one in reports)
