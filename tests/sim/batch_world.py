"""The world of a story of batches: the whole tree, a desk, troubles at their times, then calm.

    run_script(script) ─▶ Played: what the desk was answered, what a subscriber was told, the
                          ledger, and each batch as it is in the end

Safety first: every frame is checked as it comes. Then the faults end, and within minutes every
batch must have ended and nothing that was on its way may be left.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from random import Random
from typing import Any, Final

import structlog
import trio
from attrs import define, evolve, field
from trio.testing import MockClock

from actors.domain.config import Config, StoreConfig
from actors.domain.config_accounts import LimitsConfig
from actors.domain.ids import AccountId
from web.commands.demo import account_at
from web.sandbox.faults import Fault
from web.sandbox.paper import PaperOptions, open_paper, pace
from web.sandbox.trader import Trader

from .batch_calm import until_calm
from .checkers import Books, Broken, Log
from .client import Client
from .desk import Asked, Desk
from .mortal import Disk, LongWire, Mortal, NoAnswer, mortal_gateway
from .network import Odds, wall_clock
from .script import ACCOUNTS, Script, Trouble, Weather
from .world import MEMORY, URL

PLAYED_WITHIN_S: Final = 600.0  # who asks in the story has been answered
BEGIN_S: Final = 5.0  # by then both accounts are live: nothing has gone wrong yet
FILL_WAIT_S: Final = 2.0
AMBUSH_S: Final = 20.0
LOOK_EACH_S: Final = 0.1
RECONCILE_S: Final = 8.0


@define
class Played:
    """What came of a story."""

    script: Script
    asked: list[Asked] = field(factory=list)
    log: Log = field(factory=Log)
    books: Books = field(factory=Books)
    ledger: list[dict[str, Any]] = field(factory=list)
    batches: list[dict[str, Any]] = field(factory=list)
    strayed: set[str] = field(factory=set)  # tags of orders that their sender gave up on
    kills: int = 0

    @property
    def outcomes(self) -> list[str]:
        """Give how each batch ended."""
        return [batch["outcome"] for batch in self.batches]


def run_script(script: Script) -> Played:
    """Play a story to its end; Broken when something fails on the way. To be judged then."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    clock = MockClock(autojump_threshold=0)
    trio._core._run._ALLOW_DETERMINISTIC_SCHEDULING = True
    trio._core._run._r.seed(script.seed)
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder:
        try:
            return trio.run(_run, script, Path(folder), clock=clock)
        except BaseExceptionGroup as group:
            found = group.subgroup(Broken)
            while isinstance(found, BaseExceptionGroup):
                found = found.exceptions[0]
            if found is None:
                raise
            raise found from None


async def _run(script: Script, folder: Path) -> Played:
    random = Random(script.seed)
    options = PaperOptions(
        upstream=script.upstream,
        accounts=ACCOUNTS,
        seed=script.seed,
        ledger=folder / "ledger",
        faults=tuple(_faults(script.weather, script.length_s)),
    )
    played = Played(script)
    client = Client("the subscriber", played.log, Random(random.random()), books=played.books)
    async with open_paper(options, now=wall_clock) as broker, trio.open_nursery() as nursery:
        network = LongWire(broker, Random(random.random()), nursery=nursery)
        disk = Disk(Random(random.random()))
        config = _config(folder, script)
        gateway = mortal_gateway(config, network, Random(random.random()), disk)
        nursery.start_soon(gateway.run)
        nursery.start_soon(client.run, gateway.dial)
        desk = Desk(script, gateway, played.asked)
        await trio.sleep_until(BEGIN_S)
        await _until_ready(gateway)
        is_played = trio.Event()
        nursery.start_soon(_play, desk, is_played)
        market = Trader(broker.desk.market, ACCOUNTS, Random(random.random()), open_max=5)
        with trio.move_on_at(BEGIN_S + script.length_s):
            await _spoil(script, gateway, network, market)
        disk.is_full = disk.is_stuck = network.is_down = False
        disk.delay_s, network.odds, network.stray = 0.0, Odds(), 0.0
        with trio.fail_after(PLAYED_WITHIN_S):
            await is_played.wait()
        await until_calm(played.log, played.books, partial(_ledger, folder), network, gateway)
        for account in ACCOUNTS:
            played.batches += await desk.batches(account)
        nursery.cancel_scope.cancel()
    played.strayed, played.kills = network.strayed, gateway.kills
    played.ledger = _ledger(folder)
    return played


