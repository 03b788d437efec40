"""Answers: which is a certain no, which proves nothing, and what words are kept."""

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.domain.errors import (
    BrokerError,
    BrokerProtocol,
    BrokerRefused,
    BrokerUnknown,
    NeedsLogin,
)
from actors.domain.rehearsal import Margin
from actors.domain.wire import parse
from actors.upstream.fields import FieldFault
from actors.upstream.fyers.answers import complaints, judge, margin, placed, retry_after_s
from tests.actors.upstream.fyers.samples import MARGIN, NO_ACK, PLACED, TOGETHER


def judged(body, status=200, *, changes=True, secrets=()):
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    error = judge(status, raw, changes=changes, secrets=secrets)
    return type(error), str(error)


def no(code, message="Nope"):
    return {"s": "error", "code": code, "message": message}


@pytest.mark.parametrize("body", [PLACED, b'{"s":"ok","orderBook":[{"s":"error"}]}', b'{"s":"ok"}'])
@pytest.mark.parametrize("status", [200, 201, 207])
def test_a_success_is_no_error(body, status):
    """What calls itself ok, with a code that does not take it back, is there to be read."""
    assert judge(status, body, changes=True) is None
    assert judge(status, body, changes=False) is None


@pytest.mark.parametrize("code", [-8, -15, -16, -17])
@pytest.mark.parametrize("status", [200, 400, 401, 500])
def test_a_dead_token_needs_a_login(code, status):
    """Each of the four token codes, whatever status it comes with; and 401 by itself."""
    assert judged(no(code), status)[0] is NeedsLogin
    assert judged(b"", 401)[0] is NeedsLogin


@pytest.mark.parametrize("code", [-50, -51, -53, -99, -300, -352, -1, 400])
@pytest.mark.parametrize("status", [200, 400, 403, 404])
@pytest.mark.parametrize("changes", [True, False])
def test_a_documented_no_is_a_no(code, status, changes):
    """P9: an error with its code, in plain words, is certain: nothing was done."""
    kind, text = judged(no(code), status, changes=changes)
    assert kind is BrokerRefused
    assert text.startswith(f"the broker answered {status}: Nope")
    assert (f"({code})" in text) == (code < 0)


@pytest.mark.parametrize(("status", "body"), [(429, b""), (429, b"<html>"), (200, None)])
def test_a_rate_limit_is_a_certain_no(status, body):
    """P9: what comes too often was not done, be it a 429 or its code."""
    kind, text = judged(no(-429) if body is None else body, status)
    assert kind is BrokerRefused
    assert text.startswith("rate limit: ")


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, NO_ACK),
        (201, NO_ACK),
        (200, no(201)),
        (200, no(500)),
        (200, no(503)),
        (200, no(408)),
        (408, b""),
        (500, b"oops"),
        (502, b"<html>"),
        (503, no(-50)),
        (504, b""),
        (302, b""),
        (101, b""),
        (200, b"<html>"),
        (200, b""),
        (200, b"[]"),
        (200, b"{}"),
        (200, {"s": "maybe"}),
        (200, {"s": 1, "code": 1101}),
        (200, b"[" * 100_000),
    ],
)
def test_what_proves_nothing_is_unknown_to_a_change_and_no_answer_to_a_question(status, body):
    """P9: 201, a fault of the broker's, and what is no answer of its form, may hide a placed order."""
    assert judged(body, status)[0] is BrokerUnknown
    assert judged(body, status, changes=False)[0] is BrokerProtocol


@pytest.mark.parametrize(
    "words",
    [
        "Request timed out. Please check the orderbook",
        "request has been made but no acknowledgement has been received",
        "check orderbook before placing order",
    ],
)
@pytest.mark.parametrize("status", [200, 400])
def test_a_refusal_that_says_it_may_be_done_is_none(words, status):
    """P9: the words are read too."""
    assert judged(no(-50, words), status)[0] is BrokerUnknown
    assert judged(no(-50, words), status, changes=False)[0] is BrokerRefused


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ("RED:Margin Shortfall for C-XP0001", "RED:Margin Shortfall for *** (-99)"),
        ("PAN ABCDE1234F of YK04391", "PAN *** of *** (-99)"),
        ("Bad\n  symbol", "Bad symbol (-99)"),
        ("the token s3cret is no good", "the token *** is no good (-99)"),
        ("x" * 900, "x" * 200),
        (7, "(-99)"),
        (None, "(-99)"),
        ({"a": "PAN"}, "(-99)"),
    ],
)
def test_the_brokers_own_words_are_kept_short_and_name_nobody(message, words):
    """P21: at most 200 characters of its message; no key, no client, no PAN, never the body."""
    _, text = judged({**no(-99, message), "id": "s3cret"}, 400, secrets=("s3cret",))
    assert text == f"the broker answered 400: {words}"


