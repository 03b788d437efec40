"""The brokers' lists of instruments: loaded from their addresses, again each day, kept while good.

    address ──▶ Source ── ask ─▶ read, off the loop ─▶ Instruments ──▶ Listed ──▶ batches
                  ▲ └── failed: the last good list stays; a message; again after a pause
                  └──── 06:00, 08:35 and 09:05 IST: lists are published at about half past eight

Accounts that name one address share its source. Nothing waits for a list: an account comes live
without one, and a batch of what is not listed yet is refused with 503, but for exits.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Final, Literal, TypeAlias

import structlog
import trio
from attrs import define, field, frozen

from .domain.config import AccountConfig
from .domain.days import IST
from .domain.errors import (
    BrokerError,
    BrokerProtocol,
    DecodeError,
    NeedsLogin,
    StoreError,
    Unavailable,
)
from .domain.ids import AccountId, MessageId
from .domain.instrument_rows import Instrument
from .domain.instruments import Instruments, read_list
from .domain.model import Draft, Message
from .runtime.seams import HttpRequest, Seams
from .runtime.supervisor import Backoff, GaveUp, supervise
from .upstream import BrokerLogin
from .writer import Writer

log = structlog.get_logger()

LOAD_S: Final = 60.0  # what one list gets to come: 20 MB, over any line
LOADS_AT_ONCE: Final = 2
LOGIN_PAUSE_S: Final = 300.0  # while no token is taken
PAUSES: Final = Backoff(first_s=5.0, most_s=300.0)
# A day begins at six; brokers publish at about 08:30, at times late, and trading begins at nine.
AGAIN_AT: Final = (time(6), time(8, 35), time(9, 5))
SPREAD_S: Final = 30.0  # so that not every gateway of a broker comes in the same second
OK: Final = 200
REFUSED: Final = (401, 403)

Level: TypeAlias = Literal["info", "warning"]


@define(eq=False)
class Source:
    """One address: who may ask there, whose list it is, and what it brought last.

    `logins` are those of the accounts for which it is their own broker's; none where anyone may
    ask. `failure` says why the last try brought nothing, and is empty when it did; `is_told`,
    whether a message says so.
    """

    address: str
    accounts: list[AccountId] = field(factory=list)
    logins: deque[BrokerLogin] = field(factory=deque)
    instruments: Instruments | None = None
    loaded_at: datetime | None = None
    failure: str = ""
    is_told: bool = False
    wake: trio.Event = field(factory=trio.Event)

    def headers(self) -> Mapping[str, str]:
        """Give what the broker wants to see; NeedsLogin while none of the accounts is logged in."""
        refusal: NeedsLogin | None = None
        for login in self.logins:
            try:
                return login.list_headers()
            except NeedsLogin as error:
                refusal = error
        if refusal is not None:
            raise refusal
        return {}


@frozen
class Listed:
    """An account's instruments, as far as its sources have brought them."""

    sources: Sequence[Source] = ()

    def get(self, exchange: str, tradingsymbol: str) -> Instrument | None:
        """Find an instrument; None where no list has it, or the one that has is not there."""
        for source in self.sources:
            if source.instruments is not None:
                found = source.instruments.get(exchange, tradingsymbol)
                if found is not None:
                    return found
        return None

    @property
    def missing(self) -> str:
        """Say what is not loaded yet, and why; empty when nothing is missing."""
        for source in self.sources:
            if source.instruments is None:
                return f"{source.address}: {source.failure or 'it is being asked for'}"
        return ""

    @property
    def loaded_at(self) -> datetime | None:
        """Give when the oldest of its lists was loaded; None while one is missing."""
        moments = [source.loaded_at for source in self.sources]
        known = [moment for moment in moments if moment is not None]
        return min(known) if known and len(known) == len(moments) else None

    def __len__(self) -> int:
        return sum(len(source.instruments or ()) for source in self.sources)


NONE_ASKED_FOR: Final = Listed()


