"""The gateway that is resumed from: a real process with a paper broker, killed and started again.

gateway(folder, rate) ──▶ Gateway: .url .position() .record(since) .kill() .start()
"""

from __future__ import annotations

from contextlib import ExitStack, contextmanager

import httpx2

from tests.web.commands.processes import free_port, orderwire

from .record import Record

PAGE = 1000
ANSWER_S = 20.0


class Gateway:
    """A demo on a folder and a port that stay."""

    def __init__(self, folder, rate, ended):
        """`ended` ends what runs."""
        self.host, self.port = "127.0.0.1", free_port()
        self.url = f"http://{self.host}:{self.port}"
        self._words = (
            *("demo", "--port", self.port, "--no-browser", "--rate", rate, "--seed", 7),
            *("--data", folder),
        )
        self._ended = ended
        self._http = ended.enter_context(httpx2.Client(base_url=self.url, timeout=ANSWER_S))

    def start(self):
        """Start it, and wait until it serves."""
        self._process = self._ended.enter_context(orderwire(*self._words))
        self._process.ready()

    def kill(self):
        """Kill it with -9."""
        self._process.kill()

    def position(self):
        """Its accounts, its epoch, and the offset of its last event."""
        status = self._http.get("/ws/status").raise_for_status().json()
        return tuple(status["accounts"]), status["epoch"], status["offset"]

    def record(self, since, upto):
        """Read all that happened after a place, at least up to an offset, page by page."""
        record, has_more = Record(), True
        while has_more or (record.offsets and record.offsets[-1] < upto):
            query = {"since": since, "limit": PAGE}
            answer = self._http.get("/events", params=query).raise_for_status()
            since, has_more = record.take_page(answer.text)
            if record.offsets and record.offsets[-1] >= upto:
                break
        return record


@contextmanager
def gateway(folder, rate):
    """Run a gateway for the length of the block."""
    with ExitStack() as ended:
        running = Gateway(folder, rate, ended)
        running.start()
        yield running
