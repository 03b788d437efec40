"""The logs: one line each on stderr, for a person on a terminal, JSON when piped.

    structlog (ours) ─┐
    logging (theirs) ─┴─▶ the same processors ──▶ without_secrets ──▶ stderr

Tracebacks carry no values of variables, since those may be secrets; and what is said of a secret by
its name, in whatever form and by whichever library, is masked in the finished line. A stderr that
is gone stops nobody: what cannot be logged is dropped.
"""

from __future__ import annotations

import logging
import re
import sys
from contextlib import suppress
from typing import Any, Final, TextIO

import structlog
from attrs import frozen

QUIET: Final = ("httpx2", "httpcore2", "hypercorn", "quart", "trio-websocket")
"""Libraries that tell at INFO what is of no use to who runs a gateway."""

NAMES: Final = (
    r"authorization|(?:set-)?cookie|x-api-key|api[_-]?key|(?:access|request|refresh)?[_-]?token"
    r"|ticket|secret|password|signature|checksum"
)
COLOUR: Final = r"(?:\x1b\[[\d;]*m)*"
START: Final = r"(?:\b|(?<=\dm))"  # of a word, after a colour too
SECRET: Final = re.compile(
    rf"""
    (?P<kept>
        {START}(?:{NAMES}){COLOUR}            # a header, a field, a part of a query; by its name,
        (?:\\*["']\s*[:=,]|\s*[:=])\s*{COLOUR}   # as text, JSON, a pair of a list or name=value,
        (?:b?\\*["'])?(?:(?:bearer|basic|token)\s+)?
      | {START}bearer\s+                      # or by its scheme,
      | \bow_                                 # or by how our own keys begin
    )
    [^\s"'\\&,;()\[\]{{}}]+
    """,
    re.IGNORECASE | re.VERBOSE,
)


@frozen
class Sink:
    """A stream for log lines that is never the reason why something failed."""

    stream: TextIO

    def write(self, text: str) -> None:
        """Write what can be written."""
        with suppress(OSError, ValueError):
            self.stream.write(text)

    def flush(self) -> None:
        """Flush what can be flushed."""
        with suppress(OSError, ValueError):
            self.stream.flush()


def set_up_logs(stream: TextIO | None = None) -> None:
    """Send the logs of this process, at INFO and above, to a stream (stderr)."""
    stream = sys.stderr if stream is None else stream
    on_terminal = stream.isatty()
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(
            fmt="%H:%M:%S" if on_terminal else "iso", utc=not on_terminal
        ),
    ]
    last: list[Any] = (
        [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
        if on_terminal
        else [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    )
    last.append(lambda _logger, _method, line: without_secrets(line))
    sink: Any = Sink(stream)
    structlog.configure(
        processors=[*shared, *last],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.WriteLoggerFactory(sink),
    )
    handler = logging.StreamHandler(sink)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *shared],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def without_secrets(line: str) -> str:
    """Give a line with a mask in place of what is a secret by its name, its scheme or its look."""
    return SECRET.sub(r"\g<kept>***", line)
