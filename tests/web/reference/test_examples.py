import json
import re

import pytest
import trio

from tests.web.reference.desk import shown, tell_all
from tests.web.reference.judge import Judge
from web.reference.calls import CALLS
from web.reference.examples import STORY, TALKS, read_told
from web.reference.frames import DIALECTS

TOLD = read_told()
# Where a page, a file or these very documents are the answer.
WITHOUT = {
    *("metrics", "login_page", "page", "static", "docs", "openapi", "asyncapi"),
    *("guides", "guide"),
}
CASES = [
    pytest.param(example, told, id=f"{i}-{example.endpoint}")
    for i, (example, told) in enumerate(zip(STORY, TOLD.answers, strict=True))
]


@pytest.mark.process
def test_every_example_is_answered_as_it_is_shown(tmp_path):
    """What stands on the page is what a real gateway answers today; only ids and times differ."""
    now = trio.run(tell_all, tmp_path)
    for was, answer in zip(TOLD.answers, now["answers"], strict=True):
        for name in ("endpoint", "status"):
            assert answer[name] == was[name], answer
        assert list(answer["headers"]) == list(was["headers"])
        assert shown(answer["text"]) == shown(was["text"]), answer["path"]
    for was, said in zip(TOLD.talks, now["talks"], strict=True):
        assert [(line["way"], shown(line["text"])) for line in said] == [
            (line["way"], shown(line["text"])) for line in was
        ]


@pytest.mark.parametrize(("example", "told"), CASES)
def test_every_answer_fits_its_schema(example, told):
    """What a real gateway answered is what is written down, and has no field beside."""
    is_fault = told["status"] >= 400
    kind = "application/problem+json" if is_fault else "application/json"
    kind = "text/event-stream" if example.endpoint == "event_stream" else kind
    Judge().answer(told["endpoint"], told["status"], kind, told["text"])
    assert is_fault == (told["status"] != 302 and not 200 <= told["status"] < 300)


def test_every_example_that_is_good_is_taken():
    """An example shows how it is done; the ones that show a fault say so by their status."""
    bad = {
        (e.endpoint, t["status"])
        for e, t in zip(STORY, TOLD.answers, strict=True)
        if t["status"] > 399
    }
    assert bad == {("place_batch", 422), ("login_back", 400)}
    assert not next(e for e in STORY if e.title == "A leg that breaks a rule").is_good


def test_every_call_has_an_example():
    """A reader sees each call of the gateway asked and answered."""
    assert {call.endpoint for call in CALLS} - {e.endpoint for e in STORY} == WITHOUT


def test_every_frame_of_a_talk_fits_its_schema():
    """What was said over a real websocket is what is written down, and has no field beside."""
    judge = Judge()
    dialects = {dialect.name: dialect for dialect in DIALECTS}
    for talk, said in zip(TALKS, TOLD.talks, strict=True):
        for line in said:
            if line["way"] == "<":
                judge.frame(dialects[talk.dialect], line["text"])


def test_the_event_stream_gives_the_same_frames():
    """Each block of Server-Sent Events has the id of its place and a frame of the websocket's."""
    text = next(t["text"] for t in TOLD.answers if t["endpoint"] == "event_stream")
    frames = re.findall(r"id: (\S+)\nevent: (\w+)\ndata: (.+)\n", text)
    assert [kind for _, kind, _ in frames] == ["connection_established", "order_update"]
    for place, _, frame in frames:
        value = json.loads(frame)
        assert place == f"{value['epoch']}:{value['offset']}"
        Judge().frame(DIALECTS[0], frame)


def test_no_secret_is_written_down():
    """P21: what was recorded has neither a key nor a ticket that is good anywhere, nor a path."""
    text = json.dumps([dict(answer) for answer in TOLD.answers])
    assert "access_token" not in text
    assert "Set-Cookie" not in text
