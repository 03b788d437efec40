"""What may stand beside a call: parameters and headers that several calls share. Pure."""

from __future__ import annotations

from typing import Final, get_args

from attrs import evolve

from actors.domain.model import EventType
from web.batches import KEY_CHARS_MAX
from web.dialect import WORDS
from web.query import DIGITS_MAX, LIMIT, LIMIT_MAX
from web.wishes import POLICIES

from .call import Parameter, names_of, one_of, whole, word

PLACE: Final = {"type": "string", "pattern": r"^.+:\d{1,18}$"}

LIMIT_ROWS: Final = Parameter("limit", "How many rows at most.", whole(1, LIMIT_MAX, LIMIT))
BEFORE: Final = Parameter("before", "`next` of the page before.", whole(0, 10**DIGITS_MAX - 1))
BY_STATUS: Final = Parameter("status", "Only rows of this status.", word(80))
BY_SYMBOL: Final = Parameter("symbol", "Only rows of this symbol.", word(80))
PAGE: Final = (BY_STATUS, BY_SYMBOL, LIMIT_ROWS, BEFORE)

AS_IT_WAS: Final = Parameter(
    "at",
    "As it was: an `OFFSET` of the present epoch, or `EPOCH:OFFSET`.",
    {"type": "string", "pattern": r"^(.+:)?\d{1,18}$"},
)
SINCE: Final = Parameter("since", "`EPOCH:OFFSET`: the last that the client has.", PLACE)
SNAPSHOT: Final = Parameter(
    "snapshot",
    "Begin with the books as they stand; makes `since` moot.",
    one_of("true", "false", default="false"),
)
TYPES: Final = Parameter(
    "types", "Which events, with commas between; all when not said.", names_of(*get_args(EventType))
)
ACCOUNTS: Final = Parameter(
    "accounts",
    "Of which accounts, with commas between; all that the caller may read when not said.",
    {"type": "array", "items": {"type": "string"}, "minItems": 1},
)
POLICY: Final = Parameter(
    "policy",
    "`latest`: who is behind hears of each order its last state alone.",
    one_of(*POLICIES, default="every"),
)
OPENING: Final = (SINCE, SNAPSHOT, TYPES, ACCOUNTS, POLICY)

ONE_ACCOUNT: Final = Parameter(
    "account_id",
    "The account that is meant; all when not said.",
    {"type": "string"},
)
EVENT_TYPES: Final = Parameter(
    WORDS.field,
    "Once for each type.",
    {"type": "array", "items": one_of(*WORDS.takes), "minItems": 1},
    repeats=True,
)
NEEDED_TYPES: Final = evolve(EVENT_TYPES, required=True)

IDEMPOTENCY: Final = Parameter(
    "Idempotency-Key",
    "Makes the request the same batch however often it is sent, for 24 hours.",
    word(KEY_CHARS_MAX),
)
PREFER: Final = Parameter(
    "Prefer",
    "`wait=SECONDS`: answer by then, though `wait_s` is longer (RFC 7240).",
    {"type": "string", "pattern": r"^wait=\d{1,4}$"},
)
LAST_EVENT_ID: Final = Parameter(
    "Last-Event-ID", "The last id of the stream; beats `since` and `snapshot`.", PLACE
)
DRY_RUN: Final = Parameter(
    "dry_run",
    "Everything is checked, the margin and the way out are told, nothing is sent.",
    one_of("true", "false", default="false"),
)