@pytest.mark.parametrize(
    ("headers", "quiet_s"),
    [
        ({"x-retry-after-ms": "350", "retry-after": "1"}, 0.35),
        ({"retry-after": "2"}, 2.0),
        ({"x-retry-after-ms": "soon", "retry-after": "2"}, 2.0),
        ({"x-retry-after-ms": "0"}, 0.0),
        ({"x-retry-after-ms": "86400000"}, 60.0),
        ({"x-retry-after-ms": "9" * 5000}, 1.0),
        ({"x-retry-after-ms": "-5"}, 1.0),
        ({"x-retry-after-ms": "²"}, 1.0),
        ({"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT"}, 1.0),
        ({}, 1.0),
    ],
)
def test_the_quiet_that_a_429_wants_is_read_and_bounded(headers, quiet_s):
    """P20: the milliseconds, else the seconds, else a second; never more than a minute."""
    assert retry_after_s(headers) == quiet_s


def test_a_placement_is_an_order_only_with_its_code():
    """P9: 1101 and an id are an order; anything else names none."""
    assert placed(parse(PLACED)) == "808058117761"
    for body in ({}, {"code": 1101}, {"code": 1101, "id": ""}, {"code": 1101, "id": 7}, []):
        with pytest.raises(FieldFault):
            placed(body)
    with pytest.raises(FieldFault, match="code"):
        placed({"s": "ok", "code": 200, "id": "7"})


def test_what_failed_of_several_is_told_by_its_place():
    """Each leg has an answer of its own; those that failed are told, and name nobody."""
    assert complaints(parse(TOGETHER)) == "order 2: RED:Margin Shortfall for *** (-99)"
    assert complaints({"data": []}) is None
    assert complaints({"data": [{"body": {"s": "ok", "code": 201}}]}) == "order 1: (201)"
    for body in ({}, {"data": {}}, {"data": [7]}, {"data": [{"statusCode": 200}]}):
        with pytest.raises(FieldFault):
            complaints(body)


@given(st.integers(100, 599), st.binary(max_size=60), st.booleans())
def test_any_answer_is_judged(status, body, changes):
    """P19: whatever a body holds, judging it gives a broker's error or None."""
    error = judge(status, body, changes=changes)
    assert error is None or isinstance(error, BrokerError)
    assert error is not None or 200 <= status < 300


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from(["ok", 201]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["s", "code", "message", "data", "body", "id", "statusCode"]),
            inner,
            max_size=6,
        )
    ),
    max_leaves=12,
)


@given(JSON, st.sampled_from([200, 400, 401, 500]))
def test_any_json_gives_an_answer_or_a_fault(value, status):
    """P19: every reader of answers gives its value or the fault of a field, nothing else."""
    judge(status, json.dumps(value).encode(), changes=True)
    for read in (placed, complaints):
        try:
            read(value)
        except FieldFault:
            continue


def test_a_margin_is_what_the_orders_need_beside_what_there_is():
    """`margin_total` is theirs; `margin_new_order` has what is blocked already in it."""
    assert margin(parse(MARGIN)) == Margin(Decimal("147738.0563"), Decimal("1999.9"))
    assert margin({"data": {"margin_total": 0}}) == Margin(Decimal(0), None)


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ({}, "data"),
        ({"data": []}, "data"),
        ({"data": {"margin_avail": 5}}, "data.margin_total"),
        ({"data": {"margin_total": "5"}}, "data.margin_total"),
        ({"data": {"margin_total": 5, "margin_avail": True}}, "data.margin_avail"),
    ],
)
def test_a_margin_that_is_none_is_a_fault(value, name):
    """P19: an amount that is not told is not zero."""
    with pytest.raises(FieldFault) as fault:
        margin(value)
    assert fault.value.name == name
