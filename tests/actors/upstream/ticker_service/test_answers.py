"""Answers: which status is a certain no, which proves nothing, and what words are kept."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.domain.errors import BrokerError, BrokerRefused, BrokerUnknown, NeedsLogin
from actors.domain.model import TaskReport
from actors.domain.wire import parse
from actors.upstream import Placement
from actors.upstream.fields import FieldFault
from actors.upstream.ticker_service.answers import (
    BatchAnswer,
    Placing,
    Task,
    batch_answer,
    complaint,
    judge,
    placing,
    settle,
    task,
)
from tests.actors.upstream.samples import BATCH, TASK

ASK_FIRST = "Order request timed out. Please check the order book and confirm before placing again"


def judged(status, body=b"", *, changes=True):
    error = judge(status, body, changes=changes, secret="s3cret")
    return type(error), str(error)


@pytest.mark.parametrize("status", [200, 201, 204])
def test_a_success_is_no_error(status):
    """What a success says is read by whoever asked."""
    assert judge(status, b"", changes=True, secret="") is None


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, BrokerRefused),
        (401, NeedsLogin),
        (403, NeedsLogin),
        (404, BrokerRefused),
        (408, BrokerUnknown),
        (422, BrokerRefused),
        (429, BrokerRefused),
        (500, BrokerUnknown),
        (502, BrokerUnknown),
        (503, BrokerUnknown),
        (504, BrokerUnknown),
        (307, BrokerUnknown),
        (101, BrokerUnknown),
    ],
)
@pytest.mark.parametrize("changes", [True, False])
def test_each_status_means_one_thing(status, kind, changes):
    """P9: only a 4xx that says no is a certain no; a fault of the broker's proves nothing."""
    found, text = judged(status, b'{"detail":"Nope"}', changes=changes)
    assert found is kind
    assert text.endswith(f"the broker answered {status}: Nope")


@pytest.mark.parametrize(
    "words",
    [
        ASK_FIRST,
        "Gateway timeout while placing",
        "Request time-out",
        "No acknowledgement from the exchange, check orderbook",
        "request has been made but no acknowledgement",
    ],
)
def test_a_refusal_that_says_it_may_be_done_is_none(words):
    """P9: a 400 with such a text was seen for orders that had been placed."""
    body = json.dumps({"status": "error", "message": words, "error_type": "OrderException"})
    assert judged(400, body.encode())[0] is BrokerUnknown
    assert judged(400, body.encode(), changes=False)[0] is BrokerRefused


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'{"detail":"Order 2: LIMIT orders require a price"}', "Order 2: LIMIT orders require a price"),
        (b'{"status":"error","message":"Bad\\n  symbol","error_type":"InputException"}', "Bad symbol"),
        (b'{"detail":{"message":"Closed"}}', "Closed"),
        (b'{"detail":{"message":7,"error":"Closed"}}', "Closed"),
        (
            b'{"detail":[{"loc":["body","orders",0,"price"],"msg":"field required"},{"msg":"x"},7,{"msg":7},{"loc":[]}]}',
            "body.orders.0.price: field required; x",
        ),
        (b'{"detail":"the key s3cret is no good"}', "the key *** is no good"),
        (b'{"detail":"%s"}' % (b"x" * 900), "x" * 200),
        (b"<html>s3cret</html>", ""),
        (b"[]", ""),
        (b'{"detail":""}', ""),
        (b'{"pan":"ABCDE1234F"}', ""),
        (b'"' + b"x" * 70_000 + b'"', ""),
    ],
)  # fmt: skip
def test_the_brokers_own_words_are_kept_short_and_clean(body, words):
    """P21: at most 200 characters of the fields that hold words; never the key, never the body."""
    expected = f"the broker answered 400: {words}" if words else "the broker answered 400"
    assert judged(400, body) == (BrokerRefused, expected)


