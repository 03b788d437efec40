"""From the text of a story to its steps. Pure; the marks are in the package's docstring.

    text ──▶ paragraphs: a step and the indented lines below it ──▶ Story(steps)

A line that looks like a step and is none is a fault with its place, not prose.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

from attrs import frozen

from . import pattern

WITHIN_S: Final = 15.0  # what a subscriber must be told comes in this time, when nothing is said
MARKS: Final = (">", "<", "!", "$", "ws ", "ws>", "ws<", "broker:")
HEADER: Final = re.compile(r"([A-Za-z][A-Za-z-]*): (.*)")
WITHIN: Final = re.compile(r"(.*?) *\(within (\d+) s\)")
ASK: Final = re.compile(r"> (GET|POST|PUT|DELETE) (/\S*)")
ANSWER: Final = re.compile(r"< (\d{3})")
LET: Final = re.compile(r"(\$\w+) += (.*)", re.DOTALL)
LEDGER: Final = re.compile(
    r"broker: (\d+) (BUY|SELL) orders? in (\S+), net (-?\d+)(, nothing open)?"
)
PASS: Final = re.compile(r"(\d+) s pass")

LONG: Final = "it takes long"
EVENTS: Final = (
    "the broker dies",
    "the broker is back",
    "the broker is back, and its stream says nothing",
    "the gateway is killed and started again",
)


class Unreadable(Exception):
    """A line is no step: where it stands, and why not."""


@frozen
class Answer:
    """What a request must be answered."""

    line: int
    status: int
    headers: dict[str, str]
    body: Any = None


@frozen
class Ask:
    """A request. With `within_s` it is asked again until the answer is as it must be."""

    line: int
    method: str
    path: str
    headers: dict[str, str]
    body: Any
    answer: Answer
    within_s: float | None = None


@frozen
class Subscribe:
    """A subscriber opens a socket, and comes back whenever it is cut."""

    line: int
    path: str


@frozen
class Say:
    """The subscriber sends a text."""

    line: int
    text: str


@frozen
class Hear:
    """The subscriber must be told this next; other frames may come between."""

    line: int
    frame: Any
    within_s: float = WITHIN_S


@frozen
class Ledger:
    """What the broker's ledger must say of one symbol: orders of a side, and the net of fills.

    `is_over`: no order of it may be open.
    """

    line: int
    symbol: str
    side: str
    orders: int
    net: int
    is_over: bool = False


@frozen
class Let:
    """A name for a piece of JSON."""

    line: int
    name: str
    value: Any


@frozen
class Happen:
    """Something happens to the world: one of EVENTS, or so many seconds pass."""

    line: int
    event: str
    seconds: float = 0.0


Step = Ask | Subscribe | Say | Hear | Ledger | Let | Happen


@frozen
class Story:
    """One conversation, of the file `name`. One that `is_long` takes tens of real seconds."""

    name: str
    steps: tuple[Step, ...]
    is_long: bool = False
    title: str = ""


@frozen
class Paragraph:
    """A step's first line, and the indented lines that go on with it."""

    line: int
    head: str
    rest: tuple[str, ...]


def read_story(path: Path) -> Story:
    """Read the story of a file. Unreadable."""
    return parse_story(path.name, path.read_text(encoding="utf-8"))


def parse_story(name: str, text: str) -> Story:
    """Read a story. Unreadable for the first line that is at fault."""
    found = paragraphs(text)
    is_long = any(each.head == f"! {LONG}" for each in found)
    rest = iter([each for each in found if each.head != f"! {LONG}"])
    steps: list[Step] = []
    for paragraph in rest:
        try:
            is_asked = paragraph.head.startswith(">")
            steps.append(_ask(paragraph, next(rest, None)) if is_asked else _step(paragraph))
        except ValueError as error:
            raise Unreadable(f"{name}:{paragraph.line}: {error}: {paragraph.head}") from None
    if not steps:
        raise Unreadable(f"{name}: it is all prose")
    return Story(name, tuple(steps), is_long)


def paragraphs(text: str) -> list[Paragraph]:
    """Find the steps, each with what is indented below it; the rest is prose."""
    found: list[Paragraph] = []
    is_step = False
    for number, line in enumerate(text.splitlines(), start=1):
        if line.startswith("  ") and is_step:
            last = found[-1]
            found[-1] = Paragraph(last.line, last.head, (*last.rest, line.strip()))
        else:
            is_step = line.startswith(MARKS)
            if is_step:
                found.append(Paragraph(number, line.rstrip(), ()))
    return found


def _step(paragraph: Paragraph) -> Step:
    line, whole = paragraph.line, "\n".join((paragraph.head, *paragraph.rest))
    if whole.startswith("ws> "):
        return Say(line, whole.removeprefix("ws> "))
    if whole.startswith("ws< "):
        text, within_s = _within(whole.removeprefix("ws< "))
        return Hear(line, _frame(text), WITHIN_S if within_s is None else within_s)
    if whole.startswith("ws /"):
        return Subscribe(line, whole.removeprefix("ws "))
    if found := LET.fullmatch(whole):
        return Let(line, found[1], pattern.parse(found[2]))
    if found := LEDGER.fullmatch(whole):
        return Ledger(line, found[3], found[2], int(found[1]), int(found[4]), bool(found[5]))
    event = whole.removeprefix("! ")
    if found := PASS.fullmatch(event):
        return Happen(line, "time passes", float(found[1]))
    if event in EVENTS:
        return Happen(line, event)
    raise ValueError("this is no step")


def _ask(paragraph: Paragraph, answer: Paragraph | None) -> Ask:
    head, within_s = _within(paragraph.head)
    found = ASK.fullmatch(head)
    if not found:
        raise ValueError("a request is a method and a path")
    headers, body = _parts(paragraph.rest)
    said = _answer(answer)
    return Ask(paragraph.line, found[1], found[2], headers, body, said, within_s)


def _answer(paragraph: Paragraph | None) -> Answer:
    found = None if paragraph is None else ANSWER.fullmatch(paragraph.head)
    if paragraph is None or not found:
        raise ValueError("after a request comes `<` and a status of three digits")
    headers, body = _parts(paragraph.rest)
    return Answer(paragraph.line, int(found[1]), headers, body)


def _parts(rest: tuple[str, ...]) -> tuple[dict[str, str], Any]:
    """Take headers apart from the JSON below them."""
    headers: dict[str, str] = {}
    lines = list(rest)
    while lines and (found := HEADER.fullmatch(lines[0])):
        headers[found[1]] = found[2]
        del lines[0]
    return headers, pattern.parse("\n".join(lines)) if lines else None


def _within(text: str) -> tuple[str, float | None]:
    found = WITHIN.fullmatch(text.replace("\n", " "))
    return (found[1], float(found[2])) if found else (text, None)


def _frame(text: str) -> Any:
    """Read what must come: JSON, or a word that is none."""
    return pattern.parse(text) if text.startswith("{") else text
