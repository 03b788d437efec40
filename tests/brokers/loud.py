"""`python -m tests.brokers.loud …`: the command `orderwire`, with every log there is at DEBUG.

What the gateway does not say at INFO, it might say to who looks for a fault: no secret either.
"""

import logging
import sys
from unittest import mock

import structlog

from web.__main__ import main
from web.commands import logs, serve


def set_up_logs():
    """Set up the logs as the command does, then let everything through."""
    logs.set_up_logs()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.DEBUG))
    logging.getLogger().setLevel(logging.DEBUG)
    for name in logs.QUIET:
        logging.getLogger(name).setLevel(logging.DEBUG)


if __name__ == "__main__":
    with mock.patch.object(serve, "set_up_logs", set_up_logs):
        sys.exit(main())
