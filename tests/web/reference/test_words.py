import json

import pytest

from web.reference.words import code, marked, pretty, rows, said_of, typed


@pytest.mark.parametrize(
    ("schema", "told"),
    [
        ({"type": "string"}, "text"),
        ({"type": "string", "minLength": 1, "maxLength": 9}, "text, 1 to 9 characters"),
        ({"type": "string", "maxLength": 9}, "text, up to 9 characters"),
        ({"type": "integer", "minimum": 1, "maximum": 2**63}, "whole number, 1 or more"),
        ({"type": ["number", "null"]}, "number or null"),
        ({"type": "string", "format": "date-time"}, "time"),
        ({"type": "array", "items": {"type": "string"}}, "list of text"),
        ({"enum": ["a", None]}, "<code>&quot;a&quot;</code> · <code>null</code>"),
        ({"$ref": "#/components/schemas/Order"}, '<a href="#shape-Order">Order</a>'),
        ({"anyOf": [{"type": "null"}, {"type": "boolean"}]}, "null or true or false"),
        (
            {"type": "object", "additionalProperties": {"type": "integer"}},
            "object: any name, each whole number",
        ),
        ({}, "any value"),
    ],
)
def test_a_schema_in_a_readers_words(schema, told):
    """A reader needs to know no JSON Schema."""
    assert typed(schema) == told


def test_text_is_escaped_and_code_is_marked():
    """Words of ours may have code in them, and never HTML."""
    assert marked("a `<b>`\nc\n\nd & e") == "a <code>&lt;b&gt;</code> c<br>d &amp; e"
    assert code("<x>", 'a"b').endswith("<code>&lt;x&gt;</code></pre>")
    assert "<x>" not in rows(("<x>",), [("y",)])
    assert rows(("a",), []) == ""


def test_a_default_is_told():
    """What is taken when nothing is said stands with the field's own words."""
    assert "<code>30</code>" in said_of({"description": "How long.", "default": 30})


def test_json_is_shown_on_as_few_lines_as_fit():
    """What fits on a line stands on one; what does not has a line for each part, and is the same."""
    assert pretty({"a": [1, 2]}) == '{"a": [1, 2]}'
    large = {"name": "x" * 60, "rows": [{"a": "y" * 50, "b": 1.50}, {"a": "z" * 50}], "no": []}
    assert json.loads(pretty(large)) == large
    assert max(map(len, pretty(large).splitlines())) <= 84
