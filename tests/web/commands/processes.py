"""Commands as real processes, with bounded waits on what they print.

orderwire("paper", "--port", "0") ──▶ Process: .ready() .line() .error() .stop() .kill()

A thread for each pipe reads its lines into a queue, so that no process ever waits for its test
and no test waits for ever. At the end of the block a process is ended, by its own id.
"""

import contextlib
import json
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

from actors.domain.config_accounts import REACH
from web.commands.demo import account_at

ROOT = Path(__file__).parents[3]
WITHIN_S = 30.0
END = None


class Process:
    """A running command. Lines come without their line end; END is the end of the pipe."""

    def __init__(self, popen):
        self.popen = popen
        self.pid = popen.pid
        self._pipes = {name: queue.Queue() for name in ("stdout", "stderr")}
        self._threads = [
            threading.Thread(target=self._drain, args=(name,), daemon=True) for name in self._pipes
        ]
        for thread in self._threads:
            thread.start()

    def _drain(self, name):
        for line in getattr(self.popen, name):
            self._pipes[name].put(line.decode().rstrip("\n"))
        self._pipes[name].put(END)

    def line(self, pipe="stdout", within_s=WITHIN_S):
        """The next line, or END."""
        return self._pipes[pipe].get(timeout=within_s)

    def error(self, containing, within_s=WITHIN_S):
        """The next line of stderr that contains a text; AssertionError if it ends before."""
        deadline = time.monotonic() + within_s
        while (line := self.line("stderr", max(0.0, deadline - time.monotonic()))) is not END:
            if containing in line:
                return line
        raise AssertionError(f"stderr ended without {containing!r}")

    def rest(self, pipe):
        """All lines to the end of the pipe."""
        lines = []
        while (line := self.line(pipe)) is not END:
            lines.append(line)
        return lines

    def ready(self):
        """The URL of the ready line, which must be the next."""
        line = self.line()
        assert line is not END, f"it ended before it was ready: {self.rest('stderr')}"
        word, _, url = line.partition(" ")
        assert word == "ready", line
        return url

    def wait(self, within_s=WITHIN_S):
        """Its exit status."""
        return self.popen.wait(within_s)

    def stop(self, with_signal=signal.SIGTERM, within_s=WITHIN_S):
        """Tell it to end; its exit status."""
        self.popen.send_signal(with_signal)
        return self.wait(within_s)

    def kill(self):
        """Kill it with -9, and wait until it is gone."""
        self.popen.kill()
        self.popen.wait(WITHIN_S)

    def close(self):
        """Let no thread, pipe or process outlive the test."""
        if self.popen.poll() is None:
            self.popen.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.popen.wait(WITHIN_S / 2)
            self.kill()
        if self.popen.stdin is not None:
            with contextlib.suppress(OSError):
                self.popen.stdin.close()
        for thread in self._threads:
            thread.join(WITHIN_S)
        self.popen.stdout.close()
        self.popen.stderr.close()


@contextlib.contextmanager
def orderwire(*arguments, env=None, **options):
    """Run `orderwire …` for the length of the block."""
    process = Process(
        subprocess.Popen(
            [sys.executable, "-m", "web", *map(str, arguments)],
            cwd=ROOT,
            env=environment(env),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            **{"stdin": subprocess.DEVNULL, **options},
        )
    )
    try:
        yield process
    finally:
        process.close()


def ran(*arguments, env=None):
    """Run `orderwire …` to its end: exit status, lines of stdout, lines of stderr."""
    done = subprocess.run(
        [sys.executable, "-m", "web", *map(str, arguments)],
        cwd=ROOT,
        env=environment(env),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=WITHIN_S,
        check=False,
    )
    return done.returncode, done.stdout.splitlines(), done.stderr.splitlines()


def environment(extra):
    """This process's environment without what would change a command's ways, and more."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("ORDERWIRE")}
    return ours | (extra or {})


def free_port():
    """A port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def state_of(pid):
    """The state of a process and its parent's id, as the system has them; None when it is gone."""
    try:
        state, parent, *_ = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (OSError, ValueError):
        return None
    return state, int(parent)


def is_alive(pid):
    """Whether a process with this id runs; one that has ended and waits for its parent does not."""
    state = state_of(pid)
    return state is not None and state[0] != "Z"


def children_of(pid):
    """The ids of a process's children."""
    ids = [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]
    return [each for each in ids if (state := state_of(each)) and state[1] == pid]


def until(happens, what, within_s=WITHIN_S, every_s=0.05):
    """Ask until it is so, and give what was answered; AssertionError when it does not happen."""
    deadline = time.monotonic() + within_s
    while not (answer := happens()):
        assert time.monotonic() < deadline, f"not within {within_s} s: {what}"
        time.sleep(every_s)
    return answer


def gateway_toml(
    folder,
    broker_url,
    *,
    key_sha256,
    port=0,
    accounts=("primary",),
    api_key="paper",
    upstream="ticker_service",
):
    """Write a configuration of a gateway over a paper broker, and give its path.

    One key and one address stand for a whole desk there: they are not held to a screen's share.
    """
    many = "requests_per_s = 100000\nrequests_burst = 100000"
    lines = [
        f'[server]\nhost = "127.0.0.1"\nport = {port}\nrequests_per_address_s = 100000',
        f"[store]\npath = {json.dumps(str(folder / 'orderwire.db'))}",
        f'[keys.desk]\nsha256 = "{key_sha256}"\naccounts = ["*"]\nrights = ["read", "trade"]\n{many}',
        *(account_toml(upstream, name, broker_url, api_key) for name in accounts),
    ]
    path = folder / "orderwire.toml"
    path.write_text("\n\n".join(lines) + "\n")
    return path


def account_toml(upstream, name, broker_url, api_key):
    """Write the table of an account at a paper broker: what it is reached by, and no more."""
    account = account_at(upstream, name, broker_url, api_key)
    reach = {each: getattr(account, each) for each in ("upstream", *REACH)}
    lines = [f"{each} = {json.dumps(value)}" for each, value in reach.items() if value]
    return "\n".join([f"[accounts.{name}]", *lines])
