"""One broker: its process, its ledger, its faults, and the relay that stands before it.

Broker ── orderwire paper --upstream … --ledger … --faults … ── port that stays
       ── Relay ── port that stays: the only one that the gateway knows
"""

import contextlib
import json
import os
import queue
import signal
from decimal import Decimal
from pathlib import Path

import attrs

from tests.sim.checkers import Truth
from tests.web.commands.processes import END, free_port, orderwire, until

from .relay import Relay

FIRST_TRADE = 100_000_001  # the sandbox numbers its trades from here on, over restarts


@attrs.define(eq=False)
class Broker:
    """A paper broker with one account, which it calls `app`.

    `secret` is its API key, `token` that of the day.
    """

    upstream: str
    account: str
    app: str
    secret: str
    token: str
    folder: Path
    rate: float
    seed: int
    said: list[str] = attrs.Factory(list)  # on stderr, over all its lives
    relay: Relay = None
    process: object = None
    port: int = attrs.Factory(free_port)
    _ended: contextlib.ExitStack = attrs.Factory(contextlib.ExitStack)

    def __enter__(self):
        """Begin the relay, and the process, which need not serve yet."""
        with self._ended:
            self.relay = self._ended.enter_context(Relay(self.port))
            self._write_faults(())
            self.launch()
            self._ended = self._ended.pop_all()
        return self

    def __exit__(self, *_):
        """End both."""
        self._ended.close()

    @property
    def ledger(self):
        """Where it writes what really happens."""
        return self.folder / f"{self.account}.jsonl"

    @property
    def _faults(self):
        return self.folder / f"{self.account}-faults.toml"

    # ------------------------------------------------------------------------ what befalls it

    def launch(self):
        """Start it on its ledger; `served` waits until it serves."""
        self.process = self._ended.enter_context(
            orderwire(
                *("paper", "--port", self.port, "--upstream", self.upstream),
                *("--accounts", self.app, "--rate", self.rate, "--seed", self.seed),
                *("--ledger", self.ledger, "--faults", self._faults),
                env={"ORDERWIRE_PAPER_KEY": self.secret},
            )
        )

    def served(self):
        """Wait until it serves."""
        self.process.ready()

    def kill(self):
        """Kill -9."""
        self.process.kill()
        self.process.close()
        self.log()

    def freeze(self):
        """Stop it where it stands: its connections are up, and say nothing."""
        os.kill(self.process.pid, signal.SIGSTOP)

    def thaw(self):
        """Let it go on."""
        os.kill(self.process.pid, signal.SIGCONT)

    def meet(self, *faults):
        """Have these faults in force, each a `kind` or a whole table, and none of those before."""
        self._write_faults(faults)
        done = len(self.log("other faults are in force"))
        os.kill(self.process.pid, signal.SIGHUP)
        until(lambda: len(self.log("other faults are in force")) > done, "faults read again")

    def lose_token(self, token):
        """Declare the day's token dead; the next one is this."""
        self.token = token
        self.meet()

    def _write_faults(self, faults):
        tables = [{"kind": each} if isinstance(each, str) else each for each in faults]
        if self.token != self.secret:
            tables.append({"kind": "dead", "token": self.token})
        lines = [
            line
            for table in tables
            for line in ("[[fault]]", *(f"{key} = {json.dumps(table[key])}" for key in table))
        ]
        self._faults.write_text("\n".join(lines))

    # --------------------------------------------------------------------------- what it knows

    def log(self, containing=""):
        """What it said on stderr so far, the lines with a text in them."""
        lines = self.process._pipes["stderr"]
        with contextlib.suppress(queue.Empty):
            while True:
                if (line := lines.get_nowait()) is not END:
                    self.said.append(line)
        return [line for line in self.said if containing in line]

    def turned_away(self):
        """How often somebody came with a token that is not good."""
        return len(self.log("turned away"))

    def truth(self):
        """The account as the ledger has it, and its trades: (id, order, quantity, price)."""
        whole = self.ledger.read_bytes()
        kept = whole[: whole.rfind(b"\n") + 1]
        lines = [json.loads(line, parse_float=Decimal) for line in kept.splitlines()]
        truth = Truth.of(lines, self.app)
        return truth, {
            (self._trade_id(FIRST_TRADE + n, fill[0]), *fill) for n, fill in enumerate(truth.fills)
        }

    def _trade_id(self, number, order_id):
        # Fyers' socket says the order too, its REST does not; it is always said here.
        return f"{order_id}-{number}" if self.upstream == "fyers" else str(number)
