"""One account's stream: held open, checked against the broker, told of when it is not.

    hold      open ─▶ relay each report to the book ─▶ lost ─▶ pause (1 s → 60 s) ─▶ open …
    keep true snapshot on connect, on silence, on a period, when asked ─▶ diff into the book
                                                        both ──▶ drafts ──▶ writer

A broker's stream is fire-and-forget, so a snapshot is as much a source. `silent`: one found what
had not been told; it polls. `needs_login`: credentials were refused; it rests until a new token.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import trio

from .agenda import Agenda, period_s
from .book import Book
from .domain.config import AccountConfig
from .domain.days import begin_of, next_begin, trading_day
from .domain.errors import BrokerError, DecodeError, NeedsLogin
from .domain.model import AccountStatus, Note, OrderReport, Report, StreamState
from .ground import Ground
from .holdings import Heard
from .runtime.seams import Seams
from .runtime.supervisor import Backoff
from .status import STORE_PAUSE_S, StatusRow
from .switch import Switch
from .upstream import ReportStream, Upstream
from .upstream.histories import ask_histories
from .writer import Writer

LIVED_S: Final = 10.0  # a stream that lived this long was a success: the back-off starts again
DOWN_AFTER: Final = 3  # failed attempts in a row, after which `connecting` is called `down`
LOGIN_PAUSE_S: Final = 300.0  # how long refused credentials rest
DOUBT_PAUSE_S: Final = 30.0  # after one call that was refused, before they are tried again
STOP_S: Final = 2.0  # what a stream gets to close
QUESTION_PAUSE_S: Final = 0.2  # between two questions of any kind
HISTORIES_MAX: Final = 100  # lives asked for in one reconcile
CHUNK: Final = 200  # rows taken between two checkpoints


class AccountStream:
    """Supervises one account."""

    def __init__(
        self, config: AccountConfig, upstream: Upstream, book: Book, writer: Writer, seams: Seams
    ) -> None:
        self.account_id = book.account_id
        self.book = book
        self.reconciled_once = trio.Event()
        self.row = StatusRow(self.account_id, config.upstream, writer, seams)
        self.config = config
        self._upstream = upstream
        self._writer = writer
        self._seams = seams
        self._backoff = Backoff()
        self._ground = Ground(book, self.row, writer, self.nudge)
        self._wake = trio.Event()
        self._connects = 0
        self._agenda = Agenda()
        self.switch = Switch()
        self._stopped = trio.Event()
        self._refusal: NeedsLogin | None = None

    @property
    def status(self) -> AccountStatus:
        """Give the account's row as it stands."""
        return self.row.now

    async def run(self) -> None:
        """Hold the stream, while it is wanted, and keep the book true, until cancelled."""
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self.switch.run, self._hold, self._stand_still)
            nursery.start_soon(self._keep_true)
            nursery.start_soon(self._ground.follow)

    def fell(self, error: Exception) -> None:
        """Note that a defect ended `run`; it begins again on the view."""
        self.row.note(state="down", connected=False, last_error=type(error).__name__)
        self._ground.lose()

    async def give_up(self, error: Exception) -> None:
        """Tell that nobody runs this account any more."""
        await self._set_state("down", connected=False, error=error)

    def nudge(self) -> None:
        """Ask for a reconcile soon: someone waits for what the stream has not said."""
        self._agenda.ask_full(trio.current_time())
        self._wake.set()

    def locked_out(self, error: NeedsLogin) -> None:
        """Note that the broker refused the credentials in a call of someone else's."""
        self._refusal = error
        self._agenda.rest(trio.current_time() + DOUBT_PAUSE_S)
        self._wake.set()

    def renew(self) -> None:
        """Try again at once: there is a new token."""
        self._refusal = None
        self._agenda.wake()
        self.switch.turn(on=self.switch.is_on)
        self.nudge()

    async def connect(self) -> None:
        """Start the stream; one that waits to be tried again is tried now."""
        if not (self.switch.is_on and self.status.connected):
            self._stopped = trio.Event()
            self._agenda.wake()
            self.switch.turn(on=True)

    async def disconnect(self) -> None:
        """Stop the stream. What a running batch asks for is still asked; nothing else is."""
        if self.switch.is_on:
            self.switch.turn(on=False)
        with trio.move_on_after(STOP_S):
            await self._stopped.wait()

    # ------------------------------------------------------------------------------- hold

    async def _stand_still(self) -> None:
        self._agenda.begin_full()  # nothing is due; a nudge is heard, or no batch could end
        await self._set_state("stopped", connected=False)
        self._stopped.set()
        await trio.sleep_forever()

    async def _hold(self) -> None:
        await self._set_state("connecting", connected=False)
        attempt = 0
        while True:
            opened_s = math.inf
            try:
                async with self._upstream.stream() as reports:
                    opened_s = trio.current_time()
                    await self._connected()
                    while True:
                        await self._relay(reports)
            except NeedsLogin as error:
                await self._set_state("needs_login", connected=False, error=error)
                attempt = 0
                await trio.sleep(LOGIN_PAUSE_S)
                continue
            except BrokerError as error:
                if trio.current_time() - opened_s >= LIVED_S:
                    attempt = 0
                state: StreamState = "down" if attempt >= DOWN_AFTER else "connecting"
                await self._set_state(state, connected=False, error=error)
                self.nudge()
            pause_s = self._backoff.pause_s(attempt, self._seams.random)
            attempt += 1
            await trio.sleep(pause_s)

    async def _connected(self) -> None:
        self._connects += 1
        self._agenda.wake()
        self.row.note(reconnects=self._connects - 1)
        await self._set_state("resyncing", connected=True)
        self.nudge()

    async def _relay(self, stream: ReportStream) -> None:
        try:
            reports = await stream.receive()
        except DecodeError as error:
            # The frame is lost, the stream is not; what it said is found by asking.
            reports = (Note.undecoded(error),)
            self.nudge()
        await self._hear(reports)

    async def _hear(self, reports: Sequence[Report]) -> None:
        heard = Heard(self._seams.now(), trio.current_time())
        for report in reports:
            self._ground.check()
            if not self._ground.is_firm:
                return  # what is discarded here is found by asking
            await self._ground.publish(self.book.hear(report, heard))
            if self.status.state == "silent" and isinstance(report, OrderReport):
                await self._set_state("live")
        if self.book.wants_orders:
            self.nudge()
        if self.book.filled:
            self._agenda.ask_fills()
            self._wake.set()

    # -------------------------------------------------------------------------- keep true

    async def _keep_true(self) -> None:
        failures = 0
        await self._turn_to_day()
        while True:
            await self._wait_until_due()
            now_s = trio.current_time()
            if now_s >= self._agenda.day_s:
                await self._turn_to_day()
            if now_s >= self._agenda.silence_s:
                await self._judge_silence()
            try:
                if now_s >= self._agenda.full_s:
                    await self._reconcile()
                elif now_s >= self._agenda.fills_s:
                    await self._fetch_fills()
                failures = 0
            except NeedsLogin as error:
                await self._refused(error)
                self._agenda.rest(trio.current_time() + LOGIN_PAUSE_S)
            except BrokerError as error:
                self.row.note(last_error=str(error))
                pause_s = self._backoff.pause_s(failures, self._seams.random)
                failures += 1
                self._agenda.rest(trio.current_time() + pause_s)
            await trio.sleep(QUESTION_PAUSE_S)

    async def _refused(self, error: NeedsLogin) -> None:
        """Say that nothing goes without a new token; an account that was stopped stays that."""
        if self.switch.is_on:
            await self._set_state("needs_login", error=error)

    async def _wait_until_due(self) -> None:
        while True:
            if (refusal := self._refusal) is not None:
                self._refusal = None
                await self._refused(refusal)
            if self._agenda.next_s <= trio.current_time():
                return
            self._wake = trio.Event()
            with trio.move_on_at(self._agenda.next_s):
                await self._wake.wait()

    async def _reconcile(self) -> None:
        """Ask for the whole day, and take what it adds. BrokerError when it could not be had."""
        if not await self._ground.regain():
            self._agenda.full_s = trio.current_time() + STORE_PAUSE_S
            return
        connects = self._connects
        is_first = self.status.state != "live"
        self._agenda.begin_full()
        self.book.wants_orders = False
        self.book.take_filled()
        self.book.untold.clear()
        mark = self.book.mark()
        snapshot = await self._upstream.snapshot()
        moved = self.book.moved(snapshot.orders, mark)[-HISTORIES_MAX:]
        histories = await ask_histories(self._upstream, moved)
        heard = Heard(self._seams.now(), trio.current_time())
        for start in range(0, len(snapshot.orders), CHUNK):
            rows = snapshot.orders[start : start + CHUNK]
            await self._ground.publish(self.book.reconcile(rows, mark, heard, histories))
            await trio.lowlevel.checkpoint()
        if not snapshot.notes:
            begin = begin_of(trading_day(heard.at))
            listed = {row.order_id for row in snapshot.orders}
            await self._ground.publish(self.book.expire(listed, begin, heard))
        await self._ground.publish(self.book.reconcile_fills(snapshot, mark, heard))
        if self.book.filled:
            self._agenda.ask_fills()
        if not self.reconciled_once.is_set():
            await self._writer.flush()
            self._ground.check()
        if self._ground.is_firm:
            # Both without a checkpoint between: an account that is shown live takes batches.
            self.reconciled_once.set()
            await self._reconciled(connects, is_first=is_first)

    async def _reconciled(self, connects: int, *, is_first: bool) -> None:
        """Say what the account is now, and when it is asked next."""
        is_current = connects == self._connects and self.status.connected
        if is_current and self.status.state in ("resyncing", "needs_login"):
            await self._set_state("live")
        if is_first:
            self.book.untold.clear()
        elif self.book.untold:
            self._agenda.doubt(trio.current_time())
        pause_s = period_s(self.config, self.status.state, self.book.open_orders)
        self._agenda.ask_full(trio.current_time() + pause_s)

    async def _turn_to_day(self) -> None:
        """Tell the day when it is a new one; the book then begins again on what is carried over."""
        now = self._seams.now()
        before, today = self.status.trading_day, trading_day(now).isoformat()
        self._agenda.day_s = trio.current_time() + (next_begin(now) - now).total_seconds()
        self.row.note(trading_day=today)
        if before not in (None, today):
            await self._set_state(self.status.state)
            self._ground.lose()

    async def _judge_silence(self) -> None:
        self._agenda.silence_s = math.inf
        if self.book.untold and self.status.state == "live":
            await self._set_state("silent")
            self.nudge()

    async def _fetch_fills(self) -> None:
        begun_s = trio.current_time()
        filled, mark = self.book.take_filled(), self.book.mark()
        self._agenda.begin_fills()
        answer = await self._upstream.fills(filled)
        heard = Heard(self._seams.now(), trio.current_time())
        await self._ground.publish(self.book.reconcile_fills(answer, mark, heard))
        self._agenda.end_fills(begun_s, trio.current_time())
        if self.book.filled:
            self._agenda.ask_fills()

    async def _set_state(
        self,
        state: StreamState,
        *,
        connected: bool | None = None,
        error: Exception | None = None,
    ) -> None:
        """Change the account's row, and tell of it."""
        self.row.note(login_expires_at=self._upstream.expires_at)
        await self._ground.submit([self.row.set_state(state, connected=connected, error=error)])
