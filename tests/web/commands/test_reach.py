"""What a gateway's configuration says of an account at a paper broker."""

import tomllib
from pathlib import Path

import pytest

from actors.domain.config import Config
from web.commands.demo import account_at
from web.commands.reach import KEY, KEY_NAME, tables
from web.sandbox.paper import UPSTREAMS

URL = "http://127.0.0.1:8080"


def configured(upstream, key, env):
    """The configuration that the lines make."""
    text = "\n".join(tables(upstream, ("a", "b-2"), URL, key))
    return Config.parse(text, env=env, folder=Path("/nowhere"))


@pytest.mark.parametrize("upstream", UPSTREAMS)
def test_the_lines_are_a_configuration_that_reaches_it(upstream):
    """Each account of each broker is reached as the demo reaches it, and by nothing of its own."""
    config = configured(upstream, KEY, {})
    assert list(config.accounts) == ["a", "b-2"]
    for name, account in config.accounts.items():
        there = account_at(upstream, name, URL, KEY)
        for field in ("upstream", "address", "app_id", "api_key", "access_token", "api_secret"):
            assert getattr(account, field) == getattr(there, field)
        assert account.socket_url == there.socket_url
        assert all(address.startswith(URL) for address in account.list_addresses)


@pytest.mark.parametrize("upstream", UPSTREAMS)
def test_a_key_that_was_chosen_is_not_shown(upstream):
    """P21: the lines go to a terminal and into logs: they say where the key is to be had."""
    text = "\n".join(tables(upstream, ("a",), URL, "hunter2"))
    assert "hunter2" not in text
    assert f"env:{KEY_NAME}" in text
    account = configured(upstream, "hunter2", {KEY_NAME: "hunter2"}).accounts["a"]
    assert "hunter2" in (account.api_key, account.access_token)


def test_fyers_comes_back_to_a_gateway_of_the_demos_port():
    """The login's way back is the gateway's own, where it listens when nothing is said."""
    table = tomllib.loads("\n".join(tables("fyers", ("a",), URL, KEY)))["accounts"]["a"]
    assert table["redirect_url"] == "http://127.0.0.1:8009/login/back"
