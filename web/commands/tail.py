"""`orderwire tail`: a gateway's events as they happen, one line each, on stdout.

client.follow ──▶ Output ──▶ stdout: columns on a terminal, the frames as they came elsewhere
      └─ trouble, gaps, where it goes on from ──▶ stderr
"""

from __future__ import annotations

import math
import shlex
import sys
from collections.abc import Callable, Iterator
from functools import partial
from typing import Final
from urllib.parse import urlsplit

import click
import trio
from attrs import define, frozen

from web.client import ClientError, Event, Refused, follow

from .faults import CannotRun
from .lines import Screen, gap_line, json_line
from .options import NAME, Place
from .output import Output
from .paint import Paint, appearance, width_of
from .process import ended_by, run

DEFAULT_URL: Final = "http://127.0.0.1:8009"


@frozen
class Target:
    """What to follow: the gateway's URL, an account or all, a key or none; from where, how long."""

    url: str
    account: str | None
    key: str | None
    since: str | None
    patience_s: float

    def again(self, position: str) -> str:
        """Give the command that goes on from a place. The key is not told again."""
        words = ["orderwire", "tail", *([self.url] if self.url != DEFAULT_URL else [])]
        words += ["--account", self.account] if self.account is not None else []
        return shlex.join([*words, "--since", position])


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
@appearance
def command(
    *,
    url: str,
    account: str | None,
    since: tuple[str, int] | None,
    key: str | None,
    patience_s: float,
    is_plain: bool,
    is_json: bool,
) -> None:
    """Follow the events of the gateway at URL, one line each, each exactly once.

    On a terminal the lines have columns and colours, and times are India's. Piped, or with
    --json, they are the gateway's JSON frames as they came.

    When the connection is lost it comes back by itself and goes on where it was, for as long as it
    takes; what a person should know of that is said on stderr, a gap in the record above all.
    Ctrl-C ends it, and says with which --since to go on.

    Exit status: 0 when ended by Ctrl-C or because nobody reads on (`| head`), 2 for a fault of
    the command line, 1 when the gateway refuses, or stays away for longer than the patience.
    """
    check_target(url, account)
    place = None if since is None else f"{since[0]}:{since[1]}"
    target = Target(url, account, key, place, patience_s)
    paint = Paint.of(sys.stdout, is_plain=is_plain)
    screen = Screen(paint, partial(width_of, sys.stdout)) if sys.stdout.isatty() else None
    notices = Notices(Paint.of(sys.stderr, is_plain=is_plain), target)
    run(partial(tail, target, None if is_json else screen, notices))


@define
class Notices:
    """What is said beside the events: that the gateway was lost, that it is back, from where."""

    paint: Paint
    target: Target
    is_lost: bool = False

    def begin(self) -> str:
        """Say what is followed."""
        whose = self.target.account or "every account"
        begin = f"after {self.target.since}" if self.target.since else "from now on"
        return self.line(f"{self.target.url}: {whose}, {begin}", "quiet")

    def lost(self, text: str) -> str:
        """Pass on why the gateway is not heard."""
        self.is_lost = True
        return self.line(text, "warn")

    def back(self, position: str) -> str:
        """Say that the gateway is heard again, and from where it goes on; nothing otherwise."""
        if not self.is_lost:
            return ""
        self.is_lost = False
        return self.line(f"{self.target.url}: back, and on after {position}", "quiet")

    def line(self, text: str, style: str) -> str:
        """Write a line."""
        return self.paint(text, style) + "\n"


async def tail(target: Target, screen: Screen | None, notices: Notices, stop: trio.Event) -> None:
    """Follow until told to stop, or until nobody reads."""
    out = Output(shown=target.since)
    async with ended_by(stop), trio.open_nursery() as nursery:
        nursery.start_soon(out.run, stop)
        if screen is not None:
            out.note(notices.begin())
            await out.put(screen.begin())
        line_of = text_of if screen is None else on(screen)
        try:
            await put_events(target, out, notices, line_of)
        except ClientError as error:
            raise CannotRun(told_of(error), *going_on(target, out.shown)) from None
    if not out.is_unread:
        begin = "\r" if sys.stderr.isatty() else ""  # over the ^C that the terminal wrote
        for line in going_on(target, out.shown):
            click.echo(f"{begin}{notices.paint(line, 'quiet')}", err=True)


async def put_events(
    target: Target, out: Output, notices: Notices, line_of: Callable[[Event], str]
) -> None:
    """Put a line for each event, for ever. ClientError when they cannot be followed any further."""

    def at(position: str) -> None:
        out.note(notices.back(position))
        out.at(position)

    async with follow(
        target.url,
        key=target.key,
        accounts=[] if target.account is None else [target.account],
        since=target.since,
        patience_s=target.patience_s,
        say=lambda text: out.note(notices.lost(text)),
        at=at,
    ) as values:
        async for value in values:
            if isinstance(value, Event):
                await out.put(line_of(value), value.position)
            else:
                notices.is_lost = False
                out.note(notices.line(gap_line(value), "bad"))
                out.at(value.position)


def text_of(event: Event) -> str:
    """Give an event as the frame that it came in."""
    return json_line(event.text)


def on(screen: Screen) -> Callable[[Event], str]:
    """Give what writes an event on a screen."""
    return lambda event: screen.lines_of(event) + "\n"


def going_on(target: Target, position: str | None) -> Iterator[str]:
    """Say with which command to go on, where a place is known."""
    if position is not None:
        yield f"ended after {position}; to go on:"
        yield target.again(position)


def told_of(error: ClientError) -> str:
    """Say why it ends, and how a key is given where one is needed."""
    is_key = isinstance(error, Refused) and error.status == 401
    return f"{error} (--key, or ORDERWIRE_KEY)" if is_key else str(error)


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
