from jsonschema import Draft202012Validator

from tests.web.reference.judge import documents, lookup, references
from web.reference.call import Answer, Body, Call, Parameter, names_of, word
from web.reference.calls import CALLS, SECTIONS
from web.reference.openapi import openapi, operation
from web.reference.shapes import Shapes


def test_every_reference_leads_somewhere():
    """No `$ref` of the document hangs, and no shape stands there that nobody refers to."""
    calls, _ = documents()
    found = set(references(calls))
    for reference in found:
        assert lookup(calls, reference)
    assert {f"#/components/schemas/{name}" for name in calls["components"]["schemas"]} == found


def test_every_shape_is_a_schema():
    """Each shape is a JSON Schema as 2020-12 has it, and an object that says what it is."""
    calls, _ = documents()
    for name, schema in calls["components"]["schemas"].items():
        Draft202012Validator.check_schema(schema)
        assert schema["type"] == "object", name
        assert schema["description"], name


def test_every_call_stands_there_once():
    """The document has each call of the table under a name of its own."""
    calls, _ = documents()
    names = [one["operationId"] for place in calls["paths"].values() for one in place.values()]
    assert sorted(names) == sorted(call.endpoint for call in CALLS)
    assert [tag["name"] for tag in calls["tags"]] == [section.name for section in SECTIONS]


def test_what_is_taken_is_closed_and_what_is_given_is_not():
    """A field of a request that is not known is refused; an answer may have more one day."""
    calls, _ = documents()
    schemas = calls["components"]["schemas"]
    assert schemas["LegRequest"]["additionalProperties"] is False
    assert "additionalProperties" not in schemas["Order"]
    assert set(schemas["Order"]["required"]) == set(schemas["Order"]["properties"])
    assert schemas["BatchRequest"]["required"] == ["orders"]
    assert schemas["BatchRequest"]["properties"]["wait_s"]["default"] == 30


def test_a_call_says_who_may():
    """An open call lets everyone in; another names each way of coming with a key."""
    answers = {200: Answer("Well.")}
    bare = operation(Call("a", "GET", "/a", "A", answers, right=""), "T", Shapes())
    assert bare["security"] == []
    shut = operation(Call("a", "GET", "/a", "A", answers), "T", Shapes())
    assert [next(iter(way)) for way in shut["security"]] == ["bearer", "key", "session"]
    assert "`read` over some account" in shut["description"]


def test_lists_are_told_as_they_are_written():
    """A list in a URL has commas, or stands once for each of its items, as its parameter says."""
    comma = Parameter("types", "", names_of("a"))
    again = Parameter("event_types", "", names_of("a"), repeats=True)
    call = Call("a", "GET", "/a/{name}", "A", {200: Answer("Well.")}, query=(comma, again))
    told = {one["name"]: one for one in operation(call, "T", Shapes())["parameters"]}
    assert told["types"]["explode"] is False
    assert told["event_types"]["explode"] is True
    assert told["name"]["in"] == "path"
    assert told["name"]["required"] is True


def test_a_status_of_both_has_both():
    """Where an answer and a fault share a status, either is told: 503 of `/ready` is no problem."""
    calls, _ = documents()
    ready = calls["paths"]["/ready"]["get"]["responses"]["503"]
    assert list(ready["content"]) == ["application/json"]
    body = Body({"type": "object"}, also=("text/x",))
    call = Call(
        "a", "POST", "/a", "A", {422: Answer("Odd.", word(3))}, body=body, faults={422: "worse"}
    )
    told = operation(call, "T", Shapes())["responses"]["422"]["content"]
    assert set(told) == {"application/json", "application/problem+json", "text/html"}


def test_the_version_is_the_gateways():
    """The document says of which gateway it is."""
    assert openapi(SECTIONS, "9.9")["info"]["version"] == "9.9"
