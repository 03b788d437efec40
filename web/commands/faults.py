"""What a person is told when a command cannot run, and with which exit status.

a fault of configuration ──▶ one line each, `path: message` ──▶ 2
a port, a store, a ledger that cannot be had ──▶ one line   ──▶ 1
anything else is a defect of ours and keeps its traceback
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from errno import EADDRINUSE
from typing import IO, Any

import click


class Told(click.ClickException):
    """An ending that is told in clear lines on stderr, with no traceback."""

    exit_code = 1

    def __init__(self, *lines: str) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines

    def show(self, file: IO[Any] | None = None) -> None:
        """Print the lines."""
        for line in self.lines:
            click.echo(line, file=file, err=file is None)


class CannotRun(Told):
    """Something that it needs cannot be had."""


class BadConfiguration(Told):
    """What it was given to run with is wrong; each line begins with the path of its fault."""

    exit_code = 2


@contextmanager
def listening(host: str, port: int) -> Iterator[None]:
    """Tell of a port that cannot be had, or of a file that could not be opened, in one line."""
    try:
        yield
    except Exception as error:
        found = leaves(error)
        if all(isinstance(leaf, OSError) for leaf in found):
            raise CannotRun(*(os_line(leaf, host, port) for leaf in found)) from None
        raise


def os_line(error: BaseException, host: str, port: int) -> str:
    """Say what the system refused: a file when the error names one, else the port."""
    assert isinstance(error, OSError)
    reason = error.strerror or type(error).__name__
    if error.filename is not None:
        return f"{error.filename}: {reason}"
    hint = "; another process has it: choose another port" if error.errno == EADDRINUSE else ""
    return f"cannot listen on {host} port {port}: {reason}{hint}"


def leaves(error: BaseException) -> Sequence[BaseException]:
    """Give the errors in a group, however deep; one that is no group is its only leaf."""
    if isinstance(error, BaseExceptionGroup):
        return [leaf for inner in error.exceptions for leaf in leaves(inner)]
    return [error]
