"""What our JSON refuses: syntax, sizes, shapes; and any bytes at all."""

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from actors.domain import wire
from actors.domain.batch import BatchRequest
from actors.domain.errors import DecodeError, Fault
from actors.domain.wire import (
    BODY_BYTES_MAX,
    DEPTH_MAX,
    decode,
    encode,
    parse,
    parse_body,
    structure,
)

from .given import MODEL, a_batch, a_report, an_order

LEG = {
    "tradingsymbol": "BANKNIFTY25NOVFUT",
    "exchange": "NFO",
    "transaction_type": "SELL",
    "quantity": 25,
    "order_type": "LIMIT",
    "product": "NRML",
    "price": 45500.0,
}


# What is JSON in some reader's eyes and not in ours.
REFUSED = {
    "nothing": b"",
    "blanks": b" \n\t",
    "NaN": b'{"a":NaN}',
    "Infinity": b"Infinity",
    "-Infinity": b"[-Infinity]",
    "1e400": b"[1e400]",
    "-1e400": b"[-1e400]",
    "1e-400": b"[1e-400]",
    "zero of no measure": b"[0e400]",
    "an exponent of 20 digits": b"[1.0e99999999999999999999]",
    "an exponent of a billion": b"[1e1000000000]",
    "5,000 digits": b"[" + b"9" * 5000 + b"]",
    "-5,000 digits": b"[-" + b"9" * 5000 + b"]",
    "5,000 digits after the point": b"[0." + b"9" * 5000 + b"]",
    "5,000 digits and an exponent": b"[" + b"9" * 5000 + b"e-4990]",
    "a million digits": b"9" * 1_000_000,
    "a leading zero": b"[07]",
    "a leading plus": b"[+7]",
    "hexadecimal": b"[0x7]",
    "bad UTF-8": b'{"a":"\xff"}',
    "bad UTF-8 in a name": b'{"\xff":1}',
    "bad UTF-8 outside": b"\xff[]",
    "half a letter in UTF-8": b'"\xed\xa0\x80"',
    "an overlong letter": b'"\xc0\x80"',
    "half a letter": b'"\\ud800"',
    "the other half": b'["\\udc00"]',
    "two first halves": b'["\\ud800\\ud800"]',
    "half a letter and a whole one": b'["\\ud800\\u0041"]',
    "half a letter in a name": b'{"\\udfff":1}',
    "a bare control letter": b'"\x01"',
    "a byte order mark": b"\xef\xbb\xbf{}",
    "UTF-16": "{}".encode("utf-16"),
    "UTF-32": "{}".encode("utf-32-le"),
    "a trailing comma": b"[1,]",
    "a comment": b"{}//",
    "two values": b"{}{}",
    "single quotes": b"{'a':1}",
    "a torn end": b'{"a":[1,2',
    "33 deep": b"[" * 33 + b"]" * 33,
    "33 deep around a value": b"[" * 33 + b"1" + b"]" * 33,
    "33 deep in objects": b'{"a":' * 33 + b"{}" + b"}" * 33,
    "100,000 deep": b"[" * 100_000 + b"]" * 100_000,
    "100,000 deep and torn": b'{"a":' * 100_000,
    "deep beside wide": b"[" + b"[]," * 50 + b"[" * 40 + b"]" * 40 + b"]",
}  # fmt: skip


def _fault(raw, kind=BatchRequest):
    with pytest.raises(DecodeError) as caught:
        decode(raw, kind)
    return caught.value.faults


def _leg_faults(**changes):
    body = json.dumps({"orders": [LEG | changes]}).encode()
    return [(fault.path, fault.message) for fault in _fault(body)]


def _outcome(read):
    try:
        return read()
    except DecodeError as error:
        return error


@pytest.mark.parametrize("raw", REFUSED.values(), ids=REFUSED.keys())
@pytest.mark.parametrize("read", [parse, parse_body])
def test_what_is_no_json_of_ours_is_refused(read, raw):
    """P19: one decode error with the path `$`, whoever sent it and however odd it is."""
    with pytest.raises(DecodeError) as caught:
        read(raw, bytes_max=2_000_000)
    (fault,) = caught.value.faults
    assert fault.path == "$"
    assert len(fault.message) < 200
    assert caught.value.length == len(raw)
    assert len(caught.value.sha256) == 64


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (b"null", None),
        (b"[" * DEPTH_MAX + b"]" * DEPTH_MAX, None),
        (b"[" * DEPTH_MAX + b"1" + b"]" * DEPTH_MAX, None),
        (b'"' + b"[{" * 100 + b'"', "[{" * 100),
        (b'["\\ud83d\\ude00","\\u0000"]', ["😀", "\0"]),
        (b" [1] ", [1]),
        (b"[9223372036854775808]", [2**63]),
    ],
)
def test_what_is_json_of_ours_is_taken(raw, value):
    """The bounds stand where they are said to stand: 32 levels are not too many."""
    read = parse(raw)
    assert read == parse_body(raw)
    assert value is None or read == value


def test_the_size_is_looked_at_before_anything_else():
    """P20: one byte too many is refused unparsed, with its size and the bound."""
    assert parse(b"[" + b" " * 8 + b"]", bytes_max=10) == []
    with pytest.raises(DecodeError, match="11 bytes are more than the 10 allowed"):
        parse(b"\xff" * 11, bytes_max=10)
    with pytest.raises(DecodeError, match=f"more than the {BODY_BYTES_MAX} allowed"):
        parse_body(b" " * (BODY_BYTES_MAX + 1))


