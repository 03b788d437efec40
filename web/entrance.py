"""The way in for people and their browsers: a login, a logout, tickets.

    GET  /login          a small page, which works without script
    POST /login          a key, by that page's form or as {"key"}: a session, in a cookie
    POST /logout         the session and all that goes on by it end
    POST /auth/ticket    {"ticket", "expires_at"}: good once, for 30 s, in the URL of a stream

A form is answered by a page, JSON by JSON. The sessions outlive a restart in a file beside the
store that only its owner can read; where it cannot be written they last as long as the process.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl

import structlog
import trio
from attrs import field, frozen
from quart import Response, request
from quart_trio import QuartTrio

from actors import System
from actors.domain.errors import BadRequest, Fault, Refused
from actors.domain.wire import encode, time_text
from actors.storage.private_file import read_private, replace_private

from .answers import answer, caller
from .asked import COOKIE, SECURE_COOKIE, Asked
from .auth import Access, WrongKey
from .bodies import NoFields, read_body, read_fields, read_wish
from .login_page import login_page
from .query import asked_once
from .sessions import SESSION_S, Session

log = structlog.get_logger()

KEY_CHARS_MAX: Final = 512
FORM: Final = "application/x-www-form-urlencoded"
FORM_FIELDS_MAX: Final = 10


@frozen
class LoginWish:
    """What a login takes."""

    key: str = field(repr=False)


class Entrance:
    """Logins and tickets as a surface."""

    def __init__(self, system: System, access: Access) -> None:
        self._system = system
        self._access = access
        store = Path(system.config.store.path)
        self._path = store.with_name(store.name + ".sessions")
        self._writing = trio.Lock()  # of two who log in at once the later write has both

    def add_to(self, app: QuartTrio) -> None:
        """Put the surface into an app, and take up an earlier run's sessions when it starts."""
        app.before_serving(self._start)
        app.add_url_rule("/login", "login_page", self.show)
        app.add_url_rule("/login", "log_in", self.log_in, methods=["POST"])
        app.add_url_rule("/logout", "log_out", self.log_out, methods=["POST"])
        app.add_url_rule("/auth/ticket", "ticket", self.give_ticket, methods=["POST"])

    async def show(self) -> Response:
        """Give the page: a form for the key, or who is logged in and a way out."""
        asked_once(request.args, ())
        session = self._session_of(Asked.of(request.headers, request.scope))
        return page(login_page(is_open=self._access.is_open, session=session))

    async def log_in(self) -> Response:
        """Begin a session with a key. Refused with 401, 403, 409 or 429."""
        asked = check_page()
        is_form = request.mimetype == FORM
        try:
            token, session = self._begin(asked, await read_key(is_form=is_form))
        except Refused as error:
            if not is_form or error.status == 403:
                raise
            text = login_page(is_open=self._access.is_open, fault=str(error))
            return page(text, error.status, error.retry_after_s)
        await self._keep()
        if is_form:
            response = Response(b"", 303, headers={"Location": "/"})
        else:
            response = answer(encode({"status": "success", **fields_of(session)}))
        return with_cookie(response, token, SESSION_S, is_secure=asked.is_secure)

    async def log_out(self) -> Response:
        """End the session of the browser that asks, if it has one."""
        asked = check_page()
        if asked.session is not None and not asked.is_from_our_page:
            raise Refused(403, "only a page of this gateway may log its reader out")
        if (session := self._session_of(asked)) is not None:
            self._access.log_out(session.id)
            await self._keep()
        if request.mimetype == FORM:
            response = Response(b"", 303, headers={"Location": "/login"})
        else:
            response = answer(encode({"status": "success"}))
        return with_cookie(response, "", 0, is_secure=asked.is_secure)

    async def give_ticket(self) -> Response:
        """Give a ticket for one stream. Refused with 429 to one who has too many unused."""
        await read_wish(NoFields, "a ticket takes no fields")
        ticket, until = self._access.issue_ticket(caller(), self._system.seams.now())
        return answer(encode({"ticket": ticket, "expires_at": time_text(until)}))

    def _begin(self, asked: Asked, key: str) -> tuple[str, Session]:
        if self._access.is_open:
            raise Refused(
                409, "there is nothing to log in to: on this machine everyone may come in"
            )
        allowances, now_s = self._access.allowances, trio.current_time()
        allowances.check_login(asked.address, now_s)
        now = self._system.seams.now()
        try:
            begun = self._access.log_in(key, now)
        except WrongKey:
            allowances.count_wrong_login(asked.address, now_s)
            raise
        if asked.session is not None:  # the browser forgets it for the new one
            old = self._access.sessions.find(asked.session, now)
            if old is not None:
                self._access.log_out(old.id)
        return begun

    def _session_of(self, asked: Asked) -> Session | None:
        token = asked.session
        now = self._system.seams.now()
        return None if token is None else self._access.sessions.find(token, now)

    # --------------------------------------------------------------------------------- file

    async def _start(self) -> None:
        if self._access.is_open:
            return
        try:
            raw = await self._system.seams.offload(partial(read_private, self._path))
            if raw is not None:
                self._access.sessions.load(raw, self._access.keys, self._system.seams.now())
        except (OSError, ValueError, RecursionError) as error:
            log.warning("no login of an earlier run goes on", reason=type(error).__name__)

    async def _keep(self) -> None:
        async with self._writing:
            raw = self._access.sessions.dump()
            try:
                await self._system.seams.offload(partial(replace_private, self._path, raw))
            except OSError as error:
                log.warning("logins are not kept for the next start", reason=error.strerror)


def check_page() -> Asked:
    """Refuse with 403 what any page but ours sends: it would log a reader in as someone else."""
    asked = Asked.of(request.headers, request.scope)
    asked_once(request.args, ())
    is_browser = asked.origin is not None or asked.site is not None
    if is_browser and not asked.is_from_our_page:
        raise Refused(403, "only a page of this gateway may log its reader in or out")
    return asked


async def read_key(*, is_form: bool) -> str:
    """Read the key that was given; BadRequest when there is none."""
    raw: Any = await request.get_data()
    if is_form:
        try:
            pairs = parse_qsl(raw.decode("latin1"), max_num_fields=FORM_FIELDS_MAX)
        except ValueError:
            pairs = []
        key = str(dict(pairs).get("key", "")).strip()
    else:
        key = read_fields(read_body(raw), LoginWish, "the body is not a login").key
    if not 0 < len(key) <= KEY_CHARS_MAX:
        message = f"1 to {KEY_CHARS_MAX} characters are needed"
        raise BadRequest("the body is not a login", (Fault("$.key", message),))
    return key


def fields_of(session: Session) -> dict[str, Any]:
    """Give a session as an answer shows it."""
    return {"key": session.key_name, "expires_at": time_text(session.until)}


def page(text: str, status: int = 200, retry_after_s: int | None = None) -> Response:
    """Give a page."""
    headers = {} if retry_after_s is None else {"Retry-After": str(retry_after_s)}
    return Response(text, status, headers, content_type="text/html; charset=utf-8")


def with_cookie(response: Response, token: str, max_age_s: int, *, is_secure: bool) -> Response:
    """Have a browser hold a session, for itself alone and for no other site; 0 s: forget it."""
    response.set_cookie(
        SECURE_COOKIE if is_secure else COOKIE,
        token,
        max_age=max_age_s,
        path="/",
        secure=is_secure,
        httponly=True,
        samesite="Strict",
    )
    return response
