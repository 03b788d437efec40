"""`orderwire check`: what is wrong with a configuration, or what it would run.

FILE ──▶ Config ──▶ a table of what it says (exit 0)
  └─ faults ──▶ one line each, `path: message` (exit 2)
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from actors import Config
from actors.domain.errors import ConfigError

from .faults import BadConfiguration

CONFIG_PATH = click.Path(dir_okay=True, path_type=Path)


@click.command("check", short_help="Check a configuration.")
@click.option("--config", "path", type=CONFIG_PATH, required=True, help="The TOML file.")
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
        return Config.load(path)
    except ConfigError as error:
        raise BadConfiguration(*map(str, error.faults)) from None


def summary(path: Path, config: Config) -> Iterator[str]:
    """Tell what a configuration would run, line by line, without a secret."""
    server = config.server
    yield f"{path} is good. It would run:"
    yield f"  server   {server.host} port {server.port}"
    yield f"  store    {Path(config.store.path).resolve()}"
    for name, account in config.accounts.items():
        mode = "" if account.mode == "trade" else ", reads only"
        yield f"  account  {name}: {account.upstream} at {account.address}{mode}"
        for address in account.list_addresses:
            yield f"  account  {name}: its instruments from {address}"
    for label, key in config.keys.items():
        until = "" if key.expires_at is None else f", until {key.expires_at:%Y-%m-%d %H:%M} UTC"
        yield f"  key      {label}: {', '.join(key.rights)} over {', '.join(key.accounts)}{until}"
    if not config.keys:
        yield "  no key: nobody could ask it for anything; see `orderwire key new`"
