"""`orderwire check`: what is wrong with a configuration, or what it would run.

FILE ──▶ Config ──▶ a table of what it says (exit 0)
  └─ faults ──▶ one line each, `path: message` (exit 2)
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click

from actors import Config
from actors.domain.config_accounts import ADDRESSES, AccountConfig
from actors.domain.errors import ConfigError

from .faults import BadConfiguration

LOGIN_BACK: Final = "/login/back"
config_option = click.option(
    "--config",
    "path",
    type=click.Path(dir_okay=True, path_type=Path),
    default="orderwire.toml",
    show_default=True,
    help="The TOML file.",
)


@click.command("check", short_help="Check a configuration.")
@config_option
def command(*, path: Path) -> None:
    """Say what is wrong with a configuration, or what it would run. Nothing is started.

    Faults go to stderr, one line each, with the path of the value: exit status 2. Secrets are
    shown nowhere.
    """
    config = load(path)
    for line in summary(path, config):
        click.echo(line)


def load(path: Path) -> Config:
    """Read a configuration. BadConfiguration has one line for each fault, by its path."""
    try:
        config = Config.load(path)
    except ConfigError as error:
        raise BadConfiguration(*map(str, error.faults)) from None
    folder = Path(config.store.path).resolve().parent
    if not folder.is_dir():
        raise BadConfiguration(f"$.store.path: there is no folder {folder}: make it first")
    return config


def summary(path: Path, config: Config) -> Iterator[str]:
    """Tell what a configuration would run, line by line, without a secret."""
    server = config.server
    yield f"{path} is good. It would run:"
    yield f"  server   {server.host} port {server.port}"
    yield f"  store    {Path(config.store.path).resolve()}"
    for name, account in config.accounts.items():
        mode = "" if account.mode == "trade" else ", reads only"
        yield f"  account  {name}: {account.upstream} at {account.address}{mode}"
        if account.upstream in ADDRESSES:
            yield f"  account  {name}: its stream from {account.socket_address}"
            yield f"  account  {name}: {login_of(account)}"
        for address in account.list_addresses:
            yield f"  account  {name}: its instruments from {address}"
    for label, key in config.keys.items():
        until = "" if key.expires_at is None else f", until {key.expires_at:%Y-%m-%d %H:%M} UTC"
        yield f"  key      {label}: {', '.join(key.rights)} over {', '.join(key.accounts)}{until}"
    if not config.keys:
        yield "  no key: nobody could ask it for anything; see `orderwire key new`"


def login_of(account: AccountConfig) -> str:
    """Say how an account that needs a login each day comes to its token."""
    words = "a token is there" if account.access_token else "no token yet"
    if not account.api_secret:
        return f"{words}; a new one by POST /accounts/…/token alone: no api_secret is set"
    if account.upstream == "fyers" and not account.redirect_url.endswith(LOGIN_BACK):
        needed = f"redirect_url, as the app is registered, ends with {LOGIN_BACK}"
        return f"{words}; the login by the page will not come back: {needed}"
    return f"{words}; a new one by the page's login"
