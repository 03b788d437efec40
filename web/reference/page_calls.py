"""The calls on the page: what each takes, what comes of it, and how that looks. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any, Final

from .call import Call, Schema, Section
from .examples import STORY, Example, Told
from .openapi import needs
from .words import code, field_rows, marked, pretty, rows, said_of, typed

HERE: Final = "http://localhost:8009"


def call_id(call: Call) -> str:
    """Give where on the page a call is told."""
    return f"call-{call.endpoint}"


def section_id(name: str) -> str:
    """Give where on the page a section begins."""
    return name.lower().replace(" ", "-").replace("'", "")


def section_of(section: Section, calls: Schema, told: Told) -> str:
    """Write a section. `calls` is the document for machines."""
    shapes = calls["components"]["schemas"]
    inner = "".join(
        call_of(call, calls["paths"][call.path][call.method.lower()], shapes, told)
        for call in section.calls
    )
    head = f"<h2>{escape(section.name)}</h2><p>{marked(section.about)}</p>"
    return f'<section id="{section_id(section.name)}">{head}{inner}</section>'


def call_of(call: Call, operation: Schema, shapes: Schema, told: Told) -> str:
    """Write a call. `operation` is the same in the document, whose shapes are these."""
    parameters = [one for one in operation["parameters"] if one["name"] != "account_id"]
    parts = [
        f'<article id="{call_id(call)}" class="call">',
        f"<h3>{escape(call.title)}</h3>",
        line_of(call.method, call.path, call.right),
        f"<p>{marked(' '.join(filter(None, (call.about, needs(call)))))}</p>",
        rows(("Parameter", "What it is", "About"), map(parameter_row, parameters)),
        body_of(operation, shapes),
        rows(("Answer", "What it is", "About"), answer_rows(call, operation)),
        as_everywhere(call),
        *examples_of(call, told),
        "</article>",
    ]
    return "".join(parts)


def line_of(method: str, path: str, right: str) -> str:
    """Write the line that says where a call is, and who may."""
    said = f'<span class="right">{right}</span>' if right else ""
    word = f'<span class="method" data-method="{method}">{method}</span>'
    return f'<p class="line">{word}<code>{escape(path)}</code>{said}</p>'


def parameter_row(one: Schema) -> tuple[str, str, str]:
    """Write a parameter's line of the table."""
    mark = {"path": "in the path", "header": "header"}.get(one["in"], "")
    need = "" if one["required"] or one["in"] == "path" else "optional"
    words = " ".join(filter(None, (mark, need)))
    name = f'<code>{escape(one["name"])}</code> <span class="soft">{words}</span>'
    default = {"default": one["schema"]["default"]} if "default" in one["schema"] else {}
    return name, typed(one["schema"]), said_of({"description": one["description"], **default})


def body_of(operation: Schema, shapes: Schema) -> str:
    """Say what a call takes, field by field."""
    body = operation.get("requestBody")
    if body is None:
        return ""
    schema = body["content"]["application/json"]["schema"]
    more = "" if body["required"] else '; <span class="soft">none at all will do</span>'
    others = [kind for kind in body["content"] if kind != "application/json"]
    also = f", also as <code>{escape(others[0])}</code>" if others else ""
    fields = field_rows(shapes[schema["$ref"].rpartition("/")[2]])
    table = rows(("Field", "What it is", "About"), fields)
    return f'<p class="body">Body: {typed(schema)}{also}{more}</p>{table}'


def answer_rows(call: Call, operation: Schema) -> Iterator[tuple[str, str, str]]:
    """Write the lines of what may come of a call; the faults are those of its own."""
    for status, one in operation["responses"].items():
        if int(status) not in {*call.answers, *call.faults}:
            continue
        content: Mapping[str, Any] = one.get("content", {})
        is_fault = "application/problem+json" in content and int(status) >= 400
        kinds = [
            typed(inner["schema"]) if kind == "application/json" else f"<code>{escape(kind)}</code>"
            for kind, inner in content.items()
            if kind != "application/problem+json"
        ]
        headers = [name for name in one["headers"] if name != "X-Request-ID"]
        shown = [*kinds, *(f"<code>{escape(name)}</code>" for name in headers)]
        mark = ' class="fault"' if is_fault else ""
        yield f"<b{mark}>{status}</b>", " and ".join(shown), marked(one["description"])


def as_everywhere(call: Call) -> str:
    """Name the faults that a call shares with the others."""
    shared = {s: words for s, words in call.all_faults.items() if s not in call.faults}
    said = "; ".join(f"<b>{status}</b> {marked(words)}" for status, words in shared.items())
    return f'<p class="soft">As elsewhere: {said}.</p>'


def examples_of(call: Call, told: Told) -> Iterator[str]:
    """Write a call's examples, each with what a gateway answered."""
    for example, answer in zip(STORY, told.answers, strict=False):
        if example.endpoint == call.endpoint and example.is_shown:
            title = escape(example.title or "An example")
            asked = code(as_curl(call, example, answer["path"]), f"{call.title}: what is sent")
            yield f"<details><summary>{title}</summary>{asked}{as_told(call, answer)}</details>"


def as_curl(call: Call, example: Example, path: str) -> str:
    """Write a request as a line of a shell."""
    quoted = f"'{HERE}{path}'" if set(path) & set("?&{}") else f"{HERE}{path}"
    method = "" if call.method == "GET" else f" -X {call.method}"
    stays = " -N" if call.endpoint == "event_stream" else ""
    lines = [f"curl{stays}{method} {quoted}"]
    lines += [f"-H '{name}: {value}'" for name, value in example.headers.items()]
    if example.body is not None:
        lines.append("-H 'Content-Type: application/json'")
        lines.append(f"-d '{pretty(example.body)}'")
    return " \\\n  ".join(lines)


def as_told(call: Call, answer: Mapping[str, Any]) -> str:
    """Write an answer as it came."""
    head = " ".join([str(answer["status"]), *(f"{k}: {v}" for k, v in answer["headers"].items())])
    text = answer["text"]
    if text.startswith("{"):
        text = pretty(json.loads(text))
    label = f"{call.title}: what is answered"
    return f'<p class="told">{escape(head)}</p>' + (code(text, label) if text else "")
