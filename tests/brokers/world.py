"""Three brokers, one gateway, and a subscriber over all accounts that is there all the time.

World ── tick, fy, zer: a Broker each, behind a relay
      ── gateway: orderwire serve, every log at DEBUG ── REST, by `ask`
      ── screen: a Listener at /ws/orders, which must see every event, each the next
"""

import contextlib
import hashlib
import json
import queue
import subprocess
import sys
from decimal import Decimal

import httpx2

from tests.crash.witness import Witness
from tests.sim.checkers import Books, Broken, Log, compare
from tests.web.commands.processes import END, ROOT, Process, environment, until

from .broker import Broker
from .listener import Listener

KEY = "ow_planted-gateway-key"
HEADERS = {"Authorization": f"Bearer {KEY}"}
RECONCILE_S = 3
# One reconcile, and what a busy machine and the pace of Fyers' calls add to it.
EQUAL_WITHIN_S = RECONCILE_S + 15.0
LIVE_WITHIN_S = 90.0
PAGE = 1000
RIGHTS = ("read", "trade", "admin")
RATE = 6.0
UPSTREAMS = {"tick": "ticker_service", "fy": "fyers", "zer": "kite"}
# What no log, answer, frame or file may hold: all of it has this word in it.
PLANTED = "planted"
SECRETS = {name: f"planted-{name}-secret" for name in UPSTREAMS}
TOKENS = {"tick": SECRETS["tick"], "fy": "planted-fy-token1", "zer": "planted-zer-token1"}
# Whose an account is at its broker: an app's name, and not the account's here.
APPS = {"tick": "tick", "fy": "planted-fy-app", "zer": "planted-zer-app"}


