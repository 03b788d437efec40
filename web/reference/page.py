"""`/docs`: the reference for people. HTML and one style sheet, readable without a network. Pure.

    tables, documents, examples ──▶ page ──▶ nav │ calls, section by section │ frames │ shapes

What is on it comes from the same tables as the documents for machines. It runs no script but the
choice of dark or light.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Final

from web.guides.texts import PATH as GUIDES
from web.guides.texts import guides

from .call import Schema, Section
from .examples import Told
from .frames import Dialect
from .page_calls import call_id, section_id, section_of
from .page_sockets import sockets_of
from .words import field_rows, marked, rows, shape_id

FRAME: Final = """<!doctype html>
<html lang="en" data-theme="dark">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta name="color-scheme" content="dark light">
  <title>Orderwire: {title}</title>
  <link rel="icon" type="image/svg+xml" href="/static/favicon.svg">
  <link rel="stylesheet" href="/static/theme.css">
  <link rel="stylesheet" href="/static/docs.css">{styles}
  <script src="/static/theme.js"></script>
</head>
<body>
  <a class="skip" href="#main">To the text</a>
  <header>
    <h1><a href="/"><img src="/static/favicon.svg" alt="" width="28" height="28">Orderwire</a>
      <span>{about}</span></h1>
    <button id="theme" type="button" aria-label="Switch the theme">
      <svg viewBox="0 0 20 20" width="18" height="18" aria-hidden="true">
        <circle cx="10" cy="10" r="7.2" fill="none" stroke="currentColor" stroke-width="1.6"/>
        <path d="M10 2.8a7.2 7.2 0 0 1 0 14.4z" fill="currentColor"/>
      </svg>
    </button>
  </header>
  <nav aria-label="Contents">{nav}</nav>
  <main id="main">
{main}
  </main>
</body>
</html>
"""
INTRODUCTION: Final = """
Who may
A program sends `Authorization: Bearer KEY` or `X-API-Key: KEY`; a browser logs in at `/login`; a
stream that can send no header has `?ticket=`. Rights are `read`, `trade` and `admin`, each over
accounts. No key, or a wrong one, is 401; a right that is missing is 403; what the caller may not
know of is 404. On the demo nobody needs a key, so that the examples work as they stand; elsewhere
each needs `-H "X-API-Key: $KEY"`.

Faults
A fault is `application/problem+json` with `title`, `detail` and, where fields are at fault,
`errors`, each with its path. Malformed JSON is 400, a wrong shape or value 422, more than is
allowed 429 with `Retry-After`. Every answer has an `X-Request-ID` by which it is found in the log.

Money and times
Money is a JSON number with the broker's own digits: read it as a decimal. Quantities are in units,
not lots. Times are RFC 3339 in UTC with milliseconds, such as `2026-11-21T09:15:30.123Z`.

Places
What is read is what is committed. `epoch` is the identity of the record, `offset` counts its
events: 1, 2, 3, with no hole. An answer includes every event up to its `offset`, and none after it.

For machines
The same as `/openapi.json` (OpenAPI 3.1) and `/asyncapi.json` (AsyncAPI 3.0). Answers may have more
fields one day; a request's fields are held to the letter.
"""


def page(
    sections: Sequence[Section],
    dialects: Sequence[Dialect],
    calls: Schema,
    sockets: Schema,
    told: Told,
) -> str:
    """Write the page. `calls` and `sockets` are the documents for machines."""
    shapes = calls["components"]["schemas"] | sockets["components"]["schemas"]
    main = [
        introduction(),
        *(section_of(section, calls, told) for section in sections),
        sockets_of(dialects, sockets, told),
        shapes_of(shapes),
    ]
    about = f"reference, version {escape(calls['info']['version'])}"
    nav, text = nav_of(sections), "\n".join(main)
    return FRAME.format(title="reference", about=about, styles="", nav=nav, main=text)


def nav_of(sections: Sequence[Section]) -> str:
    """Write the contents: the guides, sections, and on a wide screen what is in them."""
    inner = "".join(
        f'<li><a href="{GUIDES}/{guide.name}">{escape(guide.title)}</a></li>'
        for guide in guides().values()
    )
    lines = [f'<ul><li><a href="{GUIDES}">Guides</a><ul>{inner}</ul></li>']
    lines.append('<li><a href="#introduction">Introduction</a></li>')
    for section in sections:
        inner = "".join(
            f'<li><a href="#{call_id(call)}">{escape(call.title)}</a></li>'
            for call in section.calls
        )
        name = escape(section.name)
        lines.append(f'<li><a href="#{section_id(section.name)}">{name}</a><ul>{inner}</ul></li>')
    lines.append('<li><a href="#websockets">Websockets</a></li>')
    lines.append('<li><a href="#shapes">Shapes</a></li></ul>')
    return "\n".join(lines)


def introduction() -> str:
    """Write what holds for all calls."""
    parts = []
    for part in INTRODUCTION.strip().split("\n\n"):
        head, _, text = part.partition("\n")
        parts.append(f"<h3>{escape(head)}</h3><p>{marked(text)}</p>")
    return f'<section id="introduction"><h2>Introduction</h2>{"".join(parts)}</section>'


def shapes_of(shapes: Schema) -> str:
    """Write every shape: its words, and its fields."""
    parts = [
        f'<article id="{shape_id(name)}"><h3>{escape(name)}</h3>'
        f"<p>{marked(schema.get('description', ''))}</p>"
        f"{rows(('Field', 'What it is', 'About'), field_rows(schema))}</article>"
        for name, schema in sorted(shapes.items())
    ]
    return f'<section id="shapes"><h2>Shapes</h2>{"".join(parts)}</section>'
