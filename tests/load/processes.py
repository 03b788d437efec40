"""The processes of a load run: started, waited for until they say so, ended by their own number.

started(module, …) ──▶ `ready URL` on stdout ──▶ Child ──▶ SIGTERM, and SIGKILL for one that stays
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
READY_S = 20.0
END_S = 10.0


@dataclass
class Child:
    """A process that serves at `url`."""

    process: subprocess.Popen[str]
    url: str

    def cpu_s(self) -> float:
        """Give the CPU time that it has used so far, of user and system; 0 where none is told."""
        try:
            stat = Path(f"/proc/{self.process.pid}/stat").read_text()
        except OSError:
            return 0.0
        fields = stat.rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def rss_bytes(self) -> int:
        """Give the memory that it holds; 0 where none is told."""
        try:
            statm = Path(f"/proc/{self.process.pid}/statm").read_text()
        except OSError:
            return 0
        return int(statm.split()[1]) * os.sysconf("SC_PAGE_SIZE")


@contextmanager
def started(module: str, *words: str, log: Path, stdin: int | None = None) -> Iterator[Child]:
    """Run `python -m module words` for the length of the block, its stderr in `log`."""
    with log.open("w") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", module, *words],
            cwd=ROOT,
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
    try:
        yield Child(process, _ready_url(process, log))
    finally:
        end(process)


def end(process: subprocess.Popen[str]) -> None:
    """End a process, gently at first."""
    process.terminate()
    try:
        process.wait(END_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout is not None:
        process.stdout.close()


def _ready_url(process: subprocess.Popen[str], log: Path) -> str:
    assert process.stdout is not None
    alarm = threading.Timer(READY_S, process.kill)
    alarm.start()
    try:
        for line in process.stdout:
            word, _, url = line.strip().partition(" ")
            if word == "ready":
                return url
    finally:
        alarm.cancel()
    raise RuntimeError(f"it did not start:\n{log.read_text()[-2000:]}")
