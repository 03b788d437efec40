"""How fast a batch is: `python -m tests.load.batch`.

    client ── HTTP ──▶ orderwire serve ── loopback ──▶ orderwire paper --latency-ms 200 --upstream …

speed     four legs at once against the same four one after the other: placed one by one, as a desk
          without batches does, and by one batch in sequence; and against the slowest of them
          alone. Runs alternate, so that a busy machine is unfair to none
fairness  many batches at once over several accounts: all end, and no account waits for another

The last line is a summary. `--latency-ms` is the broker's, there and back.
"""

from __future__ import annotations

import argparse
import hashlib
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import median
from typing import Any, Final

import httpx2
import trio
from attrs import define, field, frozen

from tests.web.commands.processes import account_toml
from web.sandbox.paper import UPSTREAMS

from .latency import machine
from .processes import started

KEY: Final = "ow_load"
HEADERS: Final = {"Authorization": f"Bearer {KEY}"}
ANSWER_S: Final = 150.0
FASTER_MIN: Final = 3.8
OVERHEAD_MAX_PERCENT: Final = 5.0
# Of each kind two that rest and two that fill; a symbol of the market fills at its price.
TEST_SYMBOLS: Final = ("FILLA", "RESTB", "FILLC", "RESTD")
MARKET_SYMBOLS: Final = ("NIFTY25NOVFUT", "BANKNIFTY25NOVFUT", "SBIN", "INFY")


@frozen
class Speed:
    """Medians of one kind of legs, in seconds.

    All at once; placed one by one; one batch in sequence; the slowest of those one by one.
    """

    name: str
    parallel_s: float
    one_by_one_s: float
    sequential_s: float
    slowest_s: float

    @property
    def faster(self) -> float:
        """How many times faster all at once is than one by one."""
        return self.one_by_one_s / self.parallel_s

    @property
    def faster_than_sequential(self) -> float:
        """How many times faster all at once is than one batch in sequence."""
        return self.sequential_s / self.parallel_s

    @property
    def overhead_percent(self) -> float:
        """By how much all at once is slower than its slowest leg alone."""
        return 100 * (self.parallel_s / self.slowest_s - 1)

    def line(self) -> str:
        """Give it as a row."""
        return (
            f"{self.name:<16} parallel {1000 * self.parallel_s:6.1f} ms   one by one "
            f"{1000 * self.one_by_one_s:6.1f} ms ({self.faster:.2f} times)   sequential "
            f"{1000 * self.sequential_s:6.1f} ms ({self.faster_than_sequential:.2f} times)   "
            f"slowest leg {1000 * self.slowest_s:6.1f} ms (overhead {self.overhead_percent:.1f} %)"
        )


@define
class Fairness:
    """How long each account's batches took, in seconds, and how each ended."""

    took_s: dict[str, list[float]] = field(factory=dict)
    outcomes: list[str | None] = field(factory=list)

    @property
    def ratio(self) -> float:
        """The slowest account's median by the fastest's."""
        medians = [median(each) for each in self.took_s.values()]
        return max(medians) / min(medians)

    def lines(self) -> Iterator[str]:
        """Give a row an account."""
        for name, took_s in self.took_s.items():
            yield (
                f"{name:<16} {len(took_s)} batches   p50 {1000 * median(took_s):6.1f} ms   "
                f"max {1000 * max(took_s):6.1f} ms"
            )


@define
class Gateway:
    """A running gateway, asked by one client."""

    http: httpx2.AsyncClient

    async def place(self, account: str, symbols: tuple[str, ...], mode: str) -> tuple[Any, float]:
        """Place a batch and wait for its end; its answer, and the seconds that it took."""
        legs = [leg(symbol) for symbol in symbols]
        body = {"orders": legs, "mode": mode, "on_failure": "keep", "wait_s": 120}
        began_s = trio.current_time()
        answer = await self.http.post(f"/accounts/{account}/batch-orders", json=body)
        took_s = trio.current_time() - began_s
        assert answer.status_code == 200, answer.text
        return answer.json(), took_s


def leg(symbol: str) -> dict[str, Any]:
    """Give a market order of ten."""
    return {
        "tradingsymbol": symbol,
        "exchange": "NFO",
        "transaction_type": "BUY",
        "quantity": 10,
        "order_type": "MARKET",
        "product": "NRML",
    }


async def measure_speed(
    gateway: Gateway, account: str, name: str, symbols: tuple[str, ...], runs: int
) -> Speed:
    """Place the same legs in each way in turn; the first turn is for warmth and does not count."""
    ways = {
        "parallel": [symbols],
        "sequential": [symbols],
        "one by one": [(symbol,) for symbol in symbols],
    }
    took: dict[str, list[float]] = {way: [] for way in (*ways, "slowest")}
    for _ in range(runs + 1):
        for way, batches in ways.items():
            mode = "sequential" if way == "sequential" else "parallel"
            each_s = []
            for batch in batches:
                answer, took_s = await gateway.place(account, batch, mode)
                assert answer["outcome"] == "complete", answer
                each_s.append(took_s)
            took[way].append(sum(each_s))
        took["slowest"].append(max(each_s))
    counted = {way: median(each[1:]) for way, each in took.items()}
    return Speed(
        name, counted["parallel"], counted["one by one"], counted["sequential"], counted["slowest"]
    )


