import json
import signal
import subprocess
import sys
import tomllib
from functools import partial

import httpx2
import pytest
import trio
import trio_websocket

from actors.domain.config_accounts import check_account
from tests.web.commands.processes import (
    ROOT,
    children_of,
    environment,
    is_alive,
    orderwire,
    ran,
    until,
)
from web.commands.demo import Wanted, account_at, has_display, paper_options

BATCH = json.loads("""
{
  "orders": [
    {
      "tradingsymbol": "NIFTY25NOVFUT",
      "exchange": "NFO",
      "transaction_type": "BUY",
      "quantity": 50,
      "order_type": "MARKET",
      "product": "NRML"
    },
    {
      "tradingsymbol": "BANKNIFTY25NOVFUT",
      "exchange": "NFO",
      "transaction_type": "SELL",
      "quantity": 25,
      "order_type": "LIMIT",
      "product": "NRML",
      "price": 45500.0
    }
  ],
  "rollback_on_failure": true
}
""")


@pytest.fixture(scope="module")
def demo():
    """The URL of one demo, for all who only look at it or trade in it."""
    with orderwire("demo", "--port", 0, "--no-browser", "--rate", 20, "--seed", 3) as process:
        yield process.ready()
        assert process.stop() == 0
        assert process.rest("stdout") == []


@pytest.mark.process
def test_its_accounts_are_live_when_it_is_ready(demo):
    """At the ready line each account has reconciled; `GET /ws/status` works without a key."""
    assert httpx2.get(f"{demo}/ready").status_code == 200
    said = httpx2.get(f"{demo}/ws/status").json()
    assert {name: row["state"] for name, row in said["accounts"].items()} == {
        "primary": "live",
        "hedge": "live",
    }


@pytest.mark.process
def test_the_briefs_socket_tells_of_orders(demo):
    """`/ws/orders/primary` as the brief opens it: order updates come, and `ping` is answered."""

    async def listen():
        with trio.fail_after(30):
            url = f"{demo.replace('http', 'ws')}/ws/orders/primary"
            async with trio_websocket.open_websocket_url(url) as socket:
                first = json.loads(await socket.get_message())
                await socket.send_message("ping")
                kinds = set()
                while not kinds >= {"order_update", "pong"}:
                    text = await socket.get_message()
                    frame = {"type": "pong"} if text == "pong" else json.loads(text)
                    kinds.add(frame["type"])
                    if frame["type"] == "order_update":
                        assert frame["account_id"] == "primary"
                        assert {"order_id", "status", "filled_quantity"} <= frame["data"].keys()
                return first

    assert trio.run(listen)["type"] == "connection_established"


@pytest.mark.process
def test_the_briefs_batch_is_placed(demo):
    """The brief's two legs: success, two order ids, and the orders stand in the book."""
    answer = httpx2.post(f"{demo}/accounts/primary/batch-orders", json=BATCH, timeout=60)
    said = answer.json()
    assert (answer.status_code, said["status"], said["outcome"]) == (200, "success", "complete")
    assert (said["total_orders"], said["succeeded"], said["failed"]) == (2, 2, 0)
    for order_id, leg in zip(said["order_ids"], BATCH["orders"], strict=True):
        row = httpx2.get(f"{demo}/accounts/primary/orders/{order_id}").json()["data"]
        assert (row["tradingsymbol"], row["origin"]) == (leg["tradingsymbol"], "orderwire")


