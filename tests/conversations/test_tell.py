"""The teller has teeth: a story that must fail does, with its place and both sides."""

import json
from contextlib import asynccontextmanager

import attrs
import pytest
import trio

from .script import parse_story
from .tell import Came, Wrong, read_ledger, tell

LEG = {"tradingsymbol": "FILL1", "transaction_type": "BUY"}


@attrs.define(eq=False)
class Stub:
    """A world that answers with what it is given, and notes what it was asked."""

    answers: list = attrs.Factory(list)
    frames: list = attrs.Factory(list)  # a list a connection; at its end the line is cut
    lines: list = attrs.Factory(list)
    asked: list = attrs.Factory(list)
    dialled: list = attrs.Factory(list)
    happened: list = attrs.Factory(list)

    async def request(self, method, path, headers, body):
        self.asked.append((method, path, headers, None if body is None else json.loads(body)))
        status, said = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if status is None:
            raise OSError("nobody is there")
        return Came(status, {"location": "/orders/7"}, said)

    @asynccontextmanager
    async def dial(self, path):
        self.dialled.append(path)
        yield StubLine(self.frames.pop(0) if self.frames else None)

    async def happen(self, event):
        self.happened.append(event)

    def ledger(self):
        return self.lines


@attrs.define(eq=False)
class StubLine:
    """A socket that gives its frames and is then cut; one without frames is quiet."""

    frames: list | None

    async def receive(self):
        while self.frames is None:
            await trio.sleep(0.1)
        if not self.frames:
            raise EOFError
        frame = self.frames.pop(0)
        return frame if isinstance(frame, str) else json.dumps(frame)

    async def send(self, text):
        self.frames = [text.replace("ping", "pong")]


def story(text):
    """A story of this text."""
    return parse_story("a.txt", text)


def frame(offset, prev, **data):
    """An event frame."""
    return {"type": "message", "epoch": "e", "offset": offset, "prev": prev, "data": data}


GREETING = {"type": "connection_established", "epoch": "e", "offset": 5}


async def test_a_story_that_goes_as_written_is_told_to_its_end(autojump_clock):
    """Names from one answer stand in the next request; events happen in their order."""
    world = Stub(answers=[(202, {"id": "7"}), (200, {"done": True})])
    await tell(
        story(
            '> POST /orders\n  Key: k\n  {"n": 1}\n< 202\n  Location: /orders/$id\n  {"id": $id}\n'
            "! the broker dies\n> GET /orders/$id\n< 200"
        ),
        world,
    )
    assert world.asked == [
        ("POST", "/orders", {"Key": "k"}, {"n": 1}),
        ("GET", "/orders/7", {}, None),
    ]
    assert world.happened == ["the broker dies"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("> GET /\n\n< 201", r"^a\.txt:3: at the status: expected 201, came 200"),
        ('> GET /\n< 200\n  {"a": 2}', r"^a\.txt:2: at \$\.a: expected 2, came 1"),
        ("> GET /\n< 200\n  Location: /x", r'^a\.txt:2: at header Location: .*came "/orders/7"'),
        ("> GET /$id\n< 200", r"^a\.txt:1: nothing is known by the name \$id"),
        ("ws> ping", r"^a\.txt:1: nobody has subscribed"),
        ("ws /\nws< pong (within 2 s)", r"^a\.txt:2: at the socket: .*nothing at all, in 2 s"),
        ("\nbroker: 2 BUY orders in FILL1, net 0", r"^a\.txt:2: .*expected 2 BUY .*came 1 BUY"),
        ("broker: 1 BUY order in FILL1, net 5", r"expected 1 BUY in FILL1, net 5, came .*net 0"),
        ("broker: 1 BUY order in FILL1, net 0, nothing open", r"expected .*nothing open, came "),
    ],
)
async def test_a_story_that_must_fail_does(text, told, autojump_clock):
    """A wrong answer fails with file:line, what was expected, and what came."""
    world = Stub(answers=[(200, {"a": 1})], lines=[{**LEG, "event": "order"}])
    with pytest.raises(Wrong, match=told):
        await tell(story(text), world)


async def test_a_question_with_a_deadline_is_asked_until_it_is_answered_so(autojump_clock):
    """`(within N s)` bears with wrong answers and with nobody there, and no longer than it says."""
    world = Stub(answers=[(None, None), (200, {"a": 1}), (200, {"a": 2})])
    await tell(story('> GET / (within 5 s)\n< 200\n  {"a": 2}'), world)
    assert len(world.asked) == 3
    with pytest.raises(Wrong, match=r"expected 3, came 2"):
        await tell(story('> GET / (within 5 s)\n< 200\n  {"a": 3}'), world)
    assert trio.current_time() == pytest.approx(5.2, abs=0.3)


async def test_a_subscriber_must_be_told_in_order(autojump_clock):
    """Frames may come between, but one that came before another is not found after it."""
    frames = [[GREETING, frame(6, 5, a=1), frame(7, 6, a=2), frame(8, 7, a=3)]]
    text = 'ws /\nws< {"data": {"a": 1}}\nws< {"data": {"a": 3}}'
    await tell(story(text), Stub(frames=[list(frames[0])]))
    with pytest.raises(Wrong, match=r"^a\.txt:4: at the socket"):
        await tell(story(text + '\nws< {"data": {"a": 2}}'), Stub(frames=frames))


async def test_a_subscriber_that_is_cut_comes_back_with_its_place(autojump_clock):
    """P4: it resumes at the offset that it holds; what it is told then goes on from there."""
    again = {**GREETING, "offset": 6, "recovered": True}
    world = Stub(frames=[[GREETING, frame(6, 5, a=1)], [again, frame(7, 6, a=2)]])
    await tell(story('ws /all?x=1\nws< {"data": {"a": 2}}'), world)
    assert world.dialled[:2] == ["/all?x=1", "/all?x=1&since=e:6"]


@pytest.mark.parametrize(
    "frames",
    [
        [[GREETING, frame(8, 7, a=1)]],
        [[GREETING], [{**GREETING, "recovered": False}, frame(6, 5, a=1)]],
    ],
)
async def test_a_subscriber_that_missed_something_fails_the_story(frames, autojump_clock):
    """P3, P4: a hole fails the story even where the frame that it asks for came."""
    with pytest.raises(Wrong, match="P3, P4: a hole after 5"):
        await tell(story('ws /\nws< {"data": {"a": 1}}'), Stub(frames=frames))


async def test_what_a_subscriber_says_is_sent(autojump_clock):
    """`ws>` sends a text, and a word that is no JSON is a frame too."""
    await tell(story("ws /\nws> ping\nws< pong"), Stub())


def test_a_ledger_is_read_by_symbol_and_side():
    """Orders count by side, fills by sign; an order without its end is open."""
    lines = [
        {**LEG, "event": "order"},
        {**LEG, "event": "fill", "quantity": 5},
        {**LEG, "event": "order", "transaction_type": "SELL"},
        {**LEG, "event": "fill", "transaction_type": "SELL", "quantity": 2},
        {**LEG, "event": "end"},
        {**LEG, "event": "order", "tradingsymbol": "FILL2"},
    ]
    assert read_ledger(lines, "FILL1", "BUY") == (1, 3, False)
    assert read_ledger([*lines, {**LEG, "event": "end"}], "FILL1", "SELL") == (1, 3, True)
