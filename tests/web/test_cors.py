import pytest

from tests.web.fakes import a_gateway, a_key

DESK = "https://desk.test"
KEYS = {"desk": a_key("k", rights=("read", "trade"))}
PATH = "/accounts/primary/batch-orders"


@pytest.fixture
async def gateway(tmp_path, autojump_clock):
    """A gateway that a page of another site may ask."""
    async with a_gateway(tmp_path, keys=KEYS, allowed_origins=(f"{DESK}/",)) as running:
        yield running


async def asked(gateway, method="GET", path="/accounts", **headers):
    """Give the answer to what a page sends."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return await gateway.app.test_client().open(path, method=method, headers=named)


async def preflight(gateway, origin=DESK, path=PATH):
    """Give the answer to what a browser asks before it posts with headers of its page."""
    return await asked(
        gateway,
        "OPTIONS",
        path,
        Origin=origin,
        Access_Control_Request_Method="POST",
        Access_Control_Request_Headers="content-type,idempotency-key,x-api-key",
    )


def shared(answer):
    """Give the headers by which a browser shares an answer."""
    named = ((name.title(), value) for name, value in answer.headers.items())
    return {name: value for name, value in named if name.startswith("Access-Control-")}


async def test_a_preflight_is_answered_without_a_key(gateway):
    """A browser sends no key with it: 204, to the page that asks and for what it may send."""
    answer = await preflight(gateway)
    assert (answer.status_code, await answer.get_data()) == (204, b"")
    said = shared(answer)
    assert said["Access-Control-Allow-Origin"] == DESK
    for name in ("Authorization", "X-API-Key", "Idempotency-Key", "Content-Type", "Last-Event-ID"):
        assert name in said["Access-Control-Allow-Headers"].split(", ")
    assert said["Access-Control-Allow-Methods"] == "GET, POST, PUT, DELETE"
    assert said["Access-Control-Max-Age"] == "600"
    assert "Origin" in answer.headers["Vary"]


async def test_a_named_page_reads_answers_and_faults(gateway):
    """Its origin is echoed, never `*`, on faults too; the headers that it needs are shown."""
    for headers, status in (({"X_API_Key": "k"}, 200), ({}, 401)):
        answer = await asked(gateway, Origin=DESK, **headers)
        assert answer.status_code == status
        assert shared(answer)["Access-Control-Allow-Origin"] == DESK
        shown = shared(answer)["Access-Control-Expose-Headers"]
        assert {"Location", "Retry-After", "X-Request-ID"} <= set(shown.split(", "))
    missing = await asked(gateway, path="/nothing", Origin=DESK)
    assert missing.status_code == 404
    assert "Access-Control-Allow-Origin" in shared(missing)


@pytest.mark.parametrize("origin", ["https://evil.test", "null", "http://desk.test", f"{DESK}.x"])
async def test_another_page_is_told_nothing(gateway, origin):
    """P21: a page that is not named is refused, before and after, and may not even read that."""
    for answer in (
        await preflight(gateway, origin),
        await asked(gateway, Origin=origin, X_API_Key="k"),
        await asked(gateway, "POST", PATH, Origin=origin, X_API_Key="k"),
    ):
        assert answer.status_code == 403
        assert shared(answer) == {}


async def test_no_page_is_let_in_by_our_cookie(gateway):
    """P21: credentials are never allowed: a page of another site has a key, or it has nothing."""
    assert "Access-Control-Allow-Credentials" not in shared(await preflight(gateway))
    assert "Access-Control-Allow-Credentials" not in shared(await asked(gateway, Origin=DESK))


async def test_a_cache_keeps_one_answer_for_each_page(gateway):
    """An answer says that it depends on the Origin, also where none was sent."""
    assert "Origin" in (await asked(gateway, X_API_Key="k")).headers["Vary"]


async def test_where_nobody_is_named_nothing_is_said(tmp_path, autojump_clock):
    """Without allowed_origins no answer has any of it, and OPTIONS is what it was."""
    async with a_gateway(tmp_path, keys=KEYS) as gateway:
        answer = await asked(gateway, Origin="http://localhost", X_API_Key="k")
        assert (shared(answer), "Vary" in answer.headers) == ({}, False)
        answer = await asked(gateway, "OPTIONS", X_API_Key="k")
        assert (answer.status_code, shared(answer)) == (200, {})
