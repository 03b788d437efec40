"""Login sessions: what a browser holds in the place of a key. Pure.

    begin(key) ──▶ token (to the browser, only now) ──▶ SHA-256 ──▶ Session, oldest first
    find(token) ─▶ Session, until 12 h have passed, it logs out, or its key is gone
    dump ◀───────▶ load      STORE.sessions, so that a restart logs nobody out

The file has digests alone: who reads it logs in with none of it. A signed token would need no file
of sessions, but a secret in one, with which whoever reads it is everybody; and it would be good
until its time is over, whoever logged out before.
"""

from __future__ import annotations

import json
import secrets
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, Final

from attrs import asdict, define, field, frozen

from actors.domain.config import KeyConfig

SESSION_S: Final = 12 * 3600
TOKEN_BYTES: Final = 32
SESSIONS_MAX: Final = 1000
SESSIONS_PER_KEY_MAX: Final = 100


@frozen
class Session:
    """One login: its token's digest, the key it was begun with, and when it ends at the latest."""

    id: str
    key_name: str
    key_sha256: str = field(repr=False)
    until: datetime


@define
class Sessions:
    """The sessions that go on, each by its digest."""

    _going: dict[str, Session] = field(factory=dict, init=False)

    def __len__(self) -> int:
        return len(self._going)

    @property
    def most_of_one_key(self) -> int:
        """Count the sessions of the key that has most."""
        return max(Counter(each.key_name for each in self._going.values()).values(), default=0)

    def begin(self, key_name: str, key: KeyConfig, now: datetime) -> tuple[str, Session]:
        """Log in with a key: the token for the browser, and the session.

        Where there are too many, of this key or in all, the oldest one ends.
        """
        self._forget_old(now)
        of_key = [each.id for each in self._going.values() if each.key_name == key_name]
        if len(of_key) >= SESSIONS_PER_KEY_MAX:
            self.end(of_key[0])
        if len(self._going) >= SESSIONS_MAX:
            self.end(next(iter(self._going)))
        token, until = secrets.token_urlsafe(TOKEN_BYTES), now + timedelta(seconds=SESSION_S)
        if key.expires_at is not None:
            until = min(until, key.expires_at)
        session = Session(session_id(token), key_name, key.sha256, until)
        self._going[session.id] = session
        return token, session

    def find(self, token: str, now: datetime) -> Session | None:
        """Give the session of a token, if it goes on."""
        return self.going(session_id(token), now)

    def going(self, its_id: str, now: datetime) -> Session | None:
        """Give a session, if it goes on."""
        session = self._going.get(its_id)
        return session if session is not None and now < session.until else None

    def end(self, its_id: str) -> None:
        """End a session, if there is one."""
        self._going.pop(its_id, None)

    def keep_only(self, keys: Mapping[str, KeyConfig]) -> None:
        """End the sessions of keys that are gone."""
        self._going = {each.id: each for each in self._going.values() if _is_of(each, keys)}

    def dump(self) -> bytes:
        """Write down what goes on."""
        rows = [asdict(each) | {"until": each.until.isoformat()} for each in self._going.values()]
        return json.dumps({"sessions": rows}).encode()

    def load(self, raw: bytes, keys: Mapping[str, KeyConfig], now: datetime) -> None:
        """Take up what was written down, as far as its keys are still here.

        ValueError when it is not what was written here; then nothing is taken.
        """
        for session in list(_read(raw)):
            if _is_of(session, keys) and len(self._going) < SESSIONS_MAX:
                self._going.setdefault(session.id, session)
        self._forget_old(now)

    def _forget_old(self, now: datetime) -> None:
        self._going = {each.id: each for each in self._going.values() if now < each.until}


def session_id(token: str) -> str:
    """Give that by which a token's session is known."""
    return sha256(token.encode()).hexdigest()


def _is_of(session: Session, keys: Mapping[str, KeyConfig]) -> bool:
    key = keys.get(session.key_name)
    return key is not None and key.sha256 == session.key_sha256


def _read(raw: bytes) -> Iterator[Session]:
    document: Any = json.loads(raw)
    rows = document.get("sessions") if isinstance(document, dict) else None
    if not isinstance(rows, list):
        raise ValueError("these are no sessions")  # noqa: TRY004 - a fault of the file
    names = ("id", "key_name", "key_sha256", "until")
    for row in rows:
        if not isinstance(row, dict) or not all(isinstance(row.get(name), str) for name in names):
            raise ValueError("this is no session")
        until = datetime.fromisoformat(row["until"])
        if until.tzinfo is None:
            raise ValueError("a session's end has no zone")
        yield Session(row["id"], row["key_name"], row["key_sha256"], until.astimezone(UTC))
