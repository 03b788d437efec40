"""What of a request decides who may: taken from it once, and judged nowhere else. Pure.

    headers, scope ──▶ Asked ── key, ticket, session   what says who asks
                             └─ host, origin, site     which page of a browser asks

A key in a header was put there by a program that knows it. A session comes by itself, with whatever
a browser sends here: it counts only for a page of ours, as the browser vouches (`Origin`,
`Sec-Fetch-Site`: https://www.w3.org/TR/fetch-metadata/).
"""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlsplit

from attrs import field, frozen
from werkzeug.datastructures import Headers
from werkzeug.http import parse_cookie

from .addresses import counted_as
from .tickets import is_stream, ticket_of

LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})
COOKIE: Final = "orderwire-session"
# Over https alone: a browser takes it from no neighbour of ours, and sends it in no clear text.
SECURE_COOKIE: Final = "__Host-orderwire-session"
SAFE: Final = frozenset({"GET", "HEAD"})


@frozen
class Asked:
    """What of a request decides who may. `port` is the one it came in by, when that is known."""

    host: str | None = None
    origin: str | None = None
    authorization: str | None = field(default=None, repr=False)
    api_key: str | None = field(default=None, repr=False)
    port: int | None = None
    ticket: str | None = field(default=None, repr=False)
    cookies: str | None = field(default=None, repr=False)
    site: str | None = None
    method: str | None = None  # None: a websocket
    is_stream: bool = False
    scheme: str = "http"
    address: str = ""

    @classmethod
    def of(cls, headers: Headers, scope: Any) -> Asked:
        """Take it from a request's headers and its ASGI scope."""
        server, client = scope.get("server"), scope.get("client")
        return cls(
            host=headers.get("Host"),
            origin=headers.get("Origin"),
            authorization=headers.get("Authorization"),
            api_key=headers.get("X-API-Key"),
            port=server[1] if server else None,
            ticket=ticket_of(scope),
            cookies=headers.get("Cookie"),
            site=headers.get("Sec-Fetch-Site"),
            method=scope["method"] if scope["type"] == "http" else None,
            is_stream=is_stream(scope),
            scheme=scope.get("scheme", "http"),
            address=counted_as(str(client[0])) if client else "",
        )

    @property
    def key(self) -> str | None:
        """Give the key that it carries, by either header."""
        if self.authorization is not None:
            scheme, _, key = self.authorization.strip().partition(" ")
            if scheme.lower() == "bearer" and key.strip():
                return key.strip()
        return self.api_key or None

    @property
    def session(self) -> str | None:
        """Give the session that a browser sent along."""
        cookies = parse_cookie(self.cookies)
        return cookies.get(SECURE_COOKIE) or cookies.get(COOKIE)

    @property
    def is_secure(self) -> bool:
        """Say whether the browser's own connection is encrypted, here or before us.

        Who says so falsely only gets a cookie that his own browser will not send.
        """
        is_page_secure = (self.origin or "").lower().startswith("https://")
        return is_page_secure or self.scheme in ("https", "wss")

    @property
    def is_from_our_page(self) -> bool:
        """Say whether the browser vouches that a page of ours asks."""
        if self.origin is None:
            return self.site == "same-origin"
        if SECURE_COOKIE in parse_cookie(self.cookies) and not self.is_secure:
            return False
        return is_same_place(self.origin, self.host)

    @property
    def may_use_session(self) -> bool:
        """Say whether a session counts: for what changes nothing, no other page may have asked."""
        if self.method in SAFE:
            is_strange = self.site not in (None, "same-origin", "none")
            is_ours = self.origin is None or is_same_place(self.origin, self.host)
            return is_ours and not is_strange
        return self.is_from_our_page


def is_same_place(origin: str, host: str | None) -> bool:
    """Say whether a page came from where it asks."""
    place = origin.lower().partition("://")[2]
    return place != "" and host is not None and place == host.lower()


def is_here(host: str | None, port: int | None) -> bool:
    """Say whether a Host names this machine as seen from itself, and the port that is served."""
    try:
        parts = urlsplit(f"//{host}")
        name, named_port = parts.hostname, parts.port or 80
    except ValueError:
        return False
    return name in LOOPBACK and port in (None, named_port)


def is_page_here(origin: str, port: int | None) -> bool:
    """Say whether a page was served by this machine at that port, in the clear."""
    scheme, _, place = origin.partition("://")
    return scheme.lower() == "http" and is_here(place, port)
