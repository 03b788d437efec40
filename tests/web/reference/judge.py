"""Whether what is answered is what is written down, and no more than that.

documents ── closed: a field that is not written down is a fault ──▶ Judge
Judge.answer(endpoint, status, media type, text)  ─▶ nothing, or AssertionError with each fault
Judge.frame(dialect, text)
"""

from __future__ import annotations

import json
from copy import deepcopy
from functools import cache

from jsonschema import Draft202012Validator

from web.reference.asyncapi import asyncapi
from web.reference.calls import SECTIONS
from web.reference.frames import DIALECTS
from web.reference.openapi import openapi


@cache
def documents():
    """Both documents, as the tests' gateways publish them."""
    return openapi(SECTIONS, "1.2.3"), asyncapi(DIALECTS, "1.2.3")


class Judge:
    """Both documents, closed."""

    def __init__(self):
        self.calls, self.sockets = map(closed, documents())
        self.operations = {
            operation["operationId"]: operation
            for place in self.calls["paths"].values()
            for operation in place.values()
        }

    def answer(self, endpoint, status, media_type, text):
        """Hold an answer against what its call is written to give."""
        responses = self.operations[endpoint]["responses"]
        assert str(status) in responses, f"{endpoint}: {status} is not written down: {text[:300]}"
        content = responses[str(status)].get("content", {})
        kind = media_type.partition(";")[0]
        if not text and not content:
            return
        assert kind in content or "*/*" in content, f"{endpoint}: {status} {kind!r}"
        if "json" in kind:
            self.hold(content[kind]["schema"], self.calls, json.loads(text), endpoint)

    def frame(self, dialect, text):
        """Hold a frame against what a dialect is written to tell."""
        messages = self.sockets["components"]["messages"]
        if not text.startswith("{"):
            assert messages[text]["payload"]["const"] == text
            return
        value = json.loads(text)
        names = [form.name for form in dialect.out if value["type"] in kinds_of(form)]
        assert len(names) == 1, f"{value['type']} is told by {names}"
        self.hold(messages[names[0]]["payload"], self.sockets, value, names[0])

    def hold(self, schema, document, value, name):
        """Say everything that is wrong with a value."""
        whole = {**schema, "components": document["components"]}
        faults = [
            f"{name} {error.json_path}: {error.message[:300]}"
            for error in Draft202012Validator(whole).iter_errors(value)
        ]
        assert faults == []


def kinds_of(form):
    """The word, or words, by which a frame is known."""
    return form.fields["type"]["enum"]


def closed(document):
    """The document with every object closed that says which fields it has."""
    found = deepcopy(document)
    for schema in found["components"]["schemas"].values():
        schema.setdefault("additionalProperties", False)
    return found


def references(value):
    """Every place that a document refers to."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if name == "$ref":
                yield inner
            else:
                yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


def lookup(document, reference):
    """What stands at a place of a document."""
    for step in reference.removeprefix("#/").split("/"):
        document = document[step]
    return document
