"""Who may: keys, rights, and where a browser may come from. Pure.

    Asked (headers) ── check_browser ──▶ ok, or 403: another site sent it
                    ── identify ───────▶ Caller, or 401
    Caller ── require(right, account) ─▶ ok, or 403, or 404

A key is known by its SHA-256 alone. All keys are compared, each in constant time, so that how long
a refusal takes tells nothing. An account that a caller may not know of is refused in the same words
as one that does not exist.
"""

from __future__ import annotations

import hmac
import math
from collections.abc import Callable, Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any, Final
from urllib.parse import urlsplit

from attrs import define, field, frozen
from werkzeug.datastructures import Headers

from actors.domain.config import Config, KeyConfig, Right
from actors.domain.errors import Refused
from actors.domain.ids import AccountId

LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})
EVERY_RIGHT: Final[tuple[Right, ...]] = ("read", "trade", "admin")


@frozen
class Asked:
    """What of a request decides who may. `port` is the one it came in by, when that is known."""

    host: str | None = None
    origin: str | None = None
    authorization: str | None = None
    api_key: str | None = None
    port: int | None = None

    @classmethod
    def of(cls, headers: Headers, scope: Any) -> Asked:
        """Take it from a request's headers and its ASGI scope."""
        server = scope.get("server")
        return cls(
            host=headers.get("Host"),
            origin=headers.get("Origin"),
            authorization=headers.get("Authorization"),
            api_key=headers.get("X-API-Key"),
            port=server[1] if server else None,
        )


@frozen
class Caller:
    """Someone who is known: by the name of a key, with rights over accounts that exist."""

    name: str
    accounts: frozenset[AccountId]
    rights: frozenset[Right]
    is_everywhere: bool  # so that an account he cannot find is one that does not exist
    key: KeyConfig | None = None

    def may(self, right: Right, account: str) -> bool:
        """Say whether he has a right over an account."""
        return right in self.rights and account in self.accounts

    def require(self, right: Right, account: str) -> AccountId:
        """Give the account's id. Refused: 403 without the right, 404 when there is none such."""
        if self.may(right, account):
            return AccountId(account)
        if self.is_everywhere and account not in self.accounts:
            raise Refused(404, f"there is no account {account[:80]!r}")
        raise Refused(403, f"{self.name} may not {right} in account {account[:80]!r}")

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
    """Who may come in. Made from a configuration; its keys can be read again."""

    accounts: frozenset[AccountId]
    allowed_origins: frozenset[str]
    keys: Mapping[str, KeyConfig]
    is_open: bool
    watchers: set[Callable[[], None]] = field(factory=set, init=False)  # told of other keys

    @classmethod
    def from_keys(cls, config: Config) -> Access:
        """Let in whoever has a key."""
        origins = frozenset(origin.rstrip("/").lower() for origin in config.server.allowed_origins)
        return cls(frozenset(config.accounts), origins, config.keys, is_open=False)

    @classmethod
    def open_on_loopback(cls, config: Config) -> Access:
        """Let in everyone on this host, and no page of another site; for the demo."""
        return cls(frozenset(config.accounts), frozenset(), {}, is_open=True)

    def use_keys(self, config: Config) -> None:
        """Put another configuration's keys in place of the present ones."""
        self.keys = config.keys
        for tell in list(self.watchers):
            tell()

    def check_browser(self, asked: Asked) -> None:
        """Refuse with 403 what a page of another site sends, and names that only point here."""
        if self.is_open:
            if not _is_ours(asked.host, asked.port):
                raise Refused(403, "this Host is not served here without a key")
            if asked.origin is not None and not _is_our_origin(asked.origin, asked.port):
                raise Refused(403, "a page of another site may not ask here")
        elif asked.origin is not None and not self._is_allowed(asked.origin, asked.host):
            raise Refused(403, "this Origin is not allowed here")

    def identify(self, asked: Asked, now: datetime) -> Caller:
        """Find out who asks. Refused with 401 when that cannot be told."""
        if self.is_open:
            return Caller("anyone here", self.accounts, frozenset(EVERY_RIGHT), is_everywhere=True)
        given = _key_of(asked)
        if given is None:
            raise Refused(401, "a key is needed: `Authorization: Bearer KEY` or `X-API-Key: KEY`")
        digest = sha256(given.encode()).hexdigest()
        found: tuple[str, KeyConfig] | None = None
        for name, key in self.keys.items():
            if hmac.compare_digest(digest, key.sha256):
                found = (name, key)
        if found is None or _is_over(found[1], now):
            raise Refused(401, "the key is not known, or no longer good")
        return self._caller(*found)

    def stands(self, caller: Caller, now: datetime) -> bool:
        """Say whether a caller who was let in would still be: his key may be gone by now."""
        if caller.key is None:
            return True
        return self.keys.get(caller.name) == caller.key and not _is_over(caller.key, now)

    def left_s(self, caller: Caller, now: datetime) -> float:
        """Say for how long a caller's key is good, if it stays."""
        if caller.key is None or caller.key.expires_at is None:
            return math.inf
        return max(0.0, (caller.key.expires_at - now).total_seconds())

    def _is_allowed(self, origin: str, host: str | None) -> bool:
        """Say whether a page may ask: one that came from where it asks, or that is named."""
        place = origin.lower().partition("://")[2]
        is_same = place != "" and host is not None and place == host.lower()
        return is_same or origin.lower() in self.allowed_origins

    def _caller(self, name: str, key: KeyConfig) -> Caller:
        is_everywhere = "*" in key.accounts
        accounts = self.accounts if is_everywhere else self.accounts & set(key.accounts)
        return Caller(name, frozenset(accounts), frozenset(key.rights), is_everywhere, key)


def _key_of(asked: Asked) -> str | None:
    if asked.authorization is not None:
        scheme, _, key = asked.authorization.strip().partition(" ")
        if scheme.lower() == "bearer" and key.strip():
            return key.strip()
    return asked.api_key or None


def _is_over(key: KeyConfig, now: datetime) -> bool:
    return key.expires_at is not None and key.expires_at <= now


def _is_ours(host: str | None, port: int | None) -> bool:
    """Say whether a Host names this machine as seen from itself, and the port that is served."""
    try:
        parts = urlsplit(f"//{host}")
        name, named_port = parts.hostname, parts.port or 80
    except ValueError:
        return False
    return name in LOOPBACK and port in (None, named_port)


def _is_our_origin(origin: str, port: int | None) -> bool:
    scheme, _, place = origin.partition("://")
    return scheme.lower() == "http" and _is_ours(place, port)
