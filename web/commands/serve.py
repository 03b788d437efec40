"""`orderwire serve`: the configured accounts, until told to stop.

FILE ──▶ Config ──▶ gateway ──▶ ready URL
SIGHUP ──▶ FILE again ──▶ its keys, or a word on stderr and nothing changed
"""

from __future__ import annotations

import signal
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import click
import structlog
import trio

from actors import Config, System
from actors.domain.ids import AccountId
from web.auth import Access

from .check import config_option, load
from .faults import BadConfiguration
from .gateway import gateway
from .logs import set_up_logs
from .process import run, say_ready

log = structlog.get_logger()


@click.command("serve", short_help="Run the accounts of a configuration.")
@config_option
def command(*, path: Path) -> None:
    """Run the accounts of a configuration.

    It prints `ready URL` on stdout when it serves, and logs on stderr. Keys are needed to ask it
    for anything (`orderwire key new`); SIGHUP makes it read them again, and a file with a fault
    then changes nothing.

    Exit status: 0 when ended as asked, 2 for a fault of the configuration, 1 for a port in use or
    a store that another process owns or that is damaged.
    """
    set_up_logs()
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # before there are keys to read again, and after
    config = load(path)
    run(partial(serve, path, config), grace_s=config.server.grace_s)


async def serve(path: Path, config: Config, stop: trio.Event) -> None:
    """Run a configuration until told to stop."""
    access = Access.from_keys(config)
    if not config.keys:
        log.warning("there are no keys: nobody can ask for anything", see="orderwire key new")
    with trio.open_signal_receiver(signal.SIGHUP) as signals:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(reload_on_signal, signals, path, access)
            async with gateway(config, access, stop) as running:
                for name in without_token(running.system):
                    log.warning("a login is needed", account=name, at=f"{running.url}/")
                say_ready(running.url)
            nursery.cancel_scope.cancel()


def without_token(system: System) -> list[AccountId]:
    """Name the accounts that can do nothing before somebody logs in: none has a token."""
    doors = system.logins.doors.items()
    logins = ((name, door.upstream.login) for name, door in doors)
    return [name for name, login in logins if login is not None and login.expires_at is None]


async def reload_on_signal(signals: AsyncIterator[int], path: Path, access: Access) -> None:
    """Read the keys again at each signal; a file that cannot be run with changes nothing."""
    async for _ in signals:
        try:
            config = await trio.to_thread.run_sync(load, path)
        except BadConfiguration as error:
            log.warning("the keys stay as they were", faults=error.lines)
        else:
            access.use_keys(config)
            log.info("keys read again", keys=len(config.keys))
