import signal
import subprocess
import sys

import pytest
import trio

from tests.web.commands.processes import ROOT, Process
from web.commands.faults import BadConfiguration, CannotRun
from web.commands.process import Stopped, ended_by, say_ready, stoppable, told_of

PROGRAM = """
import sys, trio
from web.commands.process import run

async def work(stop):
    print("begun", flush=True)
    await stop.wait()
    print("stopping", flush=True)
    {ending}

run(work, grace_s=1)
print("ended", flush=True)
sys.stdin.read()
"""


def started(ending):
    """A process that runs some work, and afterwards waits for the end of its stdin."""
    return Process(
        subprocess.Popen(
            [sys.executable, "-c", PROGRAM.format(ending=ending)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
    )


@pytest.mark.process
@pytest.mark.parametrize("ending", ["pass", "await trio.sleep_forever()"], ids=["quick", "stuck"])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "Ctrl-C"])
def test_told_to_stop_it_ends_within_the_grace(ending, number):
    """P18: a signal sets `stop`; what is stuck is cut after the grace; a later one does nothing."""
    process = started(ending)
    try:
        assert process.line() == "begun"
        process.popen.send_signal(number)
        assert process.line() == "stopping"
        process.popen.send_signal(number)
        assert process.line() == "ended"
        process.popen.send_signal(number)
        process.popen.stdin.close()
        assert (process.wait(), process.rest("stderr")) == (0, [])
    finally:
        process.close()


async def test_a_block_ends_when_told_to():
    """`ended_by` cancels its block at `stop`, and lets it be otherwise."""
    stop = trio.Event()
    async with ended_by(stop):
        reached = True
    assert reached
    async with ended_by(stop):
        stop.set()
        await trio.sleep_forever()


async def test_a_start_that_is_stopped_says_so():
    """What comes after a start does not run when it was stopped."""
    stop = trio.Event()
    async with stoppable(stop):
        pass
    stop.set()
    with pytest.raises(Stopped):
        async with stoppable(stop):
            await trio.sleep_forever()


def test_only_faults_that_a_person_can_mend_lose_their_traceback():
    """Lines are gathered from a group, 2 only if all are of the configuration; a defect is None."""
    bad, cannot = BadConfiguration("$.a: wrong"), CannotRun("in use")
    assert told_of(bad).exit_code == 2
    both = told_of(ExceptionGroup("", [bad, ExceptionGroup("", [cannot])]))
    assert (both.exit_code, both.lines) == (1, ("$.a: wrong", "in use"))
    assert told_of(ExceptionGroup("", [bad, ZeroDivisionError()])) is None


def test_ready_is_one_line(capsys):
    """The line that other programs wait for."""
    say_ready("http://127.0.0.1:1")
    assert capsys.readouterr().out == "ready http://127.0.0.1:1\n"
