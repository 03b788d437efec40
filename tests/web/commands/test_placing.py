"""Placing at a server by hand: what it says, and when it says nothing."""

import json
from functools import partial

import pytest
import trio
from attrs import define, evolve, field

from web.commands.faults import CannotRun
from web.commands.placing import Unreached, Unsure, Wanted, answer_of, placed

RUNNING = {"status": "running", "batch_id": "b1"}
DONE = {"status": "success", "batch_id": "b1"}


@define
class Server:
    """Answers each request with the next of its answers: (status, JSON), or None: it hangs up."""

    answers: list
    requests: list = field(factory=list)
    url: str = ""

    async def serve(self, stream):
        """One request a connection."""
        async with stream:
            head, _, body = (await read_request(stream)).partition(b"\r\n\r\n")
            self.requests.append((head.decode(), body))
            answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
            if answer is None:
                return
            if answer == "silence":
                await trio.sleep_forever()
            status, document = answer
            raw = document if isinstance(document, bytes) else json.dumps(document).encode()
            await stream.send_all(
                b"HTTP/1.1 %d X\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%b"
                % (status, len(raw), raw)
            )


async def read_request(stream):
    """Read a head and the body that it announces."""
    raw = b""
    while b"\r\n\r\n" not in raw:
        raw += await stream.receive_some()
    head, _, body = raw.partition(b"\r\n\r\n")
    length = next(
        (
            int(line.split(b":")[1])
            for line in head.lower().split(b"\r\n")
            if b"content-length" in line
        ),
        0,
    )
    while len(body) < length:
        body += await stream.receive_some()
    return head + b"\r\n\r\n" + body


@pytest.fixture
async def at(nursery):
    """Give what starts a server, and what is wanted of it."""

    async def start(*answers):
        listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
        server = Server(list(answers))
        nursery.start_soon(partial(trio.serve_listeners, server.serve, listeners))
        server.url = f"http://127.0.0.1:{listeners[0].socket.getsockname()[1]}"
        return server, Wanted(server.url, "primary", b'{"orders": []}', "k1", wait_s=5.0)

    return start


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    """Leave out the pauses between questions."""
    monkeypatch.setattr("web.commands.placing.ASK_PAUSE_S", 0.0)


def nobody(text):
    """Say it to nobody."""


async def test_the_file_is_posted_as_it_is_with_key_and_idempotency_key(at):
    """One POST to the account's batches, its body byte for byte."""
    server, wanted = await at((200, DONE))
    answer = await placed(evolve(wanted, key="secret"), nobody)
    assert (answer.status, answer.document) == (200, DONE)
    ((head, body),) = server.requests
    assert head.startswith("POST /accounts/primary/batch-orders HTTP/1.1")
    assert "Authorization: Bearer secret" in head
    assert "Idempotency-Key: k1" in head
    assert body == wanted.body
    assert "secret" not in repr(evolve(wanted, key="secret"))


async def test_a_running_batch_is_asked_for_until_it_has_ended(at):
    """202, then GETs of its place; what fails in between is asked again."""
    server, wanted = await at(
        (202, RUNNING), (200, RUNNING), (503, {}), None, (200, b"x"), (200, DONE)
    )
    answer = await placed(wanted, nobody)
    assert answer.document == DONE
    heads = [head.split(" HTTP")[0] for head, _ in server.requests]
    assert heads == ["POST /accounts/primary/batch-orders"] + 5 * [
        "GET /accounts/primary/batch-orders/b1"
    ]


async def test_who_watches_is_told_early_and_each_time(at):
    """`Prefer` asks for the first answer soon; the body, and with it the batch, is the same."""
    halfway = RUNNING | {"succeeded": 1}
    server, wanted = await at((202, RUNNING), (200, halfway), (200, DONE))
    heard = []
    answer = await placed(wanted, nobody, heard.append)
    assert (answer.document, heard) == (DONE, [RUNNING, halfway])
    assert "Prefer: wait=1" in server.requests[0][0]
    assert server.requests[0][1] == wanted.body
    server.answers, server.requests = [(200, DONE)], []
    await placed(wanted, nobody)
    await placed(evolve(wanted, is_dry=True), nobody, heard.append)
    assert not any("Prefer" in head for head, _ in server.requests)


