"""The sandbox broker as a whole: options in, a broker that can be spoken to out.

    open_paper(options) ──▶ ledger read back ──▶ market paced ──▶ PaperBroker.handle / .stream

It runs the same under a virtual clock in one process and behind real sockets (`server.py`).
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Final

import trio
from attrs import field, frozen, validators

from web.sandbox.desk import Desk
from web.sandbox.exchange import Change, Exchange
from web.sandbox.face import Admission, Face
from web.sandbox.faults import Fault, Faults, read_faults
from web.sandbox.fyers.face import Fyers
from web.sandbox.http import Request, Response
from web.sandbox.kite.face import Kite
from web.sandbox.ledger import Entry, Ledger
from web.sandbox.market import Market
from web.sandbox.orders import Now
from web.sandbox.prices import Prices
from web.sandbox.sockets import Hub, Socket
from web.sandbox.ticker_service.face import TickerService
from web.sandbox.trader import Trader

FACES: Final[Mapping[str, Callable[[Desk], Face]]] = {
    "ticker_service": TickerService,
    "fyers": Fyers,
    "kite": Kite,
}
UPSTREAMS: Final = tuple(FACES)
STEPS_A_TURN: Final = 4
"""Changes that a late market makes in one turn: few, or the sockets would starve for it."""


def utc_now() -> datetime:
    """Give the real wall clock."""
    return datetime.now(UTC)


@frozen
class PaperOptions:
    """What to run. `rate` is changes a second over all accounts; 0 is a market that stands still.

    `ledger` is a file that is made when it is not there; `faults` a TOML file, or the faults
    themselves. Raises ValueError, naming the option, for what cannot be run.
    """

    upstream: str = field(default="ticker_service", validator=validators.in_(UPSTREAMS))
    accounts: tuple[str, ...] = field(default=("primary",), validator=validators.min_len(1))
    rate: float = field(default=0.0, validator=[validators.ge(0), validators.le(10_000)])
    seed: int = 0
    latency_ms: float = field(default=0.0, validator=[validators.ge(0), validators.le(60_000)])
    api_key: str = field(default="paper", validator=validators.min_len(1), repr=False)
    ledger: Path | None = None
    faults: Path | tuple[Fault, ...] = ()


class PaperBroker:
    """A running broker: `handle` one HTTP request, `admit` and `stream` one websocket."""

    def __init__(self, desk: Desk, face: Face) -> None:
        self.desk = desk
        self._face = face

    @property
    def exchange(self) -> Exchange:
        """The books, for who looks from inside."""
        return self.desk.market.exchange

    def meet(self, faults: Sequence[Fault]) -> None:
        """Meet these faults from now on, and none of those before."""
        self.desk.faults.use(faults, self.desk.elapsed_s())

    async def handle(self, request: Request) -> Response:
        """Answer one request, sooner or later or never."""
        return await self._face.handle(request)

    def admit(
        self, path: str, query: dict[str, str], headers: dict[str, str] | None = None
    ) -> Admission | Response:
        """Whether to accept a websocket handshake; else the answer to refuse it with."""
        return self._face.admit(Request("GET", path, query, headers or {}))

    async def stream(self, socket: Socket, admission: Admission) -> None:
        """Serve one accepted websocket until either side ends it."""
        await self._face.stream(socket, admission)


@asynccontextmanager
async def open_paper(options: PaperOptions, *, now: Now = utc_now) -> AsyncIterator[PaperBroker]:
    """Run a broker for as long as the block does.

    Resource handling: the ledger is closed and the market stopped at the end; calls of `handle`
    and `stream` must have ended by then.
    Error handling: FaultFileError, LedgerError and OSError for what cannot be read.
    """
    faults = options.faults
    if isinstance(faults, Path):
        faults = read_faults(faults)
    ledger = Ledger(options.ledger) if options.ledger is not None else None
    try:
        broker = _assemble(options, Faults(faults, Random(options.seed + 1)), ledger, now)
        async with trio.open_nursery() as nursery:
            if options.rate:
                trader = Trader(broker.desk.market, options.accounts, Random(options.seed + 2))
                nursery.start_soon(pace, trader, options.rate, broker.desk.is_still)
            yield broker
            nursery.cancel_scope.cancel()
    finally:
        if ledger is not None:
            ledger.close()


async def pace(trader: Trader, rate: float, is_still: Callable[[], bool] = lambda: False) -> None:
    """Step the market `rate` times a second, each step at its own deadline, for ever.

    A market that was held up makes up for it in turns of STEPS_A_TURN; one that stood still does
    not.
    """
    began, done = trio.current_time(), 0
    while True:
        await trio.sleep_until(began + (done + 1) / rate)
        late = int((trio.current_time() - began) * rate) - done
        for _ in range(max(1, min(late, STEPS_A_TURN))):
            if not is_still():
                trader.step()
            done += 1


def _assemble(
    options: PaperOptions, faults: Faults, ledger: Ledger | None, now: Now
) -> PaperBroker:
    faces: list[Face] = []

    def tell(change: Change) -> None:
        for face in faces:
            face.tell(change)

    def record(entries: Sequence[Entry]) -> None:
        if ledger is not None:
            ledger.write(entries)

    exchange = Exchange(options.accounts, now, record, tell)
    if ledger is not None:
        exchange.restore(ledger.open())
    desk = Desk(
        accounts=options.accounts,
        api_key=options.api_key,
        market=Market(exchange, Prices(Random(options.seed)), Random(options.seed + 3)),
        faults=faults,
        hub=Hub(),
        now=now,
        started_s=trio.current_time(),
        latency_s=options.latency_ms / 1000,
    )
    face = FACES[options.upstream](desk)
    faces.append(face)
    return PaperBroker(desk, face)
