"""The app: every surface, behind one door.

    request ──▶ browser check ──▶ share ──▶ key ──▶ body, bounded ──▶ surface ──▶ headers, count
    socket  ──▶ browser check ──▶ share ──▶ key ──▶ surface, which accepts it or refuses it

Nobody comes past the door without a key but to what is named in OPEN: a surface that is added
later is shut until someone decides otherwise.
"""

from __future__ import annotations

from typing import Any, Final, cast

import trio
from quart import Response, g, request, websocket
from quart_trio import QuartTrio

from actors import System
from actors.domain.wire import BODY_BYTES_MAX
from actors.past import Past
from actors.runtime.metrics import Metrics

from .access_metrics import AccessReading
from .accounts import Accounts
from .asked import Asked
from .assets import Assets
from .auth import Access, Caller, WrongKey
from .batches import Batches
from .controls import Controls
from .cors import answer_preflight, is_preflight, opened
from .entrance import Entrance
from .event_stream import EventStreams
from .events import Events
from .guards import guarded
from .guides.surface import Guides
from .health import Health
from .logins import Logins
from .metrics import Exposition
from .order_stream import OrderStream
from .orders import Orders
from .problems import add_problems
from .reference.documents import Documents
from .request_ids import Identified
from .sockets import Sockets
from .stacks import App
from .tickets import Ticketed
from .timeline import Timeline

# What needs no key; `login_back` has a one-time state in its place.
OPEN: Final = frozenset(
    {
        *("page", "static", "docs", "openapi", "asyncapi", "health", "ready"),
        *("guides", "guide"),
        *("login_back", "login_page", "log_in", "log_out"),
    }
)
# What lessens risk, or whose refusal would halt an account: it has a reserve of its own.
URGENT: Final = frozenset({"cancel_order", "halt", "halt_all", "flatten_batch", "deadman"})
BODY_S: Final = 10.0  # from a request's head to the end of its body
METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"})


def make_app(system: System, access: Access, *, stop: trio.Event, version: str) -> QuartTrio:
    """Build the app over a running system. `stop` closes its websockets with 1012."""
    app = App(__name__, static_folder=None)
    app.url_map.merge_slashes = False  # a path is what it is; none is redirected to another
    app.config["MAX_CONTENT_LENGTH"] = BODY_BYTES_MAX
    app.config["BODY_TIMEOUT"] = BODY_S
    app.config["BACKGROUND_TASK_SHUTDOWN_TIMEOUT"] = None
    app.asgi_app = Identified(Ticketed(app.asgi_app))  # type: ignore[method-assign]
    metrics = Metrics()
    door = Door(system, access, metrics)
    app.before_request(door.let_request_in)
    app.before_websocket(door.let_socket_in)
    app.after_request(door.let_answer_out)
    app.after_websocket(cast("Any", door.let_refusal_out))  # Quart's type forgets the None
    add_problems(app)
    Assets.read().add_to(app)
    Documents(system, version).add_to(app)
    Guides(system, version).add_to(app)
    Health(system, access, version).add_to(app)
    past = Past(system.journal)
    Exposition(system, metrics, past).add_to(app)
    metrics.add_source(AccessReading(access).read)
    Accounts(system, past).add_to(app)
    Timeline(system, past).add_to(app)
    Orders(system).add_to(app)
    Batches(system).add_to(app)
    Controls(system).add_to(app)
    logins = Logins(system)
    logins.add_to(app)
    Entrance(system, access).add_to(app)
    Events(system).add_to(app)
    EventStreams(system, access, metrics, stop).add_to(app)
    sockets = Sockets(system, access, metrics, stop)
    sockets.add_to(app)
    order_stream = OrderStream(system, sockets)
    order_stream.add_to(app)
    metrics.add_bounds(logins.bounds)
    metrics.add_bounds(order_stream.usual.bounds)
    return app


class Door:
    """Who comes in, and what goes out with every answer."""

    def __init__(self, system: System, access: Access, metrics: Metrics) -> None:
        self._system = system
        self._access = access
        self._metrics = metrics

    async def let_request_in(self) -> Response | None:
        """Check who asks, then read the whole body: an answer before its end costs the connection.

        Refused with 401, 403 or 429; Quart's own errors for a body that is too large or too slow.
        What a browser asks before a page of another site may ask is answered here.
        """
        asked = Asked.of(request.headers, request.scope)
        self._access.check_browser(asked)
        is_urgent = request.endpoint in URGENT
        self._count(asked, is_urgent=is_urgent)
        if is_preflight(request.method, request.headers, self._access.allowed_origins):
            return answer_preflight()
        if request.url_rule is not None and request.endpoint not in OPEN:
            g.caller = self._identify(asked, is_urgent=is_urgent)
        await request.get_data()
        return None

    async def let_socket_in(self) -> None:
        """Check who asks; Refused with 401, 403 or 429."""
        asked = Asked.of(websocket.headers, websocket.scope)
        self._access.check_browser(asked)
        self._count(asked)
        if websocket.url_rule is not None:
            g.caller = self._identify(asked)

    def _count(self, asked: Asked, *, is_urgent: bool = False) -> None:
        self._access.allowances.take_of_address(
            asked.address, trio.current_time(), urgent=is_urgent, stream=asked.is_stream
        )

    def _identify(self, asked: Asked, *, is_urgent: bool = False) -> Caller:
        """Find out who asks, and count it as his."""
        now_s = trio.current_time()
        try:
            who = self._access.identify(asked, self._system.seams.now())
        except WrongKey:
            self._access.allowances.count_wrong_key(asked.address, now_s)
            raise
        self._access.allowances.take_of_key(
            who.name, who.key, now_s, urgent=is_urgent, stream=asked.is_stream
        )
        return who

    async def let_answer_out(self, response: Response) -> Response:
        """Put the headers on, and count."""
        rule = request.url_rule
        self._metrics.count_request(
            request.method if request.method in METHODS else "OTHER",
            "none" if rule is None else rule.rule,
            response.status_code,
        )
        return opened(guarded(response), request.headers, self._access.allowed_origins)

    async def let_refusal_out(self, response: Response | None) -> Response | None:
        """Put the headers on a refusal, and count it; one who was accepted gets no response."""
        if response is None:
            return None
        rule = websocket.url_rule
        where = "none" if rule is None else rule.rule
        self._metrics.count_request("GET", where, response.status_code)
        return guarded(response)
