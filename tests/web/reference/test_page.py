import re
from html.parser import HTMLParser

import pytest

from tests.web.reference.judge import documents
from web.guides.texts import NAMES, PATH
from web.reference.calls import CALLS, SECTIONS
from web.reference.documents import documents as published
from web.reference.examples import Told, read_told
from web.reference.frames import DIALECTS
from web.reference.page import page

VOID = {"meta", "link", "img", "br", "circle", "path"}
TEXT = published("1.2.3")["docs"].body.decode()


class Reader(HTMLParser):
    """Reads a page: its ids, its links, what it loads, and whether each tag is closed."""

    def __init__(self):
        super().__init__()
        self.ids, self.links, self.loads, self.open = [], [], [], []

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.ids += [given["id"]] if "id" in given else []
        if tag == "a":
            self.links.append(given["href"])
        elif "src" in given or tag == "link":
            self.loads.append(given.get("src") or given["href"])
        assert "style" not in given, "the policy bars it"
        assert not any(name.startswith("on") for name in given), "the policy bars it"
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop() == tag


@pytest.fixture(scope="module")
def reader():
    found = Reader()
    found.feed(TEXT)
    return found


def test_the_page_is_whole(reader):
    """Every tag is closed, and no id stands twice."""
    assert reader.open == []
    assert len(set(reader.ids)) == len(reader.ids)


def test_every_link_leads_somewhere(reader):
    """A link of the page leads to a place on it, to the monitor, or to a guide."""
    places = {f"#{one}" for one in reader.ids} | {"/", PATH, *(f"{PATH}/{name}" for name in NAMES)}
    assert set(reader.links) - places == set()


def test_nothing_comes_from_outside(reader):
    """It is readable without a network: what it loads is the gateway's own."""
    assert {one for one in reader.loads if not one.startswith("/static/")} == set()
    hosts = set(re.findall(r"(?:https?|wss?)://([^/'\"\s<&]+)", TEXT))
    assert hosts <= {"localhost:8009"} | {h for h in hosts if h.startswith("127.0.0.1:")}


def test_every_call_and_frame_is_on_it(reader):
    """A reader finds each call with its path, each websocket, each shape."""
    for call in CALLS:
        assert f"call-{call.endpoint}" in reader.ids
        assert f"<code>{call.path}</code>" in TEXT
    for dialect in DIALECTS:
        assert f"socket-{dialect.name}" in reader.ids
    calls, sockets = documents()
    for name in calls["components"]["schemas"] | sockets["components"]["schemas"]:
        assert f"shape-{name}" in reader.ids


def test_what_was_answered_is_escaped():
    """What a gateway answered is shown as text: nothing of it is HTML."""
    told = read_told()
    answers = [{**answer, "text": "<script>x</script>"} for answer in told.answers]
    written = page(SECTIONS, DIALECTS, *documents(), Told(tuple(answers), ()))
    assert "<script>x" not in written
    assert "&lt;script&gt;x" in written


def test_the_page_needs_no_examples():
    """Where nobody has asked a gateway yet, the page is there without them."""
    assert "<details>" not in page(SECTIONS, DIALECTS, *documents(), Told())
