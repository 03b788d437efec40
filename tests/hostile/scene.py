"""The scene of every part: a sandbox broker and a gateway, real processes, seen from outside.

orderwire paper ◀── orderwire serve ──▶ url           /proc: descriptors, memory, whether it lives
                         └─ a store in a folder       stderr: what it thinks is its own fault
"""

import contextlib
import hashlib
import http.client
import json
import queue
import re
import tempfile
import time
from pathlib import Path

from tests.sim.checkers import Broken
from tests.web.commands.processes import gateway_toml, orderwire, until

from .wire import KEY, WITHIN_S, place_of

ACCOUNTS = ("primary", "hedge")
RATE = 100
METRIC = re.compile(r"^(\w+)(\{[^}]*\})? (\S+)$", re.MULTILINE)
FAULTS = ('"level": "error"', '"level": "critical"', "Traceback")


class Scene:
    """Both processes. The gateway can be stopped and started again on the same store."""

    def __init__(self, folder, *, rate=RATE, seed=1):
        self._ended = contextlib.ExitStack()
        self._broker = self._ended.enter_context(
            orderwire(
                *("paper", "--port", 0, "--rate", rate, "--seed", seed),
                *("--accounts", ",".join(ACCOUNTS)),
            )
        )
        self._config = gateway_toml(
            folder,
            self._broker.ready(),
            key_sha256=hashlib.sha256(KEY.encode()).hexdigest(),
            accounts=ACCOUNTS,
        )
        self.url = self.gateway = None

    def start(self):
        """Start the gateway, ready or not."""
        self.gateway = self._ended.enter_context(orderwire("serve", "--config", self._config))
        return self.gateway

    def serve(self):
        """Start the gateway, and wait until it serves."""
        self.url = self.start().ready()
        return self

    def close(self):
        """End what runs."""
        self._ended.close()

    # ------------------------------------------------------------------------- from outside

    def get(self, path):
        """An answer to a GET on a connection of its own; Broken when it is not 200."""
        link = http.client.HTTPConnection(*place_of(self.url), timeout=WITHIN_S)
        try:
            link.request("GET", path, headers={"X-API-Key": KEY})
            answer = link.getresponse()
            body = answer.read()
        except (OSError, http.client.HTTPException) as error:
            raise Broken(f"GET {path} was not answered: {error!r}") from None
        finally:
            link.close()
        if answer.status != 200:
            raise Broken(f"GET {path} was answered with {answer.status}: {body[:200]!r}")
        return body.decode()

    def status(self):
        """`/ws/status` as it is now."""
        return json.loads(self.get("/ws/status"))

    def until_live(self):
        """Wait until every account is live."""

        def live():
            return all(row["state"] == "live" for row in self.status()["accounts"].values())

        until(live, "every account live")
        return self

    def metrics(self):
        """The metrics by name, labels and all; they are kept for a second, so wait that long."""
        time.sleep(1.05)
        found = METRIC.findall(self.get("/metrics"))
        return {name + labels: float(value) for name, labels, value in found}

    def subscribers(self):
        """How many places in the record are taken."""
        return self.status()["subscribers"]

    def ended_for(self):
        """How many connections were ended for what their peer did, by reason."""
        return labelled(self.metrics(), "connections_ended_total", "reason")

    def descriptors(self):
        """How many files and sockets the gateway has open."""
        return sum(1 for _ in Path(f"/proc/{self.gateway.pid}/fd").iterdir())

    def memory_mib(self):
        """The gateway's resident memory."""
        status = Path(f"/proc/{self.gateway.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024

    # ------------------------------------------------------------------------------- verdicts

    def check_shared(self, count):
        """Broken when not all of so many subscribers are written the frames that all share."""
        found = self.metrics()
        lanes, sockets = found["websocket_lanes"], found['websocket_connections{service="backend"}']
        if not lanes == sockets >= count:
            raise Broken(f"P6: {lanes:.0f} of {sockets:.0f} websockets are written shared frames")

    def check_alive(self):
        """Broken when the gateway has ended, does not answer, or told of a defect of its own."""
        if (code := self.gateway.popen.poll()) is not None:
            raise Broken(f"P19: the gateway ended with {code}: {self.gateway.rest('stderr')[-20:]}")
        self.get("/health")
        self.check_log()

    def check_log(self):
        """Broken when the log has what the gateway holds to be its own fault, or the key."""
        for line in self._logged():
            if KEY in line:
                raise Broken(f"P21: a key is in the log: {line}")
            if any(mark in line for mark in FAULTS):
                raise Broken(f"P19: the gateway logged a fault of its own: {line[:3000]}")

    def _logged(self):
        lines = self.gateway._pipes["stderr"]
        with contextlib.suppress(queue.Empty):
            while True:
                if (line := lines.get_nowait()) is not None:
                    yield line


def labelled(metrics, name, label):
    """The values of a metric by its one label, those that are not 0."""
    head = f'{name}{{{label}="'
    found = {key[len(head) : -2]: value for key, value in metrics.items() if key.startswith(head)}
    return {key: int(value) for key, value in found.items() if value}


@contextlib.contextmanager
def scene(**options):
    """A scene for the length of the block, in a folder of its own, that serves and is live."""
    with tempfile.TemporaryDirectory(prefix="orderwire-hostile-") as name:
        found = Scene(Path(name), **options)
        try:
            yield found.serve().until_live()
        finally:
            found.close()
