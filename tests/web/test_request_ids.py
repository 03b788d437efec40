import io
import json
import logging

import pytest
import structlog
import trio
from quart_trio import QuartTrio

from tests.web.fakes import a_gateway, a_key, dial, serving
from tests.web.odd_app import HELLO, until
from tests.web.raw import PING_FRAME, plug
from web.commands.logs import set_up_logs
from web.request_ids import NAME, Identified, fresh_request_id, request_id_of

UNFIT = [b"", b"x" * 65, b"a b", b"a\tb", b"a/b", b'{"a":1}', b"\xff", b"a,b", b"a\n"]


@pytest.mark.parametrize(
    "given", [b"a", b"A-z_0.9", b"x" * 64, b"0f8fad5b-d9cb-469f-a165-70867728950e"]
)
def test_a_fit_id_of_the_callers_is_kept(given):
    """1 to 64 letters, digits, dots, underscores and dashes are taken as they are."""
    assert request_id_of([(b"Host", b"x"), (b"X-Request-ID", given)]) == given.decode()


@pytest.mark.parametrize("given", [[], *([each] for each in UNFIT), [b"one", b"two"]])
def test_any_other_is_replaced(given):
    """P21: what could break a line of the log, is too long, or is two ids, never gets there."""
    found = request_id_of([(NAME, each) for each in given])
    assert len(found) == 16
    assert set(found) <= set("0123456789abcdef")


def test_no_two_fresh_ids_are_the_same():
    """An id that we made is one request's alone."""
    assert len({fresh_request_id() for _ in range(1000)}) == 1000


@pytest.mark.parametrize(
    ("path", "status"),
    [
        *(("/", 200), ("/static/page.js", 200), ("/health", 200), ("/accounts", 200)),
        *(("/nothing", 404), ("/accounts/nobody/orders", 404), ("/health", 405)),
    ],
)
async def test_every_answer_has_an_id(gateway, autojump_clock, path, status):
    """Pages, assets, JSON and faults carry X-Request-ID: the caller's own, else one of ours."""
    client, method = gateway.app.test_client(), "PUT" if status == 405 else "GET"
    answer = await client.open(path, method=method, headers={"X-Request-ID": "mine-1"})
    assert (answer.status_code, answer.headers["X-Request-ID"]) == (status, "mine-1")
    first, second = [(await client.open(path, method=method)).headers for _ in range(2)]
    assert len(first["X-Request-ID"]) == 16
    assert first["X-Request-ID"] != second["X-Request-ID"]


async def test_a_problem_tells_the_id(gateway, autojump_clock):
    """A fault's document has `request_id`, the same as the header's."""
    answer = await gateway.app.test_client().get("/nothing")
    document = json.loads(await answer.get_data())
    assert document["request_id"] == answer.headers["X-Request-ID"]


async def test_a_defect_of_ours_tells_it_too(gateway, autojump_clock, monkeypatch):
    """500 has the id by which the traceback is found in the log, and no other word of it."""
    stream = io.StringIO()
    set_up(stream, monkeypatch)
    monkeypatch.setattr(type(gateway.system), "accounts", None)
    answer = await gateway.app.test_client().get("/health", headers={"X-Request-ID": "mine-2"})
    document = json.loads(await answer.get_data())
    assert (answer.status_code, document["request_id"]) == (500, "mine-2")
    assert "Traceback" not in json.dumps(document)
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [line["request_id"] for line in lines if "Traceback" in line.get("exception", "")] == [
        "mine-2"
    ]


def set_up(stream, monkeypatch):
    """Send the logs of the test to a stream, as JSON, and undo that at its end."""
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", root.handlers[:])
    monkeypatch.setattr(root, "level", root.level)
    structlog.reset_defaults()
    set_up_logs(stream)


async def test_requests_at_once_keep_their_ids_apart(entries):
    """Each line of a request carries its id, in tasks that it starts too, and nobody else's."""
    log = structlog.get_logger()
    said = []

    async def say(name):
        await trio.testing.wait_all_tasks_blocked()
        said.append((name, structlog.contextvars.get_contextvars()["request_id"]))
        log.info("said")

    async def hello(name):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(say, name)
            await say(name)
        return name

    app = QuartTrio(__name__)
    app.asgi_app = Identified(app.asgi_app)
    app.add_url_rule("/<name>", "hello", hello)
    async with trio.open_nursery() as nursery:
        for n in range(5):
            headers = {"X-Request-ID": f"id-{n}"}
            nursery.start_soon(lambda n=n, h=headers: app.test_client().get(f"/{n}", headers=h))
    assert sorted(said) == sorted([(str(n), f"id-{n}") for n in range(5)] * 2)


