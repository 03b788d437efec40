"""`orderwire paper`: the sandbox broker alone, behind its broker's own wire format.

options ──▶ PaperOptions ──▶ serve_paper ──▶ ready URL … until told to stop
SIGHUP ──▶ --faults again ──▶ its faults, or a word on stderr and nothing changed
"""

from __future__ import annotations

import os
import signal
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, suppress
from functools import partial
from pathlib import Path

import click
import structlog
import trio

from web.sandbox.faults import Fault, FaultFileError, read_faults
from web.sandbox.ledger import LedgerError
from web.sandbox.paper import UPSTREAMS, PaperOptions
from web.sandbox.server import serve_paper

from .faults import BadConfiguration, CannotRun, leaves, listening
from .logs import set_up_logs
from .options import AccountNames
from .process import ended_by, run, say_ready
from .reach import KEY, KEY_NAME, tables

LIFELINE_READ_BYTES = 1024

log = structlog.get_logger()


@click.command("paper", short_help="Run a paper broker alone.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8080,
    show_default=True,
    help="Port to listen on; 0 picks a free one.",
)
@click.option(
    "--upstream",
    type=click.Choice(UPSTREAMS),
    default="ticker_service",
    show_default=True,
    help="The broker whose wire format it speaks.",
)
@click.option(
    "--accounts",
    type=AccountNames(),
    default="primary",
    show_default=True,
    help="Its accounts, with commas between.",
)
@click.option(
    "--rate",
    type=click.FloatRange(0, 10_000),
    default=0.0,
    show_default=True,
    help="Changes of orders a second, over all accounts; 0 is a market that stands still.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of the market.")
@click.option(
    "--latency-ms",
    type=click.FloatRange(0, 60_000),
    default=0.0,
    show_default=True,
    help="How late it answers and tells.",
)
@click.option(
    "--api-key",
    default=KEY,
    show_default=True,
    envvar=KEY_NAME,
    help=f"What every credential of this broker must be; also from {KEY_NAME}. The API key at Kite "
    "is an account's name, and stands for it; so is the app id at Fyers, which may be anything.",
)
@click.option(
    "--ledger",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write what really happens to this file, as JSON lines; started again on the same file, "
    "it is the same broker. Without one it forgets its orders, and begins to count again.",
)
@click.option(
    "--faults",
    type=click.Path(dir_okay=False, path_type=Path),
    help="A TOML file of [[fault]] tables: drop, silent, delay, double, reorder, refuse, late, "
    "lost, dead, still. SIGHUP reads it again.",
)
@click.option("--lifeline", is_flag=True, hidden=True, help="End when stdin does.")
def command(
    *,
    host: str,
    port: int,
    upstream: str,
    accounts: tuple[str, ...],
    rate: float,
    seed: int,
    latency_ms: float,
    api_key: str,
    ledger: Path | None,
    faults: Path | None,
    lifeline: bool,
) -> None:
    """Run a paper broker: a seeded market behind a real broker's wire format.

    It prints `ready URL` on stdout when it serves, and logs on stderr; there it also says what
    stands in orderwire.toml of a gateway that has its accounts.

    An order in one of these symbols, with anything behind the word, does one thing for sure.
    REFUSE: it is refused. REJECT: taken, then rejected. LOST: placed, and its answer never comes.
    GONE: not placed, and no answer. PARTIAL: fills half. REST: rests. FILL: fills. LATE: fills
    just as it is cancelled. STUCK: fills, and cannot be closed.

    Exit status: 0 when ended as asked, 2 for a fault of the command line or the faults file, 1
    for a port or a ledger that cannot be had.
    """
    set_up_logs()
    try:
        options = PaperOptions(
            upstream=upstream,
            accounts=accounts,
            rate=rate,
            seed=seed,
            latency_ms=latency_ms,
            api_key=api_key,
            ledger=ledger,
            faults=() if faults is None else read_faults(faults),
        )
    except FaultFileError as error:
        raise BadConfiguration(str(error)) from None
    except ValueError as error:
        raise BadConfiguration(f"paper: {error.args[0]}") from None
    run(partial(serve, options, host, port, lifeline=lifeline, faults=faults))


async def serve(
    options: PaperOptions,
    host: str,
    port: int,
    stop: trio.Event,
    *,
    lifeline: bool,
    faults: Path | None = None,
) -> None:
    """Serve a broker until told to stop. CannotRun for a port or a ledger that is not to be had."""
    async with AsyncExitStack() as opened:
        more = None
        if faults is not None:
            signals = opened.enter_context(trio.open_signal_receiver(signal.SIGHUP))
            more = faults_at_signals(signals, faults)
        await opened.enter_async_context(ended_by(stop))
        nursery = await opened.enter_async_context(trio.open_nursery())
        with listening(host, port):
            try:
                url = await nursery.start(partial(serve_paper, options, host, port, faults=more))
            except Exception as error:
                damaged = [leaf for leaf in leaves(error) if isinstance(leaf, LedgerError)]
                if damaged:
                    raise CannotRun(str(damaged[0])) from None
                raise
        if not lifeline:
            say_how_to_reach(options, url)
        say_ready(url)
        if lifeline:
            nursery.start_soon(stop_at_the_end_of_stdin, stop)


def say_how_to_reach(options: PaperOptions, url: str) -> None:
    """Say on stderr what a gateway's configuration needs; nobody there to read it is no fault."""
    lines = tables(options.upstream, options.accounts, url, options.api_key)
    with suppress(OSError):
        click.echo("# A gateway reaches it by these lines in its orderwire.toml:", err=True)
        click.echo("\n".join(lines), err=True)


async def faults_at_signals(
    signals: AsyncIterator[int], path: Path
) -> AsyncIterator[Sequence[Fault]]:
    """Read the faults again at each signal; a file that is wrong changes nothing."""
    async for _ in signals:
        try:
            yield read_faults(path)
        except FaultFileError as error:
            log.warning("the faults stay as they were", reason=str(error))


async def stop_at_the_end_of_stdin(stop: trio.Event) -> None:
    """Set `stop` when whoever holds the other end of stdin is gone, however it went."""
    async with trio.lowlevel.FdStream(os.dup(0)) as stdin:
        while await stdin.receive_some(LIFELINE_READ_BYTES):
            pass
    stop.set()
