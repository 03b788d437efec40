import json

from tests.web.reference.judge import documents
from web.reference.calls import CALLS
from web.reference.examples import STORY, Example, read_told
from web.reference.page_calls import as_curl, call_of

BY_NAME = {call.endpoint: call for call in CALLS}


def written(name):
    """A call on the page."""
    call = BY_NAME[name]
    calls, _ = documents()
    operation = calls["paths"][call.path][call.method.lower()]
    return call_of(call, operation, calls["components"]["schemas"], read_told())


def test_a_request_is_shown_as_a_shell_takes_it():
    """What has a question mark is quoted, a body stands with its type, a key in its header."""
    call = BY_NAME["orders"]
    path = "/accounts/primary/orders?limit=1&symbol=SBIN"
    assert as_curl(call, Example("orders", path), path) == f"curl 'http://localhost:8009{path}'"
    call = BY_NAME["halt"]
    example = Example("halt", "/halt", "", {"reason": "x"}, {"X-A": "b"})
    assert as_curl(call, example, "/halt").split(" \\\n  ") == [
        "curl -X POST http://localhost:8009/halt",
        "-H 'X-A: b'",
        "-H 'Content-Type: application/json'",
        """-d '{"reason": "x"}'""",
    ]


def test_a_shell_takes_each_example_as_it_stands():
    """No body and no header of an example has the quote in it that would end its own."""
    for one in STORY:
        body = "" if one.body is None else json.dumps(one.body)
        assert "'" not in f"{body}{one.path}{''.join(one.headers.values())}"


def test_a_call_says_all_that_may_come_of_it():
    """Parameters, body, answers, faults and examples of a call stand together."""
    text = written("place_batch")
    for part in (
        "dry_run",
        "Idempotency-Key",
        "#shape-BatchRequest",
        ">202<",
        ">429<",
        "<details>",
    ):
        assert part in text, part
    shown = [one for one in STORY if one.endpoint == "place_batch" and one.is_shown]
    assert text.count("<details>") == len(shown) > 3


def test_what_needs_no_body_says_so():
    """A reader sees that `halt` may be sent without a body, and `deadman` may not."""
    assert "none at all will do" in written("halt")
    assert "none at all will do" not in written("deadman")
    assert "application/x-www-form-urlencoded" in written("log_in")
