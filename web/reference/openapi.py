"""The calls as a document of OpenAPI 3.1 (https://spec.openapis.org/oas/v3.1.0). Pure.

SECTIONS ──▶ paths ── each call ── parameters, body, answers, faults ──▶ components
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from .call import JSON, NAMES_IN_PATH, PROBLEM, Answer, Call, Parameter, Schema, Section
from .examples import STORY
from .forms import PROBLEM as PROBLEM_FORM
from .shapes import Shapes

ABOUT: Final = (
    "One process between a trading desk's screens and its brokers. Money is a JSON number with the"
    " broker's own digits; times are RFC 3339 in UTC with milliseconds. An answer's `epoch` and"
    " `offset` say exactly which events it includes. A field that is not known, or stands twice,"
    " is refused; answers may have more fields one day."
)
SCHEMES: Final[Schema] = {
    "bearer": {"type": "http", "scheme": "bearer"},
    "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
    "session": {"type": "apiKey", "in": "cookie", "name": "orderwire-session"},
    "ticket": {"type": "apiKey", "in": "query", "name": "ticket"},
}
KEYS: Final[tuple[Schema, ...]] = ({"bearer": []}, {"key": []}, {"session": []})
REQUEST_ID: Final[Schema] = {
    "X-Request-ID": {
        "description": "The request's name in the log; the caller's own if it sent one.",
        "schema": {"type": "string"},
    }
}


def openapi(sections: Sequence[Section], version: str) -> Schema:
    """Write the document."""
    shapes = Shapes()
    paths: dict[str, Any] = {}
    for section in sections:
        for call in section.calls:
            place = paths.setdefault(call.path, {})
            place[call.method.lower()] = operation(call, section.name, shapes)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Orderwire", "version": version, "description": ABOUT},
        "servers": [{"url": "/"}],
        "tags": [{"name": one.name, "description": one.about} for one in sections],
        "paths": paths,
        "components": {
            "schemas": dict(sorted(shapes.components.items())),
            "securitySchemes": SCHEMES,
        },
    }


def operation(call: Call, tag: str, shapes: Shapes) -> Schema:
    """Write one call."""
    found: Schema = {
        "operationId": call.endpoint,
        "tags": [tag],
        "summary": call.title,
        "description": " ".join(filter(None, (call.about, needs(call)))),
        "security": security(call),
        "x-right": call.right or None,
        "parameters": [
            *(in_path(name) for name in call.names_in_path),
            *(parameter(one, "query") for one in call.query),
            *(parameter(one, "header") for one in call.headers),
        ],
        "responses": responses(call, shapes),
    }
    if call.body is not None:
        schema = shapes.of(call.body.kind, taken=True)
        kinds = (JSON, *call.body.also)
        content: Schema = {kind: {"schema": schema} for kind in kinds}
        if shown := examples_of(call):
            content[JSON]["examples"] = shown
        found["requestBody"] = {"required": not call.body.may_be_empty, "content": content}
    return found


def examples_of(call: Call) -> Schema:
    """Give the bodies that the examples send to a call, as those that are answered well."""
    shown = [one for one in STORY if one.endpoint == call.endpoint and one.body is not None]
    return {
        f"{call.endpoint}_{i}": {"summary": one.title or call.title, "value": one.body}
        for i, one in enumerate(shown, 1)
        if one.is_good
    }


def needs(call: Call) -> str:
    """Say in words what a caller needs."""
    match call.right:
        case "":
            return "Needs nothing."
        case "key":
            return "Needs a key or a login."
        case right:
            over = "the account" if "account_id" in call.names_in_path else "some account"
            return f"Needs the right `{right}` over {over}."


def security(call: Call) -> list[Schema]:
    """Give what lets a caller in."""
    if not call.right:
        return []
    return [*KEYS, *([{"ticket": []}] if call.path == "/events/stream" else [])]


def in_path(name: str) -> Schema:
    """Write what a path leaves open."""
    schema: Schema = {"type": "string", "minLength": 1}
    about = NAMES_IN_PATH[name]
    return {"name": name, "in": "path", "required": True, "description": about, "schema": schema}


def parameter(one: Parameter, where: str) -> Schema:
    """Write a parameter."""
    found: Schema = {
        "name": one.name,
        "in": where,
        "required": one.required,
        "description": one.about,
        "schema": one.schema,
    }
    if one.schema.get("type") == "array":
        found |= {"style": "form", "explode": one.repeats}
    return found


def responses(call: Call, shapes: Shapes) -> Schema:
    """Write what comes of a call, by status."""
    found = {status: answered(one, shapes) for status, one in call.answers.items()}
    fault = shapes.of(PROBLEM_FORM)
    for status, words in call.all_faults.items():
        content = {PROBLEM: {"schema": fault}}
        if call.body is not None and call.body.also:  # a form is answered by a page
            content["text/html"] = {"schema": {"type": "string"}}
        if status in found:  # an answer and a fault may share a status
            found[status]["content"] = {**found[status].get("content", {}), **content}
        else:
            found[status] = {"description": words, "headers": REQUEST_ID, "content": content}
    return {str(status): found[status] for status in sorted(found)}


def answered(one: Answer, shapes: Shapes) -> Schema:
    """Write an answer."""
    headers: Mapping[str, Any] = {
        name: {"description": words, "schema": {"type": "string"}}
        for name, words in one.headers.items()
    }
    found: Schema = {"description": one.about, "headers": {**REQUEST_ID, **headers}}
    if one.kind is not None:
        found["content"] = {one.media_type: {"schema": shapes.of(one.kind)}}
    return found
