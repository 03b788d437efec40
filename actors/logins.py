"""The daily login: a token that came in is used at once, and kept for the next start.

POST token ─────────────────────────────┐
login page ─▶ browser back ─▶ exchange ─┴─▶ use ──▶ calls and stream try again at once
                                             └────▶ kept in a file, never in the store
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

import structlog
from attrs import frozen

from .domain.errors import BadRequest, Fault, Refused, StoreError
from .domain.ids import AccountId
from .runtime.seams import Offload
from .storage.tokens import TokenFile
from .stream import AccountStream
from .upstream import BrokerLogin
from .upstream.guarded import Guarded

log = structlog.get_logger()

TOKEN_CHARS_MAX: Final = 4096


def _nobody() -> None:
    """Wake nobody else."""


@frozen
class Door:
    """One account's login, and whom a new token wakes. `configured` is the token it began with."""

    upstream: Guarded
    stream: AccountStream
    configured: str
    on_token: Callable[[], None] = _nobody


@frozen
class Logins:
    """The logins of all accounts."""

    doors: Mapping[AccountId, Door]
    kept: TokenFile
    offload: Offload

    def begin(self) -> None:
        """Use what an earlier run kept. A file that cannot be read costs a login, and no more."""
        try:
            kept = self.kept.load({name: door.configured for name, door in self.doors.items()})
        except StoreError as error:
            log.warning("no token of an earlier run is used", reason=str(error))
            return
        for name, token in kept.items():
            if (login := self.doors[name].upstream.login) is not None:
                login.use(token)

    def url(self, account: AccountId, state: str) -> str:
        """Give the broker's login page; Refused (409) where an account has no login of its own."""
        return self._login(account).url(state)

    async def exchange(self, account: AccountId, query: Mapping[str, str]) -> bool:
        """Log in with what a browser brought back from that page; see `use`."""
        return await self.use(account, await self._login(account).exchange(query))

    async def use(self, account: AccountId, token: str) -> bool:
        """Log in with a token; say whether it is kept for the next start.

        It is used in any case. BadRequest when it cannot be one; Refused (409) where an account
        has no login of its own.
        """
        login = self._login(account)
        if not (0 < len(token) <= TOKEN_CHARS_MAX and token.isascii() and token.isprintable()):
            message = f"1 to {TOKEN_CHARS_MAX} printable ASCII characters are needed"
            raise BadRequest("that is no token", (Fault("$.access_token", message),))
        door = self.doors[account]
        login.use(token)
        door.upstream.renew()
        door.stream.renew()
        door.on_token()
        log.info("a new token is in use", account=account)
        try:
            await self.offload(partial(self.kept.keep, account, token, door.configured))
        except StoreError as error:
            log.warning("the token is not kept for the next start", reason=str(error))
            return False
        return True

    def _login(self, account: AccountId) -> BrokerLogin:
        login = self.doors[account].upstream.login
        if login is None:
            raise Refused(409, f"account {account} needs no login here: its broker's side has it")
        return login
