"""The calls by which a desk stops and starts things, and the ways in. Pure."""

from __future__ import annotations

from typing import Final

from web.bodies import NoFields
from web.controls import DeadmanWish, HaltWish
from web.entrance import FORM, LoginWish
from web.logins import TokenWish

from . import forms
from .call import Answer, Body, Call, Parameter, Section

NOTHING: Final = Body(NoFields, may_be_empty=True)

HAND: Final = Section(
    "The desk's hand",
    "A halted account refuses new orders; exits and cancels still pass. A halt acts before it is"
    " stored, and outlives a restart.",
    (
        Call(
            "halt",
            "POST",
            "/accounts/{account_id}/halt",
            "Halt an account",
            {200: Answer("New orders are refused.", forms.HELD)},
            right="trade",
            body=Body(HaltWish, may_be_empty=True),
            about="With `cancel_open` its open orders are cancelled.",
        ),
        Call(
            "halt_all",
            "POST",
            "/halt",
            "Halt every account",
            {200: Answer("All that the caller may trade are halted.", forms.HELD_ALL)},
            right="trade",
            body=Body(HaltWish, may_be_empty=True),
        ),
        Call(
            "resume",
            "POST",
            "/accounts/{account_id}/resume",
            "Let a halted account go on",
            {200: Answer("It goes on.", forms.HELD)},
            right="trade",
            body=NOTHING,
            faults={503: "that cannot be stored now"},
        ),
        Call(
            "deadman",
            "POST",
            "/accounts/{account_id}/deadman",
            "The dead man's switch",
            {200: Answer("It runs anew, or has ended.", forms.HELD)},
            right="trade",
            body=Body(DeadmanWish),
            about="The account is halted unless this is called again within `seconds`.",
            faults={503: "that cannot be stored now"},
        ),
        Call(
            "connect",
            "POST",
            "/accounts/{account_id}/connect",
            "Start an account's stream",
            {200: Answer("It is started, or tried again now.", forms.ROW)},
            right="admin",
            body=NOTHING,
            faults={503: "that cannot be stored now"},
        ),
        Call(
            "disconnect",
            "POST",
            "/accounts/{account_id}/disconnect",
            "Stop an account's stream",
            {200: Answer("It is stopped until it is connected again.", forms.ROW)},
            right="admin",
            body=NOTHING,
            faults={503: "that cannot be stored now"},
        ),
    ),
)

LOGINS: Final = Section(
    "The daily login",
    "Where a broker's token dies each morning: a browser is sent to the broker's page, or a token"
    " is set by hand.",
    (
        Call(
            "login",
            "GET",
            "/accounts/{account_id}/login",
            "To the broker's page",
            {302: Answer("There, with a one-time state.", headers={"Location": "the page"})},
            right="admin",
            faults={409: "the account needs no login here"},
        ),
        Call(
            "login_back",
            "GET",
            "/login/back",
            "Where the broker's page sends the browser",
            {303: Answer("The account is logged in.", headers={"Location": "the monitor"})},
            right="",
            query=(
                Parameter(
                    "state",
                    "The one-time state; good for ten minutes.",
                    {"type": "string"},
                    required=True,
                ),
            ),
            about="What the broker adds stands beside `state`.",
            faults={
                400: "the state is not known, was used already, or is too old",
                409: "the broker did not log the account in",
                503: "the broker could not be asked",
            },
        ),
        Call(
            "token",
            "POST",
            "/accounts/{account_id}/token",
            "Set a token",
            {200: Answer("It is used from now on.", forms.TOKEN)},
            right="admin",
            body=Body(TokenWish),
            faults={409: "the account needs no login here"},
        ),
    ),
)

WAY_IN: Final = Section(
    "The way in",
    "A program sends its key with each request. A browser logs in once and holds a cookie that no"
    " script and no other site has; a stream that can send no header has a ticket in its URL.",
    (
        Call(
            "login_page",
            "GET",
            "/login",
            "The page for it",
            {200: Answer("A form, which works without script.", str, "text/html")},
            right="",
        ),
        Call(
            "log_in",
            "POST",
            "/login",
            "Log in with a key",
            {
                200: Answer(
                    "A session, in a cookie.",
                    forms.LOGGED_IN,
                    headers={"Set-Cookie": "the session"},
                ),
                303: Answer("The form's answer.", headers={"Location": "the monitor"}),
            },
            right="",
            body=Body(LoginWish, also=(FORM,)),
            faults={
                401: "the key is not known, or no longer good",
                409: "there is nothing to log in to: everyone on this machine may come in",
            },
        ),
        Call(
            "log_out",
            "POST",
            "/logout",
            "Log out",
            {
                200: Answer("The session and all that goes on by it have ended.", forms.DONE),
                303: Answer("The form's answer.", headers={"Location": "the page for the key"}),
            },
            right="",
        ),
        Call(
            "ticket",
            "POST",
            "/auth/ticket",
            "A ticket for one stream",
            {200: Answer("Good once, for 30 seconds, as `?ticket=` of a stream.", forms.TICKET)},
            right="key",
            body=NOTHING,
        ),
    ),
)
