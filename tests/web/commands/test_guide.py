import os
import pty
import subprocess
import sys

import pytest

from tests.web.commands.processes import ROOT, environment, ran
from web.guides.texts import NAMES, guides

pytestmark = pytest.mark.process


def test_without_a_name_it_says_which_there_are():
    """One line each: the name to give, and what it is about."""
    status, out, err = ran("guide")
    assert (status, err) == (0, [])
    assert [line.split()[0] for line in out] == list(NAMES)


def test_piped_it_is_the_markdown_itself():
    """What a pipe gets is the file, to the letter."""
    status, out, _ = ran("guide", "batches")
    assert status == 0
    assert "\n".join(out) + "\n" == guides()["batches"].text


def test_a_name_that_is_none_is_a_fault_of_the_command_line():
    """Exit status 2, and the names that there are."""
    status, out, err = ran("guide", "nothing")
    assert (status, out) == (2, [])
    assert "brokers" in err[-1]


def test_on_a_terminal_it_is_laid_out():
    """Headings, tables and code as a terminal shows them: no mark of Markdown is left."""
    ours, theirs = pty.openpty()
    env = environment({"COLUMNS": "100", "TERM": "xterm"})
    command = [sys.executable, "-m", "web", "guide", "operations"]
    with subprocess.Popen(command, cwd=ROOT, env=env, stdout=theirs) as process:
        os.close(theirs)
        text = b""
        while True:
            try:
                text += os.read(ours, 65536)
            except OSError:  # the other end is closed
                break
        assert process.wait(30) == 0
    os.close(ours)
    assert b"Keep it running" in text
    assert b"\x1b[" in text
    assert b"```" not in text
    assert b"|---" not in text
