from decimal import Decimal

import pytest

from actors.domain.errors import BadRequest
from actors.upstream import Change
from web.bodies import NoFields, read_body, read_fields
from web.controls import DeadmanWish


@pytest.mark.parametrize("raw", [b"", b"{", b"NaN", b'{"a":1,"a":2}', b"[" * 100_000, b"\xff"])
def test_what_is_no_json_is_400(raw):
    """P19: any bytes are a value or a fault of the caller's; an empty body is a fault too."""
    with pytest.raises(BadRequest) as refusal:
        read_body(raw)
    assert refusal.value.status == 400


def test_an_empty_body_may_stand_for_no_fields():
    """Where all fields may be left out, so may the body; spaces are no JSON either way."""
    assert read_body(b"", may_be_empty=True) == {}
    with pytest.raises(BadRequest):
        read_body(b" ", may_be_empty=True)


@pytest.mark.parametrize(
    ("kind", "value", "path"),
    [
        (Change, {"prise": 1}, "$"),
        (Change, {"price": "1"}, "$.price"),
        (Change, {"quantity": 1.5}, "$.quantity"),
        (Change, [], "$"),
        (DeadmanWish, {}, "$.seconds"),
        (DeadmanWish, {"seconds": None}, "$.seconds"),
        (DeadmanWish, {"seconds": 1, "cancel_open": 1}, "$.cancel_open"),
        (NoFields, {"a": 1}, "$"),
        (NoFields, None, "$"),
    ],
)
def test_a_body_of_another_shape_is_422_by_its_field(kind, value, path):
    """Types are exact, and a field that is not known may be a typo of one that moves money."""
    with pytest.raises(BadRequest, match="no wish") as refusal:
        read_fields(value, kind, "no wish")
    assert refusal.value.status == 422
    assert [fault.path for fault in refusal.value.faults] == [path]


def test_a_good_body_is_what_it_says():
    """Money keeps its digits."""
    value = read_body(b'{"price": 100.50}')
    assert f"{read_fields(value, Change, '').price}" == "100.50"
    assert read_fields({}, Change, "") == Change()
    assert read_fields({"price": Decimal(1)}, Change, "") == Change(price=Decimal(1))
