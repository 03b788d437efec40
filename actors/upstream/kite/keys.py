"""An account's keys at Kite: what goes out with a call, and what comes back in no word.

    headers() ──▶ X-Kite-Version: 3, Authorization: token API_KEY:ACCESS_TOKEN
    address() ──▶ wss://ws.kite.trade?api_key=…&access_token=…
    hide()    ──▶ the same text without them

The access token dies each morning, so it may be missing and is replaced while the account runs;
then nothing is sent: NeedsLogin. Source: Kite Connect v3, "user" and "websocket streaming".
"""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode

from attrs import define, field

from actors.domain.errors import NeedsLogin
from actors.upstream.doubt import hide

VERSION: Final = {"X-Kite-Version": "3"}


@define
class Keys:
    """The keys of one account, shared by its REST, its stream and its login; never shown."""

    api_key: str = field(repr=False)
    access_token: str = field(default="", repr=False)
    api_secret: str = field(default="", repr=False)

    def headers(self) -> dict[str, str]:
        """Give the headers of a call; NeedsLogin when there is no token, or none that could be."""
        self._check()
        return {**VERSION, "Authorization": f"token {self.api_key}:{self.access_token}"}

    def address(self, url: str) -> str:
        """Give the stream's address with the keys in it, as Kite wants it; NeedsLogin without."""
        self._check()
        query = urlencode({"api_key": self.api_key, "access_token": self.access_token})
        return f"{url}?{query}"

    def hide(self, text: str) -> str:
        """Take the keys out of a text."""
        return hide(text, *self.secrets)

    @property
    def secrets(self) -> tuple[str, ...]:
        """Give what may stand in no text, the longest first: one may be a part of another."""
        secrets = (self.access_token, self.api_secret, self.api_key)
        return tuple(sorted(filter(None, secrets), key=len, reverse=True))

    def _check(self) -> None:
        if not self.access_token:
            raise NeedsLogin("there is no access token yet; log in at the broker")
        for key in (self.access_token, self.api_key):
            if not (key.isascii() and key.isprintable() and " " not in key):
                raise NeedsLogin("the access token, or the API key, is not what Kite gives out")
