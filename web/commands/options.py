"""How the command line is read where text is not enough: names, rights, places.

    "primary,hedge=ticker_service" ──▶ {"primary": "ticker_service", "hedge": "ticker_service"}

What is wrong is told by click: which option, what is wrong with it, exit status 2.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import click

NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
PLACE: Final = re.compile(r"[^\s:]+:[0-9]{1,18}", re.ASCII)
RIGHTS: Final = ("read", "trade", "admin")
# What the configuration knows, said here: a command that needs no gateway loads none.
DEMO_UPSTREAMS: Final = ("ticker_service", "fyers", "kite")


class AccountNames(click.ParamType[tuple[str, ...]]):
    """Account names with commas between; `*` for all, where that has a meaning."""

    name = "NAMES"

    def __init__(self, *, star: bool = False) -> None:
        self.star = star

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, ...]:
        """Read the names."""
        if isinstance(value, tuple):
            return value
        names = tuple(str(value).split(","))
        if self.star and names == ("*",):
            return names
        if problem := names_problem(names):
            self.fail(problem, param, ctx)
        return names


class DemoAccounts(click.ParamType[dict[str, str]]):
    """`NAME[=UPSTREAM]` with commas between."""

    name = "NAME[=UPSTREAM],…"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> dict[str, str]:
        """Read the accounts, in their order."""
        if isinstance(value, dict):
            return value
        parts = [part.partition("=") for part in str(value).split(",")]
        if problem := names_problem([name for name, _, _ in parts]):
            self.fail(problem, param, ctx)
        accounts = {}
        for name, equals, upstream in parts:
            if equals and upstream not in DEMO_UPSTREAMS:
                known = ", ".join(DEMO_UPSTREAMS)
                self.fail(f"{name}: the upstream is one of {known}, not {upstream!r}", param, ctx)
            accounts[name] = upstream or DEMO_UPSTREAMS[0]
        return accounts


class Rights(click.ParamType[tuple[str, ...]]):
    """Rights with commas between."""

    name = "RIGHTS"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, ...]:
        """Read the rights."""
        if isinstance(value, tuple):
            return value
        rights = tuple(dict.fromkeys(str(value).split(",")))
        for right in rights:
            if right not in RIGHTS:
                self.fail(f"{right!r} is not one of {', '.join(RIGHTS)}", param, ctx)
        return rights


class Place(click.ParamType[tuple[str, int]]):
    """A place in a gateway's log, as each of its frames gives it."""

    name = "EPOCH:OFFSET"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, int]:
        """Read the place."""
        if isinstance(value, tuple):
            return value
        text = str(value)
        if not PLACE.fullmatch(text):
            self.fail(f"{text!r} is not EPOCH:OFFSET, as a frame gives them", param, ctx)
        epoch, _, offset = text.partition(":")
        return epoch, int(offset)


def names_problem(names: Sequence[str]) -> str | None:
    """Say what is wrong with the names of accounts; None when nothing is."""
    for at, name in enumerate(names):
        if not NAME.fullmatch(name):
            return f"{name!r}: an account's name is letters, digits, - and _, at most 64"
        if name in names[:at]:
            return f"{name!r} stands there twice"
    return None
