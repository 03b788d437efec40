import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.web.commands.processes import ROOT, Process, environment
from web.commands.signals import STOPPING, Signals, heeded, hold

BOTH = sum(1 << (each - 1) for each in STOPPING)
PROGRAM = """
import atexit, os, signal, sys, threading, trio
from web.commands.process import run
from web.commands.signals import hold

async def work(stop):
    await trio.to_thread.run_sync(lambda: None)
    print("begun", flush=True)
    await stop.wait()

{before}
atexit.register(os.kill, os.getpid(), signal.SIGTERM)
run(work)
print("ended", flush=True)
sys.stdin.read()
"""


def started(before=""):
    """A process that runs some work, and afterwards waits for the end of its stdin."""
    return Process(
        subprocess.Popen(
            [sys.executable, "-c", PROGRAM.format(before=before)],
            cwd=ROOT,
            env=environment(None),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
    )


def reachable(pid):
    """How many threads of a process do not block both; one that waits for them does not either."""
    statuses = [path.read_text() for path in Path(f"/proc/{pid}/task").glob("*/status")]
    assert len(statuses) > 1
    masks = [int(text.partition("SigBlk:")[2].split()[0], 16) for text in statuses]
    return sum(mask & BOTH != BOTH for mask in masks)


@pytest.mark.process
def test_no_thread_can_die_of_them_to_the_end():
    """P18: one thread waits for them, and all block them, until there is no process more."""
    process = started()
    try:
        assert process.line() == "begun"
        assert reachable(process.pid) == 1
        process.popen.send_signal(signal.SIGTERM)
        assert process.line() == "ended"
        assert reachable(process.pid) == 0
        for _ in range(1000):
            process.popen.send_signal(signal.SIGTERM)
            process.popen.send_signal(signal.SIGINT)
        process.popen.stdin.close()
        assert (process.wait(), process.rest("stderr")) == (0, [])
    finally:
        process.close()


@pytest.mark.process
@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
def test_one_that_came_before_it_ran_is_heard(name):
    """P18: told to stop while it was being loaded, it stops as soon as it runs."""
    process = started(f"hold(); os.kill(os.getpid(), signal.{name})")
    try:
        lines = [process.line(), process.line()]
        process.popen.stdin.close()
        assert (lines, process.wait(), process.rest("stderr")) == (["begun", "ended"], 0, [])
    finally:
        process.close()


@pytest.mark.process
@pytest.mark.parametrize("command", ["serve", "paper", "demo"])
def test_the_commands_that_serve_hold_them_from_the_first(command):
    """P18: before anything else is loaded; a command that only answers heeds Ctrl-C as ever."""
    program = (
        "import signal, sys, web.__main__ as it\n"
        "it.orderwire.main = lambda **_: sys.exit(len(signal.pthread_sigmask(0, ())))\n"
        "it.main()"
    )
    for name, count in ((command, 2), ("key", 0), ("check", 0)):
        done = subprocess.run(
            [sys.executable, "-c", program, name], cwd=ROOT, check=False, timeout=30
        )
        assert done.returncode == count


def test_what_a_thread_starts_may_heed_them():
    """A browser, say: in the block, and in this thread alone, the signals are let through."""
    seen = []

    def look():
        hold()
        with heeded():
            seen.append(signal.pthread_sigmask(signal.SIG_BLOCK, ()))
        seen.append(signal.pthread_sigmask(signal.SIG_BLOCK, ()))

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert not seen[0] & set(STOPPING)
    assert set(STOPPING) <= seen[1]


def test_who_asks_late_is_told_too():
    """A signal that came before there was anyone to wake wakes him who comes."""
    signals, woken = Signals(), []
    signals.when_heard(lambda: woken.append("first"))
    assert woken == []
    signals._handle(signal.SIGTERM, None)
    assert woken == ["first"]
    signals.when_heard(lambda: woken.append("late"))
    assert woken == ["first", "late"]
