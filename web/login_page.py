"""The page at `/login`: HTML alone, so that it works where scripts do not. Pure.

who is logged in, what went wrong ──▶ login_page ──▶ a form for the key, or a way out

Its referrer policy is its own: under `no-referrer`, which other answers have, a browser says of a
form's sender `Origin: null` (https://fetch.spec.whatwg.org/#origin-header).
"""

from __future__ import annotations

from html import escape
from typing import Final

from actors.domain.wire import time_text

from .sessions import Session

FRAME: Final = """<!doctype html>
<html lang="en" data-theme="dark">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta name="color-scheme" content="dark light">
  <meta name="referrer" content="same-origin">
  <title>Orderwire: log in</title>
  <link rel="icon" type="image/svg+xml" href="/static/favicon.svg">
  <link rel="stylesheet" href="/static/theme.css">
  <link rel="stylesheet" href="/static/login.css">
  <script src="/static/theme.js"></script>
</head>
<body>
  <main>
    <h1><img src="/static/favicon.svg" alt="" width="28" height="28">Orderwire</h1>
{inside}
  </main>
</body>
</html>
"""
OPEN: Final = """    <p>There is nothing to log in to: on this machine everyone may come in.</p>
    <p><a href="/">To the orders</a></p>"""
GOING: Final = """    <p>You are logged in by the key <strong>{name}</strong>, until {until}.</p>
    <p><a href="/">To the orders</a></p>
    <form method="post" action="/logout"><button class="quiet">Log out</button></form>"""
FORM: Final = """    <form method="post" action="/login">
      <label for="key">Your key</label>
      <input id="key" name="key" type="password" required autofocus maxlength="512"
        autocomplete="current-password" spellcheck="false">
      <button>Log in</button>
    </form>
    <p class="note">It is the text that <code>orderwire key new</code> printed. You stay logged in
      for 12 hours, or until you log out.</p>"""
FAULT: Final = """    <p class="fault" role="alert">{fault}</p>
"""


def login_page(*, is_open: bool, session: Session | None = None, fault: str | None = None) -> str:
    """Write the page."""
    if is_open:
        inside = OPEN
    elif session is not None:
        until = f"{time_text(session.until)[:16].replace('T', ' ')} UTC"
        inside = GOING.format(name=escape(session.key_name), until=until)
    else:
        told = "" if fault is None else FAULT.format(fault=escape(fault[:1].upper() + fault[1:]))
        inside = f"{told}{FORM}"
    return FRAME.format(inside=inside)
