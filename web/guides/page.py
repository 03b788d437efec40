"""The guides as pages: Markdown to HTML, in the look of the reference. Pure.

    Guide ──▶ nav: every guide, the parts of this one │ its text
    [x](batches.md#how)    ──▶ /docs/guides/batches#how
    [x](../../README.md)   ──▶ x: what lies outside of the package is linked in the source alone
    ![x](batches.svg)      ──▶ the picture itself, so that it takes the page's colours

HTML in a guide's Markdown is shown as text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from itertools import pairwise
from typing import Any, Final

from markdown_it import MarkdownIt
from markdown_it.token import Token

from web.reference.page import FRAME
from web.reference.words import marked

from .texts import PATH, Guide, guides, pictures

STYLES: Final = ("guides.css",)
NOT_IN_ANCHORS: Final = re.compile(r"[^\w\- ]")
OWN_STYLE: Final = re.compile(r"<style>.*?</style>\s*", re.DOTALL)
OUTSIDE: Final = "../"
# The page has a title above the guide's own.
RANKS: Final = {f"h{rank}": f"h{rank + 1}" for rank in range(1, 6)}
PART: Final = RANKS["h2"]


def guide_page(guide: Guide, version: str) -> str:
    """Write one guide."""
    tokens = parsed(guide.text)
    nav = nav_of(guide.name, parts_of(tokens))
    main = f'<article class="guide">{_markdown.renderer.render(tokens, _markdown.options, {})}'
    return _framed(guide.title, version, nav, f"{main}</article>")


def index_page(version: str) -> str:
    """Write the page that leads to all of them."""
    items = "".join(
        f'<li><h3><a href="{PATH}/{guide.name}">{escape(guide.title)}</a></h3>'
        f"<p>{marked(guide.summary)}</p></li>"
        for guide in guides().values()
    )
    main = f'<article class="guide"><h2>Guides</h2><ul class="guides">{items}</ul></article>'
    return _framed("Guides", version, nav_of(), main)


def nav_of(name: str = "", parts: Sequence[tuple[str, str]] = ()) -> str:
    """Write the contents: the reference, every guide, and the parts of the one that is read."""
    inner = "".join(f'<li><a href="#{anchor}">{escape(title)}</a></li>' for anchor, title in parts)
    lines = ['<ul><li><a href="/docs">Reference</a></li>']
    for guide in guides().values():
        is_here = guide.name == name
        mark, below = (' aria-current="page"', f"<ul>{inner}</ul>") if is_here else ("", "")
        link = f'<a href="{PATH}/{guide.name}"{mark}>{escape(guide.title)}</a>'
        lines.append(f"<li>{link}{below}</li>")
    return "\n".join([*lines, "</ul>"])


def parsed(text: str) -> list[Token]:
    """Read Markdown, and give headings their places and links their targets."""
    tokens = _markdown.parse(text)
    for before, token in pairwise(tokens):
        if before.type.startswith("heading"):
            before.tag = RANKS[before.tag]
        if before.type == "heading_open":
            before.attrSet("id", anchor_of(token.content))
        if token.children:
            token.children = list(_led(token.children))
    return tokens


def parts_of(tokens: Sequence[Token]) -> list[tuple[str, str]]:
    """Give a guide's parts: their places and titles."""
    return [
        (str(token.attrGet("id")), after.content.replace("`", ""))
        for token, after in pairwise(tokens)
        if token.type == "heading_open" and token.tag == PART
    ]


def anchor_of(heading: str) -> str:
    """Give a heading's place, as code hosts make it too."""
    return NOT_IN_ANCHORS.sub("", heading.lower()).strip().replace(" ", "-")


def target_of(link: str) -> str | None:
    """Give where a link of a guide leads on the gateway; None for what is not there."""
    if link.startswith(OUTSIDE):
        return None
    path, mark, anchor = link.partition("#")
    name = path.removesuffix(".md")
    return f"{PATH}/{name}{mark}{anchor}" if path and name != path else link


# ---------------------------------------------------------------------------------- helpers


def _led(children: Sequence[Token]) -> Iterator[Token]:
    """Turn links to where they lead; a link to nothing is its words alone."""
    is_dropped = False
    for token in children:
        if token.type == "link_open":
            target = target_of(str(token.attrGet("href")))
            is_dropped = target is None
            if target is not None:
                token.attrSet("href", target)
        if is_dropped and token.type in ("link_open", "link_close"):
            continue
        yield token


def _framed(title: str, version: str, nav: str, main: str) -> str:
    styles = "".join(f'\n  <link rel="stylesheet" href="/static/{name}">' for name in STYLES)
    return FRAME.format(
        title=escape(title),
        about=f'<a href="{PATH}">guides</a>, version {escape(version)}',
        styles=styles,
        nav=nav,
        main=main,
    )


def _image(_self: Any, tokens: Sequence[Token], at: int, *_: Any) -> str:
    """Draw a picture where it stands; on a narrow screen it is moved by hand."""
    token = tokens[at]
    drawing = pictures()[str(token.attrGet("src"))]
    label = escape(token.content)
    return (
        f'<span class="picture" tabindex="0" role="group" aria-label="{label}">'
        f"{OWN_STYLE.sub('', drawing)}</span>"
    )


def _fence(_self: Any, tokens: Sequence[Token], at: int, *_: Any) -> str:
    """Show a block of code, that scrolls by itself and can be reached by the keyboard."""
    return f'<pre tabindex="0"><code>{escape(tokens[at].content)}</code></pre>\n'


def _head(*_: Any) -> str:
    return '<th scope="col">'


def _maker() -> MarkdownIt:
    """Make what reads Markdown: tables too, and no HTML."""
    made = MarkdownIt("commonmark", {"html": False}).enable("table")
    made.add_render_rule("image", _image)
    made.add_render_rule("fence", _fence)
    made.add_render_rule("th_open", _head)
    return made


_markdown: Final = _maker()


def pages(version: str) -> Mapping[str, str]:
    """Write all of them by name; the index has none."""
    return {"": index_page(version)} | {
        name: guide_page(guide, version) for name, guide in guides().items()
    }
