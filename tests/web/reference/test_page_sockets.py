from tests.web.reference.judge import documents
from web.reference.examples import TALKS, read_told
from web.reference.frames import CLOSES, DIALECTS
from web.reference.page_sockets import sockets_of


def test_each_dialect_has_its_frames_both_ways_and_a_talk():
    """A reader sees what a websocket tells, what it takes, how it ends, and how it sounds."""
    _, sockets = documents()
    text = sockets_of(DIALECTS, sockets, read_told())
    for dialect in DIALECTS:
        for form in (*dialect.out, *dialect.taken):
            assert f"#shape-{form.name}" in text
        for path in dialect.paths:
            assert f"<code>{path}</code>" in text
    assert all(f"<b>{code}</b>" in text for code in CLOSES)
    assert text.count("<details>") == len(TALKS)
    assert "&gt; ping\n&lt; pong" in text
