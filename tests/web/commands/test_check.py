from pathlib import Path

import pytest

from actors.domain.config import Config
from tests.web.commands.processes import gateway_toml, ran
from web.commands.check import load, summary
from web.commands.faults import BadConfiguration

SECRET = "a-secret-of-the-broker"


@pytest.mark.process
def test_a_good_configuration_is_told_without_its_secrets(tmp_path):
    """Exit 0: what it would run, by account, key and place; P21: no secret and no digest."""
    path = gateway_toml(tmp_path, "http://127.0.0.1:8080", key_sha256="0" * 64, api_key=SECRET)
    status, out, err = ran("check", "--config", path)
    text = "\n".join(out)
    assert (status, err) == (0, [])
    assert "primary: ticker_service at http://127.0.0.1:8080" in text
    assert "desk: read, trade over *" in text
    assert str(tmp_path / "orderwire.db") in text
    assert SECRET not in text
    assert "0" * 64 not in text
    assert not (tmp_path / "orderwire.db").exists()


@pytest.mark.process
def test_where_lists_are_loaded_from_is_told(tmp_path):
    """Each address of an account's list is named; a broker that publishes none is a fault."""
    path = tmp_path / "orderwire.toml"
    table = '[accounts.a]\nupstream = "kite"\napi_key = "k"\ninstruments = "broker"\n'
    path.write_text(table)
    status, out, _ = ran("check", "--config", path)
    assert status == 0
    assert any(
        line.endswith("a: its instruments from https://api.kite.trade/instruments") for line in out
    )
    path.write_text(table.replace('"kite"', '"ticker_service"\nurl = "http://h"'))
    status, _, err = ran("check", "--config", path)
    assert status == 2
    assert err == [
        "$.accounts.a.instruments: ticker_service publishes none: a file or an address is needed"
    ]


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("", "no token yet; a new one by POST /accounts/…/token alone: no api_secret is set"),
        ('access_token = "t"', "a token is there; a new one by POST /accounts/…/token alone"),
        (
            'api_secret = "s"',
            "no token yet; the login by the page will not come back: redirect_url",
        ),
        (
            'api_secret = "s"\nredirect_url = "http://127.0.0.1:8009/login/back"',
            "no token yet; a new one by the page's login",
        ),
    ],
)
def test_how_an_account_comes_to_its_token_is_told(lines, said):
    """A token dies each morning: what brings the next one, and what of that is not set."""
    text = f'[accounts.a]\nupstream = "fyers"\napp_id = "A-100"\n{lines}\n'
    config = Config.parse(text, env={}, folder=Path())
    told = "\n".join(summary(Path("orderwire.toml"), config))
    assert f"a: {said}" in told
    assert "a: its stream from wss://socket.fyers.in/trade/v3" in told


@pytest.mark.process
def test_each_fault_is_one_line_with_its_path(tmp_path):
    """Exit 2: every fault on stderr as `path: message`, no traceback, and no secret."""
    path = tmp_path / "orderwire.toml"
    path.write_text(
        '[server]\nport = 70000\n[accounts.primary]\nupstream = "nobody"\nurl = "x"\n'
        f'api_key = "{SECRET}"\n'
    )
    status, out, err = ran("check", "--config", path)
    assert (status, out) == (2, [])
    assert [line.partition(": ")[0] for line in sorted(err)] == [
        "$.accounts.primary.upstream",
        "$.accounts.primary.url",
        "$.server.port",
    ]
    assert SECRET not in "".join(err)


@pytest.mark.process
def test_a_file_that_is_not_there_is_named(tmp_path):
    """Exit 2, one line: the file and why."""
    status, out, err = ran("check", "--config", tmp_path / "none.toml")
    assert (status, out, len(err)) == (2, [], 1)
    assert err[0].startswith(f"{tmp_path / 'none.toml'}: ")
    status, out, err = ran("check")
    assert (status, out) == (2, [])
    assert err == ["orderwire.toml: cannot be read: No such file or directory"]


def test_a_store_without_its_folder_is_a_fault(tmp_path):
    """What would keep it from running is told before it is run, with the path of the value."""
    store = tmp_path / "none" / "orderwire.db"
    path = tmp_path / "orderwire.toml"
    path.write_text(f'[accounts.a]\nupstream = "kite"\napi_key = "k"\n[store]\npath = "{store}"\n')
    with pytest.raises(BadConfiguration) as told:
        load(path)
    assert told.value.lines == (f"$.store.path: there is no folder {store.parent}: make it first",)
    store.parent.mkdir()
    assert load(path).store.path == str(store)


@pytest.mark.process
def test_a_gateway_without_keys_is_warned_of(tmp_path):
    """Keys are needed; a configuration that has none is told what is missing."""
    path = tmp_path / "orderwire.toml"
    path.write_text(
        '[accounts.a]\nupstream = "ticker_service"\nurl = "http://h"\napi_key = "k"\n'
        'mode = "shadow"\n'
    )
    status, out, _ = ran("check", "--config", path)
    assert status == 0
    assert any("no key" in line for line in out)
    assert any("reads only" in line for line in out)
