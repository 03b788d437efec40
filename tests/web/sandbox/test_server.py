import json
import os
import signal
import subprocess
import sys
import time
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import httpx2
import pytest
import trio
import trio_websocket

from tests.web.sandbox.given import body
from web.sandbox.faults import Fault
from web.sandbox.kite.stream import KiteManners
from web.sandbox.paper import PaperOptions
from web.sandbox.server import serve_paper

pytestmark = pytest.mark.process

KEY = {"X-API-Key": "paper"}
STREAM = "/advanced/ws/orders/primary?api_key=paper"


@asynccontextmanager
async def served(**options):
    """A broker on a free loopback port: its URL, and the nursery that it runs in."""
    async with trio.open_nursery() as nursery:
        url = await nursery.start(partial(serve_paper, PaperOptions(**options), "127.0.0.1", 0))
        yield url, nursery
        nursery.cancel_scope.cancel()


@asynccontextmanager
async def open_stream(url, resource=STREAM, headers=()):
    """A client's websocket whose TCP stream is ours: after an abnormal end trio-websocket leaves
    its own open.
    """
    port = int(url.rpartition(":")[2])
    async with await trio.open_tcp_stream("127.0.0.1", port) as tcp, trio.open_nursery() as nursery:
        yield await trio_websocket.wrap_client_stream(
            nursery, tcp, "paper", resource, extra_headers=list(headers)
        )
        nursery.cancel_scope.cancel()


async def told(client):
    return json.loads(await client.get_message())


async def test_an_order_goes_from_rest_to_stream():
    """Over real sockets: place by HTTP, hear of it on both dialects, find it in the book."""
    with trio.fail_after(20):
        async with served() as (url, _), httpx2.AsyncClient(base_url=url, headers=KEY) as http:
            async with (
                open_stream(url) as one,
                open_stream(url, "/advanced/ws/orders/primary") as two,
            ):
                assert (await told(one))["type"] == "connected"
                await two.send_message('{"type":"auth","api_key":"paper"}')
                assert (await told(two))["type"] == "authenticated"
                assert (await told(two))["type"] == "connected"
                said = (await http.post("/orders/place", json=body("FILL1"))).json()
                for client in (one, two):
                    heard = [(await told(client))["data"]["status"] for _ in range(3)]
                    assert heard == ["OPEN", "COMPLETE", "completed"]
                await one.send_message("ping")
                assert await one.get_message() == "pong"
            task = (await http.get(f"/orders/tasks/{said['task_id']}")).json()
            (row,) = (await http.get("/orders/", params={"account_id": "primary"})).json()
            assert row["order_id"] == task["result"]["order_id"]
            gone = await http.request(
                "DELETE", "/orders/cancel", json={"order_id": row["order_id"]}
            )
            assert (gone.status_code, list(gone.json())) == (400, ["detail"])
            assert (await http.get("/")).status_code == 404


async def test_kite_is_heard_and_its_heart_beats(monkeypatch):
    """Over real sockets: a form is an order, its change a text frame, the sign of life binary."""
    monkeypatch.setattr(KiteManners, "idle_s", 0.1)
    headers = {"authorization": "token paper:paper", "x-kite-version": "3"}
    with trio.fail_after(20):
        async with (
            served(upstream="kite") as (url, _),
            httpx2.AsyncClient(base_url=url, headers=headers) as http,
            open_stream(url, "/?api_key=paper&access_token=paper") as client,
        ):
            assert await client.get_message() == b"\x00"
            form = {**body("FILL1"), "price": "100.05"}
            said = (await http.post("/orders/regular", data=form)).json()
            while isinstance(message := await client.get_message(), bytes):
                pass
            row = json.loads(message)["data"]
            assert (row["status"], row["order_id"]) == ("COMPLETE", said["data"]["order_id"])


