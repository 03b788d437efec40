"""`python -m tests.web.reference.drive --seconds 300`: a stranger's hand on every call.

    a_desk ── serves ──▶ /openapi.json ──▶ Schemathesis: requests that fit it, and that do not
                                               └─ each answer held against it, and never a defect

Schemathesis (https://schemathesis.readthedocs.io) reads the document as anyone would. What it may
not know is told in CONFIG: which accounts there are. It is a process of its own, and is given so
many seconds; `/events/stream` has no end and is left to other tests. Halts and the like, after
which no order is taken, are tried with `--stops` alone.
"""

import argparse
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path

import trio

from tests.web.reference.desk import KEY, a_desk

# A status that is not told is a fault, so no 500 passes; the first takes no 503 either.
CHECKS = (
    *("not_a_server_error", "status_code_conformance", "content_type_conformance"),
    *("response_schema_conformance", "response_headers_conformance"),
    *("negative_data_rejection", "unsupported_method"),
)
CONFIG = """
[parameters]
"path.account_id" = "primary"

[[operations]]
include-operation-id = ["halt_all", "halt", "deadman", "stream_disconnect", "disconnect"]
enabled = {with_stops}
"""
GRACE_S = 60


async def drive(url, folder, *, seconds, examples, seed=7, with_stops=False):
    """Have every call of a gateway tried; give the exit status and what was said."""
    config = folder / "schemathesis.toml"
    config.write_text(CONFIG.format(with_stops=str(with_stops).lower()))
    # Of an account that was just stopped a 503 is the truth.
    checks = CHECKS[1:] if with_stops else CHECKS
    command = [
        *(sys.executable, "-m", "schemathesis.cli", f"--config-file={config}"),
        *("run", f"{url}/openapi.json", f"--header=X-API-Key: {KEY}"),
        *("--exclude-path=/events/stream", f"--checks={','.join(checks)}"),
        *(f"--max-time={seconds}", f"--max-examples={examples}", f"--seed={seed}"),
        *("--continue-on-failure", "--no-color", "--generation-database=none"),
        *("--request-timeout=30", "--suppress-health-check=all"),
    ]
    with trio.fail_after(seconds + GRACE_S):
        done = await trio.run_process(
            command, cwd=folder, capture_stdout=True, stderr=subprocess.STDOUT, check=False
        )
    return done.returncode, done.stdout.decode()


async def main(seconds, examples, seed, *, with_stops):
    """Drive a desk of its own; what was said is printed, the exit status is given back."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        async with a_desk(folder) as asker:
            status, text = await drive(
                asker.url,
                folder,
                seconds=seconds,
                examples=examples,
                seed=seed,
                with_stops=with_stops,
            )
    print(text)
    return status


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Try every call of the gateway.")
    parser.add_argument("--seconds", type=int, default=300)
    parser.add_argument("--examples", type=int, default=200)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--stops", action="store_true", help="halt and disconnect accounts too")
    given = parser.parse_args()
    run = partial(main, with_stops=given.stops)
    sys.exit(trio.run(run, given.seconds, given.examples, given.seed))
