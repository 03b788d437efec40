"""The desk's hand, over HTTP: the kill switch and the deadman.

    POST /accounts/{id}/halt      {"cancel_open", "reason"}   POST /halt   every account, at once
    POST /accounts/{id}/resume
    POST /accounts/{id}/deadman   {"seconds", "cancel_open"}
    POST /accounts/{id}/connect   /disconnect: its stream (`admin`)

An answer has the account's row as it now stands, whether that is durable yet (`stored`; it acts in
any case), and what became of the orders that were to be cancelled.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import trio
from attrs import frozen
from quart import Response
from quart_trio import QuartTrio

from actors import System
from actors.controls import Held, check_reason
from actors.domain.errors import Refused
from actors.domain.ids import AccountId
from actors.domain.model import AccountStatus
from actors.domain.wire import plain

from .answers import answer_at, caller
from .bodies import NoFields, read_wish


@frozen
class HaltWish:
    """What `halt` takes."""

    cancel_open: bool = False
    reason: str = ""


@frozen
class DeadmanWish:
    """What `deadman` takes; 0 seconds end it."""

    seconds: int
    cancel_open: bool = False


class Controls:
    """What halts accounts and lets them go on."""

    def __init__(self, system: System) -> None:
        self._system = system

    def add_to(self, app: QuartTrio) -> None:
        """Put the surface into an app."""
        app.add_url_rule("/halt", "halt_all", self.halt_all, methods=["POST"])
        rules: dict[str, Callable[[str], Awaitable[Response]]] = {
            "halt": self.halt,
            "resume": self.resume,
            "deadman": self.deadman,
            "connect": self.connect,
            "disconnect": self.disconnect,
        }
        for name, view in rules.items():
            app.add_url_rule(f"/accounts/<account_id>/{name}", name, view, methods=["POST"])

    async def halt(self, account_id: str) -> Response:
        """Halt one account."""
        account = caller().require("trade", account_id)
        wish = await read_halt()
        held = await self._system.halt(account, wish.reason, cancel_open=wish.cancel_open)
        return self._answer(account, held)

    async def halt_all(self) -> Response:
        """Halt every account that the caller may trade, all at once."""
        accounts = [name for name in self._system.accounts if caller().may("trade", name)]
        if not accounts:
            raise Refused(403, f"{caller().name} may trade in no account")
        wish = await read_halt()
        held: dict[AccountId, Held] = {}

        async def halt(account: AccountId) -> None:
            held[account] = await self._system.halt(
                account, wish.reason, cancel_open=wish.cancel_open
            )

        async with trio.open_nursery() as nursery:
            for account in accounts:
                nursery.start_soon(partial(halt, account))
        rows = [fields_of(account, held[account]) for account in accounts]
        fields = {"status": "success", "count": len(rows), "data": rows}
        return answer_at(self._system.journal.position, fields)

    async def resume(self, account_id: str) -> Response:
        """Let a halted account go on."""
        account = caller().require("trade", account_id)
        await read_wish(NoFields, "a resumption takes no fields")
        return self._answer(account, await self._system.resume(account))

    async def deadman(self, account_id: str) -> Response:
        """Begin, renew or end the account's deadman."""
        account = caller().require("trade", account_id)
        wish = await read_wish(DeadmanWish, "the body is not a deadman", may_be_empty=False)
        held = await self._system.deadman(account, wish.seconds, cancel_open=wish.cancel_open)
        return self._answer(account, held)

    async def connect(self, account_id: str) -> Response:
        """Start the account's stream, or try it again now."""
        account = caller().require("admin", account_id)
        await read_wish(NoFields, "to connect takes no fields")
        return self._row(account, await self._system.connect(account))

    async def disconnect(self, account_id: str) -> Response:
        """Stop the account's stream until it is connected again."""
        account = caller().require("admin", account_id)
        await read_wish(NoFields, "to disconnect takes no fields")
        return self._row(account, await self._system.disconnect(account))

    def _row(self, account: AccountId, row: AccountStatus) -> Response:
        fields = {"status": "success", "account_id": account, "data": plain(row)}
        return answer_at(self._system.journal.position, fields)

    def _answer(self, account: AccountId, held: Held) -> Response:
        fields = {"status": "success", **fields_of(account, held)}
        return answer_at(self._system.journal.position, fields)


async def read_halt() -> HaltWish:
    """Read what `halt` takes, before any account is halted."""
    wish = await read_wish(HaltWish, "the body is not a halt")
    check_reason(wish.reason)
    return wish


def fields_of(account: AccountId, held: Held) -> dict[str, Any]:
    """Give what the desk's word came to, as the contract's fields."""
    return {
        "account_id": account,
        "data": plain(held.status),
        "stored": held.is_told,
        "cancelled": list(held.cancelled),
        "asked": list(held.asked),
        "failed": [plain(failure) for failure in held.failed],
    }
