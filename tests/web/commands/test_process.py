import os
import signal
import subprocess
import sys
import threading

import pytest
import trio

from tests.web.commands.processes import ROOT, WITHIN_S, Process
from web.commands.faults import BadConfiguration, CannotRun
from web.commands.placing import Unsure
from web.commands.process import (
    Stopped,
    ended_at_last,
    ended_by,
    say_ready,
    stoppable,
    told_of,
)
from web.commands.signals import Signals

PROGRAM = """
import sys, time, trio
from web.commands.logs import set_up_logs
from web.commands.process import run

async def work(stop):
    print("begun", flush=True)
    await stop.wait()
    print("stopping", flush=True)
    {ending}

set_up_logs()
run(work, grace_s=1)
print("ended", flush=True)
sys.stdin.read()
"""


def opened(ending, stderr=subprocess.PIPE):
    """A process that runs some work, and afterwards waits for the end of its stdin."""
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM.format(ending=ending)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=stderr,
    )


def started(ending):
    """The same, with what it prints by line."""
    return Process(opened(ending))


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


@pytest.mark.process
@pytest.mark.parametrize(
    "ending",
    [
        "time.sleep(60)",
        "await trio.to_thread.run_sync(time.sleep, 60)",
        "sys.stdin.read()",
    ],
    ids=["loop", "thread", "read"],
)
def test_what_no_cancellation_reaches_ends_with_the_grace(ending):
    """P18: a loop that is held up, or a disk that hangs, is ended as it stands: 0, and a word."""
    process = started(ending)
    try:
        assert process.line() == "begun"
        process.popen.send_signal(signal.SIGTERM)
        assert process.line() == "stopping"
        assert process.wait() == 0
        assert process.rest("stdout") == []
        (word,) = process.rest("stderr")
        assert "ended as it stood" in word
    finally:
        process.close()


@pytest.mark.process
def test_a_last_word_that_nobody_reads_holds_nothing_up():
    """P18: with a stderr that is full, it ends all the same."""
    unread, full = os.pipe()
    with opened("sys.stderr.write('x' * (1 << 20))", full) as process:
        assert process.stdout.readline() == b"begun\n"
        process.send_signal(signal.SIGTERM)
        assert process.stdout.readline() == b"stopping\n"
        assert process.wait(WITHIN_S) == 0
    os.close(unread)
    os.close(full)


@pytest.mark.parametrize("status", [0, 6])
def test_what_is_ended_as_it_stood_has_the_status_that_it_was_given(status):
    """P18: 0 of a gateway; of a command whose end nobody knows, the word for just that."""
    signals, ended, is_ended = Signals(), [], threading.Event()

    def end(with_status):
        ended.append(with_status)
        is_ended.set()

    with ended_at_last(signals, 0.0, status=status, end=end):
        signals._handle(signal.SIGTERM, None)
        assert is_ended.wait(WITHIN_S)
    assert ended == [status]


def test_a_block_that_ends_in_time_is_left_alone():
    """The process is ended neither before the signal, nor after the block."""
    signals, ended = Signals(), []
    with ended_at_last(signals, 0.0, end=ended.append):
        assert ended == []
    signals._handle(signal.SIGTERM, None)
    for each in threading.enumerate():
        if each.name == "grace":
            each.join(WITHIN_S)
    assert ended == []


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


def test_what_is_told_alone_keeps_a_status_of_its_own():
    """A batch of which nothing is known is no batch that was refused."""
    assert told_of(ExceptionGroup("", [Unsure("it may be placed")])).exit_code == 6
