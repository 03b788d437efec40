"""Who may: keys, what stands for one, rights, and where a browser may come from. Pure.

    Asked ── check_browser ──▶ ok, or 403: another site sent it
          ── identify ───────▶ Caller, or 401        by a key, a ticket, a session, in this order
    Caller ── require(right, account) ─▶ ok, or 403, or 404

A key is known by its SHA-256 alone. All keys are compared, each in constant time, so that how long
a refusal takes tells nothing. A session or a ticket may what its key may, and ends with it. An
account that a caller may not know of is refused in the same words as one that does not exist.
"""

from __future__ import annotations

import hmac
import math
from collections.abc import Callable, Mapping
from datetime import datetime
from hashlib import sha256
from typing import Final

from attrs import define, field, frozen

from actors.domain.config import Config, KeyConfig, Right
from actors.domain.errors import Refused
from actors.domain.ids import AccountId

from .allowances import Allowances
from .asked import LOOPBACK, Asked, is_here, is_page_here, is_same_place
from .cors import is_named
from .sessions import Session, Sessions
from .tickets import Holder, Tickets

__all__ = ["LOOPBACK", "Access", "Asked", "Caller", "WrongKey"]

EVERY_RIGHT: Final[tuple[Right, ...]] = ("read", "trade", "admin")
WORDS_MAX: Final = 200


class WrongKey(Refused):
    """A key was given, and it is none, or no longer good."""

    def __init__(self) -> None:
        super().__init__(401, "the key is not known, or no longer good")


@frozen
class Caller:
    """Someone who is known: by the name of a key, with rights over accounts that exist.

    `session` is the id of the login by which he came, or by which his ticket was made.
    """

    name: str
    accounts: frozenset[AccountId]
    rights: frozenset[Right]
    is_everywhere: bool  # so that an account he cannot find is one that does not exist
    key: KeyConfig | None = None
    session: str | None = None

    def may(self, right: Right, account: str) -> bool:
        """Say whether he has a right over an account."""
        return right in self.rights and account in self.accounts

    def require(self, right: Right, account: str) -> AccountId:
        """Give the account's id. Refused: 403 without the right, 404 when there is none such."""
        if self.may(right, account):
            return AccountId(account)
        if self.is_everywhere and account not in self.accounts:
            raise Refused(404, f"there is no account {account[:80]!r}")
        needed = f"the right {right!r} over account {account[:80]!r}"
        raise Refused(403, f"the key {self.name!r} has not {needed}; {self._extent()}")

    def _extent(self) -> str:
        where = "all accounts" if self.is_everywhere else ", ".join(sorted(self.accounts))
        return f"it has {', '.join(sorted(self.rights))} over {where[:WORDS_MAX] or 'no account'}"

    @property
    def readable(self) -> frozenset[AccountId]:
        """Give the accounts that he may read."""
        return self.accounts if "read" in self.rights else frozenset()

    def require_some_reading(self) -> None:
        """Refuse with 403 one who may read nothing at all."""
        if not self.readable:
            raise Refused(403, f"{self.name} may read no account")


