import pytest
from quart import Response

from tests.web.fakes import a_gateway, a_key, serving
from tests.web.odd_app import HELLO
from tests.web.raw import PING_FRAME, TEXT_FRAME, plug
from web.guards import BARE, HEADERS, guarded

KEY = {"X-API-Key": "k"}
FILES = ("/", "/static/page.js")


def check(headers, *, is_cached=False):
    """See that an answer's headers have all of it, and nothing that tells of the machine."""
    lower = {name.lower(): value for name, value in headers.items()}
    for name, value in HEADERS.items():
        assert lower[name.lower()].lower() == value.lower(), name
    assert lower["cache-control"] == ("no-cache" if is_cached else "no-store")
    assert "server" not in lower
    assert "x-powered-by" not in lower


def test_what_guards_a_browser():
    """No script, frame, form or picture of another site; no guess at a type; no word of where from."""
    policy = HEADERS["Content-Security-Policy"]
    for directive in ("default-src 'self'", "object-src 'none'", "base-uri 'none'"):
        assert directive in policy
    for directive in ("form-action 'self'", "frame-ancestors 'none'"):
        assert directive in policy
    assert "unsafe" not in policy
    assert HEADERS["X-Content-Type-Options"] == "nosniff"
    assert HEADERS["X-Frame-Options"] == "DENY"
    assert HEADERS["Referrer-Policy"] == "no-referrer"


async def test_only_what_says_so_is_kept():
    """What does not say otherwise may lie in no cache; a file may, if it is asked about each time."""
    response = Response(b"")
    assert guarded(response).headers["Cache-Control"] == "no-store"
    response.headers["Cache-Control"] = "no-cache"
    assert guarded(response).headers["Cache-Control"] == "no-cache"
    assert (b"cache-control", b"no-store") in BARE


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        *(("GET", "/", 200), ("HEAD", "/", 200), ("GET", "/static/page.js", 200)),
        *(("GET", "/health", 200), ("GET", "/metrics", 200), ("OPTIONS", "/accounts", 200)),
        *(("GET", "/accounts/primary/orders", 200), ("GET", "/nothing", 404)),
        *(
            ("GET", "/accounts/nobody/orders", 404),
            ("PUT", "/health", 405),
            ("BREW", "/health", 405),
        ),
        *(("POST", "/accounts/primary/batch-orders", 403), ("GET", "/ws/orders", 400)),
    ],
)
async def test_every_answer_guards_the_browser(tmp_path, autojump_clock, method, path, status):
    """Pages, assets, JSON, metrics and every fault of the caller's have the headers."""
    async with a_gateway(tmp_path, keys={"desk": a_key("k")}) as gateway:
        client = gateway.app.test_client()
        answer = await client.open(path, method=method, headers=KEY)
        assert answer.status_code == status
        check(answer.headers, is_cached=path in FILES)


async def test_refusals_and_defects_guard_it_too(tmp_path, autojump_clock, monkeypatch):
    """So do 401, 403, 413, 304, and 500, whose answer tells nothing of our insides."""
    async with a_gateway(tmp_path, keys={"desk": a_key("k")}) as gateway:
        client = gateway.app.test_client()
        for answer, status in (
            (await client.get("/accounts"), 401),
            (await client.get("/accounts", headers=KEY | {"Origin": "http://evil.test"}), 403),
            (await client.post("/accounts", data=b"x" * 2_000_000, headers=KEY), 413),
            (await client.get("/static/nothing.js"), 404),
        ):
            assert answer.status_code == status
            check(answer.headers)
        page = await client.get("/static/page.js")
        again = await client.get("/static/page.js", headers={"If-None-Match": page.headers["ETag"]})
        assert again.status_code == 304
        check(again.headers, is_cached=True)
        monkeypatch.setattr(type(gateway.system), "accounts", None)
        answer = await client.get("/health")
        assert answer.status_code == 500
        check(answer.headers)
        assert b"Traceback" not in await answer.get_data()


@pytest.mark.process
async def test_a_refused_handshake_guards_it(tmp_path):
    """A websocket that is refused, by the app or before it, answers with the headers."""
    async with a_gateway(tmp_path, keys={"desk": a_key("k")}) as gateway, serving(gateway) as url:
        for path, early, extra, status in (
            ("/ws/orders", b"", b"", 401),
            ("/ws/nothing", b"", b"", 404),
            ("/ws/orders?since=x", b"", b"X-API-Key: k\r\n", 422),
            ("/ws/orders", b"", b"Sec-WebSocket-Version: 12\r\n", 400),
            ("/ws/orders", PING_FRAME, b"", 400),
            ("/ws/orders", TEXT_FRAME, b"X-API-Key: k\r\n", 400),
        ):
            async with plug(url) as wire:
                await wire.upgrade(path, early=early, extra=extra)
                got, headers, _ = await wire.answer()
                assert got == status
                check(headers)


@pytest.mark.process
@pytest.mark.parametrize(
    ("packet", "status"),
    [
        *((b"no HTTP\r\n\r\n", 400), (HELLO.replace(b"1.1", b"2.0"), 505)),
        *((HELLO.replace(b": x", b": ."), 400), (b"\0" * 100, 400)),
        (b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n", 431),
    ],
)
async def test_what_the_listener_refuses_guards_it(url, packet, status):
    """An answer that no app has seen has them too."""
    async with plug(url) as wire:
        await wire.send(packet)
        got, headers, body = await wire.answer()
        assert (got, body) == (status, b"")
        check(headers)
