"""What a newcomer does who knows the README alone: an account at Fyers, a spread, the end of both.

README's table ─┐
paper's lines ──┴─▶ orderwire.toml ─▶ check ─▶ serve ─▶ login by the page ─▶ spread ─▶ kill -9
`key new` ──────┘
"""

import json
import re
import tomllib
from urllib.parse import urlsplit

import httpx2
import pytest
from click.testing import CliRunner

from tests.web.commands.processes import ROOT, free_port, orderwire, ran, until
from web.commands.check import command as check_command
from web.commands.key import command as key_command

pytestmark = pytest.mark.process

SECRET = {"FYERS_SECRET": "paper"}


def readme(kind):
    """The blocks of a kind in the README, as text."""
    text = (ROOT / "README.md").read_text()
    return re.findall(rf"^```{kind}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def readme_spread():
    """The spread of the README: a body whose legs go out one after the other, hedges first."""
    return next(json.loads(block) for block in readme("json") if '"hedge_first"' in block)


def readme_table():
    """The account at Fyers of the README, by its name."""
    accounts = [tomllib.loads(block).get("accounts", {}) for block in readme("toml")]
    return next(
        (name, table)
        for each in accounts
        for name, table in each.items()
        if table.get("upstream") == "fyers"
    )


def told_table(paper, name):
    """What a paper broker says of an account on stderr, before it is ready."""
    paper.error("orderwire.toml")
    lines = []
    while line := paper.line("stderr"):
        lines.append(line)
    return tomllib.loads("\n".join(lines))["accounts"][name]


def written(path, name, table, port, key_lines):
    """Write a configuration, as one would by hand."""
    rows = [f"{field} = {json.dumps(value)}" for field, value in table.items()]
    path.write_text(
        "\n".join([f"[accounts.{name}]", *rows, "[server]", f"port = {port}", *key_lines])
    )
    return path


def said_by(command, *arguments, env=None):
    """What a command that starts nothing says on stdout, line by line; it ends well."""
    result = CliRunner().invoke(command, arguments, env=env)
    assert result.exit_code == 0, result.stderr
    return result.stdout.splitlines()


def logged_in(url, name, key):
    """Go out to the broker's page and back, as a browser does that is logged in here."""
    answer = httpx2.get(f"{url}/accounts/{name}/login", headers=key)
    hosts = []
    while answer.is_redirect and len(hosts) < 5:
        where = answer.headers["Location"]
        hosts.append(urlsplit(where).netloc)
        if where == "/":
            return hosts
        answer = httpx2.get(where)
    raise AssertionError(f"the login ended in {answer.status_code}: {answer.text}")


def live(url, name, key):
    """Whether the account is live."""
    return httpx2.get(f"{url}/ws/status", headers=key).json()["accounts"][name]["state"] == "live"


def placed(url, name, key, **body):
    """Place a batch; give its answer once it has ended."""
    answer = httpx2.post(f"{url}/accounts/{name}/batch-orders", headers=key, json=body, timeout=30)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_newcomer_places_a_spread_at_a_fyers_account(tmp_path):
    """The README's table and spread, what `orderwire paper` says of itself and what `key new` prints make a
    gateway: the broker's page logs it in, a spread goes out by shell, leg by leg and as one order
    of the exchange's, and P5: all of it is there after kill -9, without another login.
    """
    (name, table), spread = readme_table(), readme_spread()
    port = free_port()
    key_out = said_by(key_command, "new", "--accounts", name, "--rights", "read,trade,admin")
    key = {"X-API-Key": key_out[0]}
    with orderwire("paper", "--port", 0, "--upstream", "fyers", "--accounts", name) as paper:
        told = told_table(paper, name)
        back = urlsplit(table["redirect_url"])._replace(netloc=f"127.0.0.1:{port}").geturl()
        table |= {each: told[each] for each in ("url", "socket_url", "instruments")}
        path = written(
            tmp_path / "orderwire.toml", name, table | {"redirect_url": back}, port, key_out[2:]
        )
        path.write_text(path.read_text() + f'\n[store]\npath = "{tmp_path / "ow.db"}"\n')
        lines = said_by(check_command, "--config", str(path), env=SECRET)
        assert any("no token yet; a new one by the page's login" in line for line in lines)
        with orderwire("serve", "--config", path, env=SECRET) as serve:
            url = serve.ready()
            assert url == f"http://127.0.0.1:{port}"
            assert url in serve.error("a login is needed")
            assert logged_in(url, name, key) == [
                urlsplit(told["url"]).netloc,
                f"127.0.0.1:{port}",
                "",
            ]
            until(lambda: live(url, name, key), "the account live")
            (tmp_path / "spread.json").write_text(json.dumps(spread))
            environment = {"ORDERWIRE_KEY": key_out[0]}
            status, lines, faults = ran(
                "batch", url, name, tmp_path / "spread.json", env=environment
            )
            assert status == 0, faults
            assert "complete" in "\n".join(lines)
            whole = [leg | {"validity": "IOC"} for leg in spread["orders"]]
            native = placed(url, name, key, orders=whole, mode="native")
            assert (native["outcome"], native["succeeded"]) == ("complete", 2)
            assert len({one["broker_tag"] for one in native["legs"]}) == 1
            serve.kill()
        with orderwire("serve", "--config", path, env=SECRET) as serve:
            url = serve.ready()
            until(lambda: live(url, name, key), "the account live again")
            found = httpx2.get(f"{url}/accounts/{name}/batch-orders", headers=key).json()["data"]
            assert [(one["mode"], one["outcome"]) for one in found] == [
                ("native", "complete"),
                ("hedge_first", "complete"),
            ]
            rows = httpx2.get(f"{url}/accounts/{name}/positions", headers=key).json()["data"]
            held = {row["tradingsymbol"]: row["quantity"] for row in rows}
            assert held == {"NIFTY25NOV26000CE": 150, "NIFTY25NOV25800PE": -150}
            assert serve.stop() == 0
