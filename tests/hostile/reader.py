"""`python -m tests.hostile.reader URL`: a subscriber that asks for much, reads nothing, and waits.

    open ─▶ 60 wishes for a snapshot ─▶ "open" on stdout ─▶ (stopped by SIGSTOP)
    a line on stdin ─▶ reads to the end, or for long ─▶ {"end", "since", "frames"} on stdout

A process of its own, so that it can be stopped as a whole: its kernel takes what fits, and no more.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from .place import Place
from .wire import CLOSE, READ_BYTES, TEXT, Frames, close_of, dial, frame, handshake, text

ROOT = Path(__file__).parents[2]
RECEIVE_BYTES = 1 << 14
WISHES = 60  # as many as may wait to be answered, nearly
END_S = 8.0


def main():
    """Be that subscriber."""
    peer = dial(sys.argv[1], receive_bytes=RECEIVE_BYTES)
    rest = handshake(peer, "/ws/orders")
    peer.sendall(text('{"action":"snapshot"}') * WISHES)
    print("open", flush=True)
    sys.stdin.readline()
    place = Place()
    end, frames = read_on(peer, Frames(rest), place)
    print(json.dumps({"end": end, "since": place.since, "frames": frames}), flush=True)


def read_on(peer, frames, place):
    """Read to the end, or for long: ((code, reason), frames); the code is `cut`, `kept` or real."""
    count, data = 0, b""
    peer.settimeout(END_S)
    until_s = time.monotonic() + END_S
    while time.monotonic() < until_s:
        for opcode, payload in frames.take(data):
            count += 1
            if opcode == TEXT:
                place.take(json.loads(payload))
            elif opcode == CLOSE:
                with contextlib.suppress(OSError):
                    peer.sendall(frame(CLOSE, payload[:2]))
                return close_of(payload), count
        try:
            if not (data := peer.recv(READ_BYTES)):
                return ("cut", "hung up"), count
        except TimeoutError:
            break
        except OSError as error:
            return ("cut", type(error).__name__), count
    return ("kept", ""), count


class StoppedReader:
    """That process, as its test holds it: stopped from its opening until `go_on`."""

    def __init__(self, url):
        self._popen = subprocess.Popen(
            [sys.executable, "-m", "tests.hostile.reader", url],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            said = self._popen.stdout.readline()
            assert said == "open\n", f"a reader could not subscribe: {said!r}"
            self._popen.send_signal(signal.SIGSTOP)
            os.waitid(os.P_PID, self._popen.pid, os.WSTOPPED)
        except BaseException:
            self.close()
            raise

    def go_on(self):
        """Let it read."""
        self._popen.stdin.write("\n")
        self._popen.stdin.flush()
        self._popen.send_signal(signal.SIGCONT)

    def told(self):
        """How it ended: `end`, its place as `since`, and how many frames it got."""
        out, _ = self._popen.communicate(timeout=4 * END_S)
        told = json.loads(out)
        told["end"] = tuple(told["end"])
        return told

    def close(self):
        """End it, stopped or not."""
        if self._popen.poll() is None:
            self._popen.kill()
        self._popen.wait()
        self._popen.stdin.close()
        self._popen.stdout.close()


if __name__ == "__main__":
    main()
