"""The calls that look: how the gateway is, and what is in the accounts. Pure."""

from __future__ import annotations

from typing import Final

from web.timeline import POINTS, POINTS_MAX

from . import beside, forms
from .call import Answer, Call, Parameter, Section, whole

GONE: Final = "of the place that is asked for: another epoch, or no longer kept (`reason`)"
AHEAD: Final = "the place that is asked for is ahead of the record"
PAST: Final = {409: AHEAD, 410: GONE, 503: "too many ask for earlier books: ask again"}

HOW_IT_IS: Final = Section(
    "How it is",
    "For load balancers, watchmen, and a person with curl.",
    (
        Call(
            "health",
            "GET",
            "/health",
            "Whether it lives",
            {200: Answer("It lives.", forms.HEALTH)},
            right="",
        ),
        Call(
            "ready",
            "GET",
            "/ready",
            "Whether it is able",
            {
                200: Answer("The store is open and every account has reconciled.", forms.READY),
                503: Answer("Not yet, or not now.", forms.READY),
            },
            right="",
            about="Accounts are named to readers alone.",
        ),
        Call(
            "status",
            "GET",
            "/ws/status",
            "How each account's stream stands",
            {200: Answer("The accounts that the caller may read.", forms.STATUS)},
        ),
        Call(
            "metrics",
            "GET",
            "/metrics",
            "Numbers for Prometheus",
            {200: Answer("Its text format.", str, "text/plain")},
        ),
    ),
)

BOOKS: Final = Section(
    "Accounts and what is in them",
    "Lists are newest first, and exact at the `epoch` and `offset` that stand with them. The next"
    " page is asked for with `before`, and begins where `next` says.",
    (
        Call(
            "accounts",
            "GET",
            "/accounts",
            "The accounts that you may read",
            {200: Answer("One row an account.", forms.ACCOUNTS)},
            right="key",
        ),
        Call(
            "orders",
            "GET",
            "/accounts/{account_id}/orders",
            "Orders of the day",
            {200: Answer("A page.", forms.ORDERS)},
            query=(*beside.PAGE, beside.AS_IT_WAS),
            faults=PAST,
        ),
        Call(
            "trades",
            "GET",
            "/accounts/{account_id}/trades",
            "Trades of the day",
            {200: Answer("A page.", forms.TRADES)},
            query=(beside.BY_SYMBOL, beside.LIMIT_ROWS, beside.BEFORE, beside.AS_IT_WAS),
            faults=PAST,
        ),
        Call(
            "positions",
            "GET",
            "/accounts/{account_id}/positions",
            "What is held",
            {200: Answer("A page.", forms.POSITIONS)},
            query=(beside.BY_SYMBOL, beside.LIMIT_ROWS, beside.BEFORE, beside.AS_IT_WAS),
            faults=PAST,
        ),
        Call(
            "messages",
            "GET",
            "/accounts/{account_id}/messages",
            "What a person should read",
            {200: Answer("A page.", forms.MESSAGES)},
            query=(beside.LIMIT_ROWS, beside.BEFORE, beside.AS_IT_WAS),
            faults=PAST,
        ),
        Call(
            "order",
            "GET",
            "/accounts/{account_id}/orders/{order_id}",
            "One order and its life",
            {200: Answer("The order, and every event of it.", forms.ORDER_LIFE)},
            query=(beside.AS_IT_WAS,),
            about="Also one of a day that is over.",
            faults={409: AHEAD, 410: GONE},
        ),
        Call(
            "timeline",
            "GET",
            "/accounts/{account_id}/timeline",
            "The places of the day",
            {
                200: Answer(
                    "The first place of the day, the last, and some between.", forms.TIMELINE
                )
            },
            query=(Parameter("points", "How many between.", whole(0, POINTS_MAX, POINTS)),),
            about="Each `offset` is one that `at` takes.",
            faults=PAST,
        ),
    ),
)