async def measure_fairness(gateway: Gateway, accounts: tuple[str, ...], batches: int) -> Fairness:
    """Place so many batches of two legs at one moment, spread over the accounts."""
    fairness = Fairness({name: [] for name in accounts})

    async def one(account: str) -> None:
        answer, took_s = await gateway.place(account, ("FILLE", "RESTF"), "parallel")
        fairness.took_s[account].append(took_s)
        fairness.outcomes.append(answer["outcome"])

    async with trio.open_nursery() as nursery:
        for number in range(batches):
            nursery.start_soon(one, accounts[number % len(accounts)])
    return fairness


@asynccontextmanager
async def running(
    folder: Path, latency_ms: float, accounts: int, upstream: str
) -> AsyncIterator[Gateway]:
    """Run a broker and a gateway over it, with limits that pace nothing, and a client."""
    names = account_names(accounts)
    words = (
        *("paper", "--port", "0", "--latency-ms", str(latency_ms)),
        *("--accounts", ",".join(names), "--upstream", upstream),
    )
    with started("web", *words, log=folder / "broker.log") as broker:
        config = folder / "orderwire.toml"
        config.write_text(configuration(folder, broker.url, names, upstream))
        log = folder / "gateway.log"
        with started("web", "serve", "--config", str(config), log=log) as served:
            limits = httpx2.Limits(max_connections=None)
            async with httpx2.AsyncClient(
                base_url=served.url, headers=HEADERS, timeout=ANSWER_S, limits=limits
            ) as http:
                await until_ready(http)
                yield Gateway(http)


def account_names(count: int) -> tuple[str, ...]:
    """Name the accounts."""
    return tuple(f"a{number}" for number in range(1, count + 1))


def configuration(folder: Path, broker_url: str, accounts: tuple[str, ...], upstream: str) -> str:
    """Write a configuration whose limits pace nothing."""
    sha256 = hashlib.sha256(KEY.encode()).hexdigest()
    tables = [
        "[server]\nport = 0\nrequests_per_address_s = 100000",
        f'[store]\npath = "{folder / "load.db"}"',
        f'[keys.load]\nsha256 = "{sha256}"\naccounts = ["*"]\nrights = ["read", "trade"]',
        "requests_per_s = 100000\nrequests_burst = 100000",
    ]
    tables.extend(
        f"{account_toml(upstream, name, broker_url, 'paper')}\n"
        f"[accounts.{name}.limits]\ncalls_per_second = 1000\n"
        "calls_per_minute = 60000\ncalls_per_day = 1000000"
        for name in accounts
    )
    return "\n\n".join(tables)


async def until_ready(http: httpx2.AsyncClient) -> None:
    """Wait until every account has reconciled."""
    with trio.fail_after(30):
        while (await http.get("/ready")).status_code != 200:
            await trio.sleep(0.05)


async def measure(asked: argparse.Namespace, folder: Path) -> tuple[list[Speed], Fairness]:
    """Measure both, and print the rows as they come."""
    speeds = []
    async with running(folder, asked.latency_ms, asked.accounts, asked.upstream) as gateway:
        names = account_names(asked.accounts)
        for name, symbols in (("test symbols", TEST_SYMBOLS), ("market symbols", MARKET_SYMBOLS)):
            speeds.append(await measure_speed(gateway, names[0], name, symbols, asked.runs))
            print(speeds[-1].line(), flush=True)
        fairness = await measure_fairness(gateway, names, asked.batches)
        for line in fairness.lines():
            print(line, flush=True)
    return speeds, fairness


def summary(speeds: list[Speed], fairness: Fairness) -> str:
    """Give the last line: the worse of the two kinds of legs, and the accounts' ratio."""
    faster = min(speed.faster for speed in speeds)
    in_sequence = min(speed.faster_than_sequential for speed in speeds)
    overhead = max(speed.overhead_percent for speed in speeds)
    return (
        f"batch: parallel/one by one {faster:.1f}x parallel/sequential {in_sequence:.1f}x "
        f"overhead {overhead:.1f}% "
        f"slowest/fastest account {fairness.ratio:.1f}"
    )


def main(words: list[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.load.batch", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--latency-ms", type=float, default=200.0)
    parser.add_argument("--runs", type=int, default=15, help="of each way, alternating")
    parser.add_argument("--accounts", type=int, default=5)
    parser.add_argument("--batches", type=int, default=50, help="at one moment, over all accounts")
    parser.add_argument("--upstream", choices=UPSTREAMS, default=UPSTREAMS[0])
    asked = parser.parse_args(words)
    print(f"machine: {machine()}", flush=True)
    with tempfile.TemporaryDirectory(prefix="orderwire-batch-") as name:
        speeds, fairness = trio.run(measure, asked, Path(name))
    ended = sum(outcome == "complete" for outcome in fairness.outcomes)
    print(f"{ended} of {asked.batches} batches at once are complete")
    print(f"goal: at least {FASTER_MIN} times faster, overhead at most {OVERHEAD_MAX_PERCENT} %")
    print(summary(speeds, fairness))


if __name__ == "__main__":
    main()