async def test_fyers_is_heard_by_who_subscribes():
    """Over real sockets: the handshake's header, a subscription, and the trade of an order."""
    key = {"authorization": "ABC-100:paper"}
    with trio.fail_after(20):
        async with (
            served(upstream="fyers") as (url, _),
            httpx2.AsyncClient(base_url=url, headers=key) as http,
            open_stream(url, "/trade/v3", [(b"authorization", b"ABC-100:paper")]) as client,
        ):
            await client.send_message('{"T":"SUB_ORD","SLIST":["trades"],"SUB_T":1}')
            assert (await told(client))["code"] == 1605
            order = {
                "symbol": "NSE:FILL1-EQ",
                "qty": 10,
                "type": 2,
                "side": 1,
                "productType": "CNC",
            }
            said = (await http.post("/api/v3/orders/sync", json=order)).json()
            assert (await told(client))["trades"]["id"] == said["id"]


async def test_the_door_is_shut_without_a_key():
    """401 with the published header for REST, 403 before the websocket is accepted."""
    with trio.fail_after(20):
        async with served() as (url, _), httpx2.AsyncClient(base_url=url) as http:
            answer = await http.get("/orders/")
            assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "ApiKey")
            with pytest.RaisesGroup(
                pytest.RaisesExc(trio_websocket.ConnectionRejected, match="403")
            ):
                async with open_stream(url, "/advanced/ws/orders/primary?api_key=no"):
                    raise AssertionError


async def test_a_close_has_its_code_and_a_drop_has_none():
    """1008 reaches the client; the fault `drop` is a connection that simply ends."""
    with trio.fail_after(20):
        async with (
            served(faults=(Fault("drop"),)) as (url, _),
            httpx2.AsyncClient(base_url=url, headers=KEY) as http,
        ):
            async with open_stream(url, "/advanced/ws/orders/primary") as client:
                await client.send_message("nonsense")
                assert (await told(client))["type"] == "error"
                with pytest.raises(trio_websocket.ConnectionClosed) as end:
                    await client.get_message()
                assert (end.value.reason.code, end.value.reason.reason) == (
                    1008,
                    "Invalid auth format",
                )
            async with open_stream(url) as client:
                await told(client)
                await http.post("/orders/place", json=body("REST1"))
                with pytest.raises(trio_websocket.ConnectionClosed) as end:
                    await client.get_message()
                assert end.value.reason is None or end.value.reason.code == 1006


async def test_a_caller_who_gives_up_is_let_go_of():
    """A call that is never answered ends with its caller, and the broker serves the next."""
    with trio.fail_after(20):
        async with served() as (url, _), httpx2.AsyncClient(base_url=url, headers=KEY) as http:
            for _ in range(3):
                with pytest.raises(httpx2.ReadTimeout):
                    await http.post("/orders/place", json=body("LOST1"), timeout=0.2)
            assert len((await http.get("/orders/")).json()) == 3


async def test_no_packet_ends_the_process():
    """P19: a frame that comes with its own handshake, and other rubbish, end one connection."""
    rubbish = (
        b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n\r\n\x81\x05hello",
        b"\x00" * 100,
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\xff" * 64,
        b"POST /orders/place HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n{",
    )
    with trio.fail_after(20):
        async with served() as (url, _), httpx2.AsyncClient(base_url=url) as http:
            port = int(url.rpartition(":")[2])
            for packet in rubbish:
                stream = await trio.open_tcp_stream("127.0.0.1", port)
                async with stream:
                    await stream.send_all(packet)
                    with trio.move_on_after(0.2):
                        while await stream.receive_some():
                            pass
            assert (await http.get("/health")).json() == {"status": "ok"}


