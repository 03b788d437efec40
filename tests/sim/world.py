"""One simulated world: a broker, a network, a gateway that may be killed, clients, and a clock.

    run_world(Plan(seed=7)) ─▶ Outcome: the record, the ledger, and a digest of both

Safety first: faults for the plan's length, every frame checked as it comes. Then the faults end,
and within a minute the clients' books must equal the broker's ledger.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random
from typing import Any, Final, TypeVar

import structlog
import trio
from attrs import define, evolve, field, frozen
from trio.testing import MockClock

from actors.domain.config import Config, StoreConfig
from actors.domain.ids import AccountId
from actors.runtime.seams import Seams, offload_inline
from actors.system import open_system
from actors.upstream import PUSH_POSITIONS
from web.commands.demo import account_at
from web.sandbox.faults import Fault
from web.sandbox.paper import PaperOptions, open_paper, pace
from web.sandbox.trader import Trader

from .checkers import Books, Broken, Log, Truth, check_histories, check_positions, compare
from .client import Client, Line
from .fickle import Chooser, Hasty
from .network import Network, Odds, wall_clock
from .wire import Front, open_front

T = TypeVar("T")

SETTLE_S: Final = 90.0
MEMORY: Final = Path("/dev/shm")  # a real file, and no disk to wait for
LITTLE_BYTES: Final = 4608  # a few frames: the least that the kernel gives
URL: Final = "http://broker.test"


@frozen
class Plan:
    """What happens in a world. Times are virtual seconds."""

    seed: int
    length_s: float = 600.0
    accounts: tuple[str, ...] = ("primary", "hedge")
    rate: float = 2.0  # broker changes a second, over all accounts
    faults: tuple[Fault, ...] = ()
    odds: Odds = field(factory=Odds)
    outage_every_s: float = 0.0  # the broker is out of reach now and then
    kill_every_s: float = 0.0  # the gateway is killed now and then
    clients: tuple[float, ...] = (0.0, 60.0)  # how long each stays, 0: for good
    buffer_bytes: int | None = None  # what a client's socket takes at once, if that is little
    checks_histories: bool = False
    upstream: str = "ticker_service"

    @classmethod
    def from_seed(cls, seed: int, length_s: float = 600.0) -> Plan:
        """Draw a plan; each seed leaves some faults out wholly, so that others get room."""
        random = Random(seed)

        def drawn(value: Any, otherwise: Any, chance: float = 0.5) -> Any:
            return value if random.random() < chance else otherwise

        kinds = [
            Fault(kind, probability=random.choice((0.02, 0.1, 0.3)), delay_s=random.random() * 3)
            for kind in ("drop", "silent", "delay", "double", "reorder")
            if random.random() < 0.5
        ]
        kinds = [f if f.kind != "drop" else Fault("drop", probability=0.01) for f in kinds]
        if random.random() < 0.3:
            kinds.append(Fault("refuse", probability=0.1, on=("reads",)))
        return cls(
            seed=seed,
            length_s=length_s,
            rate=random.choice((0.5, 2.0, 8.0)),
            faults=tuple(kinds),
            odds=Odds(
                unreachable=drawn(0.05, 0.0),
                lost_answer=drawn(0.05, 0.0),
                cut_per_s=drawn(0.01, 0.0),
                latency_s=random.choice((0.002, 0.05, 0.5)),
            ),
            outage_every_s=drawn(150.0, 0.0),
            kill_every_s=drawn(120.0, 0.0),
            buffer_bytes=drawn(LITTLE_BYTES, None),
        )


@define
class Outcome:
    """What came of a world."""

    plan: Plan
    log: Log
    ledger: list[dict[str, Any]]
    clients: list[Client]
    fickle: tuple[Chooser, Hasty]
    kills: int
    digest: str

    @property
    def corrections(self) -> int:
        """Count the events that went against the table."""
        return sum(event["type"] == "correction" for event in self.log.events.values())


class Killed(Exception):
    """The process is no more; nothing that it still tries reaches the disk."""


@define(eq=False)
class Gateway:
    """The gateway of a world, which can be killed and started again on its store."""

    config: Config
    seams: Seams
    buffer_bytes: int | None = None
    front: Front | None = None
    kills: int = 0
    _death: trio.Event = field(factory=trio.Event)

    async def run(self) -> None:
        """Run, and run again after each kill."""
        seams = evolve(self.seams, offload=self._offload)
        while True:
            self._death = trio.Event()
            try:
                async with (
                    open_system(self.config, seams) as system,
                    open_front(system, buffer_bytes=self.buffer_bytes) as front,
                ):
                    self.front = front
                    await self._death.wait()
            except* Killed:
                pass
            self.front = None
            await trio.sleep(0.5)

    def kill(self) -> None:
        """End it without a goodbye: what the writer has not committed is lost."""
        self.kills += 1
        self._death.set()
        self.front = None

    @asynccontextmanager
    async def dial(self, query: str) -> AsyncIterator[Line]:
        """Reach it, if it lives."""
        if self.front is None:
            raise EOFError
        async with self.front.dial(query) as line:
            yield line

    async def _offload(self, call: Callable[..., T], *args: Any) -> T:
        if self._death.is_set() and getattr(call, "__name__", "") != "close":
            raise Killed
        return await offload_inline(call, *args)


def run_world(plan: Plan) -> Outcome:
    """Run a plan to its end; Broken when a promise does not hold."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    clock = MockClock(autojump_threshold=0)
    trio._core._run._ALLOW_DETERMINISTIC_SCHEDULING = True
    trio._core._run._r.seed(plan.seed)
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder:
        return trio.run(_run, plan, Path(folder), clock=clock)