async def _play(desk: Desk, is_played: trio.Event) -> None:
    await desk.play(BEGIN_S)
    is_played.set()


async def _until_ready(gateway: Mortal) -> None:
    answer = await gateway.request("GET", "/ready")
    assert answer.status == 200, answer.body


async def _spoil(script: Script, gateway: Mortal, network: LongWire, market: Trader) -> None:
    """Let everything go wrong, until cancelled."""
    weather = script.weather
    network.odds = Odds(weather.unreachable, weather.lost_answer, 0.0, weather.latency_s)
    network.stray = weather.stray
    gateway.disk.delay_s = weather.disk_s
    async with trio.open_nursery() as nursery:
        for trouble in script.troubles:
            nursery.start_soon(_happen, trouble, gateway, network)
        if weather.rate:
            nursery.start_soon(pace, market, weather.rate)
        await trio.sleep_forever()


async def _happen(trouble: Trouble, gateway: Mortal, network: LongWire) -> None:
    await trio.sleep_until(BEGIN_S + trouble.at_ms / 1000)
    match trouble.what:
        case "kill":
            gateway.kill()
        case "ambush":
            with trio.move_on_after(AMBUSH_S):
                await _until_a_way_out(gateway)
                gateway.kill()
        case "cut":
            network.cut()
        case "away":
            network.is_down = True
            network.cut()
            await trio.sleep(trouble.for_ms / 1000)
            network.is_down = False
        case "full":
            gateway.disk.is_full = True
            await trio.sleep(trouble.for_ms / 1000)
            gateway.disk.is_full = False
        case "stuck":
            gateway.disk.is_stuck = True
            await trio.sleep(trouble.for_ms / 1000)
            gateway.disk.is_stuck = False
        case "halt" | "sweep":
            await _control(gateway, "halt", {"cancel_open": trouble.what == "sweep"})
        case _:
            await _control(gateway, "resume", None)


async def _until_a_way_out(gateway: Mortal) -> None:
    """Wait until a batch of the first account is flattening something."""
    while True:
        with suppress(NoAnswer):
            answer = await gateway.request("GET", f"/accounts/{ACCOUNTS[0]}/batch-orders")
            running = [row for row in answer.body["data"] if row["outcome"] is None]
            if any(s["action"] == "flatten" for row in running for s in row["rollback"]):
                return
        await trio.sleep(LOOK_EACH_S)


async def _control(gateway: Mortal, word: str, body: Any) -> None:
    """Say a word to the first account; who finds nobody there leaves it."""
    try:
        await gateway.request("POST", f"/accounts/{ACCOUNTS[0]}/{word}", body)
    except NoAnswer:
        return


# ----------------------------------------------------------------------------------- helpers


def _ledger(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "ledger").read_text().splitlines()]


def _faults(weather: Weather, length_s: float) -> Iterator[Fault]:
    """Give the broker's own faults, from the story's beginning to the end of its troubles."""
    when = {"from_s": BEGIN_S, "for_s": length_s}
    if weather.refused:
        yield Fault("refuse", probability=weather.refused, on=("orders",), **when)
    if weather.refused_reads:
        yield Fault("refuse", probability=weather.refused_reads, on=("reads", "socket"), **when)
    if weather.late:
        yield Fault("late", probability=weather.late, delay_s=3.0, on=("orders",), **when)
    if weather.silent:
        yield Fault("silent", probability=weather.silent, **when)
    if weather.dropped:
        yield Fault("drop", probability=weather.dropped, **when)


def _config(folder: Path, script: Script) -> Config:
    limits = LimitsConfig(calls_per_minute=script.weather.calls_per_minute)
    return Config(
        accounts={
            AccountId(name): evolve(
                account_at(script.upstream, name, URL, "paper"),
                reconcile_s=RECONCILE_S,
                fill_wait_s=FILL_WAIT_S,
                limits=limits,
            )
            for name in ACCOUNTS
        },
        store=StoreConfig(str(folder / "store.db")),
    )