@pytest.mark.parametrize(
    "raw",
    [
        b'{"quantity":1,"quantity":2}',
        b'{"quantity":1,"\\u0071uantity":1}',
        b'{"orders":[{"quantity":1,"price":3,"quantity":1}]}',
    ],
)
def test_a_name_that_stands_twice_is_refused_in_a_callers_body(raw):
    """Two quantities in one order are not a thing to choose from; a broker's frame may have them."""
    with pytest.raises(DecodeError, match="'quantity' stands twice"):
        parse_body(raw)
    parse(raw)


def test_a_body_of_many_names_costs_no_more_than_its_size():
    """P19: the search for a doubled name among 25,000 is one pass; all pairs would be 300 million."""
    names = [f'"{i:x}":1' for i in range(25_000)]
    with pytest.raises(DecodeError, match="'61a7' stands twice"):
        parse_body(("{" + ",".join(names) + ',"61a7":2}').encode())


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("quantity", None, "a whole number is needed"),
        ("quantity", "25", "a whole number is needed"),
        ("quantity", 25.0, "a whole number is needed"),
        ("quantity", True, "a whole number is needed"),
        ("quantity", 2**63, "a whole number of at most 64 bits is needed"),
        ("quantity", [25], "a whole number is needed"),
        ("price", "45500", "a number is needed"),
        ("price", "NaN", "a number is needed"),
        ("price", False, "a number is needed"),
        ("price", 10**40, "a number of at most 30 digits is needed"),
        ("tradingsymbol", None, "a string is needed"),
        ("tradingsymbol", 7, "a string is needed"),
        ("tag", 7, "a string is needed"),
        ("transaction_type", "buy", "one of BUY, SELL is needed"),
        ("transaction_type", None, "one of BUY, SELL is needed"),
        ("transaction_type", ["BUY"], "one of BUY, SELL is needed"),
        ("order_type", "MARKET ", "one of MARKET, LIMIT, SL, SL-M is needed"),
        ("validity", None, "a string is needed"),
    ],
)
def test_a_leg_of_the_wrong_shape_is_refused_with_its_path(field, value, message):
    """P19: null, a quoted number, true for 1, 7.0 for 7 in a leg: each named where it stands."""
    assert _leg_faults(**{field: value}) == [(f"$.orders[0].{field}", message)]


def test_every_fault_of_a_body_is_named_at_once():
    """A caller mends a body in one go: each leg and each field is in the answer."""
    body = {"orders": [LEG | {"quantity": "1"}, {}, 7], "wait_s": 1.5, "rollback_on_failure": 1}
    paths = [fault.path for fault in _fault(json.dumps(body).encode())]
    assert paths == [
        "$.orders[0].quantity",
        *(f"$.orders[1].{name}" for name in LEG if name != "price"),
        "$.orders[2]",
        "$.rollback_on_failure",
        "$.wait_s",
    ]


@pytest.mark.parametrize("raw", [b"[]", b"7", b'"orders"', b"null", b"true"])
def test_a_body_that_is_no_object_is_refused(raw):
    """P19: an object is needed, and that is said."""
    assert _fault(raw) == (Fault("$", "an object is needed"),)


@pytest.mark.parametrize("orders", [{}, "legs", 7, None])
def test_legs_that_are_no_list_are_refused(orders):
    """P19: an object would be walked by its names, a text by its letters."""
    body = json.dumps({"orders": orders}).encode()
    assert _fault(body) == (Fault("$.orders", "a list is needed"),)


def test_a_callers_unknown_field_is_refused():
    """A field that we do not know may be a typo of one that moves money: `prize` for `price`."""
    assert _leg_faults(prize=1) == [("$.orders[0]", "unknown field: prize (is price meant?)")]
    assert _fault(b'{"orders":[],"dry":true}') == (Fault("$", "unknown field: dry"),)


SAMPLES = [encode(an_order()), encode(a_batch("filled")), encode(a_report("OPEN")), b"[1e5]"]


@given(st.one_of(st.binary(max_size=200), st.sampled_from(SAMPLES)), st.data())
@example(b'{"a":1.0e99999999999999999999}', None)
@example(b'"\xff"', None)
def test_any_bytes_are_a_value_or_a_decode_error(raw, data):
    """P19: for every class of the model, whatever the bytes are, no other error escapes."""
    if data is not None and raw:
        at = data.draw(st.integers(0, len(raw) - 1))
        raw = raw[:at] + data.draw(st.binary(max_size=3)) + raw[at + data.draw(st.integers(0, 3)) :]
    for kind in MODEL:
        outcome = _outcome(lambda kind=kind: decode(raw, kind))
        assert isinstance(outcome, kind) or outcome.faults


_json = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.decimals(), st.text(), st.sampled_from(["BUY"])
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.sampled_from(["orders", "legs", "order_id", "status", "x"]), inner),
    ),
    max_leaves=12,
)


@given(_json)
def test_any_json_value_is_of_a_class_or_a_decode_error(value):
    """P19: a value of any shape is structured or refused, whatever stands where."""
    for kind in MODEL:
        outcome = _outcome(lambda kind=kind: structure(value, kind))
        assert isinstance(outcome, kind) or all(
            fault.path.startswith("$") for fault in outcome.faults
        )


def test_the_decoder_holds_at_the_end_of_a_deep_stack():
    """P19: a frame read when the stack is nearly full is a decode error, not the end."""

    def sink(left):
        if left:
            return sink(left - 1)
        with pytest.raises(DecodeError, match="nested deeper"):
            wire.parse(b"[" * 20_000 + b"]" * 20_000)
        return None

    sink(300)
