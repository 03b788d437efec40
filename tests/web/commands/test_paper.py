import json
import signal
import subprocess
import tomllib

import httpx2
import pytest

from tests.web.commands.processes import END, free_port, orderwire, ran

pytestmark = pytest.mark.process


def test_it_serves_its_broker_and_says_only_where():
    """On stdout stands the ready line and nothing else; the key of `--api-key` opens the door."""
    with orderwire("paper", "--port", 0, "--api-key", "k", "--accounts", "a,b") as paper:
        url = paper.ready()
        with httpx2.Client(base_url=url, headers={"X-API-Key": "k"}) as http:
            assert http.get("/orders/", params={"account_id": "b"}).json() == []
            assert http.get("/orders/", headers={"X-API-Key": "paper"}).status_code == 401
        assert paper.stop() == 0
        assert paper.rest("stdout") == []


@pytest.mark.parametrize(
    ("upstream", "path", "headers"),
    [
        ("fyers", "/api/v3/orders", {"authorization": "b:k"}),
        ("kite", "/orders", {"authorization": "token b:k", "x-kite-version": "3"}),
    ],
)
def test_it_speaks_as_the_broker_that_is_asked_for(upstream, path, headers):
    """`--upstream`: that broker's paths and credentials, and nobody else's."""
    options = ("--upstream", upstream, "--api-key", "k", "--accounts", "a,b")
    with orderwire("paper", "--port", 0, *options) as paper:
        with httpx2.Client(base_url=paper.ready()) as http:
            assert http.get(path, headers=headers).status_code == 200
            assert http.get(path).status_code in {400, 401}
            assert http.get("/orders/", headers={"X-API-Key": "k"}).status_code != 200
        assert paper.stop() == 0


def test_it_says_how_a_gateway_reaches_it():
    """On stderr, before it is ready, stand the lines of a configuration; P21: not a chosen key."""
    options = ("--upstream", "fyers", "--accounts", "a,b")
    with orderwire("paper", "--port", 0, *options, env={"ORDERWIRE_PAPER_KEY": "hunter2"}) as paper:
        url = paper.ready()
        assert paper.stop() == 0
        told = tomllib.loads("\n".join(paper.rest("stderr")))["accounts"]
    assert list(told) == ["a", "b"]
    assert told["b"]["url"] == f"{url}/api/v3"
    assert told["b"]["access_token"] == "env:ORDERWIRE_PAPER_KEY"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "Ctrl-C"])
def test_it_ends_well_however_often_it_is_told(number):
    """P18: exit 0 on the first signal, and on as many as come while it ends."""
    with orderwire("paper", "--port", 0, "--rate", 100) as paper:
        paper.ready()
        while paper.popen.poll() is None:
            paper.popen.send_signal(number)
        assert paper.wait() == 0
        assert not any("Traceback" in line for line in paper.rest("stderr"))


def test_a_market_with_a_ledger_is_the_same_broker_again(tmp_path):
    """`--rate` moves orders, `--ledger` writes them before anyone is told, and is read again."""
    ledger = tmp_path / "ledger.jsonl"
    ids = []
    for _ in range(2):
        with orderwire("paper", "--port", 0, "--rate", 200, "--ledger", ledger) as paper:
            with httpx2.Client(base_url=paper.ready(), headers={"X-API-Key": "paper"}) as http:
                rows = []
                while len(rows) < len(ids) + 20:
                    rows = http.get("/orders/").json()
            assert set(ids) <= {row["order_id"] for row in rows}
            ids = [row["order_id"] for row in rows]
            assert paper.stop() == 0
    lines = [json.loads(line) for line in ledger.read_text().splitlines()]
    assert set(ids) <= {line["order_id"] for line in lines if line["event"] == "order"}


def test_faults_of_the_command_line_are_status_2(tmp_path):
    """One line each for a faults file with a fault, an empty key; click's for the rest."""
    faults = tmp_path / "faults.toml"
    faults.write_text('[[fault]]\nkind = "sulk"\n')
    status, out, err = ran("paper", "--port", 0, "--faults", faults)
    assert (status, out, len(err)) == (2, [], 1)
    assert err[0].startswith(f"{faults}: fault[0].kind: must be one of")
    assert ran("paper", "--port", 0, "--faults", tmp_path / "none")[0] == 2
    status, out, err = ran("paper", "--port", 0, "--api-key", "")
    assert (status, out, len(err)) == (2, [], 1)
    assert ran("paper", "--upstream", "nobody")[0] == 2


def test_faults_are_read_again_at_a_signal(tmp_path):
    """SIGHUP: what the file says now is in force; a file with a fault changes nothing."""
    faults = tmp_path / "faults.toml"
    faults.write_text("")
    options = ("--upstream", "kite", "--api-key", "k", "--accounts", "a", "--faults", faults)
    headers = {"authorization": "token a:k", "x-kite-version": "3"}
    with orderwire("paper", "--port", 0, *options) as paper:
        with httpx2.Client(base_url=paper.ready(), headers=headers) as http:
            assert http.get("/orders").status_code == 200
            faults.write_text('[[fault]]\nkind = "dead"\ntoken = "of-noon"\n')
            paper.popen.send_signal(signal.SIGHUP)
            paper.error("other faults are in force: 1")
            assert http.get("/orders").status_code == 403
            faults.write_text('[[fault]]\nkind = "sulk"\n')
            paper.popen.send_signal(signal.SIGHUP)
            assert "fault[0].kind" in paper.error("the faults stay as they were")
            good = {"authorization": "token a:of-noon"}
            assert http.get("/orders", headers=good).status_code == 200
        assert paper.stop() == 0
        assert not [line for line in paper.rest("stderr") if "of-noon" in line]


def test_what_cannot_be_had_is_status_1(tmp_path):
    """One line each for a port in use, a ledger that is none, a folder that is not there."""
    port = free_port()
    with orderwire("paper", "--port", port) as paper:
        paper.ready()
        status, out, err = ran("paper", "--port", port)
        assert (status, out, len(err)) == (1, [], 1)
        assert f"port {port}" in err[0]
    broken = tmp_path / "ledger"
    broken.write_text("what?\n")
    for ledger in (broken, tmp_path / "none" / "ledger"):
        status, out, err = ran("paper", "--port", 0, "--ledger", ledger)
        assert (status, out, len(err)) == (1, [], 1)
        assert err[0].startswith(str(ledger))


def test_with_a_lifeline_it_ends_when_stdin_does():
    """Who holds the other end of its stdin need not tell it to end: being gone is enough."""
    with orderwire("paper", "--port", 0, "--lifeline", stdin=subprocess.PIPE) as paper:
        paper.ready()
        paper.popen.stdin.close()
        assert paper.wait() == 0
        assert paper.line() is END
