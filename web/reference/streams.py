"""The calls that give the record: in pages, as a stream; the order stream; these pages. Pure."""

from __future__ import annotations

from typing import Final

from web.bodies import NoFields

from . import beside, forms
from .books import AHEAD, GONE
from .call import JSON, Answer, Body, Call, Listed, OneOf, Parameter, Section
from .forms import COUNT, SUCCESS, at
from .frames import EVENTS

NOTHING: Final = Body(NoFields, may_be_empty=True)
PAGE: Final = at(
    "EventPage",
    "Events in order. `prev` of the first is the place that was asked for.",
    {
        "status": SUCCESS,
        "count": COUNT,
        "data": Listed(OneOf(EVENTS)),
        "next": {**beside.PLACE, "description": "For `since`, to get what follows."},
        "more": {"type": "boolean", "description": "Whether there is more already."},
    },
)

RECORD: Final = Section(
    "The record",
    "Every event that the caller may read, oldest first. A client's place is `EPOCH:OFFSET` of the"
    " last that it was given; with it, it gets what came since, each event once.",
    (
        Call(
            "events",
            "GET",
            "/events",
            "Events in pages",
            {200: Answer("A page; `next` moves on where nothing was for the caller too.", PAGE)},
            query=(
                beside.SINCE,
                Parameter("limit", "How many at most.", beside.LIMIT_ROWS.schema),
                beside.TYPES,
                beside.ACCOUNTS,
            ),
            faults={409: AHEAD, 410: GONE},
        ),
        Call(
            "event_stream",
            "GET",
            "/events/stream",
            "Events as Server-Sent Events",
            {
                200: Answer(
                    "The websocket's frames, each with `id: EPOCH:OFFSET`, `event: TYPE`.",
                    str,
                    "text/event-stream",
                )
            },
            query=beside.OPENING,
            headers=(beside.LAST_EVENT_ID,),
            about="A browser's `EventSource` resumes by itself.",
            faults={503: "the gateway is stopping, or has too many different streams"},
        ),
    ),
)

ROOT: Final = "/api/order-stream"
ONE: Final = (beside.ONE_ACCOUNT,)
LIST: Final = (beside.ONE_ACCOUNT, beside.LIMIT_ROWS, beside.BEFORE)
NO_ACCOUNT: Final = {404: "there is no such account"}

ORDER_STREAM: Final = Section(
    "The order stream",
    "The same orders, trades, positions and messages in the words of another surface: `avg_price`,"
    " `trade_timestamp`, `NSE:SBIN-EQ`, statuses in small letters.",
    (
        *(
            Call(
                f"stream_{name}",
                "POST",
                f"{ROOT}/{name}",
                title,
                {200: Answer("How they stand.", forms.STREAM_STANDING)},
                right="admin",
                query=ONE,
                body=NOTHING,
                faults={**NO_ACCOUNT, 503: "that cannot be stored now"},
            )
            for name, title in (
                ("connect", "Start the streams"),
                ("disconnect", "Stop the streams"),
            )
        ),
        *(
            Call(
                f"stream_{name}",
                "POST",
                f"{ROOT}/{name}",
                title,
                {200: Answer("What new websockets hear.", forms.SUBSCRIBED)},
                query=(beside.NEEDED_TYPES,),
                body=NOTHING,
                about="What the caller's new websockets hear if they do not say.",
            )
            for name, title in (("subscribe", "Hear of more"), ("unsubscribe", "Hear of less"))
        ),
        Call(
            "stream_status",
            "GET",
            f"{ROOT}/status",
            "How the streams stand",
            {200: Answer("Together, and each.", forms.STREAM_STANDING)},
            query=ONE,
            faults=NO_ACCOUNT,
        ),
        *(
            Call(
                f"stream_{name}",
                "GET",
                f"{ROOT}/{name}",
                title,
                {200: Answer("A page.", kind)},
                query=LIST,
                faults=NO_ACCOUNT,
            )
            for name, title, kind in (
                ("orders", "Orders", forms.STREAM_ORDERS),
                ("trades", "Trades", forms.STREAM_TRADES),
                ("positions", "Positions", forms.STREAM_POSITIONS),
                ("general", "What else was told", forms.STREAM_GENERALS),
            )
        ),
    ),
)

KEPT: Final = Answer("The reader has it.")
HTML: Final = Answer("A page.", str, "text/html")
DOCUMENT: Final = Answer("A document.", {"type": "object"}, JSON)


def _open(endpoint: str, path: str, title: str, shown: Answer, missing: str = "") -> Call:
    """Give a call that shows nothing of any account, and tells a reader when he has it already."""
    faults = {404: missing} if missing else {}
    return Call(endpoint, "GET", path, title, {200: shown, 304: KEPT}, right="", faults=faults)


PAGES: Final = Section(
    "Pages and documents",
    "They show nothing of any account, and need no key.",
    (
        _open("page", "/", "The monitor", HTML),
        _open(
            "static",
            "/static/{name}",
            "Its files",
            Answer("A file.", str, "*/*"),
            missing="there is no such file",
        ),
        _open("docs", "/docs", "This reference", HTML),
        _open("guides", "/docs/guides", "The guides", HTML),
        _open("guide", "/docs/guides/{name}", "One of them", HTML, "there is no such guide"),
        _open("openapi", "/openapi.json", "The calls, as OpenAPI 3.1", DOCUMENT),
        _open("asyncapi", "/asyncapi.json", "The websockets, as AsyncAPI 3.0", DOCUMENT),
    ),
)
