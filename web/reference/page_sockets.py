"""The websockets on the page: where, what is said, how they end. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape

from .asyncapi import ABOUT, query_of
from .call import Form, Schema
from .examples import TALKS, Told
from .frames import CLOSES, Dialect
from .openapi import parameter
from .page_calls import line_of, parameter_row
from .words import code, marked, rows, typed


def sockets_of(dialects: Sequence[Dialect], sockets: Schema, told: Told) -> str:
    """Write the section of the websockets."""
    closes = rows(
        ("Code", "Why"),
        ((f"<b>{number}</b>", escape(why)) for number, why in sorted(CLOSES.items())),
    )
    inner = "".join(dialect_of(dialect, sockets, told) for dialect in dialects)
    return (
        f'<section id="websockets"><h2>Websockets</h2><p>{marked(ABOUT)}</p>{inner}'
        f'<article id="closes"><h3>How they end</h3>{closes}</article></section>'
    )


def dialect_of(dialect: Dialect, sockets: Schema, told: Told) -> str:
    """Write one dialect: its paths, its frames both ways, its talks."""
    paths = "".join(line_of("WS", path, "read") for path in dialect.paths)
    query = map(parameter_row, (parameter(one, "query") for one in query_of(dialect.paths[0])))
    messages = sockets["components"]["messages"]
    return (
        f'<article id="socket-{dialect.name}" class="call"><h3>{escape(dialect.title)}</h3>{paths}'
        f"{rows(('Parameter', 'What it is', 'About'), query)}"
        f"{rows(('It is told', 'Frame', 'About'), frame_rows(dialect.out, messages))}"
        f"{rows(('It may send', 'Frame', 'About'), frame_rows(dialect.taken, messages))}"
        f"{''.join(talks_of(dialect, told))}</article>"
    )


def frame_rows(
    forms: Sequence[Form], messages: Mapping[str, Schema]
) -> Iterator[tuple[str, str, str]]:
    """Write a line for each kind of frame."""
    for form in forms:
        word = form.fields.get("type") or form.fields["action"]
        yield typed(word), typed(messages[form.name]["payload"]), marked(form.about)


def talks_of(dialect: Dialect, told: Told) -> Iterator[str]:
    """Write what was said over a websocket, as it came."""
    for talk, said in zip(TALKS, told.talks, strict=False):
        if talk.dialect == dialect.name:
            lines = "\n".join(f"{line['way']} {line['text']}" for line in said)
            head = f"wscat -c 'ws://localhost:8009{said[0]['path']}'" if said else ""
            text = code(f"{head}\n{lines}", talk.title)
            yield f"<details><summary>{escape(talk.title)}</summary>{text}</details>"
