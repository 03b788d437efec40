"""Small pieces of the page: words, types, tables. Pure.

marked    `code` in a text of ours        typed    a schema in a reader's words, with links
code      JSON as it is read               rows    a table, that becomes a list on a phone
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from typing import Any, Final

from .call import Schema

CODE: Final = re.compile(r"`([^`]+)`")
WORDS: Final = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
    "object": "object",
    "array": "list",
    "null": "null",
}
WIDTH_MAX: Final = 84


def marked(text: str) -> str:
    """Write a text of ours as HTML: `code`, and a paragraph's lines joined."""
    paragraphs = [" ".join(part.split()) for part in text.strip().split("\n\n")]
    return "<br>".join(CODE.sub(r"<code>\1</code>", escape(part)) for part in paragraphs)


def shape_id(name: str) -> str:
    """Give where on the page a shape is told."""
    return f"shape-{name}"


def typed(schema: Schema) -> str:
    """Say what a schema is, as HTML."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f'<a href="#{shape_id(name)}">{escape(name)}</a>'
    if "anyOf" in schema:
        return " or ".join(typed(one) for one in schema["anyOf"])
    if "enum" in schema:
        return " · ".join(f"<code>{escape(json.dumps(one))}</code>" for one in schema["enum"])
    if "const" in schema:
        return f"<code>{escape(str(schema['const']))}</code>"
    kinds = schema.get("type", "any value")
    if isinstance(kinds, list):
        return " or ".join(typed({**schema, "type": kind}) for kind in kinds)
    if kinds == "array":
        return f"list of {typed(schema.get('items', {}))}{bounded(schema, 'Items')}"
    if kinds == "object" and isinstance(schema.get("additionalProperties"), dict):
        return f"object: any name, each {typed(schema['additionalProperties'])}"
    if schema.get("format") == "date-time":
        return "time"
    tail = bounded(schema, "Length") if kinds == "string" else ""
    tail = bounded(schema, "imum") if kinds in ("integer", "number") else tail
    return f"{WORDS.get(kinds, kinds)}{tail}"


def bounded(schema: Schema, of: str) -> str:
    """Say a schema's bounds of one kind."""
    least, most = schema.get(f"min{of}"), schema.get(f"max{of}")
    unit = " characters" if of == "Length" else ""
    if least is None and most is None:
        return ""
    if most is None or most > 2**53:
        return f", {least} or more{unit}" if least else ""
    return f", {least} to {most}{unit}" if least is not None else f", up to {most}{unit}"


def said_of(schema: Schema) -> str:
    """Give a schema's own words, and its default."""
    found = [marked(schema["description"])] if "description" in schema else []
    if "default" in schema:
        found.append(f'<span class="soft">default</span> <code>{told(schema["default"])}</code>')
    return " ".join(found)


def told(value: Any) -> str:
    """Write a value as JSON, escaped."""
    return escape(json.dumps(value, ensure_ascii=False))


def field_rows(schema: Schema) -> Iterator[tuple[str, str, str]]:
    """Write the lines of an object's fields."""
    for name, one in schema.get("properties", {}).items():
        mark = "" if name in schema.get("required", ()) else ' <span class="soft">optional</span>'
        yield f"<code>{escape(name)}</code>{mark}", typed(one), said_of(one)


def rows(heads: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    """Write a table of HTML cells; nothing without lines."""
    body = "".join(
        "<tr>"
        + "".join(f'<td data-head="{escape(h)}">{c}</td>' for h, c in zip(heads, line, strict=True))
        + "</tr>"
        for line in lines
    )
    head = "".join(f'<th scope="col">{escape(one)}</th>' for one in heads)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>" if body else ""


def code(text: str, label: str = "") -> str:
    """Write a block of code, that scrolls by itself and can be reached by the keyboard."""
    name = f' aria-label="{escape(label)}"' if label else ""
    return f'<pre tabindex="0"{name}><code>{escape(text)}</code></pre>'


def pretty(value: Any, depth: int = 0) -> str:
    """Write JSON for a reader: what fits on a line stands on one."""
    flat = json.dumps(value, ensure_ascii=False)
    if len(flat) + 2 * depth <= WIDTH_MAX or not isinstance(value, dict | list) or not value:
        return flat
    pad, inner = "  " * depth, depth + 1
    if isinstance(value, dict):
        lines = [f"{json.dumps(name)}: {pretty(one, inner)}" for name, one in value.items()]
        marks = "{}"
    else:
        lines, marks = [pretty(one, inner) for one in value], "[]"
    joined = f",\n{pad}  ".join(lines)
    return f"{marks[0]}\n{pad}  {joined}\n{pad}{marks[1]}"
