"""What Kite's answers mean: who failed, and what can be concluded.

    status, body ──judge──▶ None (go on), or the BrokerError to raise
    {"status": "success", "data": {"order_id": "25…"}} ──placed──▶ the order's id
    {"data": {"initial": {"total": …}}} ──margin──▶ Margin

Kite names the kind of a fault in `error_type`, and that is what counts here; the status says
whether a no can be certain:

                          places, modifies, cancels            asks
    TokenException, 403   NeedsLogin                           NeedsLogin
    Input, Order, … 4xx   BrokerRefused, if its words agree    BrokerRefused
    429                   BrokerRefused                        BrokerRefused
    all else              BrokerUnknown: it may be done        BrokerProtocol

Kite's staff: "any non-400 status for placement → check orderbook" (forum, comment 41029); and a
400 that says "timed out, check the order book" proves nothing either (comment 35732). Source of
the kinds: Kite Connect v3, "exceptions and errors"; PermissionException is in its client alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

from actors.domain.errors import (
    BrokerError,
    BrokerProtocol,
    BrokerRefused,
    BrokerUnknown,
    DecodeError,
    NeedsLogin,
)
from actors.domain.ids import OrderId
from actors.domain.rehearsal import Margin
from actors.domain.wire import parse
from actors.upstream.doubt import refusal, spoken
from actors.upstream.fields import (
    ID_MAX,
    FieldFault,
    Row,
    an_object,
    maybe_text,
    maybe_word,
    read_under,
    required_money,
    required_word,
)

ERROR_BODY_BYTES_MAX: Final = 64 * 1024
DEAD: Final = "TokenException"
# A no about what was asked, or about who asks. Network, Data, General and whatever is new are
# faults of the broker's own.
REFUSALS: Final = frozenset(
    {
        "InputException",
        "OrderException",
        "MarginException",
        "HoldingException",
        "UserException",
        "PermissionException",
    }
)


def judge(
    status: int, body: bytes, *, changes: bool, secrets: Sequence[str] = ()
) -> BrokerError | None:
    """Say what a status other than success means; None when the body is to be read.

    `changes` is true of calls that place, modify or cancel. `secrets` are taken out of the
    broker's words.
    """
    if 200 <= status < 300:
        return None
    return _meaning(status, _error(body), changes=changes, secrets=secrets)


def complaint(value: Any, *, changes: bool, secrets: Sequence[str] = ()) -> BrokerError | None:
    """Find an error that came as a success; of a change it proves nothing."""
    if isinstance(value, dict) and value.get("status") == "error":
        return _meaning(200, value, changes=changes, secrets=secrets)
    return None


def placed(value: Any) -> OrderId:
    """Read the answer to a placement; FieldFault when it names no order."""
    row = an_object(value)
    return OrderId(read_under("data", row.get("data"), _order_id))


def margin(value: Any) -> Margin:
    """Read what a basket needs to be placed: `initial`; `final` is what stays blocked after it.

    In Kite's envelope, or bare, as a bridge may pass it on. Kite does not say here what there is.
    Source: Kite Connect v3, "margin calculation".
    """
    row = an_object(value)
    return read_under("data", row["data"], _margin) if "data" in row else _margin(row)


# ---------------------------------------------------------------------------------- helpers


def _margin(row: Row) -> Margin:
    return Margin(read_under("initial", row.get("initial"), _total))


def _total(row: Row) -> Decimal:
    return required_money(row, "total")


def _meaning(status: int, row: Row, *, changes: bool, secrets: Sequence[str]) -> BrokerError:
    said = spoken(status, _words(row), *secrets)
    kind = _kind(row)
    if status == 429:
        return BrokerRefused(f"rate limit: {said}")
    if changes and (status == 408 or not 400 <= status < 500):
        return BrokerUnknown(said)
    if kind == DEAD or (status in (401, 403) and kind not in REFUSALS):
        return NeedsLogin(said)
    if kind in REFUSALS:
        return refusal(said, changes=changes)
    return BrokerUnknown(said) if changes else BrokerProtocol(said)


def _order_id(row: Row) -> str:
    return required_word(row, "order_id", ID_MAX)


def _error(body: bytes) -> Row:
    """Read an error's body; one in another form says nothing."""
    try:
        return an_object(parse(body, bytes_max=ERROR_BODY_BYTES_MAX))
    except (DecodeError, FieldFault):
        return {}


def _words(row: Row) -> str:
    try:
        return maybe_text(row, "message") or ""
    except FieldFault:
        return ""


def _kind(row: Row) -> str | None:
    try:
        return maybe_word(row, "error_type")
    except FieldFault:
        return None
