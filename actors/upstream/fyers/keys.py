"""An account's keys at Fyers: what goes out with a call, and what comes back in no word.

    authorization() ──▶ "7ABXUX38S-100:eyJ0…"      the app's id and the day's token, no "Bearer"
    ends_at(token)  ──▶ when a token says that it ends, if it is a JWT that says so
    hide(text)      ──▶ the same text without them

The token dies each morning, so it may be missing and is replaced while the account runs; then
nothing is sent: NeedsLogin. Source: Fyers API v3, "authorization headers".
"""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import Final

from attrs import define, field

from actors.domain.errors import DecodeError, NeedsLogin
from actors.domain.wire import parse
from actors.upstream.doubt import hide

TOKEN_CHARS_MAX: Final = 4096


@define
class Keys:
    """The keys of one account, shared by its REST, its stream and its login; never shown."""

    app_id: str = field(repr=False)
    access_token: str = field(default="", repr=False)
    api_secret: str = field(default="", repr=False)

    def authorization(self) -> str:
        """Give the header's value; NeedsLogin when there is no token, or none that could be."""
        if not self.access_token:
            raise NeedsLogin("there is no access token yet; log in at the broker")
        if not (is_sendable(self.access_token) and is_sendable(self.app_id)):
            raise NeedsLogin("the access token, or the app id, is not what Fyers gives out")
        return f"{self.app_id}:{self.access_token}"

    def hide(self, text: str) -> str:
        """Take the keys out of a text."""
        return hide(text, *self.secrets)

    @property
    def secrets(self) -> tuple[str, ...]:
        """Give what may stand in no text, the longest first: one may be a part of another."""
        secrets = (self.access_token, self.api_secret, self.app_id)
        return tuple(sorted(filter(None, secrets), key=len, reverse=True))


def is_sendable(key: str) -> bool:
    """Say whether a key has a form that a header can carry."""
    return key.isascii() and key.isprintable() and " " not in key and len(key) <= TOKEN_CHARS_MAX


def ends_at(token: str) -> datetime | None:
    """Read a JWT's `exp`, in UTC; None when the token is no JWT, or does not say. Never raises.

    It is what the token claims: the broker may end it before.
    """
    parts = token.split(".")
    if len(parts) != 3 or len(token) > TOKEN_CHARS_MAX:
        return None
    try:
        claims = parse(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
        exp = claims.get("exp") if isinstance(claims, dict) else None
        return datetime.fromtimestamp(exp, UTC) if type(exp) is int else None
    except (DecodeError, ValueError, OverflowError, OSError):
        return None
