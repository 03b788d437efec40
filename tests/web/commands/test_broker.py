import subprocess
import sys

import httpx2
import pytest
import trio

from tests.web.commands.processes import ROOT, Process, is_alive, until
from web.commands.broker import import_path, paper_process
from web.commands.faults import CannotRun
from web.commands.process import Stopped

pytestmark = pytest.mark.process

PARENT = """
import trio
from web.commands.broker import paper_process

async def main():
    async with paper_process([], "k", trio.Event()) as broker:
        print(broker.process.pid, flush=True)
        await trio.sleep_forever()

trio.run(main)
"""


async def test_it_serves_for_the_length_of_the_block():
    """A broker of its own, behind the key that was given, gone when the block ends."""
    with trio.fail_after(30):
        async with paper_process(["--accounts", "a"], "k", trio.Event()) as broker:
            async with httpx2.AsyncClient(base_url=broker.url) as http:
                answer = await http.get("/orders/?account_id=a", headers={"X-API-Key": "k"})
                assert (answer.status_code, answer.json()) == (200, [])
            assert is_alive(broker.process.pid)
        assert broker.process.returncode == 0


def test_it_does_not_outlive_a_parent_that_is_killed():
    """Kill -9 the parent, which can then do nothing more: the broker ends by itself."""
    parent = Process(
        subprocess.Popen(
            [sys.executable, "-c", PARENT],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
    )
    try:
        broker = int(parent.line())
        assert is_alive(broker)
        parent.kill()
        until(lambda: not is_alive(broker), "the broker's end", 10)
    finally:
        parent.close()


async def test_one_that_does_not_start_is_told(capfd):
    """CannotRun when its command line is refused; why stands on the stderr that both share."""
    with trio.fail_after(30), pytest.raises(CannotRun):
        async with paper_process(["--rate", "-1"], "k", trio.Event()):
            raise AssertionError
    assert "--rate" in capfd.readouterr().err


async def test_one_that_ends_by_itself_is_told():
    """Nobody asked for it: the watch turns its end into an error."""
    with trio.fail_after(30):
        async with paper_process([], "k", trio.Event()) as broker:
            broker.process.terminate()
            with pytest.raises(CannotRun, match="status 0"):
                await broker.watch()


async def test_told_to_stop_while_it_starts_it_is_gone():
    """Stopped, and no process is left behind."""
    stop = trio.Event()
    stop.set()
    with trio.fail_after(30), pytest.raises(Stopped):
        async with paper_process([], "k", stop):
            raise AssertionError


def test_the_child_finds_the_modules_that_run_here():
    """Whatever folder the command is given in, and whatever is called `web` there."""
    assert import_path().split(":")[0] == str(ROOT)
