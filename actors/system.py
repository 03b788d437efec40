"""The door: builds the tree in nursery order, and closes it in reverse.

    open_system(config)
      store, locked ── journal, view
        └─ nursery: writer
             └─ nursery: broadcaster, one supervised stream an account, batches

The writer outlives those who write to it: on the way out the streams stop first, what they have
handed over is made durable, and only then is the store closed.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from random import Random
from typing import Any, Final

import structlog
import trio
from attrs import evolve

from .admission import Admission, calls_made
from .batch import BatchDesk
from .book import Book
from .broadcaster import Broadcaster
from .controls import Controls, Held
from .domain.batch import Batch, BatchRequest, IdempotencyClaim, LegRequest, OnFailure
from .domain.budget import Budget
from .domain.config import AccountConfig, Config
from .domain.days import trading_day
from .domain.errors import Refused
from .domain.ids import AccountId, BatchId, Epoch, LogPosition, OrderId
from .domain.model import AccountStatus, Event
from .domain.rehearsal import DryRun
from .listings import Listings
from .logins import Door, Logins
from .orders import OrderAnswer, OrderDesk
from .retention import Retention
from .runner import Means
from .runtime.journal import Journal
from .runtime.limits import Breaker, Gate
from .runtime.seams import Seams, real_seams
from .runtime.service import running
from .runtime.supervisor import GaveUp, supervise
from .storage.collector import no_collector
from .storage.sqlite import open_store
from .storage.tokens import TokenFile
from .stream import AccountStream
from .upstream import PUSH_POSITIONS, Change, Upstream
from .upstream.fyers import open_fyers
from .upstream.guarded import guarded
from .upstream.kite import open_kite
from .upstream.ticker_service import open_ticker_service
from .view import View
from .writer import Writer

log = structlog.get_logger()

SETTLE_S: Final = 2.0  # what running batches get at the end; a restart takes the rest up
FLUSH_S: Final = 1.0  # what the writer gets to make durable what it was handed
TAIL_LOADED_MAX: Final = 10_000  # events in memory from the start, for those who come back

UPSTREAMS: Final[dict[str, Callable[[AccountId, AccountConfig, Seams], Upstream]]] = {
    "ticker_service": open_ticker_service,
    "fyers": open_fyers,
    "kite": open_kite,
}


class System:
    """A running gateway. Made by `open_system`, and good until its block ends."""

    def __init__(
        self,
        *,
        config: Config,
        seams: Seams,
        journal: Journal,
        writer: Writer,
        streams: dict[AccountId, AccountStream],
        batches: BatchDesk,
        controls: dict[AccountId, Controls],
        logins: Logins,
        listings: Listings,
    ) -> None:
        self.config = config
        self.seams = seams
        self.journal = journal
        self.writer = writer
        self.streams = streams
        self.broadcaster = Broadcaster(journal)
        self.batches = batches
        self.controls = controls
        self.logins = logins
        self.listings = listings
        self.started_at = seams.now()
        self.falls: dict[str, deque[float]] = defaultdict(deque)  # each actor's, of the last minute

    @property
    def accounts(self) -> tuple[AccountId, ...]:
        """Name the accounts, in the configuration's order."""
        return tuple(self.streams)

    def view(self, account: str) -> View:
        """Give an account's book and its position: both at once, no checkpoint between."""
        book = self.journal.view.get(AccountId(account))
        if book is None:
            raise Refused(404, f"there is no account {account}")
        return View(self.journal.position, book)

    def status(self, account: AccountId) -> AccountStatus:
        """Give an account's row of `/ws/status`."""
        row = self.streams[account].status
        return evolve(row, last_update_at=self.journal.view[account].updated_at)

    def services(self) -> list[Callable[[], Awaitable[None]]]:
        """Give what runs, each under its supervisor."""
        controls = self.controls.items()
        return [
            partial(self._keep, "broadcaster", self.broadcaster.run),
            partial(self._keep, "batches", self.batches.run),
            partial(self.listings.keep, self.falls["listings"]),
            partial(Retention(self).keep, self.falls["retention"]),
            *(partial(self._keep_stream, stream) for stream in self.streams.values()),
            *(partial(self._keep, f"controls {name}", each.run) for name, each in controls),
        ]

    async def _keep(self, name: str, run: Callable[[], Awaitable[None]], **more: Any) -> None:
        await supervise(name, run, random=self.seams.random, falls=self.falls[name], **more)

    async def _keep_stream(self, stream: AccountStream) -> None:
        """Supervise one account. One that cannot be kept up is down; the others go on."""
        name = f"stream {stream.account_id}"
        try:
            await self._keep(name, stream.run, on_fall=stream.fell)
        except GaveUp as error:
            log.exception("account given up", account=stream.account_id, reason=str(error))
            await stream.give_up(error)

    def not_ready(self) -> list[AccountId]:
        """Name the accounts that have not reconciled since the start."""
        return [name for name, s in self.streams.items() if not s.reconciled_once.is_set()]

    async def events(
        self, account: str | None = None, since: LogPosition | None = None
    ) -> AsyncIterator[Event]:
        """Give events as they are committed, after `since` or from now on; never ends by itself.

        PositionGone when `since` cannot be resumed from.
        """
        if since is not None:
            self.journal.check(since)
        cursor = self.journal.cursor(None if since is None else since.offset)
        while True:
            for event in await cursor.next():
                if account is None or event.account_id == account:
                    yield event

    async def place_batch(
        self,
        account: str,
        legs: Sequence[LegRequest],
        *,
        on_failure: OnFailure | None = None,
        wait_s: int = 30,
    ) -> Batch:
        """Check a batch, make it durable, place it, and wait for its end up to `wait_s`.

        `on_failure` is the account's `rollback` setting when not said. Gives the batch as it stands
        then. BadRequest names each leg and field at fault; nothing has been sent in that case.
        """
        request = BatchRequest(tuple(legs), on_failure=on_failure, wait_s=wait_s)
        return await self.submit_batch(account, request)

    async def submit_batch(
        self, account: str, request: BatchRequest, *, claim: IdempotencyClaim | None = None
    ) -> Batch:
        """Do as `place_batch` does for a whole request; a `claim` makes it idempotent."""
        view = self.view(account)
        return await self.batches.place(view.book.account_id, request, claim=claim)

    async def dry_run(self, account: str, request: BatchRequest) -> DryRun:
        """Check a batch as placing it would, say what would be sent and needed; nothing is sent."""
        view = self.view(account)
        return await self.batches.dry_run(view.book.account_id, request)

    async def acknowledge_batch(self, account: str, batch_id: str) -> Batch:
        """Take what an exposed batch left as the desk's own; Refused when it left nothing."""
        account_id = self.view(account).book.account_id
        return await self.batches.acknowledge(account_id, BatchId(batch_id))

    async def flatten_batch(self, account: str, batch_id: str, *, wait_s: float = 30) -> Batch:
        """Try again to unwind what an exposed batch left; Refused when it left nothing."""
        account_id = self.view(account).book.account_id
        return await self.batches.flatten(account_id, BatchId(batch_id), wait_s)

    async def connect(self, account: str) -> AccountStatus:
        """Start an account's stream, or try it again now; give its row."""
        account_id = self.view(account).book.account_id
        await self.streams[account_id].connect()
        return self.status(account_id)

    async def disconnect(self, account: str) -> AccountStatus:
        """Stop an account's stream until `connect` or a restart; give its row."""
        account_id = self.view(account).book.account_id
        await self.streams[account_id].disconnect()
        return self.status(account_id)

    async def use_token(self, account: str, token: str) -> bool:
        """Log an account in with a new token; see `Logins.use`."""
        return await self.logins.use(self.view(account).book.account_id, token)

    async def halt(self, account: str, reason: str = "", *, cancel_open: bool = False) -> Held:
        """Refuse the account's new orders, and cancel its open ones if asked to."""
        return await self._controls(account).halt(reason, cancel_open=cancel_open)

    async def resume(self, account: str) -> Held:
        """End a halt."""
        return await self._controls(account).resume()

    async def deadman(self, account: str, seconds: int, *, cancel_open: bool = False) -> Held:
        """Halt the account unless this is called again in time; 0 ends it."""
        return await self._controls(account).deadman(seconds, cancel_open=cancel_open)

    async def modify_order(self, account: str, order_id: OrderId, change: Change) -> OrderAnswer:
        """Change an open order; see `OrderDesk.modify`."""
        return await self._controls(account).orders.modify(order_id, change)

    async def cancel_order(self, account: str, order_id: OrderId) -> OrderAnswer:
        """Cancel an open order; see `OrderDesk.cancel`."""
        return await self._controls(account).orders.cancel(order_id)

    def _controls(self, account: str) -> Controls:
        return self.controls[self.view(account).book.account_id]


