"""The command `orderwire`; `python -m web` is the same.

    orderwire demo | serve | check | paper | tail | batch | key | guide

Each command is a small module of its own in `commands/`, loaded only when it is asked for: a
command that needs no web server starts without one.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from importlib import import_module
from typing import Final, NoReturn

import click

from web.commands.signals import hold
from web.commands.version import own_version

COMMANDS: Final = ("demo", "serve", "check", "paper", "tail", "batch", "key", "guide")
SERVING: Final = ("demo", "serve", "paper")
"""Commands that end in order whenever they are told to, while they are being loaded too."""


class Orderwire(click.Group):
    """The group, which finds a command by its module's name."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Name the commands in the order in which a stranger needs them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Load one command."""
        if cmd_name not in COMMANDS:
            return None
        command = import_module(f"web.commands.{cmd_name}").command
        assert isinstance(command, click.Command)
        return command


@click.group(cls=Orderwire, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(own_version(), prog_name="orderwire")
def orderwire() -> None:
    """Live, durable, resumable order streams, between a trading desk and its brokers.

    Start with `orderwire demo`: a gateway and a paper broker in one go, with orders that live
    and die in your browser.

    Exit status: 0 when ended as asked (SIGTERM and Ctrl-C too), 2 for a fault of the command line
    or the configuration, 1 for what else kept it from running (a port in use, a store that
    another process owns or that is damaged).
    """


def main() -> None:
    """Run the command line of this process."""
    is_serving = sys.argv[1:2] and sys.argv[1] in SERVING
    if is_serving:
        hold()
    try:
        orderwire.main(prog_name="orderwire")
    except SystemExit as end:
        if is_serving and isinstance(end.code, int):
            leave(end.code)
        raise


def leave(status: int) -> NoReturn:
    """End this process, of which nothing is open any more, without taking it to pieces first.

    To take a day's books apart object by object is most of an ending's work, and the kernel does it
    at once. On a busy host it took longer than all that had to be closed in order.
    """
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(status)


if __name__ == "__main__":
    main()