class World:
    """All of it, for the length of the block."""

    def __init__(self, folder, seed):
        """`heard` is every byte that the gateway answered, over HTTP."""
        self.folder = folder
        self.heard = []
        self.logged = []
        self.gateway = self.screen = self.url = None
        self.witness = Witness()
        self.brokers = {
            name: Broker(
                *(UPSTREAMS[name], name, APPS[name], SECRETS[name], TOKENS[name]),
                *(folder, RATE, seed + n),
            )
            for n, name in enumerate(UPSTREAMS)
        }
        self._http = None
        self._ended = contextlib.ExitStack()

    def __enter__(self):
        """Begin all of it, and wait until every account is live."""
        with contextlib.ExitStack() as opened:
            for broker in self.brokers.values():
                opened.enter_context(broker)
            self.config.write_text(self._configuration())
            self.gateway = opened.enter_context(contextlib.closing(self._serve()))
            for broker in self.brokers.values():
                broker.served()
            self.url = self.gateway.ready()
            self._http = opened.enter_context(
                httpx2.Client(base_url=self.url, headers=HEADERS, timeout=30)
            )
            self.until_live()
            self.screen = opened.enter_context(self.listen("/ws/orders", self.witness.take))
            self._ended = opened.pop_all()
        return self

    def __exit__(self, *_):
        """End all of it."""
        self._ended.close()

    def _serve(self):
        return Process(
            subprocess.Popen(
                [sys.executable, "-m", "tests.brokers.loud", "serve", "--config", self.config],
                cwd=ROOT,
                env=environment(None),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )
        )

    @property
    def config(self):
        """Where the gateway's configuration is."""
        return self.folder / "orderwire.toml"

    @property
    def store(self):
        """Where the gateway's store is."""
        return self.folder / "orderwire.db"

    def _configuration(self):
        sha256 = hashlib.sha256(KEY.encode()).hexdigest()
        host = {name: f"127.0.0.1:{each.relay.port}" for name, each in self.brokers.items()}
        reach = {
            "tick": {"url": f"http://{host['tick']}", "api_key": SECRETS["tick"]},
            "fy": {
                "url": f"http://{host['fy']}/api/v3",
                "socket_url": f"ws://{host['fy']}/trade/v3",
                "app_id": f"{APPS['fy']}-100",
                "access_token": TOKENS["fy"],
                "api_secret": SECRETS["fy"],
                "redirect_url": "http://desk.test/login/back",
            },
            "zer": {
                "url": f"http://{host['zer']}",
                "socket_url": f"ws://{host['zer']}/",
                "api_key": APPS["zer"],
                "access_token": TOKENS["zer"],
                "api_secret": SECRETS["zer"],
            },
        }
        tables = {
            "server": {"host": "127.0.0.1", "port": 0},
            "store": {"path": str(self.store)},
            "keys.desk": {"sha256": sha256, "accounts": ["*"], "rights": list(RIGHTS)},
        }
        for name, fields in reach.items():
            more = {"upstream": UPSTREAMS[name], "reconcile_s": RECONCILE_S, "fill_wait_s": 1}
            tables[f"accounts.{name}"] = {**more, **fields}
        return "\n".join(
            line
            for head, table in tables.items()
            for line in (f"[{head}]", *(f"{key} = {json.dumps(table[key])}" for key in table))
        )

    # ------------------------------------------------------------------------- from outside

    def ask(self, method, path, body=None, **query):
        """One call: its status, headers and JSON."""
        answer = self._http.request(method, path, json=body, params=query or None)
        # A browser is sent to the broker's page with the app's name: that one header is no leak.
        raw = [(n, text) for n, text in answer.headers.raw if n.lower() != b"location"]
        self.heard.append(repr(raw).encode() + answer.content)
        is_json = "json" in answer.headers.get("content-type", "")
        told = json.loads(answer.text, parse_float=Decimal) if is_json else answer.text
        return answer.status_code, answer.headers, told

    def read(self, path, **query):
        """What a GET answers; Broken when it is not 200."""
        status, _, told = self.ask("GET", path, **query)
        if status != 200:
            raise Broken(f"GET {path} was answered with {status}: {told}")
        return told

    def listen(self, path, take=lambda _: None):
        """A listener at a websocket."""
        return Listener(self.url.replace("http", "ws", 1) + path, HEADERS, take)

    def rows(self):
        """Each account's row of `/ws/status`."""
        return self.read("/ws/status")["accounts"]

    def log(self):
        """What the gateway said on stderr so far."""
        with contextlib.suppress(queue.Empty):
            while True:
                if (line := self.gateway._pipes["stderr"].get_nowait()) is not END:
                    self.logged.append(line)
        return self.logged

    def table(self, account, name):
        """Every row of one of an account's lists."""
        rows, before = [], None
        while True:
            query = {"limit": PAGE} | ({} if before is None else {"before": before})
            page = self.read(f"/accounts/{account}/{name}", **query)
            rows += page["data"]
            if (before := page["next"]) is None:
                return rows

    # ------------------------------------------------------------------------------- waiting

    def until_live(self, names=UPSTREAMS, *, after=None):
        """Wait until accounts are live; with `after`, on connections later than in those rows."""

        def live():
            if self.screen is not None:
                self.check()
            rows = self.rows()
            return all(
                rows[name]["state"] == "live"
                and (after is None or rows[name]["reconnects"] > after[name]["reconnects"])
                for name in names
            )

        try:
            until(live, f"{', '.join(names)} live", LIVE_WITHIN_S)
        except AssertionError:
            said = [line for line in self.log() if '"event": "stream"' in line][-10:]
            raise Broken(f"P7: not live within {LIVE_WITHIN_S} s: {self.rows()} {said}") from None

    def until_lost(self, names):
        """Wait until the gateway knows that accounts are not connected, or has been again since."""
        before = self.rows()

        def lost():
            self.check()
            rows = self.rows()
            return all(
                not rows[name]["connected"] or rows[name]["reconnects"] > before[name]["reconnects"]
                for name in names
            )

        until(lost, f"{', '.join(names)} lost", LIVE_WITHIN_S)

    def until_flows(self, names, events=3):
        """Wait until so many more updates of orders were told, of each account."""
        since = len(self.screen.frames)

        def flows():
            self.check()
            new = [
                frame["account_id"]
                for frame in self.screen.frames[since:]
                if frame["type"] == "order_update"
            ]
            return all(new.count(name) >= events for name in names)

        until(flows, f"updates of {', '.join(names)}", LIVE_WITHIN_S)

    # ------------------------------------------------------------------------------ verdicts

    def check(self):
        """Broken when the gateway has ended, or the screen has seen what may not be."""
        if (status := self.gateway.popen.poll()) is not None:
            raise Broken(f"P19: the gateway ended with {status}: {self.log()[-20:]}")
        self.screen.check()

    @contextlib.contextmanager
    def undisturbed(self, names):
        """Broken when an account of these changes its state, or connects again, meanwhile."""
        before, since = self.rows(), len(self.screen.frames)
        yield
        after = self.rows()
        told = [f for f in self.screen.frames[since:] if f["type"] == "stream_status"]
        if wrong := [frame["data"] for frame in told if frame["account_id"] in names]:
            raise Broken(f"one of {names} was disturbed: {wrong}")
        for name in names:
            for field in ("state", "since", "reconnects", "connected"):
                if after[name][field] != before[name][field]:
                    raise Broken(f"{name} was disturbed: {before[name]}, and now {after[name]}")

    def settle(self):
        """Let the markets stand still, hold everything against the ledgers, let them go on."""
        for broker in self.brokers.values():
            broker.meet("still")
        until_right(self._check_books, EQUAL_WITHIN_S)
        last = self.read("/ws/status")["offset"]
        self.screen.until(lambda frame: frame["offset"] >= last)
        self.check()
        self._check_record()
        for broker in self.brokers.values():
            broker.meet()

    def _check_record(self):
        """P1, P2, P8: no hole, no event twice, lawful lives; brokers may use the same order ids."""
        log = self.witness.log
        log.check_order()
        for name in self.brokers:
            events = {at: event for at, event in log.events.items() if event["account_id"] == name}
            Log(log.epoch, events).check_lives()

    def _check_books(self):
        """P7: orders, trades and positions equal the ledger; P10: every batch has ended."""
        for name, broker in self.brokers.items():
            truth, trades = broker.truth()
            books = Books()
            books.orders = {row["order_id"]: row for row in self.table(name, "orders")}
            books.trades = dict(enumerate(self.table(name, "trades")))
            books.positions = dict(enumerate(self.table(name, "positions")))
            compare(books, truth)
            told = {
                (row["trade_id"], row["order_id"], row["quantity"], Decimal(row["price"]))
                for row in books.trades.values()
            }
            if told != trades:
                raise Broken(f"P7: {name} has trades {sorted(told ^ trades)[:4]} that differ")
            ends = [batch["outcome"] for batch in self.table(name, "batch-orders")]
            if None in ends or "unknown" in ends:
                raise Broken(f"P10: {name} has a batch that has not ended: {ends}")


def until_right(check, within_s):
    """Check until nothing is broken; Broken, as it was last, when it stays so."""
    last = []

    def right():
        try:
            check()
        except Broken as broken:
            last[:] = [broken]
            return False
        return True

    try:
        until(right, "all is as in the ledgers", within_s, every_s=0.2)
    except AssertionError:
        raise last[0] from None
