"""A gateway and a paper broker, each a process of its own that can be killed and started again.

World ── broker: orderwire paper --ledger … ── port that stays
      ── gateway: orderwire serve           ── port that stays, store that stays
"""

import contextlib
import hashlib
import json
import time
from decimal import Decimal

import httpx2

from tests.sim.checkers import Books, Broken, Truth, compare
from tests.web.commands.processes import free_port, gateway_toml, orderwire, until

ACCOUNTS = ("primary", "hedge")
KEY = "ow_crash"
HEADERS = {"Authorization": f"Bearer {KEY}"}
PAGE = 1000
EQUAL_WITHIN_S = 20.0


class World:
    """Both processes, at most one of each at a time. Close it to end what runs."""

    def __init__(self, folder, seed, *, accounts_toml="", upstream="ticker_service"):
        """`accounts_toml` stands in every account's table."""
        self.ledger = folder / "ledger.jsonl"
        self.store = folder / "orderwire.db"
        self.seed = seed
        self.upstream = upstream
        self.broker_port, self.gateway_port = free_port(), free_port()
        self.url = f"http://127.0.0.1:{self.gateway_port}"
        self._config = gateway_toml(
            folder,
            f"http://127.0.0.1:{self.broker_port}",
            key_sha256=hashlib.sha256(KEY.encode()).hexdigest(),
            port=self.gateway_port,
            accounts=ACCOUNTS,
            upstream=upstream,
        )
        text = self._config.read_text()
        for name in ACCOUNTS:
            head = f"[accounts.{name}]\n"
            text = text.replace(head, head + accounts_toml)
        self._config.write_text(text)
        self._http = httpx2.Client(base_url=self.url, headers=HEADERS, timeout=10)
        self._broker = self._gateway = None
        self._ended = contextlib.ExitStack()

    def __enter__(self):
        """Nothing runs yet."""
        return self

    def __exit__(self, *_):
        """Kill what runs."""
        self._ended.close()
        self._http.close()

    def start_broker(self, rate, latency_ms=0, more=()):
        """Start the broker on its ledger, and wait until it serves; `more` are words for it."""
        self._broker = self._ended.enter_context(
            orderwire(
                *("paper", "--port", self.broker_port, "--rate", rate, "--seed", self.seed),
                *("--ledger", self.ledger, "--accounts", ",".join(ACCOUNTS)),
                *("--latency-ms", latency_ms, "--upstream", self.upstream, *more),
            )
        )
        self._broker.ready()

    def start_gateway(self):
        """Start the gateway on its store; the seconds until it served."""
        began = time.monotonic()
        self._gateway = self._ended.enter_context(orderwire("serve", "--config", self._config))
        self._gateway.ready()
        return time.monotonic() - began

    def kill_starting_gateway(self, after_s):
        """Start the gateway, and kill -9 it so long after, whether it serves by then or not."""
        with orderwire("serve", "--config", self._config) as gateway:
            time.sleep(after_s)
            gateway.kill()

    def kill_broker(self):
        """Kill -9."""
        self._broker.kill()
        self._broker.close()

    def kill_gateway(self):
        """Kill -9. Broken when it had ended by itself."""
        status = self._gateway.popen.poll()
        self._gateway.kill()
        if status is not None:
            errors = "\n".join(self._gateway.rest("stderr")[-20:])
            raise Broken(f"P19: the gateway ended by itself, with status {status}:\n{errors}")
        self._gateway.close()

    def status(self):
        """`/ws/status` as it is now."""
        return self._http.get("/ws/status").raise_for_status().json()

    def until_live(self, *, reconnects=None, within_s=30.0):
        """Wait until every account is live; with `reconnects`, on a connection later than those.

        Gives the seconds that it took.
        """
        before = reconnects or dict.fromkeys(ACCOUNTS, -1)
        began = time.monotonic()

        def live():
            rows = self.status()["accounts"]
            return all(
                rows[name]["state"] == "live" and rows[name]["reconnects"] > before[name]
                for name in ACCOUNTS
            )

        until(live, "every account live", within_s)
        return time.monotonic() - began

    def reconnects(self):
        """How often each account has connected again."""
        return {name: row["reconnects"] for name, row in self.status()["accounts"].items()}

    def lines(self):
        """The broker's ledger."""
        whole = self.ledger.read_bytes()
        kept = whole[: whole.rfind(b"\n") + 1]
        return [json.loads(line, parse_float=Decimal) for line in kept.splitlines()]

    def books(self, account):
        """An account as REST shows it."""
        books = Books()
        books.orders = {row["order_id"]: row for row in self._table(account, "orders")}
        books.trades = dict(enumerate(self._table(account, "trades")))
        books.positions = dict(enumerate(self._table(account, "positions")))
        return books

    def batches(self, account):
        """Every batch of an account, as REST shows it, oldest first."""
        return self._table(account, "batch-orders")[::-1]

    def until_books_equal_ledger(self):
        """Wait until REST shows what the ledger says; Broken, with the first difference, if not.

        The market must stand still. Gives the seconds, and the orders and fills compared.
        """
        began = time.monotonic()
        while True:
            lines = self.lines()
            truths = {name: Truth.of(lines, name) for name in ACCOUNTS}
            try:
                for name in ACCOUNTS:
                    compare(self.books(name), truths[name])
            except Broken:
                if time.monotonic() > began + EQUAL_WITHIN_S:
                    raise
                time.sleep(0.1)
            else:
                orders = sum(len(truth.status) for truth in truths.values())
                fills = sum(len(truth.fills) for truth in truths.values())
                return time.monotonic() - began, orders, fills

    def _table(self, account, name):
        rows, before = [], None
        while True:
            query = {"limit": PAGE} | ({} if before is None else {"before": before})
            answer = self._http.get(f"/accounts/{account}/{name}", params=query)
            page = json.loads(answer.raise_for_status().text, parse_float=Decimal)
            rows += page["data"]
            if (before := page["next"]) is None:
                return rows
