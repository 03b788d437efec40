"""Our JSON: every value of the model comes back as it went, and nothing else comes in."""

import hashlib
import json
from decimal import Decimal

import msgspec
import pytest
from attrs import evolve, frozen
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.domain.batch import Batch, BatchRequest
from actors.domain.errors import DecodeError, GatewayBug
from actors.domain.model import Note, Order, OrderReport
from actors.domain.wire import (
    decode,
    encode,
    plain,
    structure,
)

from .given import MODEL, a_batch, an_order, any_of

LEG = {
    "tradingsymbol": "BANKNIFTY25NOVFUT",
    "exchange": "NFO",
    "transaction_type": "SELL",
    "quantity": 25,
    "order_type": "LIMIT",
    "product": "NRML",
    "price": 45500.0,
}


@pytest.mark.parametrize("kind", MODEL, ids=lambda kind: kind.__name__)
@settings(max_examples=30)
@given(data=st.data())
def test_every_value_of_the_model_comes_back_as_it_went(kind, data):
    """P13: whatever the model can hold is read again as it was written, and written as before."""
    value = data.draw(any_of(kind))
    raw = encode(value)
    assert decode(raw, kind) == value
    assert encode(decode(raw, kind)) == raw
    assert decode(raw, kind, bytes_max=len(raw)) == value


@pytest.mark.parametrize("digits", ["610.50", "0.00", "19500.25", "0.05", "45500.0", "7", "1E+25"])
def test_money_keeps_the_brokers_own_digits(digits):
    """610.50 stays 610.50: digits are what a desk compares, so none is dropped or added."""
    raw = b'{"order_id":"1","status":"OPEN","price":' + digits.encode() + b"}"
    report = decode(raw, OrderReport)
    assert str(report.price) == digits
    assert f'"price":{digits},'.encode() in encode(report)
    json.loads(encode(report))


@given(any_of(Order))
def test_what_is_written_every_reader_of_json_can_read(order):
    """A client in any language reads what is sent: the standard library agrees with us."""
    raw = encode(order)
    assert json.loads(raw).keys() == plain(order).keys()
    assert msgspec.json.decode(raw).keys() == json.loads(raw).keys()


def test_a_stored_value_may_have_fields_of_another_version():
    """A store written by a later Orderwire, or a broker with more to say, is read for what we know."""
    raw = encode(an_order()).replace(b'{"order_id"', b'{"new":{"x":[1]},"order_id"')
    assert decode(raw, Order) == an_order()


def test_optional_fields_may_be_null_or_missing():
    """What a caller may leave out may also be null; the default stands in only when it is missing."""
    body = {"orders": [LEG | {"tag": None, "trigger_price": None}]}
    request = decode(json.dumps(body).encode(), BatchRequest)
    (leg,) = request.orders
    assert (leg.tag, leg.trigger_price, leg.validity, leg.variety) == (None, None, "DAY", "regular")
    assert (request.rollback_on_failure, request.on_failure, request.wait_s) == (True, None, 30)


def test_the_bytes_at_fault_are_told_by_digest_alone():
    """P21: length, SHA-256 and path of a frame that failed; nothing that stood in it."""
    raw = b'{"order_id":["hunter2"],"status":"OPEN"}'
    with pytest.raises(DecodeError) as caught:
        decode(raw, OrderReport)
    assert str(caught.value) == "$.order_id: a string is needed"
    assert caught.value.length == len(raw)
    assert caught.value.sha256 == hashlib.sha256(raw).hexdigest()
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_a_class_without_a_json_shape_is_our_bug():
    """P19: a decoder of ours that cannot work blames us, not the bytes."""

    @frozen
    class Odd:
        inside: object

    with pytest.raises(GatewayBug, match="no JSON shape"):
        structure({"inside": 1}, complex)
    with pytest.raises(GatewayBug, match="no JSON shape"):
        structure({"inside": 1}, Odd)


def test_half_a_letter_is_never_written():
    """P13: a text that UTF-8 cannot carry is our bug, told before it is stored."""
    with pytest.raises(GatewayBug, match="half a letter"):
        encode(Note("info", "\ud800"))


def test_a_batch_is_written_as_the_briefs_answer():
    """The brief's fields come first, with its names and its counts; then ours."""
    batch = evolve(a_batch("filled", "rejected", "pending"), outcome="exposed")
    batch = evolve(batch, legs=(evolve(batch.legs[0], order_id="1"), *batch.legs[1:]))
    answer = plain(batch)
    assert list(answer)[:8] == [
        "status", "account_id", "batch_id", "total_orders", "succeeded", "failed", "pending",
        "order_ids",
    ]  # fmt: skip
    assert (answer["status"], answer["total_orders"], answer["order_ids"]) == ("failed", 3, ["1"])
    assert (answer["succeeded"], answer["failed"], answer["pending"]) == (1, 1, 1)
    assert answer["created_at"] == "2026-11-20T03:45:00.000Z"
    assert json.loads(encode(batch))["legs"][0]["average_price"] == 0
    assert decode(encode(batch), Batch) == batch


def test_plain_values_are_written_too():
    """Answers that are no class of the model are written by the same rules."""
    assert encode({"price": Decimal("610.50"), "at": an_order().updated_at, "n": [None, True]}) == (
        b'{"price":610.50,"at":"2026-11-20T03:45:00.000Z","n":[null,true]}'
    )
