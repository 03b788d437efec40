from decimal import Decimal

import pytest

from . import pattern
from .pattern import Mismatch, fill, fill_text, match, parse


@pytest.mark.parametrize(
    ("wanted", "value"),
    [
        ('{"a": 1}', {"a": 1, "b": 2}),
        ('{"a": *}', {"a": None}),
        ('{"a": 100}', {"a": Decimal("100.00")}),
        ('{"a": null}', {"a": None}),
        ("[1, 2]", [1, 2]),
        ("[1, ...]", [1, 2, 3]),
        ("[..., 3]", [1, 2, 3]),
        ("[1, ..., 3]", [1, 3]),
        ("[...]", []),
        ("[..., 2, ...]", [1, 2, 3]),
        ("[..., $a, $a, ...]", [1, 2, 2]),
        ('"*no such order*"', "there is no such order here"),
        ('"open|filled"', "filled"),
        ('"$.orders[1].price"', "$.orders[1].price"),
        ("[$a, $a]", [7, 7]),
    ],
)
def test_what_fits_fits(wanted, value):
    """An object may have more fields; `*`, `...`, `|` and names stand for what may come."""
    match(parse(wanted), value, {})


@pytest.mark.parametrize(
    ("wanted", "value", "path"),
    [
        ('{"a": 1}', {"a": 2}, "$.a"),
        ('{"a": 1}', {"b": 1}, "$"),
        ('{"a": {"b": [1, {"c": 2}]}}', {"a": {"b": [1, {"c": 3}]}}, "$.a.b[1].c"),
        ('{"a": 1}', {"a": True}, "$.a"),
        ('{"a": 1}', {"a": "1"}, "$.a"),
        ('{"a": null}', {"a": 0}, "$.a"),
        ("[1]", [1, 2], "$"),
        ("[1, 2, ...]", [1], "$"),
        ("[1, ..., 3]", [1, 2], "$[1]"),
        ("[..., 4, ...]", [1, 2], "$[1]"),
        ("[]", {}, "$"),
        ('"open|filled"', "rejected", "$"),
        ('"*Z"', "12:00", "$"),
        ("[$a, $a]", [7, 8], "$[1]"),
        ('{"a": "x"}', {"a": None}, "$.a"),
    ],
)
def test_what_does_not_fit_is_told_with_its_place(wanted, value, path):
    """A mismatch names the path, what was expected, and what came."""
    with pytest.raises(Mismatch) as told:
        match(parse(wanted), value, {})
    assert str(told.value).startswith(f"at {path}: expected ")
    assert ", came " in str(told.value)


def test_a_name_is_bound_once_and_holds():
    """A name takes the first value that it meets, and later stands for that one alone."""
    names = match(parse('{"id": $id, "at": "/orders/$id"}'), {"id": "7", "at": "/orders/7"}, {})
    assert names == {"$id": "7"}
    match(parse("$id"), "7", names)
    with pytest.raises(Mismatch, match=r"\$id, which is \"7\""):
        match(parse("$id"), "8", names)


def test_a_name_in_a_text_takes_what_stands_there():
    """A Location gives the id that it ends with, and no more than one part of a path."""
    known = {}
    pattern.match_text("/batches/$id", "/batches/b1", known)
    assert known == {"$id": "b1"}
    with pytest.raises(Mismatch):
        pattern.match_text("/batches/$other", "/batches/b1/more", {})


def test_names_that_a_mismatch_met_are_not_kept():
    """What did not fit has bound nothing: the next frame is met with the names of before."""
    names = {"$known": 1}
    with pytest.raises(Mismatch):
        match(parse('{"a": $new, "b": 2}'), {"a": 1, "b": 3}, names)
    assert names == {"$known": 1}


def test_a_request_is_filled_with_what_is_known():
    """`$name` is its value wherever it stands, whole or inside a text; an unknown one is a fault."""
    names = {"$leg": {"quantity": 50}, "$id": "7"}
    assert fill(parse('{"orders": [$leg], "tag": "t-$id"}'), names) == {
        "orders": [{"quantity": 50}],
        "tag": "t-7",
    }
    assert fill_text("/orders/$id?x=$.y", names) == "/orders/7?x=$.y"
    with pytest.raises(ValueError, match=r"\$other"):
        fill(parse("[$other]"), names)


def test_a_hole_inside_a_text_is_text():
    """Only bare words are holes; in quotes `...` is three points."""
    match(parse('["...", "a $ b"]'), ["...", "a $ b"], {})
    with pytest.raises(Mismatch):
        match(parse('["..."]'), [1, 2, 3], {})


def test_what_is_no_json_is_a_fault():
    """A pattern with a fault is no pattern that fits everything."""
    with pytest.raises(ValueError, match="Expecting"):
        parse('{"a": }')
