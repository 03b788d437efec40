import json

import pytest
from quart import abort
from quart_trio import QuartTrio

from actors.domain.errors import (
    BadRequest,
    BrokerRefused,
    Fault,
    GatewayBug,
    Refused,
    StoreError,
    Unavailable,
)
from web.problems import add_problems

SECRET = "s3cret"
ERRORS = {
    "shape": BadRequest("it was refused", (Fault("$.a[0]", "a string is needed"),)),
    "syntax": BadRequest("no JSON", status=400),
    "key": Refused(401, "a key is needed"),
    "soon": Refused(429, "wait", retry_after_s=7),
    "later": Unavailable("not now"),
    "disk": StoreError("the disk is full"),
    "broker": BrokerRefused("the broker said no"),
    "bug": GatewayBug(f"it held {SECRET}"),
    "crash": RuntimeError(f"it held {SECRET}"),
    "group": ExceptionGroup("several", [RuntimeError(SECRET)]),
}


async def ask(path, method="GET"):
    """Ask an app that fails as its paths say."""
    app = QuartTrio(__name__)
    add_problems(app)

    async def fail(name):
        if name.isdigit():
            abort(int(name))
        raise ERRORS[name]

    app.add_url_rule("/<name>", "fail", fail)
    answer = await app.test_client().open(path, method=method)
    text = await answer.get_data(as_text=True)
    assert answer.content_type == "application/problem+json"
    assert SECRET not in text
    assert "Traceback" not in text
    return answer, json.loads(text)


@pytest.mark.parametrize(
    ("name", "status"),
    [
        *(("shape", 422), ("syntax", 400), ("key", 401), ("soon", 429), ("later", 503)),
        *(("disk", 503), ("broker", 502), ("bug", 500), ("crash", 500), ("group", 500)),
        *(("418", 418), ("413", 413), ("503", 503)),
    ],
)
async def test_every_fault_is_a_problem_document(name, status):
    """P21: each error has its status, a title, and no insides of ours."""
    answer, document = await ask(f"/{name}")
    assert (answer.status_code, document["status"]) == (status, status)
    assert document["title"]


async def test_a_faults_fields_are_named():
    """A wrong shape says where, and what is needed there."""
    _, document = await ask("/shape")
    assert document["errors"] == [{"path": "$.a[0]", "message": "a string is needed"}]
    assert document["detail"] == "it was refused"


async def test_what_the_caller_can_do_is_in_the_headers():
    """401 says how to identify oneself, 429 when to come again, 405 what the path takes."""
    answer, _ = await ask("/key")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    answer, _ = await ask("/soon")
    assert answer.headers["Retry-After"] == "7"
    answer, document = await ask("/key", "DELETE")
    assert document["title"] == "Method Not Allowed"
    assert "GET" in answer.headers["Allow"]


async def test_a_path_that_is_not_there_is_a_problem_too():
    """404 for an unknown path has the same form as any other."""
    _, document = await ask("/a/b")
    assert document["status"] == 404