def test_an_error_may_come_as_a_success():
    """`{"status":"error"}` under 200 is read as the error it says it is."""
    value = {"status": "error", "message": ASK_FIRST}
    assert isinstance(complaint(value, changes=True, secret=""), BrokerUnknown)
    assert isinstance(complaint(value, changes=False, secret=""), BrokerRefused)
    assert complaint({"status": "success"}, changes=True, secret="") is None
    assert complaint([], changes=True, secret="") is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"order_id": "", "task_id": "t1"}, Placing(None, "t1")),
        ({"order_id": "77", "task_id": None}, Placing("77", None)),
        ({"status": "success", "data": {"order_id": "77"}}, Placing("77", None)),
    ],
)
def test_a_placement_is_an_order_or_a_task(value, expected):
    """The published service answers with a task, Kite with an order."""
    assert placing(value) == expected


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ({}, "order_id"),
        ({"order_id": 77}, "order_id"),
        ({"status": "success", "data": {}}, "data.order_id"),
        ({"data": None}, "data"),
        ([], ""),
    ],
)
def test_a_placement_that_names_nothing_is_a_fault(value, name):
    """P19: the fault has its path in the answer."""
    with pytest.raises(FieldFault) as caught:
        placing(value)
    assert caught.value.name == name


def told(status, *, attempts=1, error=None, order_id=None):
    return settle(Task(TaskReport("t1", status, order_id, error), attempts), secret="s3cret")


def test_a_task_is_settled_by_its_end_alone():
    """A task at work says nothing yet; a completed one may still not name its order."""
    assert told("completed", order_id="77") == Placement("77")
    assert told("completed") == Placement(None)
    for status in ("pending", "running", "retrying", "paused"):
        assert told(status) is None


@pytest.mark.parametrize("status", ["failed", "dead_letter"])
def test_a_failed_task_is_a_refusal_only_when_nothing_can_have_been_placed(status):
    """P9: after several attempts, or with words that leave it open, it may have been placed."""
    refused = told(status, error="Insufficient funds s3cret")
    assert isinstance(refused, BrokerRefused)
    assert str(refused) == "Insufficient funds ***"
    assert isinstance(told(status, attempts=0), BrokerRefused)
    assert isinstance(told(status, error=ASK_FIRST), BrokerUnknown)
    assert isinstance(told(status, attempts=2, error="Insufficient funds"), BrokerUnknown)


def test_a_task_answer_is_read():
    """The published answer of `GET /orders/tasks/{id}`."""
    report = TaskReport(
        "5f0c1a1e-8c1d-4b3a-9d53-0a1b2c3d4e5f", "completed", "251123000123456", None
    )
    assert task(parse(TASK.encode())) == Task(report, 1)
    assert task({"data": {"task_id": "t", "status": "pending"}}).attempts == 0


def test_a_batch_answer_is_read_and_names_no_order():
    """The published answer has neither order ids nor results of its legs."""
    assert batch_answer(parse(BATCH.encode())) == BatchAnswer(
        batch_id="b7e0b1c2-1111-2222-3333-444455556666",
        success=False,
        total_orders=2,
        succeeded=0,
        failed=2,
        error="Order 2 failed: Timeout. Rolled back 1 orders.",
    )
    with pytest.raises(FieldFault):
        batch_answer({"batch_id": "b", "success": "false"})


@given(st.integers(100, 599), st.binary(max_size=60), st.booleans())
def test_any_answer_is_judged(status, body, changes):
    """P19: whatever a body holds, judging it gives a broker's error or None."""
    error = judge(status, body, changes=changes, secret="k")
    assert (error is None) == (200 <= status < 300)
    assert error is None or isinstance(error, BrokerError)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(
            ["data", "order_id", "task_id", "status", "result", "attempts", "last_error", "detail",
             "message", "loc", "msg", "success", "batch_id", "total_orders", "succeeded", "failed"]
        ),
        inner,
        max_size=6,
    ),
    max_leaves=12,
)  # fmt: skip


@given(JSON)
def test_any_json_gives_an_answer_or_a_fault(value):
    """P19: every reader of answers gives its value or the fault of a field, nothing else."""
    judge(400, json.dumps(value).encode(), changes=True, secret="k")
    complaint(value, changes=True, secret="k")
    for read in (placing, task, batch_answer):
        try:
            found = read(value)
        except FieldFault:
            continue
        if isinstance(found, Task):
            settle(found, secret="k")
