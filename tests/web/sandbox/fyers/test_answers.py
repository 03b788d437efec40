import json

import pytest

from web.sandbox.fyers.answers import error, refused, success


def test_an_answer_says_whether_and_what():
    """As published: `s`, `code`, `message`, and what the call gives besides."""
    assert json.loads(success(1101, "done", id="7").body) == {
        "s": "ok", "code": 1101, "message": "done", "id": "7",
    }  # fmt: skip
    response = error(400, -50, "no")
    assert (response.status, json.loads(response.body)) == (
        400, {"s": "error", "code": -50, "message": "no"},
    )  # fmt: skip


@pytest.mark.parametrize(("status", "code"), [(401, -16), (403, -16), (429, -429), (503, -503)])
def test_a_status_has_a_code(status, code):
    """A dead token is -16, too many calls -429; the rest is the status itself, below zero."""
    response = refused(status, "no")
    assert (response.status, json.loads(response.body)["code"]) == (status, code)


def test_too_many_calls_are_told_how_long_to_wait():
    """Both headers, seconds and milliseconds, say the same."""
    headers = refused(429, "").headers
    assert (headers["retry-after"], headers["x-retry-after-ms"]) == ("1", "1000")