@pytest.mark.process
def test_brokers_that_publish_a_list_have_their_lots_checked():
    """At Kite and Fyers a quantity that is no lot is refused, 422 naming the leg, once the broker's
    list is there; before that it is 503. Metrics say how many instruments are known.
    """

    def refused(url, name):
        answer = httpx2.post(f"{url}/accounts/{name}/batch-orders", json=BATCH, timeout=60)
        return None if answer.status_code == 503 else answer

    accounts = "k=kite,f=fyers,t"
    with orderwire("demo", "--port", 0, "--no-browser", "--rate", 0, "--accounts", accounts) as run:
        url = run.ready()
        for name in ("k", "f"):
            answer = until(lambda name=name: refused(url, name), "its list is loaded")
            assert answer.status_code == 422
            assert [fault["path"] for fault in answer.json()["errors"]] == [
                "$.orders[0].quantity",
                "$.orders[1].quantity",
            ]
        metrics = until(
            lambda: (
                (text := httpx2.get(f"{url}/metrics").text).count("\ninstruments_loaded{") == 2
                and text
            ),
            "metrics are made anew",
        )
        assert 'instruments_loaded{account_id="t"}' not in metrics
        assert run.stop() == 0


@pytest.mark.process
def test_a_page_of_another_site_may_not_ask(demo):
    """P21: open on loopback is open to this host alone: foreign Origin and Host are refused."""
    for headers in ({"Origin": "https://elsewhere.example"}, {"Host": "elsewhere.example"}):
        assert httpx2.get(f"{demo}/ws/status", headers=headers).status_code == 403
        answer = httpx2.post(
            f"{demo}/accounts/primary/batch-orders", json=BATCH, headers=headers, timeout=60
        )
        assert answer.status_code == 403


@pytest.mark.process
def test_an_unknown_upstream_and_a_port_in_use_are_told(demo):
    """2 for the command line, 1 for the port: a clear line, no traceback, no ready line."""
    status, out, err = ran("demo", "--no-browser", "--accounts", "primary=nobody")
    assert (status, out) == (2, [])
    assert "'nobody'" in err[-1]
    status, out, err = ran("demo", "--no-browser", "--port", demo.rpartition(":")[2])
    lines = [line for line in err if not line.startswith("{")]
    assert (status, out, len(lines)) == (1, [], 1)
    assert "cannot listen" in lines[0]


@pytest.mark.process
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_its_broker_ends_with_it(number, tmp_path):
    """Told to end, or killed -9: no broker is left behind. Told, it exits 0, however often."""
    options = ("--port", 0, "--no-browser", "--accounts", "a", "--data", tmp_path)
    with orderwire("demo", *options) as demo:
        demo.ready()
        (broker,) = children_of(demo.pid)
        demo.popen.send_signal(number)
        if number != signal.SIGKILL:
            demo.popen.send_signal(number)
            assert demo.wait() == 0
            assert not any("Traceback" in line for line in demo.rest("stderr"))
        until(lambda: not is_alive(broker), "the broker's end", 10)


@pytest.mark.process
def test_told_to_end_while_it_starts_it_does():
    """A signal before the ready line: no ready line, exit 0."""
    with orderwire("demo", "--port", 0, "--no-browser") as demo:
        until(lambda: children_of(demo.pid), "the broker starts", every_s=0.001)
        assert demo.stop() == 0
        assert not any("Traceback" in line for line in demo.rest("stderr"))


@pytest.mark.process
def test_its_data_are_there_again(tmp_path):
    """`--data`: started again it has the same epoch, the same orders, and a broker that knows them."""
    seen = []
    for _ in range(2):
        options = ("--port", 0, "--no-browser", "--rate", 50, "--accounts", "a", "--data", tmp_path)
        with orderwire("demo", *options) as demo:
            url = demo.ready()
            epoch = httpx2.get(f"{url}/ws/status").json()["epoch"]
            rows = until(partial(orders, url, at_least=len(seen) + 5), "orders")
            assert seen == [] or seen[0] == epoch
            assert set(seen[1:]) <= {row["order_id"] for row in rows}
            seen = [epoch, *(row["order_id"] for row in rows)]
            assert demo.stop() == 0


def orders(url, at_least):
    """The orders of account `a`, once there are so many."""
    rows = httpx2.get(f"{url}/accounts/a/orders", params={"limit": 1000}).json()["data"]
    return rows if len(rows) >= at_least else None


