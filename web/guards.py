"""What goes out with every answer, so that a browser cannot be tricked with it. Pure.

an app's answer ───────────▶ guarded ─▶ HEADERS, and `no-store` unless it says other
the listener's own refusal ▶ BARE ────▶ the same, for an answer that no app has seen
"""

from __future__ import annotations

from typing import Final

from quart import Response

HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'self'; connect-src 'self' ws: wss:; img-src 'self' data:; "
        "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
NOT_KEPT: Final = {"Cache-Control": "no-store"}
BARE: Final = tuple(
    (name.lower().encode(), value.encode()) for name, value in (HEADERS | NOT_KEPT).items()
)


def guarded(response: Response) -> Response:
    """Put on what keeps a browser from being tricked, and most answers from being kept."""
    for name, value in HEADERS.items():
        response.headers[name] = value
    for name, value in NOT_KEPT.items():
        response.headers.setdefault(name, value)
    return response
