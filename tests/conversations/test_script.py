import re

import pytest

from .pattern import parse
from .script import (
    Answer,
    Ask,
    Happen,
    Hear,
    Ledger,
    Let,
    Say,
    Subscribe,
    Unreadable,
    parse_story,
)
from .stories import FOLDER, stories

WHOLE = """A title

Some prose, and a second line of it.

$leg = {"quantity":
        50}
ws /ws/orders
ws> ping
ws< pong

> POST /orders (within 5 s)
  Idempotency-Key: k
  {"orders":
    [$leg]}
< 202
  Location: /orders/$id
  {"id": $id}

    An indented picture below prose is prose.

ws< {"type": *} (within 3 s)
broker: 2 BUY orders in REST1, net -5, nothing open
! the broker dies
! 3 s pass
"""


def test_each_mark_is_a_step():
    """Steps have their line; indented lines go on with a step, all else is prose."""
    story = parse_story("a.txt", WHOLE)
    assert not story.is_long
    assert story.steps == (
        Let(5, "$leg", {"quantity": 50}),
        Subscribe(7, "/ws/orders"),
        Say(8, "ping"),
        Hear(9, "pong"),
        Ask(
            11,
            "POST",
            "/orders",
            {"Idempotency-Key": "k"},
            parse('{"orders": [$leg]}'),
            Answer(15, 202, {"Location": "/orders/$id"}, parse('{"id": $id}')),
            5.0,
        ),
        Hear(21, parse('{"type": *}'), 3.0),
        Ledger(22, "REST1", "BUY", 2, -5, is_over=True),
        Happen(23, "the broker dies"),
        Happen(24, "time passes", 3.0),
    )


@pytest.mark.parametrize(
    "text",
    [
        "> FETCH /orders\n< 200",
        "> GET orders\n< 200",
        "> GET /orders\n< OK",
        '> GET /orders\n< 200\n  {"a": }',
        "> GET /orders",
        "> GET /one\n> GET /two\n< 200",
        "< 200",
        "ws<{}",
        "ws ws/orders",
        "! the broker is unwell",
        "broker: some orders in REST1",
        "$leg: {}",
        "> GET /one\n! the broker dies\n< 200",
        "Only prose.",
    ],
)
def test_what_looks_like_a_step_and_is_none_is_a_fault(text):
    """A slip of the pen is told with its line; it never becomes prose that checks nothing."""
    with pytest.raises(Unreadable, match=r"^a\.txt"):
        parse_story("a.txt", text)


def test_a_story_says_that_it_takes_long():
    """A long story says so itself, where its readers see it."""
    assert parse_story("a.txt", "! it takes long\n> GET /\n< 200").is_long


def test_no_two_stories_share_a_symbol_or_a_key():
    """All stories are told to one broker: an order of one must not reduce a position of another."""
    seen = {}
    for story in stories():
        words = re.findall(
            r"\b(?:REFUSE|REJECT|GONE|LOST|REST|PARTIAL|FILL|LATE|STUCK)[A-Z0-9]+\b|Key: \S+",
            (FOLDER / story.name).read_text(),
        )
        for word in set(words):
            assert seen.setdefault(word, story.name) == story.name, word
    assert len(seen) > 20
