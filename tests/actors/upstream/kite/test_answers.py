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
from actors.upstream.kite.answers import complaint, judge, margin, placed

from .samples import ASK_FIRST, MARGIN, PLACED, fault

REFUSED = (BrokerRefused, BrokerRefused)
LOGIN = (NeedsLogin, NeedsLogin)
NOTHING = (BrokerUnknown, BrokerProtocol)


@pytest.mark.parametrize("status", [200, 201, 204])
def test_a_success_is_no_error(status):
    """What a success says is read by whoever asked."""
    assert judge(status, b"", changes=True) is None


@pytest.mark.parametrize(
    ("status", "kind", "means"),
    [
        (400, "InputException", REFUSED),
        (400, "OrderException", REFUSED),
        (400, "MarginException", REFUSED),
        (400, "HoldingException", REFUSED),
        (400, "UserException", REFUSED),
        (403, "PermissionException", REFUSED),
        (403, "UserException", REFUSED),
        (403, "TokenException", LOGIN),
        (400, "TokenException", LOGIN),
        (403, None, LOGIN),
        (401, None, LOGIN),
        (429, "NetworkException", REFUSED),
        (429, None, REFUSED),
        (400, "GeneralException", NOTHING),
        (400, "NetworkException", NOTHING),
        (400, "DataException", NOTHING),
        (400, "BrandNewException", NOTHING),
        (404, None, NOTHING),
        (408, "OrderException", (BrokerUnknown, BrokerRefused)),
        (500, "GeneralException", NOTHING),
        (500, "OrderException", (BrokerUnknown, BrokerRefused)),
        (500, "TokenException", (BrokerUnknown, NeedsLogin)),
        (502, "DataException", NOTHING),
        (503, "NetworkException", NOTHING),
        (504, None, NOTHING),
        (307, None, NOTHING),
        (101, None, NOTHING),
    ],
)
def test_each_kind_under_each_status_means_one_thing(status, kind, means):
    """P9: of a change only a 4xx of a named kind is a certain no; a fault of Kite's own, and a
    kind that nobody knows, proves nothing. A question that failed changed nothing.
    """
    body = fault("Nope", kind)
    for changes, expected in zip((True, False), means, strict=True):
        error = judge(status, body, changes=changes)
        assert type(error) is expected
        assert str(error).endswith(f"the broker answered {status}: Nope")


def test_a_400_that_says_it_may_be_done_proves_nothing():
    """P9: both orders that were answered so had been placed."""
    body = fault(ASK_FIRST, "OrderException")
    assert type(judge(400, body, changes=True)) is BrokerUnknown
    assert type(judge(400, body, changes=False)) is BrokerRefused


def test_an_error_that_comes_as_a_success_proves_nothing_of_a_change():
    """P9: `{"status":"error"}` under 200 contradicts itself; a question takes it at its word."""
    value = json.loads(fault("Nope", "InputException"))
    assert type(complaint(value, changes=True)) is BrokerUnknown
    assert type(complaint(value, changes=False)) is BrokerRefused
    dead = json.loads(fault("Dead", "TokenException"))
    assert type(complaint(dead, changes=False)) is NeedsLogin
    for fine in ({"status": "success"}, {}, [], None):
        assert complaint(fine, changes=True) is None


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (fault("Bad\n  symbol", "InputException"), ": Bad symbol"),
        (fault("the token t0k:en and t0k%3Aen", "InputException"), ": the token *** and ***"),
        (fault("x" * 900, "InputException"), ": " + "x" * 200),
        (b"<html>t0k:en</html>", ""),
        (b"[]", ""),
        (b'{"message":7,"error_type":[]}', ""),
        (b'{"pan":"ABCDE1234F"}', ""),
        (b'"' + b"x" * 70_000 + b'"', ""),
    ],
)
def test_kites_own_words_are_kept_short_and_clean(body, words):
    """P21: at most 200 characters of `message`, without the secrets; nothing else of a body."""
    error = judge(400, body, changes=True, secrets=("t0k:en",))
    assert str(error) == f"the broker answered 400{words}"


def test_a_placement_names_its_order():
    """`{"status":"success","data":{"order_id":"…"}}`, whose id is a string."""
    assert placed(json.loads(PLACED)) == "251123000123456"
    for value, name in (
        ({}, "data"),
        ([], ""),
        ({"data": {}}, "data.order_id"),
        ({"data": {"order_id": 7}}, "data.order_id"),
        ({"data": [{"order_id": "7"}]}, "data"),
    ):
        with pytest.raises(FieldFault) as caught:
            placed(value)
        assert caught.value.name == name


WORDS = st.none() | st.integers() | st.text(max_size=8) | st.lists(st.integers(), max_size=2)
KINDS = st.sampled_from(["TokenException", "OrderException", "NetworkException", "X", 7, None])


@given(
    st.integers(100, 599),
    st.binary(max_size=60)
    | st.fixed_dictionaries(
        {}, optional={"status": WORDS, "message": WORDS, "error_type": KINDS, "data": WORDS}
    ).map(lambda row: json.dumps(row).encode()),
    st.booleans(),
)
def test_any_answer_is_judged(status, body, changes):
    """P19: whatever a body holds, judging it gives a broker's error or None."""
    error = judge(status, body, changes=changes, secrets=("k",))
    assert (error is None) == (200 <= status < 300)
    assert error is None or isinstance(error, BrokerError)
    assert not (changes and type(error) is BrokerProtocol)


def test_a_margin_is_what_has_to_be_there_first():
    """`initial`, in the envelope or bare; Kite says nothing here of what there is."""
    assert margin(parse(MARGIN)) == Margin(Decimal("132432.06"), None)
    assert margin({"initial": {"total": 7}}) == Margin(Decimal(7), None)


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ({}, "initial"),
        ({"data": None}, "data"),
        ({"data": {"initial": 7}}, "data.initial"),
        ({"data": {"initial": {}}}, "data.initial.total"),
    ],
)
def test_a_margin_that_is_none_is_a_fault(value, name):
    """P19: an amount that is not told is not zero."""
    with pytest.raises(FieldFault) as fault:
        margin(value)
    assert fault.value.name == name