async def _run(plan: Plan, folder: Path) -> Outcome:
    random = Random(plan.seed)
    log = Log()
    options = PaperOptions(
        upstream=plan.upstream,
        accounts=plan.accounts,
        seed=plan.seed,
        ledger=folder / "ledger",
        faults=tuple(_ending(fault, plan.length_s) for fault in plan.faults),
    )
    clients = [
        Client(f"client {i}", log, Random(random.random()), stays_s=stays_s)
        for i, stays_s in enumerate(plan.clients)
    ]
    fickle = (
        Chooser("the chooser", log, Random(random.random())),
        Hasty("the hasty one", log, Random(random.random())),
    )
    async with open_paper(options, now=wall_clock) as broker, trio.open_nursery() as nursery:
        network = Network(broker, Random(random.random()), plan.odds)
        seams = network.seams(Random(random.random()))
        gateway = Gateway(_config(plan, folder), seams, plan.buffer_bytes)
        nursery.start_soon(gateway.run)

        trader = Trader(broker.desk.market, plan.accounts, Random(random.random()))
        for client in (*clients, *fickle):
            nursery.start_soon(client.run, gateway.dial)
        with trio.move_on_after(plan.length_s):
            async with trio.open_nursery() as troubles:
                troubles.start_soon(pace, trader, plan.rate)
                troubles.start_soon(_outages, network, plan.outage_every_s, Random(random.random()))
                troubles.start_soon(_kills, gateway, plan.kill_every_s, Random(random.random()))
        network.is_down, network.odds, fickle[1].in_order = False, Odds(), True
        await trio.sleep(SETTLE_S)
        nursery.cancel_scope.cancel()
    ledger = [json.loads(line) for line in (folder / "ledger").read_text().splitlines()]
    _judge(plan, log, ledger, clients)
    for each in fickle:
        each.judge()
    return Outcome(plan, log, ledger, clients, fickle, gateway.kills, _digest(log, ledger))


def _judge(plan: Plan, log: Log, ledger: list[dict[str, Any]], clients: list[Client]) -> None:
    log.check_order()
    log.check_lives()
    for account_id in plan.accounts:
        truth = Truth.of(ledger, account_id)
        if plan.checks_histories:
            check_histories(log, truth, account_id)
        if plan.upstream not in PUSH_POSITIONS:
            check_positions(log, ledger, account_id)
        for client in clients:
            compare(_part(client.books, account_id), truth)


def _part(books: Books, account_id: str) -> Books:
    def mine(rows: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
        return {key: row for key, row in rows.items() if row["account_id"] == account_id}

    return Books(mine(books.orders), mine(books.trades), mine(books.positions))


async def _outages(network: Network, every_s: float, random: Random) -> None:
    while every_s:
        await trio.sleep(random.expovariate(1 / every_s))
        network.is_down = True
        network.cut()
        await trio.sleep(random.expovariate(1 / 10))
        network.is_down = False


async def _kills(gateway: Gateway, every_s: float, random: Random) -> None:
    while every_s:
        await trio.sleep(random.expovariate(1 / every_s))
        gateway.kill()


def _config(plan: Plan, folder: Path) -> Config:
    return Config(
        accounts={
            AccountId(name): account_at(plan.upstream, name, URL, "paper") for name in plan.accounts
        },
        store=StoreConfig(str(folder / "store.db")),
    )


def _ending(fault: Fault, length_s: float) -> Fault:
    return Fault(
        kind=fault.kind,
        account=fault.account,
        from_s=fault.from_s,
        for_s=min(fault.for_s, length_s - fault.from_s),
        probability=fault.probability,
        delay_s=fault.delay_s,
        status=fault.status,
        on=fault.on,
    )


def _digest(log: Log, ledger: list[dict[str, Any]]) -> str:
    whole = json.dumps([sorted(log.events.items()), ledger], sort_keys=True)
    return hashlib.sha256(whole.encode()).hexdigest()


__all__ = ["Broken", "Outcome", "Plan", "run_world"]