@define
class Access:
    """Who may come in, and how much. Made from a configuration; its keys can be read again."""

    accounts: frozenset[AccountId]
    allowed_origins: frozenset[str]
    keys: Mapping[str, KeyConfig]
    is_open: bool
    allowances: Allowances = field(factory=Allowances)
    sessions: Sessions = field(factory=Sessions, init=False)
    tickets: Tickets = field(factory=Tickets, init=False)
    watchers: set[Callable[[], None]] = field(factory=set, init=False)  # told when someone is out

    @classmethod
    def from_keys(cls, config: Config) -> Access:
        """Let in whoever has a key."""
        origins = frozenset(origin.rstrip("/").lower() for origin in config.server.allowed_origins)
        allowances = Allowances(config.server)
        return cls(frozenset(config.accounts), origins, config.keys, False, allowances)  # noqa: FBT003

    @classmethod
    def open_on_loopback(cls, config: Config) -> Access:
        """Let in everyone on this host, without limits, and no other site's page; for the demo."""
        return cls(frozenset(config.accounts), frozenset(), {}, is_open=True)

    def use_keys(self, config: Config) -> None:
        """Put another configuration's keys in place of the present ones."""
        self.keys = config.keys
        self.sessions.keep_only(self.keys)
        self._tell()

    def check_browser(self, asked: Asked) -> None:
        """Refuse with 403 what a page of another site sends, and names that only point here."""
        if self.is_open:
            if not is_here(asked.host, asked.port):
                raise Refused(403, "this Host is not served here without a key")
            if asked.origin is not None and not is_page_here(asked.origin, asked.port):
                raise Refused(403, "a page of another site may not ask here")
        elif asked.origin is not None:
            is_same = is_same_place(asked.origin, asked.host)
            if not is_same and not is_named(asked.origin, self.allowed_origins):
                raise Refused(403, "this Origin is not allowed here")

    def identify(self, asked: Asked, now: datetime) -> Caller:
        """Find out who asks. WrongKey or another Refused with 401 when that cannot be told.

        Refused with 403 when a page that is not ours would use a browser's session.
        """
        if self.is_open:
            return Caller("anyone here", self.accounts, frozenset(EVERY_RIGHT), is_everywhere=True)
        if asked.key is not None:
            return self._caller(*self._find(asked.key, now))
        if asked.ticket is not None:
            return self._by_ticket(asked.ticket, now)
        if asked.session is not None:
            if not asked.may_use_session:
                raise Refused(403, "with a login, only a page of this gateway may ask for this")
            return self._by_session(asked.session, now)
        words = "`Authorization: Bearer KEY` or `X-API-Key: KEY`; a browser logs in at /login"
        raise Refused(401, f"a key is needed: {words}")

    def stands(self, caller: Caller, now: datetime) -> bool:
        """Say whether a caller who was let in would still be: his key or login may be gone."""
        if caller.key is None:
            return True
        if caller.session is not None and self.sessions.going(caller.session, now) is None:
            return False
        return self.keys.get(caller.name) == caller.key and not _is_over(caller.key, now)

    def left_s(self, caller: Caller, now: datetime) -> float:
        """Say for how long one who was let in may stay, if his key and login do; 0: no more."""
        if not self.stands(caller, now):
            return 0.0
        ends = [] if caller.key is None else [caller.key.expires_at]
        session = None if caller.session is None else self.sessions.going(caller.session, now)
        if session is not None:
            ends.append(session.until)
        return min(((end - now).total_seconds() for end in ends if end), default=math.inf)

    # ----------------------------------------------------------------- what stands for a key

    def log_in(self, given: str, now: datetime) -> tuple[str, Session]:
        """Begin a session with a key: the token for the browser, and the session. WrongKey."""
        token, session = self.sessions.begin(*self._find(given, now), now)
        self._tell()  # the oldest may have ended for it
        return token, session

    def log_out(self, session: str) -> None:
        """End a session, and all that goes on by it."""
        self.sessions.end(session)
        self._tell()

    def issue_ticket(self, caller: Caller, now: datetime) -> tuple[str, datetime]:
        """Give a caller a ticket, and until when it is good. Refused (429) if he has too many."""
        return self.tickets.issue(Holder(caller.name, caller.key, caller.session), now)

    def _by_ticket(self, ticket: str, now: datetime) -> Caller:
        holder = self.tickets.take(ticket, now)
        if holder is not None and holder.key is not None:
            caller = self._caller(holder.name, holder.key, holder.session)
            if self.stands(caller, now):
                return caller
        raise Refused(401, "the ticket is not known, was used already, or is too old")

    def _by_session(self, token: str, now: datetime) -> Caller:
        session = self.sessions.find(token, now)
        key = None if session is None else self.keys.get(session.key_name)
        if session is None or key is None or key.sha256 != session.key_sha256 or _is_over(key, now):
            raise Refused(401, "the login has ended: log in at /login")
        return self._caller(session.key_name, key, session.id)

    def _find(self, given: str, now: datetime) -> tuple[str, KeyConfig]:
        """Find a key among all, with its name. WrongKey when it is none of them."""
        digest = sha256(given.encode()).hexdigest()
        found: tuple[str, KeyConfig] | None = None
        for name, key in self.keys.items():
            if hmac.compare_digest(digest, key.sha256):
                found = (name, key)
        if found is None or _is_over(found[1], now):
            raise WrongKey
        return found

    def _caller(self, name: str, key: KeyConfig, session: str | None = None) -> Caller:
        is_everywhere = "*" in key.accounts
        accounts = self.accounts if is_everywhere else self.accounts & set(key.accounts)
        return Caller(name, frozenset(accounts), frozenset(key.rights), is_everywhere, key, session)

    def _tell(self) -> None:
        for tell in list(self.watchers):
            tell()


def _is_over(key: KeyConfig, now: datetime) -> bool:
    return key.expires_at is not None and key.expires_at <= now
