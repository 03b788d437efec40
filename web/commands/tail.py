"""`orderwire tail`: a gateway's events as they happen, one line each, on stdout.

client.follow ──▶ lines, bounded ──▶ a thread that writes ──▶ stdout
      └─ trouble, gaps ──▶ stderr              └─ closed (`| head`) ──▶ ends, exit 0
"""

from __future__ import annotations

import math
import os
import stat
import sys
from contextlib import suppress
from functools import partial
from typing import Final
from urllib.parse import urlsplit

import click
import trio
from attrs import frozen
from rich.console import Console

from web.client import ClientError, Event, Gap, Refused, Snapshot, follow

from .faults import CannotRun
from .lines import coloured, heading, json_line
from .options import NAME, Place
from .process import ended_by, run

LINES_MAX: Final = 1000
DEFAULT_URL: Final = "http://127.0.0.1:8009"


@frozen
class Target:
    """What to follow: the gateway's URL, an account or all, a key or none; from where, how long."""

    url: str
    account: str | None
    key: str | None
    since: str | None
    patience_s: float


@click.command("tail", short_help="Follow the events of a gateway.")
@click.argument("url", default=DEFAULT_URL)
@click.option("--account", help="Only this account; all that the key may read, when not said.")
@click.option(
    "--since",
    type=Place(),
    help="Begin after this place, as a frame gave it; else with what happens from now on.",
)
@click.option(
    "--key",
    envvar="ORDERWIRE_KEY",
    help="The API key; better in ORDERWIRE_KEY, which no list of processes shows.",
)
@click.option(
    "--patience",
    "patience_s",
    type=click.FloatRange(0),
    default=math.inf,
    show_default="for ever",
    help="Seconds to go on trying while the gateway cannot be reached.",
)
def command(
    *,
    url: str,
    account: str | None,
    since: tuple[str, int] | None,
    key: str | None,
    patience_s: float,
) -> None:
    """Follow the events of the gateway at URL, one line each, each exactly once.

    On a terminal the lines have columns and colours; piped, they are the gateway's JSON frames.
    When the connection is lost it comes back by itself and goes on where it was, for as long as it
    takes; what a person should know of that is said on stderr, a gap in the record above all.

    Exit status: 0 when ended by Ctrl-C or because nobody reads on (`| head`), 2 for a fault of
    the command line, 1 when the gateway refuses, or stays away for longer than the patience.
    """
    check_target(url, account)
    place = None if since is None else f"{since[0]}:{since[1]}"
    run(partial(tail, Target(url, account, key, place, patience_s)))


async def tail(target: Target, stop: trio.Event) -> None:
    """Follow until told to stop, or until nobody reads."""
    console = Console(file=sys.stdout) if sys.stdout.isatty() else None
    put, take = trio.open_memory_channel[str](LINES_MAX)
    async with ended_by(stop), trio.open_nursery() as nursery:
        nursery.start_soon(write_lines, take, stop)
        nursery.start_soon(notice_closed_pipe, sys.stdout.fileno(), stop)
        if console is not None:
            await put.send(heading(console))
        try:
            await put_events(target, put, console)
        except ClientError as error:
            raise CannotRun(told_of(error)) from None


async def put_events(
    target: Target, put: trio.MemorySendChannel[str], console: Console | None
) -> None:
    """Put a line for each event, for ever. ClientError when they cannot be followed any further."""
    say = partial(click.echo, err=True)
    line_of = None if console is None else coloured(console)
    async with follow(
        target.url,
        key=target.key,
        accounts=[] if target.account is None else [target.account],
        since=target.since,
        patience_s=target.patience_s,
        say=say,
    ) as values:
        async for value in values:
            if isinstance(value, Event):
                await put.send(json_line(value.text) if line_of is None else line_of(row_of(value)))
            else:
                say(gap_line(value))


def row_of(event: Event) -> dict[str, object]:
    """Give of an event what a line shows."""
    return {
        "type": event.type,
        "account_id": event.account_id,
        "timestamp": event.timestamp,
        "data": event.data,
    }


def told_of(error: ClientError) -> str:
    """Say why it ends, and how a key is given where one is needed."""
    is_key = isinstance(error, Refused) and error.status == 401
    return f"{error} (--key, or ORDERWIRE_KEY)" if is_key else str(error)


def gap_line(snapshot: Snapshot) -> str:
    """Say that events are missing here, and why."""
    reason = snapshot.reason if isinstance(snapshot, Gap) else "a new beginning"
    return f"missed: the record could not be gone on with ({reason}); from {snapshot.position} on"


async def write_lines(lines: trio.MemoryReceiveChannel[str], stop: trio.Event) -> None:
    """Write lines as they come, all that wait at once. A reader who left ends it."""
    async for first in lines:
        waiting = [first]
        with suppress(trio.WouldBlock):
            while True:
                waiting.append(lines.receive_nowait())
        data = "".join(waiting).encode()
        try:
            await trio.to_thread.run_sync(write_all, data, abandon_on_cancel=True)
        except OSError:
            stop.set()
            return


def write_all(data: bytes) -> None:
    """Write to stdout, however long its reader takes."""
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(sys.stdout.fileno(), rest) :]


async def notice_closed_pipe(descriptor: int, stop: trio.Event) -> None:
    """Set `stop` when the reader of a pipe has left, though nothing is there to be written."""
    if not stat.S_ISFIFO(os.fstat(descriptor).st_mode):
        return
    # The writing end of a pipe becomes readable only by the error that its reader is gone.
    with suppress(OSError):
        await trio.lowlevel.wait_readable(descriptor)
        stop.set()


def check_target(url: str, account: str | None) -> None:
    """Refuse what cannot be an address or an account."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https", "ws", "wss"} and bool(parts.hostname)
        usable &= parts.port != 0
    except ValueError:
        usable = False
    if not usable or parts.query or parts.fragment:
        raise click.BadParameter(
            f"{url!r} is not an address such as {DEFAULT_URL}", param_hint="URL"
        )
    if account is not None and not NAME.fullmatch(account):
        raise click.BadParameter(
            f"{account!r}: an account's name is letters, digits, - and _", param_hint="--account"
        )
