"""Why a connection did not come about, in words for who runs the gateway.

OSError("all attempts … failed") ── its cause, a group ──▶ "Connection refused"
https://api.broker.test/orders?id=7 ──▶ "api.broker.test"       no path, no query: keys stand there
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import islice
from typing import Final
from urllib.parse import urlsplit

import trio

LOOKED_AT_MAX: Final = 50  # errors behind one error


def unopened(error: BaseException, host: str = "") -> str:
    """Say of a stream at `host` (with its port) that it could not be opened, and why."""
    whose = f" at {host}" if host else ""
    return f"the stream{whose} cannot be opened: {reason_of(error)}"


def unreached(error: BaseException, url: str) -> str:
    """Say of the broker at a URL that it could not be reached, and why."""
    return f"the broker at {host_of(url)} cannot be reached: {reason_of(error)}"


def host_of(url: str) -> str:
    """Give a URL's host and port, and nothing else of it."""
    return urlsplit(url).netloc.rpartition("@")[2]


def reason_of(error: BaseException) -> str:
    """Give the system's own word for an error, wherever it stands behind it; else its kind."""
    behind = list(islice(_behind(error), LOOKED_AT_MAX))
    for one in behind:
        if isinstance(one, OSError) and one.strerror:
            # Trio writes the address into the text; a name that is not found has no errno above 0.
            return os.strerror(one.errno) if one.errno and one.errno > 0 else one.strerror
    if any(isinstance(one, trio.TooSlowError | TimeoutError) for one in behind):
        return "no answer in time"
    return type(error).__name__


def _behind(error: BaseException) -> Iterator[BaseException]:
    """Give an error and all that it was made of, the nearest first."""
    waiting: list[BaseException] = [error]
    while waiting:
        one = waiting.pop(0)
        yield one
        if isinstance(one, BaseExceptionGroup):
            waiting += one.exceptions
        waiting += [cause for cause in (one.__cause__, one.__context__) if cause is not None]
