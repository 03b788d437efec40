"""The websockets as a document of AsyncAPI 3.0 (https://www.asyncapi.com/docs/reference). Pure.

DIALECTS ── paths ──▶ channels ── frames ──▶ messages ──▶ components.schemas
               └▶ operations: `send` is what the gateway sends, `receive` what it takes
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

from . import beside
from .call import IN_PATH, NAMES_IN_PATH, Form, Parameter, Schema
from .frames import CLOSES, Dialect
from .shapes import Shapes

ABOUT: Final = (
    "Text frames of JSON; `ping` and its answer `pong` are bare words. The first frame says from"
    " which place the others follow. Every event frame carries `prev`: greater than the client's"
    " own place, it would mean that something was missed, and that never happens."
)
STREAM_QUERY: Final = (beside.ONE_ACCOUNT, beside.EVENT_TYPES, beside.SINCE, beside.SNAPSHOT)


def query_of(path: str) -> tuple[Parameter, ...]:
    """Give what may stand behind the question mark of a websocket's URL."""
    return beside.OPENING if path.startswith("/ws/") else STREAM_QUERY


def asyncapi(dialects: Sequence[Dialect], version: str) -> Schema:
    """Write the document."""
    shapes = Shapes()
    channels, operations, messages = {}, {}, {"ping": bare("ping"), "pong": bare("pong")}
    for dialect in dialects:
        for form in (*dialect.out, *dialect.taken):
            messages[form.name] = message(form, shapes, taken=form in dialect.taken)
        for path in dialect.paths:
            name = name_of(path)
            channels[name] = channel(path, dialect)
            operations[f"{name}_out"] = operation("send", name, ("pong", *names(dialect.out)))
            operations[f"{name}_in"] = operation("receive", name, ("ping", *names(dialect.taken)))
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Orderwire", "version": version, "description": ABOUT},
        "defaultContentType": "application/json",
        "channels": channels,
        "operations": operations,
        "components": {
            "messages": messages,
            "schemas": dict(sorted(shapes.components.items())),
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "key": {"type": "httpApiKey", "in": "header", "name": "X-API-Key"},
                "session": {"type": "httpApiKey", "in": "cookie", "name": "orderwire-session"},
                "ticket": {"type": "httpApiKey", "in": "query", "name": "ticket"},
            },
        },
    }


def name_of(path: str) -> str:
    """Give a channel's name: its path in letters."""
    return re.sub(r"\W+", "_", path).strip("_")


def names(forms: Iterable[Form]) -> list[str]:
    """Give the names of forms."""
    return [form.name for form in forms]


def bare(word: str) -> Schema:
    """Write a message that is a mere word."""
    payload: Schema = {"type": "string", "const": word}
    return {"name": word, "contentType": "text/plain", "payload": payload}


def message(form: Form, shapes: Shapes, *, taken: bool) -> Schema:
    """Write a frame."""
    return {"name": form.name, "summary": form.about, "payload": shapes.of(form, taken=taken)}


def channel(path: str, dialect: Dialect) -> Schema:
    """Write one websocket, and all that is said over it."""
    closes = "\n".join(f"- {code}: {words}" for code, words in sorted(CLOSES.items()))
    heard = ("ping", "pong", *names(dialect.out), *names(dialect.taken))
    found: Schema = {
        "address": path,
        "title": dialect.title,
        "description": f"How it ends by the gateway's doing:\n{closes}",
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in heard},
        "bindings": {"ws": {"method": "GET", "query": query(query_of(path))}},
    }
    if names_in_path := IN_PATH.findall(path):
        found["parameters"] = {name: {"description": NAMES_IN_PATH[name]} for name in names_in_path}
    return found


def query(parameters: Iterable[Parameter]) -> Schema:
    """Write what may stand behind the question mark; lists have commas, or stand repeatedly."""
    return {
        "type": "object",
        "properties": {one.name: {**one.schema, "description": one.about} for one in parameters},
        "additionalProperties": False,
    }


def operation(action: str, channel_name: str, said: Iterable[str]) -> Schema:
    """Write what goes one way over a websocket."""
    place = f"#/channels/{channel_name}"
    return {
        "action": action,
        "channel": {"$ref": place},
        "security": [
            {"$ref": f"#/components/securitySchemes/{name}"}
            for name in ("bearer", "key", "session", "ticket")
        ],
        "messages": [{"$ref": f"{place}/messages/{name}"} for name in said],
    }
