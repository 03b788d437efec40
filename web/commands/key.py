"""`orderwire key new`: a key, told once, and the lines by which a gateway knows it.

random ──▶ key (to the caller, only now) ──▶ SHA-256 (to the configuration)
"""

from __future__ import annotations

import hashlib
import secrets
from typing import Final

import click
from attrs import frozen

from .options import AccountNames, Rights, names_problem

KEY_BYTES: Final = 32
PREFIX: Final = "ow_"


@frozen
class NewKey:
    """A key and its digest. The key itself is kept nowhere."""

    text: str
    sha256: str


@click.group("key", short_help="Make API keys.")
def command() -> None:
    """Make the keys with which programs and people come to a gateway."""


@command.command("new")
@click.option(
    "--name", default="desk", show_default=True, help="What the configuration calls the key."
)
@click.option(
    "--accounts",
    type=AccountNames(star=True),
    default="*",
    show_default=True,
    help="The accounts it may see, with commas between; * for all.",
)
@click.option(
    "--rights",
    type=Rights(),
    default="read",
    show_default=True,
    help="What it may do there, with commas between: read, trade, admin.",
)
def new(*, name: str, accounts: tuple[str, ...], rights: tuple[str, ...]) -> None:
    """Print a new key, this once, and its lines for the configuration.

    The first line of stdout is the key; the lines after the empty one go into the file that
    `orderwire serve` reads (SIGHUP makes it read them). The key cannot be had from them.
    """
    if problem := names_problem([name]):
        raise click.BadParameter(problem, param_hint="--name")
    key = make_key()
    click.echo("The key, which is shown only now, and its lines for the configuration:", err=True)
    click.echo(key.text)
    click.echo()
    click.echo(toml_lines(name, key.sha256, accounts, rights))


def make_key() -> NewKey:
    """Make a key of 256 random bits."""
    text = PREFIX + secrets.token_urlsafe(KEY_BYTES)
    return NewKey(text, hashlib.sha256(text.encode()).hexdigest())


def toml_lines(name: str, sha256: str, accounts: tuple[str, ...], rights: tuple[str, ...]) -> str:
    """Write the table of a key. Names and rights need no escaping: their letters are known."""
    lists = (", ".join(f'"{each}"' for each in names) for names in (accounts, rights))
    quoted_accounts, quoted_rights = lists
    return (
        f'[keys.{name}]\nsha256 = "{sha256}"\n'
        f"accounts = [{quoted_accounts}]\nrights = [{quoted_rights}]\n"
        "# expires_at, connections_max, requests_per_s and requests_burst may stand here"
    )
