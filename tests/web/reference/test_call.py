import pytest

from web.reference.call import Answer, Body, Call, names_of, one_of, whole, word

WELL = {200: Answer("Well.")}


def test_an_open_call_asks_for_nothing():
    """A call that needs no key has neither 401 nor 404, but the limits that hold for all."""
    assert set(Call("a", "GET", "/a", "A", WELL, right="").all_faults) == {403, 408, 413, 422, 429}


def test_what_a_path_names_may_not_be_there():
    """A path that names an account may be 404, and says what is not there."""
    one = Call("a", "GET", "/accounts/{account_id}/a", "A", WELL)
    two = Call("a", "GET", "/accounts/{account_id}/orders/{order_id}", "A", WELL)
    assert one.all_faults[404] == "there is no such account"
    assert two.names_in_path == ["account_id", "order_id"]
    assert "of that id" in two.all_faults[404]


def test_a_body_may_be_no_json():
    """A call with a body may be 400, and its own words stand before the common ones."""
    call = Call("a", "POST", "/a", "A", WELL, body=Body(str), faults={422: "odd", 503: "later"})
    assert list(call.all_faults) == [400, 401, 403, 408, 413, 422, 429, 503]
    assert call.all_faults[422] == "odd"


@pytest.mark.parametrize(
    ("schema", "told"),
    [
        (whole(1, 9), {"type": "integer", "minimum": 1, "maximum": 9}),
        (whole(1, 9, 2), {"type": "integer", "minimum": 1, "maximum": 9, "default": 2}),
        (word(5), {"type": "string", "minLength": 1, "maxLength": 5}),
        (one_of("a", default="a"), {"type": "string", "enum": ["a"], "default": "a"}),
        (names_of("a")["items"], {"type": "string", "enum": ["a"]}),
    ],
)
def test_the_small_schemas(schema, told):
    """What is written down most often has a word of its own."""
    assert schema == told
