"""Commands as a person runs them: in a terminal of their own, with bounded waits on its screen.

with terminal("tail", url, columns=80) as screen:
    screen.until("COMPLETE") ──▶ the text so far      screen.interrupt() ──▶ Ctrl-C
    screen.lines(5)          ──▶ whole lines          screen.end()       ──▶ exit status, text
"""

import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time

from .processes import ROOT, WITHIN_S, environment

ESCAPE = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
CTRL_C = b"\x03"


class Terminal:
    """A running command and what it has written on its screen, stdout and stderr alike."""

    def __init__(self, popen, ours):
        self.popen = popen
        self.text = ""
        self._ours = ours

    def until(self, wanted):
        """All that it has written, once that has a text in it, or fulfils a wish."""
        is_there = wanted if callable(wanted) else lambda text: wanted in text
        deadline = time.monotonic() + WITHIN_S
        while not is_there(self.text):
            assert self._read(deadline), f"it ended without {wanted!r}: {self.text!r}"
        return self.text

    def lines(self, count):
        """At least so many whole lines."""
        self.until(lambda text: text.count("\n") >= count)
        return self.text.split("\n")[:-1]

    def resize(self, columns):
        """Make the window another one."""
        set_size(self._ours, columns)

    def interrupt(self):
        """Press Ctrl-C."""
        os.write(self._ours, CTRL_C)

    def end(self):
        """Read on to the end: the exit status, and all that it has written."""
        deadline = time.monotonic() + WITHIN_S
        while self._read(deadline):
            pass
        return self.popen.wait(WITHIN_S), self.text

    def _read(self, deadline):
        left_s = deadline - time.monotonic()
        assert left_s > 0, f"not within {WITHIN_S} s: {self.text!r}"
        if not select.select([self._ours], [], [], left_s)[0]:
            return True
        try:
            data = os.read(self._ours, 65536)
        except OSError:  # the terminal is gone with the last who wrote to it
            return False
        self.text += data.decode().replace("\r\n", "\n")
        return bool(data)


@contextlib.contextmanager
def terminal(*arguments, columns=80, env=None):
    """Run `orderwire …` in a terminal of so many columns for the length of the block."""
    ours, theirs = pty.openpty()
    set_size(theirs, columns)
    unset = dict.fromkeys(("COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR"))
    told = environment({"TERM": "xterm-256color", **(env or {})})
    popen = subprocess.Popen(
        [sys.executable, "-c", OWN_TERMINAL, *map(str, arguments)],
        cwd=ROOT,
        env={
            name: value for name, value in told.items() if name in (env or {}) or name not in unset
        },
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    try:
        yield Terminal(popen, ours)
    finally:
        if popen.poll() is None:
            popen.send_signal(signal.SIGKILL)
        popen.wait(WITHIN_S)
        os.close(ours)


def bare(text):
    """A text as it looks: without colours, and of a line that is written over what it is last."""
    lines = ESCAPE.sub("", text).split("\n")
    return [line.rpartition("\r")[2] for line in lines]


def set_size(descriptor, columns):
    """Give a terminal its size."""
    fcntl.ioctl(descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))


# What stdin is becomes the terminal of the session, so that Ctrl-C there is a signal here.
OWN_TERMINAL = """
import fcntl, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
from web.__main__ import main
main()
"""