class Listings:
    """The lists of all accounts: `add` joins an account in, `run` keeps them, `of` is one's."""

    def __init__(self, seams: Seams, writer: Writer) -> None:
        self._seams = seams
        self._writer = writer
        self._sources: dict[str, Source] = {}
        self._of: dict[AccountId, Listed] = {}
        self._turns = trio.Semaphore(LOADS_AT_ONCE)

    def add(self, name: AccountId, account: AccountConfig, login: BrokerLogin | None) -> Listed:
        """Give an account's list, which fills while `run` runs; what a file said is there."""
        if isinstance(account.instruments, Instruments):
            fixed = Source("", instruments=account.instruments, loaded_at=self._seams.now())
            sources = [fixed]
        else:
            sources = [self._join(name, at, account, login) for at in account.list_addresses]
        self._of[name] = Listed(tuple(sources))
        return self._of[name]

    def of(self, account: AccountId) -> Listed:
        """Give an account's list."""
        return self._of[account]

    async def keep(self, falls: deque[float] | None = None) -> None:
        """Run under a supervisor; where that gives up, the lists stay as they are."""
        try:
            await supervise("listings", self.run, random=self._seams.random, falls=falls)
        except GaveUp as error:
            log.exception("lists of instruments given up", reason=str(error))

    async def run(self) -> None:
        """Keep every source loaded, until cancelled; return at once where there is none."""
        async with trio.open_nursery() as nursery:
            for source in self._sources.values():
                nursery.start_soon(self._keep, source)

    def renew(self, account: AccountId) -> None:
        """Ask at once where a list waits for a login: there is a new token."""
        for source in self._of[account].sources:
            if source.logins:
                source.wake.set()

    # ------------------------------------------------------------------------------- keeping

    async def _keep(self, source: Source) -> None:
        failures = 0
        while True:
            source.wake = trio.Event()
            try:
                instruments = await self._load(source)
            except BrokerError as error:
                await self._tell_failed(source, error)
                failures += 1
                pause_s = self._pause_s(source, error, failures)
                with trio.move_on_after(pause_s):
                    await source.wake.wait()
            else:
                await self._take(source, instruments)
                failures = 0
                now = self._seams.now()
                pause_s = (next_load(now) - now).total_seconds()
                await trio.sleep(pause_s + self._seams.random.uniform(0, SPREAD_S))

    def _pause_s(self, source: Source, error: BrokerError, failures: int) -> float:
        """Decide when to try again; once every login was refused, a new one is what wakes us."""
        if isinstance(error, NeedsLogin) and failures % len(source.logins) == 0:
            return LOGIN_PAUSE_S
        return PAUSES.pause_s(failures - 1, self._seams.random)

    async def _load(self, source: Source) -> Instruments:
        """Ask for a list and read it; a BrokerError says why it cannot be had."""
        request = HttpRequest("GET", source.address, source.headers())
        async with self._turns:
            answer = await self._seams.http(request, timeout_s=LOAD_S)
            if answer.status in REFUSED and source.logins:
                source.logins.rotate(-1)
                raise NeedsLogin(f"the broker refused to give it, with {answer.status}")
            if answer.status != OK:
                raise BrokerProtocol(f"its server answered {answer.status}")
            try:
                return await self._seams.offload(read_list, answer.body)
            except DecodeError as error:
                raise BrokerProtocol(f"it cannot be read: {error.faults[0]}") from None

    def _join(
        self, name: AccountId, address: str, account: AccountConfig, login: BrokerLogin | None
    ) -> Source:
        source = self._sources.setdefault(address, Source(address))
        source.accounts.append(name)
        if login is not None and address in account.own_lists:
            source.logins.append(login)
        return source

    # ------------------------------------------------------------------------------- telling

    async def _take(self, source: Source, instruments: Instruments) -> None:
        was_told, source.failure, source.is_told = source.is_told, "", False
        source.instruments, source.loaded_at = instruments, self._seams.now()
        log.info("instruments", address=source.address, rows=len(instruments))
        if instruments.wrong:
            text = f"{instruments.wrong} rows cannot be read and do not count, the first at "
            await self._tell(source, "warning", text + str(instruments.faults[0]))
        elif was_told:
            await self._tell(source, "info", "it is loaded")

    async def _tell_failed(self, source: Source, error: BrokerError) -> None:
        """Say so once, when it begins; a login that is missing is told by the account itself."""
        source.failure = str(error)
        log.warning("instruments", address=source.address, reason=source.failure)
        if source.is_told or isinstance(error, NeedsLogin):
            return
        source.is_told = True
        if source.loaded_at is not None:
            meanwhile = f"the list of {source.loaded_at.astimezone(IST):%d %b, %H:%M} IST stays"
        else:
            meanwhile = "until it is there no batch of what it may list is taken"
        await self._tell(source, "warning", f"{error}; {meanwhile}")

    async def _tell(self, source: Source, level: Level, text: str) -> None:
        """Tell every account that uses the source; what the store does not take is in the log."""
        now, now_s = self._seams.now(), trio.current_time()
        subject = MessageId(f"instruments:{source.address}:{now.isoformat()}")
        said = f"the list of instruments at {source.address}: {text}"
        message = Message(subject, level, said, None, now)
        drafts = [
            Draft("message", account, subject, message, now, now_s) for account in source.accounts
        ]
        try:
            await self._writer.commit(drafts)
        except (Unavailable, StoreError) as error:
            log.warning("a message is lost", text=said, reason=str(error))


def next_load(moment: datetime) -> datetime:
    """Give when lists are loaded next, after a moment that they were loaded at; in UTC."""
    there = moment.astimezone(IST)
    today = (datetime.combine(there.date(), at, IST) for at in AGAIN_AT)
    tomorrow = datetime.combine(there.date() + timedelta(days=1), AGAIN_AT[0], IST)
    return min(at for at in (*today, tomorrow) if at > there).astimezone(UTC)
