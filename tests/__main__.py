"""`python -m tests`: everything that must hold before a change is taken, the tests last.

    style ─▶ form ─▶ types ─▶ actors ─▶ others ─▶ processes ─▶ what must have the host to itself
                              │         └─ web, simulation …
                              └─ with their branch coverage
                              └─────── one worker a core ───────┘

The first step that fails ends it, with that step's exit status. With `--long` the tests that take
their time are run too: the whole monitor in a browser, and each broker's wire format over real
processes.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
COVERAGE_PERCENT_MIN = 95
PROCESSES = "process or browser"
# These hold real processes to times that are promised, and others would be in their way.
ALONE = ("tests/brokers", "tests/hostile", "tests/load", "tests/resume")
SHORT = f"({PROCESSES}) and not long"
# Every end of every batch is reached there: to count each line would double the time.
EXHAUSTIVE = (
    "tests/actors/domain/test_saga_exhaustion.py",
    "tests/actors/domain/test_saga_native.py",
)
PLACES = {file.relative_to(ROOT).parts[1] for file in ROOT.glob("tests/**/test_*.py")}
OF_ACTORS = ("tests/actors", *(f"--ignore={place}" for place in EXHAUSTIVE))
OF_ALL_ELSE = (
    *EXHAUSTIVE,
    *(f"tests/{place}" for place in sorted(PLACES - {"actors"})),
)
WORKERS = ("pytest", "-q", "--durations=5", "-n", "auto", "--dist", "worksteal")

STEPS = (
    ("style", ("ruff", "check", "--quiet", ".")),
    ("form", ("ruff", "format", "--check", "--quiet", ".")),
    ("types", ("mypy", "--no-error-summary")),
    (
        "actors",
        (
            *(*WORKERS, *OF_ACTORS, "-m", f"not ({PROCESSES})"),
            *("--cov", "--cov-report=term:skip-covered"),
            f"--cov-fail-under={COVERAGE_PERCENT_MIN}",
        ),
    ),
    ("others", (*WORKERS, *OF_ALL_ELSE, "-m", f"not ({PROCESSES})")),
    ("processes", (*WORKERS, "tests", *(f"--ignore={folder}" for folder in ALONE), "-m", SHORT)),
    ("alone", ("pytest", "-q", "--durations=5", *ALONE, "-m", SHORT)),
)


def main() -> int:
    """Run each step with this very Python; give the exit status of the first that fails."""
    is_long = "--long" in sys.argv[1:]
    for name, step in STEPS:
        command = [PROCESSES if is_long and word == SHORT else word for word in step]
        print(f"── {name}: {' '.join(command)}", flush=True)
        status = subprocess.run([sys.executable, "-m", *command], cwd=ROOT, check=False).returncode
        if status != 0:
            print(f"── {name}: failed", file=sys.stderr, flush=True)
            return status
    return 0


if __name__ == "__main__":
    sys.exit(main())