@asynccontextmanager
async def open_system(config: Config, seams: Seams | None = None) -> AsyncIterator[System]:
    """Start a gateway and stop it at the end of the block.

    StoreLocked when another process owns the store, StoreDamaged when the file is not whole.
    """
    if seams is None:
        async with real_seams() as world, open_system(config, world) as system:
            yield system
        return
    store = await seams.offload(
        partial(open_store, Path(config.store.path), make_epoch=partial(make_epoch, seams.random))
    )
    try:
        today = trading_day(seams.now())
        with no_collector():
            load = partial(store.load, today=today, tail_max=TAIL_LOADED_MAX)
            loaded = await seams.offload(load)
            journal = Journal(store, loaded, map(AccountId, config.accounts), seams.offload)
            del loaded
        writer = Writer(store, journal, seams.offload)
        system = build(config, seams, journal, writer)
        await seams.offload(system.logins.begin)
        async with running(writer.run):
            async with running(*system.services()):
                try:
                    yield system
                finally:
                    await system.batches.settle(SETTLE_S)
            with trio.move_on_after(FLUSH_S, shield=True):
                await writer.flush()
    finally:
        with trio.CancelScope(shield=True):
            await seams.offload(store.close)


def build(config: Config, seams: Seams, journal: Journal, writer: Writer) -> System:
    """Make the actors and join them up; nothing runs yet."""
    streams: dict[AccountId, AccountStream] = {}
    means: dict[AccountId, Means] = {}
    controls: dict[AccountId, Controls] = {}
    doors: dict[AccountId, Door] = {}
    listings = Listings(seams, writer)
    for account_id, account in config.accounts.items():
        breaker = Breaker()
        upstream = guarded(UPSTREAMS[account.upstream](account_id, account, seams), breaker)
        view = journal.view[account_id]
        book = Book(view, pushes_positions=account.upstream in PUSH_POSITIONS)
        stream = AccountStream(account, upstream, book, writer, seams)
        if view.status is not None:
            stream.row.remember(view.status.value)
        streams[account_id] = stream
        upstream.on_lock_out = stream.locked_out
        renew = partial(listings.renew, account_id)
        doors[account_id] = Door(upstream, stream, account.access_token, renew)
        listed = listings.add(account_id, account, upstream.login)
        budget = Budget(account.limits)
        budget.load(calls_made(view))
        gate = Gate(account.limits, seams.now, budget)
        orders = OrderDesk(view, journal, stream, upstream, writer, seams, gate.turn)
        controls[account_id] = Controls(orders)
        means[account_id] = Means(view, stream, upstream, writer, seams, gate, breaker, listed)
    logins = Logins(doors, TokenFile.beside(Path(config.store.path)), seams.offload)
    return System(
        config=config,
        seams=seams,
        journal=journal,
        writer=writer,
        streams=streams,
        batches=BatchDesk(journal, means, Admission(config.limits)),
        controls=controls,
        logins=logins,
        listings=listings,
    )


def make_epoch(random: Random) -> Epoch:
    """Make the identity of a new store."""
    return Epoch(f"{random.getrandbits(64):016x}")