async def test_it_stops_while_a_client_does_not_read():
    """P18: cancelled with a stream whose client takes nothing, it is gone before the deadline."""
    async with trio.open_nursery() as nursery:
        url = await nursery.start(partial(serve_paper, PaperOptions(rate=3_000), "127.0.0.1", 0))
        port = int(url.rpartition(":")[2])
        stream = await trio.open_tcp_stream("127.0.0.1", port)
        await stream.send_all(
            f"GET {STREAM} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        async with httpx2.AsyncClient(base_url=url, headers=KEY) as http:
            # Long enough for the socket's buffers to fill, so that a send is blocked.
            for _ in range(10):
                await trio.sleep(0.2)
                await http.get("/health")
        began = trio.current_time()
        nursery.cancel_scope.cancel()
    assert trio.current_time() - began < 1
    await trio.aclose_forcefully(stream)


async def test_at_two_thousand_a_second_a_client_hears_every_change():
    """At --rate 2000 no frame is missing, doubled or out of turn: what a client heard of each
    order is that order's history at the broker.
    """
    with trio.fail_after(100):
        async with (
            served(rate=2_000) as (url, _),
            open_stream(url) as client,
            httpx2.AsyncClient(base_url=url, headers=KEY, timeout=30) as http,
        ):
            await told(client)
            heard = {}
            for _ in range(2_000):
                row = (await told(client))["data"]
                heard.setdefault(row["order_id"], []).append(row)
            for order_id, rows in list(heard.items())[-50:]:
                history = (await http.get(f"/orders/{order_id}/history")).json()
                at = history.index(rows[0])
                assert history[at : at + len(rows)] == rows


async def test_a_host_with_several_addresses_is_served_at_one():
    """With port 0 each address would have a port of its own: the URL names the one that serves."""
    with trio.fail_after(20):
        async with trio.open_nursery() as nursery:
            url = await nursery.start(partial(serve_paper, PaperOptions(), "localhost", 0))
            async with httpx2.AsyncClient(base_url=url) as http:
                assert (await http.get("/health")).status_code == 200
            nursery.cancel_scope.cancel()


PROGRAM = """
import sys, trio
from functools import partial
from pathlib import Path
from web.sandbox.paper import PaperOptions
from web.sandbox.server import serve_paper

async def main():
    async with trio.open_nursery() as nursery:
        options = PaperOptions(rate=500, ledger=Path(sys.argv[1]))
        print(await nursery.start(partial(serve_paper, options, "127.0.0.1", int(sys.argv[2]))), flush=True)

trio.run(main)
"""


def start(ledger, port):
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(ledger), str(port)],
        stdout=subprocess.PIPE, text=True, env=os.environ, cwd=Path.cwd(),
    )  # fmt: skip
    return process, process.stdout.readline().strip()


def kill(process):
    process.send_signal(signal.SIGKILL)
    process.wait(10)
    process.stdout.close()


def test_killed_and_started_again_it_has_the_same_book(tmp_path):
    """Kill -9 in the middle of 500 changes a second, again on the same port and ledger: what any
    caller had seen is still there, no id is used twice, and the ledger has one end an order.
    """
    ledger, port, seen = tmp_path / "ledger", 0, {}
    for _ in range(3):
        process, url = start(ledger, port)
        try:
            port = int(url.rpartition(":")[2])
            with httpx2.Client(base_url=url, headers=KEY) as http:
                now = {row["order_id"]: row for row in http.get("/orders/").json()}
                for order_id, row in seen.items():
                    assert now[order_id]["filled_quantity"] >= row["filled_quantity"]
                    if row["status"] in {"COMPLETE", "CANCELLED", "REJECTED"}:
                        assert now[order_id] == row
                deadline = time.monotonic() + 10
                while len(seen) < len(now) + 50 and time.monotonic() < deadline:
                    seen = {row["order_id"]: row for row in http.get("/orders/").json()}
        finally:
            kill(process)
    lines = [json.loads(line) for line in ledger.read_bytes().split(b"\n")[:-1]]
    for event in ("order", "end"):
        ids = [line["order_id"] for line in lines if line["event"] == event]
        assert len(ids) == len(set(ids))
    assert set(seen) <= {line["order_id"] for line in lines if line["event"] == "order"}