async def test_a_batch_that_runs_on_is_given_as_it_was_known_last(at):
    """P20: after wait_s the last answer is the answer."""
    _, wanted = await at((202, RUNNING), (200, RUNNING))
    answer = await placed(evolve(wanted, wait_s=0.3), nobody)
    assert answer.is_running


async def test_a_lost_answer_is_asked_for_under_the_same_key(at):
    """P11: the same POST again: the same batch, not another one."""
    server, wanted = await at(None, None, (200, DONE))
    said = []
    assert (await placed(wanted, said.append)).document == DONE
    assert len({request[1] for request in server.requests}) == 1
    assert all("Idempotency-Key: k1" in head for head, _ in server.requests)
    assert said == [f"{server.url}: the connection was lost; asking again"]


async def test_a_connection_that_stays_lost_ends_with_the_key(at):
    """Nobody knows whether it was placed; with the key one can ask without placing it twice."""
    _, wanted = await at(None)
    with pytest.raises(Unsure, match=r"connection was lost.*--idempotency-key k1") as told:
        await placed(evolve(wanted, wait_s=-4.5), nobody)
    assert told.value.exit_code == 6
    with pytest.raises(CannotRun, match="nothing was sent") as told:
        await placed(evolve(wanted, wait_s=-4.5, is_dry=True), nobody)
    assert told.value.exit_code == 1


async def test_no_answer_in_time_is_told_with_the_key(at):
    """P20: a gateway that says nothing is not waited for without end."""
    _, wanted = await at("silence")
    with pytest.raises(CannotRun, match=r"no answer in time.*--idempotency-key k1"):
        await placed(evolve(wanted, wait_s=-4.5), nobody)


async def test_nobody_there_is_told_at_once():
    """What surely was not sent ends at once, with the system's word for it; exit status 2."""
    listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
    port = listeners[0].socket.getsockname()[1]
    await listeners[0].aclose()
    wanted = Wanted(f"http://127.0.0.1:{port}", "primary", b"{}", "k1")
    with (
        trio.fail_after(10),
        pytest.raises(Unreached, match=r"cannot be reached \(Connection refused\)"),
    ):
        await placed(wanted, nobody)


async def test_a_refusal_is_an_answer(at):
    """It is not tried again."""
    server, wanted = await at((422, {"title": "Bad request"}))
    answer = await placed(wanted, nobody)
    assert (answer.status, len(server.requests)) == (422, 1)


@pytest.mark.parametrize("raw", [b"", b"<html>", b"[]", b"\xff", b"[" * 100_000])
def test_what_no_gateway_says_is_told_as_such(raw):
    """P19: another server's answer is no batch and no traceback."""
    with pytest.raises(CannotRun, match="not as a gateway does"):
        answer_of(200, raw, "http://h")


@pytest.mark.parametrize(("status", "kind"), [(404, CannotRun), (502, Unsure)])
async def test_a_fault_of_another_server_is_told_as_such(at, status, kind):
    """Something stands where a gateway should: its 502 may stand before one that has the batch."""
    server, wanted = await at((status, {"detail": "Not Found"}))
    with pytest.raises(kind, match="is it one") as told:
        await placed(wanted, nobody)
    assert ("--idempotency-key k1" in str(told.value)) == (kind is Unsure)
    assert server.url in str(told.value)


async def test_an_answer_without_end_is_given_up(at, monkeypatch):
    """P20: an answer has a bound."""
    monkeypatch.setattr("web.commands.placing.ANSWER_BYTES_MAX", 100)
    _, wanted = await at((200, b"x" * 101))
    with pytest.raises(CannotRun, match="larger"):
        await placed(wanted, nobody)


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("http://h:1", "http://h:1/accounts/primary/batch-orders"),
        ("ws://h:1/", "http://h:1/accounts/primary/batch-orders"),
        ("wss://h/under", "https://h/under/accounts/primary/batch-orders"),
    ],
)
def test_the_place_follows_from_the_gateways_address(url, place):
    """The address that `tail` takes is good here too."""
    wanted = Wanted(url, "primary", b"", "k")
    assert wanted.place() == place
    assert wanted.place("a/b") == f"{place}/a%2Fb"
    assert evolve(wanted, is_dry=True).place() == f"{place}?dry_run=true"
