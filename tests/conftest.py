"""What every test has: the tracebacks of planted defects are written as the gateway writes them.

What structlog writes when it is left as it is takes seconds: it lays out each value in each frame.
"""

import structlog


def pytest_configure():
    """Write plain tracebacks."""
    *others, _ = structlog.get_config()["processors"]
    plain = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(processors=[*others, plain])