@pytest.mark.process
def test_on_another_host_it_makes_a_key_and_tells_it_on_stderr():
    """P21: what others can reach is open only to who read the key on stderr; stdout has it not."""
    with orderwire("demo", "--host", "0.0.0.0", "--port", 0, "--no-browser") as demo:
        port = demo.ready().rpartition(":")[2]
        url = f"http://127.0.0.1:{port}/ws/status"
        key = demo.error("The key").rpartition(" ")[2]
        assert httpx2.get(url).status_code == 401
        assert httpx2.get(url, headers={"X-API-Key": key}).status_code == 200
        assert demo.stop() == 0
        assert demo.rest("stdout") == []


@pytest.mark.process
def test_a_folder_that_cannot_be_made_is_told(tmp_path):
    """1 and a line with the folder."""
    (tmp_path / "file").write_text("")
    status, out, err = ran("demo", "--no-browser", "--data", tmp_path / "file" / "data")
    assert (status, out, len(err)) == (1, [], 1)
    assert str(tmp_path / "file" / "data") in err[0]


@pytest.mark.process
def test_it_runs_in_a_folder_that_has_a_web_of_its_own(tmp_path):
    """Its broker is the same Orderwire, whatever lies in the folder where the command is given."""
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "__init__.py").write_text("raise SystemExit(9)")
    program = "from web.__main__ import main; main()"
    done = subprocess.Popen(
        [sys.executable, "-P", "-c", program, "demo", "--port", "0", "--no-browser"],
        cwd=tmp_path,
        env=environment({"PYTHONPATH": str(ROOT)}),
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert done.stdout.readline().startswith("ready http://")
        done.terminate()
        assert done.wait(30) == 0
    finally:
        done.kill()
        done.wait()
        done.stdout.close()


WANTED = Wanted(
    host="127.0.0.1",
    port=0,
    accounts={"primary": "ticker_service", "fy": "fyers", "fy2": "fyers", "zer": "kite"},
    rate=8.0,
    seed=3,
    browser=False,
)


@pytest.mark.parametrize(
    ("upstream", "names", "rate"),
    [("ticker_service", "primary", "2.0"), ("fyers", "fy,fy2", "4.0"), ("kite", "zer", "2.0")],
)
def test_each_upstream_has_a_broker_with_its_accounts(tmp_path, upstream, names, rate):
    """A broker of its own, with a ledger of its own and the accounts' share of the rate."""
    options = paper_options(WANTED, tmp_path, upstream)
    said = dict(zip(options[::2], options[1::2], strict=True))
    assert (said["--upstream"], said["--accounts"], said["--rate"]) == (upstream, names, rate)
    ledgers = {paper_options(WANTED, tmp_path, each)[-1] for each in ("fyers", "kite", upstream)}
    assert len(ledgers) == len({"fyers", "kite", upstream})


@pytest.mark.parametrize(
    ("upstream", "reach"),
    [
        ("ticker_service", ("http://h:1", "", "k", "", "", "")),
        ("fyers", ("http://h:1/api/v3", "ws://h:1/trade/v3", "", "a", "k", "k")),
        ("kite", ("http://h:1", "ws://h:1", "a", "", "k", "k")),
    ],
)
def test_an_account_is_reached_as_its_broker_wants_it(upstream, reach):
    """REST, socket and credentials; the account's name says at Fyers and Kite which it is."""
    account = account_at(upstream, "a", "http://h:1", "k")
    assert reach == (
        account.url, account.socket_url, account.api_key, account.app_id, account.access_token,
        account.api_secret,
    )  # fmt: skip
    wrong = [each.path for each in check_account("$.accounts.a", "a", account)]
    assert set(wrong) <= {"$.accounts.a.upstream"}


def test_a_browser_is_opened_only_where_it_has_a_window():
    """Without a display a browser would take over the terminal."""
    assert not has_display({}, "linux")
    assert has_display({"WAYLAND_DISPLAY": "wayland-0"}, "linux")
    assert has_display({}, "darwin")


def test_the_command_is_the_one_that_the_project_names():
    """`orderwire` and `python -m web` are the same program."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["scripts"] == {"orderwire": "web.__main__:main"}
