"""`orderwire demo`: a gateway and a paper broker in one go, joined by real sockets.

paper broker (child process) ◀── loopback ──▶ gateway ──▶ ready URL ──▶ your browser
one more, if accounts are of another upstream ◀──┘
"""

from __future__ import annotations

import os
import secrets
import sys
import tempfile
import webbrowser
from collections.abc import Mapping
from contextlib import AsyncExitStack, ExitStack
from functools import partial
from pathlib import Path
from typing import Final

import click
import structlog
import trio
from attrs import evolve, frozen

from actors import Config
from actors.domain.config import AccountConfig, KeyConfig, ServerConfig, StoreConfig
from actors.domain.config_lists import BROKERS_OWN, LISTS, ListAt
from actors.domain.ids import AccountId
from web.auth import LOOPBACK, Access

from .broker import paper_process
from .faults import CannotRun
from .gateway import gateway, until_reconciled
from .key import make_key
from .logs import set_up_logs
from .options import DemoAccounts
from .process import run, say_ready, stoppable
from .reach import reach_of
from .signals import heeded

log = structlog.get_logger()

RECONCILE_S: Final = 3.0
STORE_NAME: Final = "orderwire.db"
LEDGER_NAMES: Final = {
    "ticker_service": "paper-ledger.jsonl",
    "fyers": "paper-ledger-fyers.jsonl",
    "kite": "paper-ledger-kite.jsonl",
}


@frozen
class Wanted:
    """What the command line asked for."""

    host: str
    port: int
    accounts: Mapping[str, str]
    rate: float
    seed: int
    browser: bool


@click.command("demo", short_help="A gateway and a paper broker in one go.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8009,
    show_default=True,
    help="Port to listen on; 0 picks a free one.",
)
@click.option(
    "--accounts",
    type=DemoAccounts(),
    default="primary,hedge",
    show_default=True,
    help="Its accounts, with commas between; an upstream is ticker_service, which it is when not "
    "said, fyers or kite.",
)
@click.option(
    "--rate",
    type=click.FloatRange(0, 10_000),
    default=2.0,
    show_default=True,
    help="Broker updates a second, over all accounts.",
)
@click.option("--seed", type=int, help="Seed of the market; another one each time, when not said.")
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    help="Keep the store and the broker's ledger in this folder; else they are temporary.",
)
@click.option("--no-browser", is_flag=True, help="Do not open a browser.")
def command(
    *,
    host: str,
    port: int,
    accounts: dict[str, str],
    rate: float,
    seed: int | None,
    data: Path | None,
    no_browser: bool,
) -> None:
    """Start a gateway and a paper broker, with a market that moves and orders that live.

    It prints `ready URL` on stdout when it serves, and logs on stderr. On loopback nobody needs a
    key, and requests that come from another site are refused; on another host a key is made and
    printed on stderr.

    Exit status: 0 when ended as asked, 2 for a fault of the command line, 1 for a port in use or
    a store that cannot be had.
    """
    set_up_logs()
    wanted = Wanted(
        host=host,
        port=port,
        accounts=accounts,
        rate=rate,
        seed=secrets.randbelow(1 << 31) if seed is None else seed,
        browser=not no_browser,
    )
    with ExitStack() as opened:
        if data is None:
            temporary = tempfile.TemporaryDirectory(prefix="orderwire-", ignore_cleanup_errors=True)
            folder = Path(opened.enter_context(temporary))
        else:
            folder = data
            make_folder(folder)
        run(partial(demo, wanted, folder))


async def demo(wanted: Wanted, folder: Path, stop: trio.Event) -> None:
    """Run the demo until told to stop."""
    api_key = secrets.token_urlsafe()
    async with AsyncExitStack() as opened:
        brokers = {
            upstream: await opened.enter_async_context(
                paper_process(paper_options(wanted, folder, upstream), api_key, stop)
            )
            for upstream in dict.fromkeys(wanted.accounts.values())
        }
        nursery = await opened.enter_async_context(trio.open_nursery())
        for broker in brokers.values():
            nursery.start_soon(broker.watch)
        urls = {upstream: broker.url for upstream, broker in brokers.items()}
        config, key = configuration(wanted, folder, urls, api_key)
        access = Access.from_keys(config) if key else Access.open_on_loopback(config)
        async with gateway(config, access, stop) as running:
            async with stoppable(stop):
                await until_reconciled(running.system, at_most_s=RECONCILE_S)
            if key:
                click.echo(f"The key, which is shown only now: {key}", err=True)
            say_ready(running.url)
            if wanted.browser and not key and has_display(os.environ, sys.platform):
                nursery.start_soon(open_browser, running.url)
        nursery.cancel_scope.cancel()


async def open_browser(url: str) -> None:
    """Show the page, if there is a browser to show it in."""
    try:
        await trio.to_thread.run_sync(start_browser, url, abandon_on_cancel=True)
    except webbrowser.Error as error:
        log.info("no browser", reason=str(error))


def start_browser(url: str) -> None:
    """Start a browser that heeds the signals which this process holds."""
    with heeded():
        webbrowser.open(url)


def make_folder(folder: Path) -> None:
    """Make the folder of the data. CannotRun when it cannot be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CannotRun(f"{folder}: {error.strerror}") from None


def paper_options(wanted: Wanted, folder: Path, upstream: str) -> list[str]:
    """Give one broker's command line: its accounts, and their share of the rate; not its key."""
    names = [name for name, theirs in wanted.accounts.items() if theirs == upstream]
    return [
        *("--upstream", upstream),
        *("--accounts", ",".join(names)),
        *("--rate", str(wanted.rate * len(names) / len(wanted.accounts))),
        *("--seed", str(wanted.seed)),
        *("--ledger", str(folder / LEDGER_NAMES[upstream])),
    ]


def account_at(upstream: str, name: str, url: str, api_key: str) -> AccountConfig:
    """Say how the gateway reaches an account at a paper broker."""
    return AccountConfig(**reach_of(upstream, name, url, api_key))


def configuration(
    wanted: Wanted, folder: Path, urls: Mapping[str, str], api_key: str
) -> tuple[Config, str | None]:
    """Make the gateway's configuration, and a key when others than this host may come."""
    key = None if wanted.host in LOOPBACK else make_key()
    keys = {}
    if key is not None:
        keys["demo"] = KeyConfig(key.sha256, accounts=("*",), rights=("read", "trade", "admin"))
    config = Config(
        accounts={
            AccountId(name): evolve(
                account_at(upstream, name, urls[upstream], api_key),
                instruments=ListAt((BROKERS_OWN,)) if upstream in LISTS else None,
            )
            for name, upstream in wanted.accounts.items()
        },
        server=ServerConfig(host=wanted.host, port=wanted.port),
        store=StoreConfig(str(folder / STORE_NAME)),
        keys=keys,
    )
    return config, None if key is None else key.text


def has_display(environment: Mapping[str, str], platform: str) -> bool:
    """Say whether a browser would have a window: without one it would take over the terminal."""
    if platform in {"darwin", "win32"}:
        return True
    return any(environment.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))