@pytest.mark.process
async def test_a_refused_websocket_has_one(tmp_path):
    """A handshake that is refused answers with the id, in its header and its document."""
    async with a_gateway(tmp_path, keys={"desk": a_key("k")}) as gateway, serving(gateway) as url:
        for path, status in (("/ws/orders", 401), ("/ws/nothing", 404)):
            async with plug(url) as wire:
                await wire.upgrade(path, extra=b"X-Request-ID: mine.3\r\n")
                got, headers, body = await wire.answer()
                assert (got, headers["x-request-id"]) == (status, "mine.3")
                assert json.loads(body)["request_id"] == "mine.3"
        async with dial(url, "/ws/orders", X_API_Key="k", X_Request_ID="mine-4") as client:
            assert (b"x-request-id", b"mine-4") in client.handshake_headers


@pytest.mark.process
@pytest.mark.parametrize(
    ("packet", "status", "expected"),
    [
        (b"no HTTP\r\n\r\n", b"400", None),
        (HELLO.replace(b"1.1", b"2.0"), b"505", None),
        (HELLO.replace(b": x", b": ."), b"400", None),
        (HELLO.replace(b": x", b": .\r\nX-Request-ID: mine"), b"400", b"mine"),
    ],
)
async def test_an_answer_that_no_app_has_seen_has_one(url, packet, status, expected):
    """What the listener itself refuses carries an id too, the caller's own where it could be read."""
    async with plug(url) as wire:
        await wire.send(packet)
        answer = await wire.rest()
    assert answer.startswith(b"HTTP/1.1 " + status)
    found = answer.lower().partition(b"x-request-id: ")[2].partition(b"\r\n")[0]
    assert found == expected if expected else len(found) == 16


@pytest.mark.process
async def test_an_id_belongs_to_one_request_of_a_connection(url):
    """On a kept connection each request has its own; what breaks it afterwards has a fresh one."""
    async with plug(url) as wire:
        for name in (b"one", b"two"):
            await wire.send(HELLO.replace(b": x", b": x\r\nX-Request-ID: " + name))
            assert (await wire.answer())[1]["x-request-id"] == name.decode()
        await wire.send(b"no HTTP\r\n\r\n")
        assert len((await wire.answer())[1]["x-request-id"]) == 16


@pytest.mark.process
async def test_a_handshake_that_came_with_a_frame_has_one(url, entries):
    """An early frame is answered under the id of its handshake."""
    async with plug(url) as wire:
        await wire.upgrade("/talk", early=PING_FRAME, extra=b"X-Request-ID: mine-5\r\n")
        assert b"x-request-id: mine-5\r\n" in (await wire.rest()).lower()


@pytest.mark.process
async def test_what_a_websocket_logs_has_its_id(tmp_path, monkeypatch):
    """A defect in a conversation is logged under the id that its handshake gave."""
    stream = io.StringIO()
    async with a_gateway(tmp_path) as gateway, serving(gateway) as url:
        set_up(stream, monkeypatch)
        monkeypatch.setattr("web.conversation.read_wish", None)
        async with dial(url, "/ws/orders", X_Request_ID="mine-6") as client:
            await client.get_message()
            await client.send_message("ping")
            await until(lambda: "a websocket ended in a defect" in stream.getvalue())
    (line,) = [line for line in stream.getvalue().splitlines() if "in a defect" in line]
    assert json.loads(line)["request_id"] == "mine-6"


@pytest.mark.process
async def test_a_connection_that_breaks_is_logged_under_its_id(url, entries, monkeypatch):
    """A fault of one connection names the request that it carried."""

    async def fall(*_):
        raise RuntimeError

    monkeypatch.setattr("web.http1.H11Protocol._create_stream", fall)
    async with plug(url) as wire:
        await wire.send(HELLO.replace(b": x", b": x\r\nX-Request-ID: mine-7"))
        await wire.rest()
    (entry,) = [each for each in entries if "broke the protocol" in each["event"]]
    assert (entry["request_id"], entry["reason"]) == ("mine-7", "RuntimeError")
